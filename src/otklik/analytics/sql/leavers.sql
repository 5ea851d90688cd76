-- What: the people who unsubscribed and said why, each with the last of his answers.
-- Parameters: those of assigned.sql. Filled in: $facts, $person. Columns: person, in_rest (whether the letter
--   was one to the rest after a first part), why. Reads: message_facts.
SELECT
    $person AS person,
    wave = 2 AS in_rest,
    argMaxIf(reason, at, fact = 'left_because') AS why
FROM message_facts
WHERE $facts
  AND fact IN ('unsubscribed', 'left_because')
  AND at <= {as_of:DateTime64(3, 'UTC')}
GROUP BY person, in_rest
HAVING countIf(fact = 'unsubscribed') > 0 AND why != ''
