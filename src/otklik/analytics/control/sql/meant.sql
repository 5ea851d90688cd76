-- What: to whom mailings were meant while a global control group was in force, and when.
-- Parameters: those of people.sql. Filled in: $person (the current profile of a row).
-- Columns: person, profile_id (that the gate saw), source_kind, source_id, kept_back, entry.
-- Reads: message_facts, profile_merges.
-- How: what the gate asks before the group keeps both sides back alike, so who came to it comes in:
--   kept back for the group; of the others assigned, or kept back by what is asked after the group
--   and before the assignment, which of those kept out nobody asked: that nothing is new for him.
--   The rest of a mailing that went to a part first comes in when its audience was frozen, as the
--   group did.
SELECT
    $person AS person,
    facts.profile_id AS profile_id,
    facts.source_kind AS source_kind,
    facts.source_id AS source_id,
    facts.reason = 'global_control' AS kept_back,
    if(facts.wave = 2, parted.frozen_at, facts.at) AS entry
FROM message_facts AS facts
LEFT JOIN (
    SELECT source_id, min(at) AS frozen_at
    FROM message_facts
    WHERE workspace_id = {workspace:UInt32}
      AND fact IN ('assigned', 'skipped')
      AND source_id IN (
        SELECT source_id FROM message_facts
        WHERE workspace_id = {workspace:UInt32} AND wave = 2
      )
    GROUP BY source_id
) AS parted ON parted.source_id = facts.source_id
WHERE facts.workspace_id = {workspace:UInt32}
  AND facts.source_kind IN {kinds:Array(String)}
  AND toString(facts.source_id) NOT IN {unsettled:Array(String)}
  AND (
    facts.fact = 'assigned'
    OR facts.fact = 'skipped' AND (
        facts.reason = 'global_control'
        OR facts.reason = 'nothing_new' AND facts.variant = ''
        OR facts.reason = 'campaign_stopped' AND facts.wave = 2
    )
  )
  AND facts.at >= {since:DateTime64(3, 'UTC')}
  AND facts.at <= {as_of:DateTime64(3, 'UTC')}
  AND entry >= {since:DateTime64(3, 'UTC')}
  AND entry < {until:DateTime64(3, 'UTC')}
