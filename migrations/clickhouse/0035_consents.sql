-- The current consent of every profile per channel and topic. The newest version wins.
CREATE TABLE IF NOT EXISTS consents (
    workspace_id UInt32,
    profile_id UInt64,
    channel LowCardinality(String),
    -- '' is the whole channel.
    topic LowCardinality(String),
    state Enum8('none' = 0, 'granted' = 1, 'withdrawn' = 2),
    at DateTime64(3, 'UTC'),
    version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (workspace_id, channel, topic, profile_id)
SETTINGS non_replicated_deduplication_window = 10000;
