-- What: the people of whose openings or clicks one rule told who made them.
-- Parameters: those of hits.sql, and done, verdict, sign String. Filled in: $facts, $person, $wave.
-- Reads: message_facts.
SELECT $person
FROM message_facts
WHERE $facts
  AND fact = {done:String}
  AND verdict = {verdict:String}
  AND reason = {sign:String}
  AND NOT (fact = 'opened' AND reason = 'clicked')
  AND $wave
  AND at <= {as_of:DateTime64(3, 'UTC')}
