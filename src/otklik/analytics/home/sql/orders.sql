-- What: orders per day of a zone and their revenue in one currency; cancelled and returned ones
--   are left out.
-- Parameters: workspace UInt32, zone String, since DateTime64(3), until DateTime64(3),
--   currency String.
-- Columns: day (text), orders, revenue.
-- Reads: orders. Only orders of which some version is in the span are brought to their newest
--   version: FINAL would go through all orders there ever were.
SELECT
    toString(toDate(placed, {zone:String})) AS day,
    count() AS orders,
    toFloat64(sumIf(amount, money = {currency:String})) AS revenue
FROM (
    SELECT
        argMax(placed_at, version) AS placed,
        argMax(status, version) AS state,
        argMax(total, version) AS amount,
        argMax(currency, version) AS money
    FROM orders
    WHERE workspace_id = {workspace:UInt32}
      AND order_id IN (
        SELECT order_id FROM orders
        WHERE workspace_id = {workspace:UInt32}
          AND placed_at >= {since:DateTime64(3, 'UTC')}
          AND placed_at < {until:DateTime64(3, 'UTC')}
      )
    GROUP BY order_id
)
WHERE state IN ('placed', 'paid')
  AND placed >= {since:DateTime64(3, 'UTC')}
  AND placed < {until:DateTime64(3, 'UTC')}
GROUP BY day
