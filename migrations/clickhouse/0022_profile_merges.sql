-- Which profile was merged into which. Chains are resolved by the writer: into_id is final.
CREATE TABLE IF NOT EXISTS profile_merges (
    workspace_id UInt32,
    from_id UInt64,
    into_id UInt64,
    undone UInt8,
    version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (workspace_id, from_id)
SETTINGS non_replicated_deduplication_window = 10000;
