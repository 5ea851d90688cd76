-- What: who followed each address of the letters.
-- Parameters: workspace UInt32, source_kind String, source_id UUID, as_of DateTime64(3).
-- Filled in: $facts, $person. Columns: url, people, people who were machines only; then the same of
--   those who were written to after a first part (the wave 2).
-- Reads: message_facts.
SELECT
    url,
    countIf(by_person AND NOT in_rest) AS clicks_person,
    countIf(NOT by_person AND NOT in_rest) AS clicks_machine,
    countIf(by_person AND in_rest) AS rest_person,
    countIf(NOT by_person AND in_rest) AS rest_machine
FROM (
    SELECT url, wave = 2 AS in_rest, $person AS person, max(verdict = 'person') AS by_person
    FROM message_facts
    WHERE $facts
      AND fact = 'clicked'
      AND url != ''
      AND at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY url, in_rest, person
)
GROUP BY url
ORDER BY clicks_person + rest_person DESC, clicks_machine + rest_machine DESC, url
LIMIT 500
