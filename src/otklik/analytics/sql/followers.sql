-- What: the people who followed something in the letters themselves.
-- Parameters: those of assigned.sql. Filled in: $person, $followed (a condition on links and
--   addresses, with its own parameters). Reads: message_facts.
SELECT $person
FROM message_facts
WHERE workspace_id = {workspace:UInt32}
  AND source_id = {source_id:UUID}
  AND source_kind = {source_kind:String}
  AND fact = 'clicked'
  AND verdict = 'person'
  AND $followed
  AND at <= {as_of:DateTime64(3, 'UTC')}
