-- Orders in their current state, one row each. The newest version wins.
CREATE TABLE IF NOT EXISTS orders (
    workspace_id UInt32,
    order_id String,
    profile_id UInt64,
    -- placed paid cancelled returned
    status LowCardinality(String),
    placed_at DateTime64(3, 'UTC'),
    total Decimal(18, 2),
    currency LowCardinality(String),
    -- The lines of the order, one element of each array per line.
    product_ids Array(String),
    product_names Array(String),
    categories Array(String),
    quantities Array(Float64),
    prices Array(Float64),
    version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (workspace_id, order_id)
SETTINGS non_replicated_deduplication_window = 10000;
