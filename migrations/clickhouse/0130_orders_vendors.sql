-- Who made what was bought: one element per line of the order, as product_ids has; '' where nobody
-- says. Rows from before have an empty array until the orders are read again.
ALTER TABLE orders
    ADD COLUMN IF NOT EXISTS vendors Array(String) AFTER categories;
