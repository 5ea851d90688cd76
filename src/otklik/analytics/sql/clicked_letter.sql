-- What: how many people a variant's letter reached and how many followed anything in it.
-- Parameters: those of assigned.sql, variant String. Filled in: $facts, $person, $wave.
-- Columns: people it was delivered to, who clicked, who were machines only, whose machines followed
--   the hidden link; the person who followed most links, else anyone whom it reached (0: nobody).
-- Reads: message_facts.
SELECT
    countIf(was_sent AND NOT bounced),
    countIf(by_person),
    countIf(by_machine AND NOT by_person),
    countIf(trapped),
    argMaxIf(person, (links, -toInt64(person)), was_sent OR by_person)
FROM (
    SELECT
        $person AS person,
        max(fact IN ('sent', 'delivered')) AS was_sent,
        max(fact = 'bounced') AS bounced,
        max(fact = 'clicked' AND verdict = 'person') AS by_person,
        max(fact = 'clicked' AND verdict != 'person') AS by_machine,
        max(fact = 'clicked' AND link = 65535) AS trapped,
        uniqExactIf(link, fact = 'clicked' AND verdict = 'person') AS links
    FROM message_facts
    WHERE $facts
      AND fact IN ('sent', 'delivered', 'bounced', 'clicked')
      AND variant = {variant:String}
      AND $wave
      AND at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY person
)
