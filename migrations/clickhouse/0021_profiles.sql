-- Who exists, as far as segments need it. The newest version wins.
CREATE TABLE IF NOT EXISTS profiles (
    workspace_id UInt32,
    profile_id UInt64,
    -- Has an identifier other than anonymous_id.
    known UInt8,
    has_email UInt8,
    has_phone UInt8,
    first_seen DateTime64(3, 'UTC'),
    last_seen DateTime64(3, 'UTC'),
    -- Merged away or erased.
    is_deleted UInt8,
    version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (workspace_id, profile_id)
SETTINGS non_replicated_deduplication_window = 10000;
