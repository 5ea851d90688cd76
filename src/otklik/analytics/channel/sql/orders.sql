-- What: orders of a period, all of them, those that letters touched, and what each letter is given.
-- Filled in: $shares (that query). Parameters: its own.
-- Columns: what, source_id (of a letter), month ('': the whole period), orders, revenue, buyers.
SELECT
    share.1 AS what,
    share.2 AS source_id,
    month,
    sum(share.3) AS orders,
    sum(share.3 * amount) AS revenue,
    uniqExact(person) AS buyers
FROM ($shares)
GROUP BY GROUPING SETS ((share.1, share.2, month), (share.1, share.2))
