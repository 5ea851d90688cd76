-- What: the people who followed something in the letters themselves.
-- Parameters: those of assigned.sql. Filled in: $facts, $person, $followed (a condition on links and
--   addresses, with its own parameters). Reads: message_facts.
SELECT $person
FROM message_facts
WHERE $facts
  AND fact = 'clicked'
  AND verdict = 'person'
  AND $followed
  AND at <= {as_of:DateTime64(3, 'UTC')}
