-- What: messages that were handed over, per day of a zone.
-- Parameters: workspace UInt32, zone String, since DateTime64(3), until DateTime64(3).
-- Columns: day (text), sent.
-- Reads: message_facts.
SELECT toString(day), sent
FROM (
    SELECT toDate(at, {zone:String}) AS day, count() AS sent
    FROM message_facts
    WHERE workspace_id = {workspace:UInt32}
      AND fact = 'sent'
      AND at >= {since:DateTime64(3, 'UTC')}
      AND at < {until:DateTime64(3, 'UTC')}
    GROUP BY day
)
