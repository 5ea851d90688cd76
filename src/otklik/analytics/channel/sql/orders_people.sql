-- What: the people of the orders that orders.sql counts.
-- Filled in: $shares (that query). Parameters: its own, figure String ('all', 'touched' or
--   'letter'), mailing String (of 'letter') and month String ('': all).
-- Columns: person, things (orders), amount, at (of the first of them).
SELECT person, sum(share.3) AS things, sum(share.3 * amount) AS amount, min(placed_at) AS at
FROM ($shares)
WHERE share.1 = {figure:String}
  AND share.2 = {mailing:String}
  AND ({month:String} = '' OR month = {month:String})
GROUP BY person
