-- What: the figures of every arm, apart for people with different values.
-- Filled in: $people (people.sql), $values (one of by/*.sql), $places (places.sql). Parameters: theirs.
-- Columns: place ('none', 'value', 'range', 'rest'), the value, the number of the part (from 0), arm;
--   then the fields of PartArm in their order. A person with a list is in the row of each of its values.
SELECT
    place.1, place.2, place.3, arm,
    count(), countIf(sent), countIf(delivered), countIf(bounced), countIf(opened_person),
    countIf(clicked_person), countIf(unsubscribed), countIf(complained), countIf(target),
    round(sum(revenue), 6)
FROM (
    SELECT
        people.*,
        arrayJoin($places) AS place
    FROM ($people) AS people
    LEFT JOIN ($values) AS had ON had.profile_id = people.person
)
GROUP BY place, arm
