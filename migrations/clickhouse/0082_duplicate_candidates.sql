-- Pairs that share a key that few people have; `rules` has a bit for each rule that found them.
CREATE TABLE IF NOT EXISTS duplicate_candidates (
    workspace_id UInt32,
    run_id UUID,
    left_id UInt64,
    right_id UInt64,
    rules SimpleAggregateFunction(groupBitOr, UInt8),
    written_at SimpleAggregateFunction(max, DateTime) DEFAULT now()
) ENGINE = AggregatingMergeTree
PARTITION BY run_id
ORDER BY (workspace_id, run_id, left_id, right_id)
TTL written_at + INTERVAL 1 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;
