-- What: who followed each address of the letters.
-- Parameters: workspace UInt32, source_kind String, source_id UUID, as_of DateTime64(3).
-- Filled in: $facts, $person. Columns: url, people, people who were machines only.
-- Reads: message_facts.
SELECT url, countIf(by_person) AS clicks_person, countIf(NOT by_person) AS clicks_machine
FROM (
    SELECT url, $person AS person, max(verdict = 'person') AS by_person
    FROM message_facts
    WHERE $facts
      AND fact = 'clicked'
      AND url != ''
      AND at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY url, person
)
GROUP BY url
ORDER BY clicks_person DESC, clicks_machine DESC, url
LIMIT 500
