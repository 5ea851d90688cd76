-- What a consent is for. '' is advertising, the only purpose there was before; the others go by no
-- channel and no topic.
ALTER TABLE consents
    ADD COLUMN IF NOT EXISTS purpose LowCardinality(String),
    MODIFY ORDER BY (workspace_id, channel, topic, profile_id, purpose);
