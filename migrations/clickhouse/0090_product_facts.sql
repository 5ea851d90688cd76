-- Price and stock of products over time: a row per change, none where nothing changed.
CREATE TABLE IF NOT EXISTS product_facts (
    workspace_id UInt32,
    feed_id UUID,
    offer_id String,
    at DateTime64(3, 'UTC'),
    price Nullable(Decimal(18, 4)),
    old_price Nullable(Decimal(18, 4)),
    currency LowCardinality(String),
    -- 0: gone from the feed, or said to be sold out.
    available UInt8,
    stock Nullable(Int64),
    gone UInt8
) ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (workspace_id, feed_id, offer_id, at)
SETTINGS non_replicated_deduplication_window = 10000;
