-- What: how many people were sent a letter, in each month and ('') in the whole period.
-- Parameters: those of letters.sql. Filled in: $person, $among. Columns: month, people.
-- Reads: message_facts.
SELECT month, uniqExact(person)
FROM (
    SELECT $person AS person, formatDateTime(at, '%Y-%m', {zone:String}) AS month
    FROM message_facts
    WHERE workspace_id = {workspace:UInt32}
      AND source_kind = 'campaign'
      AND fact = 'sent'
      AND at >= {since:DateTime64(3, 'UTC')}
      AND at < {until:DateTime64(3, 'UTC')}
      AND $among
)
GROUP BY GROUPING SETS ((month), ())
