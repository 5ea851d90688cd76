-- Under which keys a search for possible duplicates looks at each person; `key` is a hash.
CREATE TABLE IF NOT EXISTS duplicate_keys (
    workspace_id UInt32,
    run_id UUID,
    rule UInt8,
    key UInt64,
    profile_id UInt64,
    written_at DateTime DEFAULT now()
) ENGINE = MergeTree
PARTITION BY run_id
ORDER BY (workspace_id, run_id, rule, key, profile_id)
TTL written_at + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;
