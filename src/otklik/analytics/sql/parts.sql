-- What: the figures of every arm, apart for people with different values.
-- Filled in: $people (people.sql), $values (one of by/*.sql). Parameters: theirs; cuts Array(Float64), ascending, which cut numbers and dates into parts
--   (none: by value); shown Array(String), the values that have a row of their own.
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
        arrayJoin(multiIf(
            empty(had.texts), [('none', '', toUInt8(0))],
            had.is_number AND notEmpty({cuts:Array(Float64)}),
            [('range', '', toUInt8(arrayCount(cut -> cut <= had.num, {cuts:Array(Float64)})))],
            arrayDistinct(arrayMap(
                text -> if(
                    has({shown:Array(String)}, text),
                    ('value', text, toUInt8(0)),
                    ('rest', '', toUInt8(0))
                ),
                had.texts
            ))
        )) AS place
    FROM ($people) AS people
    LEFT JOIN ($values) AS had ON had.profile_id = people.person
)
GROUP BY place, arm
