-- What: the people of a segment, by its latest recalculation.
-- Filled in: $person (the current profile of a row: a segment may hold one that was merged since).
-- Parameters: workspace UInt32, segment UUID. Reads: segment_memberships, profile_merges.
SELECT $person
FROM (
    SELECT workspace_id, arrayJoin(bitmapToArray(members)) AS profile_id
    FROM segment_memberships
    WHERE workspace_id = {workspace:UInt32}
      AND segment_id = {segment:UUID}
      AND computed_at = (
        SELECT max(computed_at) FROM segment_memberships
        WHERE workspace_id = {workspace:UInt32} AND segment_id = {segment:UUID}
      )
)
