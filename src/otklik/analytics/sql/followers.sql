-- What: the people who followed an address of the letters themselves.
-- Parameters: those of assigned.sql, url String. Filled in: $person. Reads: message_facts.
SELECT $person
FROM message_facts
WHERE workspace_id = {workspace:UInt32}
  AND source_id = {source_id:UUID}
  AND source_kind = {source_kind:String}
  AND fact = 'clicked'
  AND verdict = 'person'
  AND url = {url:String}
  AND at <= {as_of:DateTime64(3, 'UTC')}
