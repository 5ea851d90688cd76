-- What: everybody who was assigned until `as_of`. Filled in: $facts, $person, $wave.
-- Parameters: workspace UInt32, source_kind String, source_id UUID, as_of DateTime64(3).
-- Columns: the profile of today. Reads: message_facts, profile_merges.
SELECT $person AS assigned
FROM message_facts
WHERE $facts
  AND fact = 'assigned'
  AND $wave
  AND at <= {as_of:DateTime64(3, 'UTC')}
