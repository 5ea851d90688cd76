-- What: what became of the messages of mailings in a period: a row for each thing and message.
-- Filled in: $columns (more of a message, from its facts), $among (which people only).
-- Parameters: workspace UInt32, since and until DateTime64(3).
-- Columns: source_id, happened: a pair of what and its first moment; and those filled in.
-- Reads: message_facts. Only what happened in the period counts, each thing once for a message.
SELECT
    source_id,
    $columns
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
  AND fact != 'skipped'
  AND $among
GROUP BY source_id, message_id
