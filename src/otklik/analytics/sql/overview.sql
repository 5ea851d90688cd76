-- What: how many people were assigned, from when to when, and who was kept back before.
-- Parameters: workspace UInt32, source_kind String, source_id UUID (or sources Array(UUID)), as_of
--   DateTime64(3); since and until DateTime64(3) (of the assignment), edition and one_arm String.
-- Filled in: $facts, $arm, $wave (which part of a mailing). Columns: fact, reason, rows, first_at, last_at,
--   variants, letters (rows that are not of the control group).
-- Reads: message_facts.
SELECT
    fact,
    reason,
    count() AS rows,
    min(at) AS first_at,
    max(at) AS last_at,
    groupUniqArray($arm) AS variants,
    countIf(variant != 'control') AS letters
FROM message_facts
WHERE $facts
  AND (fact = 'assigned' OR (fact = 'skipped' AND variant = ''))
  AND $wave
  AND at <= {as_of:DateTime64(3, 'UTC')}
GROUP BY fact, reason
ORDER BY rows DESC, reason
