-- In which segments is a person? A membership is one bitmap of up to millions of ids, and a card
-- would read those of all segments to look for one id. Here the latest memberships are again in
-- pieces of 2^18 ids, the pieces of the same ids side by side: a card reads 32 KB a segment at most.
-- It is an index: a row counts only while its moment is that of the segment's latest membership,
-- and memberships that have no rows here are read whole.
CREATE TABLE IF NOT EXISTS segment_people (
    workspace_id UInt32,
    -- profile_id >> 18
    piece UInt64,
    segment_id UUID,
    computed_at DateTime64(3, 'UTC'),
    members AggregateFunction(groupBitmap, UInt64)
) ENGINE = ReplacingMergeTree(computed_at)
ORDER BY (workspace_id, piece, segment_id)
SETTINGS index_granularity = 64, non_replicated_deduplication_window = 10000;
-- All numbers of a piece. What a bitmap has in common with it is found in microseconds; the functions
-- that take a range of a bitmap look at every id from its beginning on.
CREATE TABLE IF NOT EXISTS id_pieces (
    piece UInt64,
    ids AggregateFunction(groupBitmap, UInt64)
) ENGINE = ReplacingMergeTree
ORDER BY piece
SETTINGS index_granularity = 64, non_replicated_deduplication_window = 10000;
