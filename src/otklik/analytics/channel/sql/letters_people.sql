-- What: the people of the messages that letters.sql counts.
-- Filled in: $happened (with a column person). Parameters: those of letters.sql, figure String,
--   mailing String and month String ('': all).
-- Columns: person, things (how many messages), amount (none), at (of the first of them).
SELECT person, count() AS things, 0. AS amount, min(happened.2) AS at
FROM ($happened)
WHERE happened.1 = {figure:String}
  AND ({mailing:String} = '' OR toString(source_id) = {mailing:String})
  AND (
    {month:String} = '' OR formatDateTime(happened.2, '%Y-%m', {zone:String}) = {month:String}
  )
GROUP BY person
