-- What: one row for every assigned person, with all that happened to him until `as_of`.
-- Parameters: workspace UInt32, source_kind String, source_id UUID, as_of DateTime64(3),
--   and for the goal: event String, window_hours UInt32, from_at and until_at DateTime64(3).
-- Filled in: $person (the current profile of a fact), $goal (a condition over events),
--   $revenue (a number of an event).
-- Columns: person, arm, crossed, assigned_at, flags and moments of the message, and of the goal.
--   A moment that never came is 1970-01-01.
-- Reads: message_facts, events.
SELECT
    people.person AS person,
    people.arm AS arm,
    people.crossed AS crossed,
    people.assigned_at AS assigned_at,
    marks.was_skipped AND NOT (was_handed OR marks.was_in_doubt) AS skipped,
    marks.was_sent OR marks.was_bounced OR marks.was_failed AS was_handed,
    was_handed AS sent,
    marks.was_sent AND NOT marks.was_bounced AS delivered,
    marks.was_bounced AS bounced,
    marks.was_failed AND NOT (marks.was_sent OR marks.was_bounced) AS failed,
    marks.was_in_doubt AND NOT was_handed AS in_doubt,
    marks.opened_person AS opened_person,
    marks.opened_other AND NOT marks.opened_person AS opened_machine,
    marks.clicked_person AS clicked_person,
    marks.clicked_other AND NOT marks.clicked_person AS clicked_machine,
    marks.unsubscribed AS unsubscribed,
    marks.complained AS complained,
    marks.first_opened_at AS first_opened_at,
    marks.first_clicked_at AS first_clicked_at,
    goals.target_events > 0 AS target,
    goals.target_events AS target_events,
    goals.first_target_at AS first_target_at,
    goals.revenue AS revenue
FROM (
    SELECT
        $person AS person,
        argMin(variant, (at, message_id)) AS arm,
        uniqExact(variant) > 1 AS crossed,
        min(at) AS assigned_at
    FROM message_facts
    WHERE workspace_id = {workspace:UInt32}
      AND source_kind = {source_kind:String}
      AND source_id = {source_id:UUID}
      AND fact = 'assigned'
      AND at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY person
) AS people
LEFT JOIN (
    SELECT
        $person AS person,
        max(fact = 'skipped') AS was_skipped,
        max(fact IN ('sent', 'delivered')) AS was_sent,
        max(fact = 'bounced') AS was_bounced,
        max(fact = 'failed') AS was_failed,
        max(fact = 'in_doubt') AS was_in_doubt,
        max(fact = 'opened' AND verdict = 'person') AS opened_person,
        max(fact = 'opened' AND verdict != 'person') AS opened_other,
        max(fact = 'clicked' AND verdict = 'person') AS clicked_person,
        max(fact = 'clicked' AND verdict != 'person') AS clicked_other,
        max(fact = 'unsubscribed') AS unsubscribed,
        max(fact = 'complained') AS complained,
        minIf(at, fact = 'opened' AND verdict = 'person') AS first_opened_at,
        minIf(at, fact = 'clicked' AND verdict = 'person') AS first_clicked_at
    FROM message_facts
    WHERE workspace_id = {workspace:UInt32}
      AND source_kind = {source_kind:String}
      AND source_id = {source_id:UUID}
      AND fact != 'assigned'
      AND at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY person
) AS marks ON marks.person = people.person
LEFT JOIN (
    SELECT
        hits.person AS person,
        count() AS target_events,
        min(hits.time) AS first_target_at,
        round(sum(hits.revenue), 6) AS revenue
    FROM (
        SELECT $person AS person, time, $revenue AS revenue
        FROM events
        WHERE workspace_id = {workspace:UInt32}
          AND name = {event:String}
          AND time >= {from_at:DateTime64(3, 'UTC')}
          AND time < {until_at:DateTime64(3, 'UTC')}
          AND time <= {as_of:DateTime64(3, 'UTC')}
          AND $goal
    ) AS hits
    INNER JOIN (
        SELECT $person AS person, min(at) AS assigned_at
        FROM message_facts
        WHERE workspace_id = {workspace:UInt32}
          AND source_kind = {source_kind:String}
          AND source_id = {source_id:UUID}
          AND fact = 'assigned'
          AND at <= {as_of:DateTime64(3, 'UTC')}
        GROUP BY person
    ) AS starts ON starts.person = hits.person
    WHERE hits.time >= starts.assigned_at
      AND hits.time < addHours(starts.assigned_at, {window_hours:UInt32})
    GROUP BY person
) AS goals ON goals.person = people.person
