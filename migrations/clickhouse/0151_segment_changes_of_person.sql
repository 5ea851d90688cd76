-- Who entered and left segments, in the order of people: what a card tells of one person.
CREATE TABLE IF NOT EXISTS segment_changes_of_person (
    workspace_id UInt32,
    profile_id UInt64,
    at DateTime64(3, 'UTC'),
    segment_id UUID,
    change Enum8('entered' = 1, 'left' = 2)
) ENGINE = ReplacingMergeTree
ORDER BY (workspace_id, profile_id, at, segment_id, change)
TTL toDateTime(at) + INTERVAL 2 YEAR
SETTINGS non_replicated_deduplication_window = 10000;
CREATE MATERIALIZED VIEW IF NOT EXISTS segment_changes_of_person_fill TO segment_changes_of_person AS
SELECT workspace_id, profile_id, at, segment_id, change FROM segment_changes;
INSERT INTO segment_changes_of_person
SELECT workspace_id, profile_id, at, segment_id, change FROM segment_changes;
