-- The members of a segment at each recalculation, as a bitmap of profile ids.
CREATE TABLE IF NOT EXISTS segment_memberships (
    workspace_id UInt32,
    segment_id UUID,
    computed_at DateTime64(3, 'UTC'),
    members AggregateFunction(groupBitmap, UInt64),
    size UInt64
) ENGINE = MergeTree
ORDER BY (workspace_id, segment_id, computed_at)
SETTINGS non_replicated_deduplication_window = 10000;
