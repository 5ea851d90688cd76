-- What: why readers unsubscribed, those who said so; of several answers of one the last.
-- Parameters: those of overview.sql. Filled in: $facts. Columns: reason, people. Reads: message_facts.
SELECT why, count()
FROM (
    SELECT argMax(reason, at) AS why
    FROM message_facts
    WHERE $facts
      AND fact = 'left_because'
      AND at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY message_id
)
GROUP BY why
ORDER BY count() DESC, why
