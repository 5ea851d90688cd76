-- What: the figures of every arm by the present value of a trait.
-- Filled in: $people (people.sql), $texts (the values of one person as texts). Parameters: those of
--   people.sql; trait String; cuts Array(Float64), ascending, which cut numbers and dates into parts
--   (none: by value); shown Array(String), the values that have a row of their own.
-- Columns: place ('none', 'value', 'range', 'rest'), the value, the number of the part (from 0), arm;
--   then the fields of PartArm in their order. A person with a list is in the row of each of its values.
-- Reads: what people.sql reads, profile_traits.
SELECT
    place.1, place.2, place.3, arm,
    count(), countIf(delivered), countIf(opened_person), countIf(clicked_person),
    countIf(target), round(sum(revenue), 6)
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
    LEFT JOIN (
        SELECT profile_id, num, type IN ('number', 'date') AS is_number, $texts AS texts
        FROM profile_traits FINAL
        WHERE workspace_id = {workspace:UInt32} AND trait = {trait:String} AND type != 'null'
    ) AS had ON had.profile_id = people.person
)
GROUP BY place, arm
