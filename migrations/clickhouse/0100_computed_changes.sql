-- What a run of a computed trait is about to write: values that differ from the stored ones, one
-- element of each array per flat trait, empty arrays for a value that goes. A run begins by dropping
-- what an earlier one of the trait left, and ends by dropping its own.
CREATE TABLE IF NOT EXISTS computed_changes (
    workspace_id UInt32,
    trait_id UUID,
    profile_id UInt64,
    kinds Array(UInt8),
    texts Array(String),
    numbers Array(Float64)
) ENGINE = MergeTree
PARTITION BY trait_id
ORDER BY (workspace_id, trait_id, profile_id)
SETTINGS non_replicated_deduplication_window = 10000;
