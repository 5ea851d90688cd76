-- What: who followed each link of a variant's letter.
-- Parameters: those of assigned.sql, variant String. Filled in: $facts, $person, $wave, $address (what the
--   addresses of one link are told apart by: url, or '' to take them together).
-- Columns: link, address, people, people who were machines only. Reads: message_facts.
SELECT link, address, countIf(by_person) AS people, countIf(NOT by_person) AS machines
FROM (
    SELECT link, $address AS address, $person AS person, max(verdict = 'person') AS by_person
    FROM message_facts
    WHERE $facts
      AND fact = 'clicked'
      AND variant = {variant:String}
      AND $wave
      AND at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY link, address, person
)
GROUP BY link, address
ORDER BY people DESC, machines DESC, link, address
LIMIT 5000
