-- The members of a segment as they were when an export of it began, so that a continuation has
-- exactly the same people. A day's partition is dropped when it is old.
CREATE TABLE IF NOT EXISTS export_members (
    workspace_id UInt32,
    set_id UUID,
    profile_id UInt64,
    made_at DateTime('UTC')
) ENGINE = MergeTree
PARTITION BY toYYYYMMDD(made_at)
ORDER BY (workspace_id, set_id, profile_id)
SETTINGS non_replicated_deduplication_window = 10000;
