-- What: messages of mailings in a period, by mailing, month and what became of them.
-- Parameters: workspace UInt32, since and until DateTime64(3), zone String.
-- Columns: source_id, month (2026-05, by the clock of the zone), what, messages, and when the first
--   of it happened, in ms.
-- Reads: message_facts. Only what happened in the period counts, each thing once for a message, in
--   the month of its first time.
SELECT
    toString(source_id),
    formatDateTime(happened.2, '%Y-%m', {zone:String}) AS month,
    happened.1 AS what,
    count(),
    toUnixTimestamp64Milli(min(happened.2))
FROM (
    SELECT
        source_id,
        minIf(at, fact = 'sent') AS sent_at,
        minIf(at, fact = 'bounced') AS bounced_at,
        arrayJoin(arrayFilter(one -> one.2 > toDateTime64(0, 3, 'UTC'), [
            ('assigned', minIf(at, fact = 'assigned')),
            ('sent', sent_at),
            ('delivered', if(bounced_at > toDateTime64(0, 3, 'UTC'), toDateTime64(0, 3, 'UTC'), sent_at)),
            ('bounced', bounced_at),
            ('opened', minIf(at, fact = 'opened' AND verdict = 'person')),
            ('clicked', minIf(at, fact = 'clicked' AND verdict = 'person')),
            ('unsubscribed', minIf(at, fact = 'unsubscribed')),
            ('complained', minIf(at, fact = 'complained'))
        ])) AS happened
    FROM message_facts
    WHERE workspace_id = {workspace:UInt32}
      AND source_kind = 'campaign'
      AND at >= {since:DateTime64(3, 'UTC')}
      AND at < {until:DateTime64(3, 'UTC')}
      AND (fact != 'skipped')
    GROUP BY source_id, message_id
)
GROUP BY source_id, month, what
