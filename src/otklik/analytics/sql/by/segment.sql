-- What: in which of some segments the people of a mailing are, by the latest recalculation.
-- Filled in: $assigned (assigned.sql), $person. Parameters: those of assigned.sql, segments
--   Array(UUID). Columns: those of trait.sql. Reads: segment_memberships, profile_merges.
-- How: a segment may hold a profile that was merged into another since; only ids that can belong to
--   this mailing are taken out of its bitmap.
SELECT
    person AS profile_id,
    groupUniqArray(segment) AS texts,
    0. AS num,
    0 AS is_number,
    0 AS is_date
FROM (
    SELECT $person AS person, segment
    FROM (
        SELECT
            workspace_id,
            toString(segment_id) AS segment,
            arrayJoin(bitmapToArray(bitmapAnd(members, (
                SELECT groupBitmapState(toUInt64(one)) FROM (
                    SELECT assigned AS one FROM ($assigned)
                    UNION ALL
                    SELECT from_id FROM profile_merges FINAL
                    WHERE workspace_id = {workspace:UInt32} AND undone = 0
                      AND into_id IN ($assigned)
                )
            )))) AS profile_id
        FROM segment_memberships
        WHERE workspace_id = {workspace:UInt32}
          AND segment_id IN {segments:Array(UUID)}
          AND (segment_id, computed_at) IN (
            SELECT segment_id, max(computed_at) FROM segment_memberships
            WHERE workspace_id = {workspace:UInt32} AND segment_id IN {segments:Array(UUID)}
            GROUP BY segment_id
          )
    )
)
GROUP BY person
