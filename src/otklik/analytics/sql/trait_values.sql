-- What: which values of a trait the assigned people have now, the most frequent first.
-- Parameters: workspace UInt32, source_kind String, source_id UUID, as_of DateTime64(3), trait String,
--   most UInt32. Filled in: $person, $texts (the values of one person as texts).
-- Columns: the text, people; then, the same in every row: people with a number, with a date, with any
--   value; different numbers (dates too); and four of them that cut these people into five parts.
-- Reads: message_facts, profile_traits, profile_merges.
WITH
    (
        SELECT (
            countIf(type = 'number'),
            countIf(type = 'date'),
            count(),
            uniqExactIf(num, type IN ('number', 'date')),
            quantilesExactIf(0.2, 0.4, 0.6, 0.8)(num, type IN ('number', 'date'))
        )
        FROM profile_traits FINAL
        WHERE workspace_id = {workspace:UInt32} AND trait = {trait:String} AND type != 'null'
          AND profile_id IN ($assigned)
    ) AS spread
SELECT arrayJoin($texts) AS text, count() AS people, spread.1, spread.2, spread.3, spread.4, spread.5
FROM profile_traits FINAL
WHERE workspace_id = {workspace:UInt32} AND trait = {trait:String} AND type != 'null'
  AND profile_id IN ($assigned)
GROUP BY text
ORDER BY people DESC, text
LIMIT {most:UInt32}
