-- What happened: one row per accepted event. A row is never changed; an erased profile's rows are
-- deleted. `profile_id` is that of its time: read it through the merge map.
CREATE TABLE IF NOT EXISTS events (
    workspace_id UInt32,
    profile_id UInt64,
    name LowCardinality(String),
    -- track page screen identify group alias
    type LowCardinality(String),
    time DateTime64(3, 'UTC'),
    received_at DateTime64(3, 'UTC'),
    message_id String,
    anonymous_id String,
    user_id String,
    properties JSON,
    context JSON,
    source LowCardinality(String)
) ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (workspace_id, name, profile_id, time)
SETTINGS non_replicated_deduplication_window = 10000;
