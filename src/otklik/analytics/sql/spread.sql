-- What: which values the people of a mailing have, the most frequent first.
-- Filled in: $values (one of by/*.sql). Parameters: those of $values, most UInt32.
-- Columns: the text, people; then, the same in every row: people with a number, with a date, with any
--   value; different numbers (dates too); and four of them that cut these people into five parts.
WITH
    (
        SELECT (
            countIf(is_number AND NOT is_date),
            countIf(is_date),
            count(),
            uniqExactIf(num, is_number),
            quantilesExactIf(0.2, 0.4, 0.6, 0.8)(num, is_number)
        )
        FROM ($values)
    ) AS spread
SELECT arrayJoin(texts) AS text, count() AS people, spread.1, spread.2, spread.3, spread.4, spread.5
FROM ($values)
GROUP BY text
ORDER BY people DESC, text
LIMIT {most:UInt32}
