-- Who entered a segment and who left it, found when its membership was stored anew. A repeated
-- insert of the same change is one row. Profile ids are those of that time.
CREATE TABLE IF NOT EXISTS segment_changes (
    workspace_id UInt32,
    segment_id UUID,
    at DateTime64(3, 'UTC'),
    change Enum8('entered' = 1, 'left' = 2),
    profile_id UInt64
) ENGINE = ReplacingMergeTree
ORDER BY (workspace_id, segment_id, at, change, profile_id)
TTL toDateTime(at) + INTERVAL 2 YEAR
SETTINGS non_replicated_deduplication_window = 10000;
