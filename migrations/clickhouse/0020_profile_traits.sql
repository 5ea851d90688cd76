-- The traits of every profile, one row per trait, for filtering. The newest version wins.
-- Nested objects are flattened with dots; a removed trait has the type 'null'.
CREATE TABLE IF NOT EXISTS profile_traits (
    workspace_id UInt32,
    trait LowCardinality(String),
    profile_id UInt64,
    type Enum8('null' = 0, 'string' = 1, 'number' = 2, 'bool' = 3, 'date' = 4, 'list' = 5, 'object' = 6),
    str String,
    -- A number; a bool as 0 or 1; a date as seconds since 1970.
    num Float64,
    list Array(String),
    version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (workspace_id, trait, profile_id)
SETTINGS non_replicated_deduplication_window = 10000;
