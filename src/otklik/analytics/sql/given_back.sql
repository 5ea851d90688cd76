-- What: a join of events to the orders of which something was given back, or that were cancelled.
-- Parameters: workspace UInt32, as_of DateTime64(3). Filled in: $order_id (that of an event).
-- Column: back.share, from 0 to 1, of what the order was before; 0 for all other orders.
-- Reads: orders. Only those of which some version tells of it are brought to their newest version:
--   FINAL would go through all orders there ever were.
LEFT JOIN (
    SELECT
        order_id,
        least(
            arraySum(
                (at, share) -> if(at <= {as_of:DateTime64(3, 'UTC')}, share, 0),
                argMax(given_back_at, version) AS moments,
                argMax(given_back_share, version) AS shares
            ),
            1
        ) AS share
    FROM orders
    WHERE workspace_id = {workspace:UInt32}
      AND order_id IN (
        SELECT order_id FROM orders
        WHERE workspace_id = {workspace:UInt32} AND notEmpty(given_back_at)
      )
    GROUP BY order_id
) AS back ON back.order_id = $order_id
