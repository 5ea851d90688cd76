-- What: the letters of each variant, and what became of them: messages, not people.
-- Filled in: $facts. Parameters: those of overview.sql.
-- Columns: variant, first and last assignment; then the counts of LetterFigures in their order.
-- Reads: message_facts.
SELECT
    variant,
    min(assigned_at) AS first_at,
    max(assigned_at),
    count(),
    countIf(was_sent OR bounced OR was_failed),
    countIf(was_sent AND NOT bounced),
    countIf(bounced),
    countIf(was_failed AND NOT (was_sent OR bounced)),
    countIf(was_in_doubt AND NOT (was_sent OR bounced OR was_failed)),
    countIf(opened),
    countIf(opened_machine AND NOT opened),
    countIf(clicked),
    countIf(clicked_machine AND NOT clicked),
    countIf(unsubscribed),
    countIf(complained)
FROM (
    SELECT
        variant,
        minIf(at, fact = 'assigned') AS assigned_at,
        countIf(fact = 'assigned') > 0 AS was_assigned,
        max(fact IN ('sent', 'delivered')) AS was_sent,
        max(fact = 'bounced') AS bounced,
        max(fact = 'failed') AS was_failed,
        max(fact = 'in_doubt') AS was_in_doubt,
        max(fact = 'opened' AND verdict = 'person') AS opened,
        max(fact = 'opened' AND verdict != 'person') AS opened_machine,
        max(fact = 'clicked' AND verdict = 'person') AS clicked,
        max(fact = 'clicked' AND verdict != 'person') AS clicked_machine,
        max(fact = 'unsubscribed') AS unsubscribed,
        max(fact = 'complained') AS complained
    FROM message_facts
    WHERE $facts
      AND at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY variant, message_id
    HAVING was_assigned
)
GROUP BY variant
ORDER BY first_at DESC, variant DESC
