-- What: messages of mailings in a period, by mailing, month and what became of them.
-- Filled in: $happened (that query). Parameters: its own, and zone String.
-- Columns: source_id, month (2026-05, by the clock of the zone), what, messages, and when the first
--   of it happened, in ms. A message counts in the month of the first time of each thing.
SELECT
    toString(source_id),
    formatDateTime(happened.2, '%Y-%m', {zone:String}) AS month,
    happened.1 AS what,
    count(),
    toUnixTimestamp64Milli(min(happened.2))
FROM ($happened)
GROUP BY source_id, month, what
