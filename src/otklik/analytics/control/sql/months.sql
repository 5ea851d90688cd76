-- What: the same by month: who had come in by its end, and who bought in it for how much.
-- Filled in: $people (the query of people.sql). Parameters: those of people.sql, and zone String.
-- Columns: month (2026-05, by the clock of the zone), kept, people who came in in it, buyers,
--   orders, revenue.
SELECT
    happened.1 AS month,
    kept,
    uniqExactIf(person, happened.2 = 0),
    uniqExactIf(person, happened.2 = 1),
    countIf(happened.2 = 1),
    round(sumIf(happened.3, happened.2 = 1), 6)
FROM (
    SELECT
        person,
        kept,
        arrayJoin(arrayConcat(
            [(formatDateTime(entered_at, '%Y-%m', {zone:String}), 0, 0.)],
            arrayMap(
                order -> (
                    formatDateTime(order.1, '%Y-%m', {zone:String}),
                    1,
                    if({cut:UInt8} = 1 AND order.2 > {check_limit:Float64}, 0, order.2)
                ),
                after
            )
        )) AS happened
    FROM ($people)
)
GROUP BY month, kept
ORDER BY month, kept
