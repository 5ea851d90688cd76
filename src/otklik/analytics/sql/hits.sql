-- What: openings and clicks by who made them and by the rule that told so.
-- Parameters: those of overview.sql. Filled in: $facts, $person, $wave. An opening that only follows from a
--   click is none of its own. Columns: verdict, reason, openings, people of them, clicks, people.
-- Reads: message_facts.
SELECT
    verdict,
    reason,
    countIf(fact = 'opened'),
    uniqExactIf(person, fact = 'opened'),
    countIf(fact = 'clicked'),
    uniqExactIf(person, fact = 'clicked')
FROM (
    SELECT verdict, reason, fact, $person AS person
    FROM message_facts
    WHERE $facts
      AND fact IN ('opened', 'clicked')
      AND NOT (fact = 'opened' AND reason = 'clicked')
      AND $wave
      AND at <= {as_of:DateTime64(3, 'UTC')}
)
GROUP BY verdict, reason
ORDER BY indexOf(['person', 'machine', 'scanner'], verdict), count() DESC, reason
