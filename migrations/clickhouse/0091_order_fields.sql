-- Fields of a workspace's own on orders and their lines, and where an order was made. Keys of the
-- maps are names of fields. Numbers: number as it is, bool as 0 or 1, date as seconds of the epoch.
-- The arrays have an element per line of the order, as product_ids has.
ALTER TABLE orders
    ADD COLUMN IF NOT EXISTS source LowCardinality(String) AFTER given_back_share,
    ADD COLUMN IF NOT EXISTS shop LowCardinality(String) AFTER source,
    ADD COLUMN IF NOT EXISTS number String AFTER shop,
    ADD COLUMN IF NOT EXISTS fields_text Map(LowCardinality(String), String) AFTER number,
    ADD COLUMN IF NOT EXISTS fields_num Map(LowCardinality(String), Float64) AFTER fields_text,
    ADD COLUMN IF NOT EXISTS line_fields_text Array(Map(LowCardinality(String), String)) AFTER fields_num,
    ADD COLUMN IF NOT EXISTS line_fields_num Array(Map(LowCardinality(String), Float64)) AFTER line_fields_text;
