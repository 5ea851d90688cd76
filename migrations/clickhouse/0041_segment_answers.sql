-- Answers to single questions of segments, shared by all segments that ask the same. Which of
-- them still hold is known in PostgreSQL; the others are deleted once a day.
CREATE TABLE IF NOT EXISTS segment_answers (
    workspace_id UInt32,
    key String,
    computed_at DateTime64(3, 'UTC'),
    members AggregateFunction(groupBitmap, UInt64)
) ENGINE = MergeTree
ORDER BY (workspace_id, key, computed_at)
SETTINGS non_replicated_deduplication_window = 10000;
