-- What: whether there is any event, and any message that was handed over.
-- Parameters: workspace UInt32.
-- Columns: events (0 or 1), sent (0 or 1).
-- Reads: events, message_facts.
SELECT
    (
        SELECT count() FROM (
            SELECT 1 FROM events WHERE workspace_id = {workspace:UInt32} LIMIT 1
        )
    ) AS events,
    (
        SELECT count() FROM (
            SELECT 1 FROM message_facts
            WHERE workspace_id = {workspace:UInt32} AND fact = 'sent' LIMIT 1
        )
    ) AS sent
