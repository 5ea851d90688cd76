-- What a search for possible duplicates compares of each person, while the search runs. A run's
-- rows are dropped at its end with their partition; those of a run that died, after a day.
CREATE TABLE IF NOT EXISTS duplicate_people (
    workspace_id UInt32,
    run_id UUID,
    profile_id UInt64,
    first_name String,
    last_name String,
    birth_date String,
    emails Array(String),
    phones Array(String),
    city String,
    first_sound String,
    last_sound String,
    city_sound String,
    written_at DateTime DEFAULT now()
) ENGINE = MergeTree
PARTITION BY run_id
ORDER BY (workspace_id, run_id, profile_id)
TTL written_at + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;
