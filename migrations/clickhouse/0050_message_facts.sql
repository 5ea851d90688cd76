-- Everything that happened to a message, one row per fact. Nothing is dropped: openings and clicks
-- of machines are here too, with their verdict.
CREATE TABLE IF NOT EXISTS message_facts (
    workspace_id UInt32,
    message_id UInt64,
    profile_id UInt64,
    channel LowCardinality(String),
    -- campaign
    source_kind LowCardinality(String),
    source_id UUID,
    variant LowCardinality(String),
    -- assigned skipped sent delivered bounced complained opened clicked unsubscribed in_doubt
    fact LowCardinality(String),
    -- '' person machine scanner
    verdict LowCardinality(String),
    reason LowCardinality(String),
    link UInt16,
    url String,
    user_agent String,
    at DateTime64(3, 'UTC'),
    fact_id String
) ENGINE = MergeTree
ORDER BY (workspace_id, source_id, fact, at, message_id)
SETTINGS non_replicated_deduplication_window = 10000;
