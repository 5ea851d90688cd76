-- What: one row for every assigned person, with all that happened to him until `as_of`.
-- Parameters: workspace UInt32, source_kind String, source_id UUID, as_of DateTime64(3),
--   variants Array(String) (all that anybody was assigned to), and for the goal: event String,
--   window_hours UInt32, before_hours UInt32 (for how long before the assignment money counts as
--   the person's history), from_at and until_at DateTime64(3); check_limit Float64 (a larger amount
--   of one event is an outlier), cut UInt8 (1: outliers don't count as revenue),
--   currency String (that of the report, '': any; only where the goal is a sale).
-- Filled in: $facts (which facts are of the report), $wave (which part of a mailing), $person (the
--   current profile of a fact), $arm (in which group a message is), $goal (a condition over events),
--   $bounced and $delivered (what became of a person's message, or of several), $within (whether a
--   hit is in a window), $several (columns of people who have several messages),
--   $foreign (whether it is a sale in another currency), $revenue (a number of an event; 0 then), $kept and $orders (the share
--   of it that was not given back until `as_of`, and the join that tells it; 1 and nothing when the
--   goal is no sale).
-- Columns: person, arm, crossed, assigned_at, flags and moments of the message, and of the goal.
--   A moment that never came is 1970-01-01.
-- Reads: message_facts, events, profile_merges, orders.
-- How: the facts are read once. What happened to a person is one number, a bit per kind of fact;
--   his first assignment is one number too, from the left: moment, message, place in `variants`.
SELECT
    people.person AS person,
    {variants:Array(String)}[toUInt8(bitAnd(people.first, 255))] AS arm,
    bitCount(bitShiftRight(people.marks, 16)) > 1 AS crossed,
    fromUnixTimestamp64Milli(toInt64(bitShiftRight(people.first, 72)), 'UTC') AS assigned_at,
    bitTest(people.marks, 0) AS was_skipped,
    bitTest(people.marks, 1) AS was_sent,
    $bounced AS bounced,
    bitTest(people.marks, 3) AS was_failed,
    bitTest(people.marks, 4) AS was_in_doubt,
    bitTest(people.marks, 5) AS unsubscribed,
    bitTest(people.marks, 6) AS complained,
    bitTest(people.marks, 7) AS opened_person,
    bitTest(people.marks, 8) AND NOT opened_person AS opened_machine,
    bitTest(people.marks, 9) AS clicked_person,
    bitTest(people.marks, 10) AND NOT clicked_person AS clicked_machine,
    was_sent OR bounced OR was_failed AS sent,
    $delivered AS delivered,
    was_failed AND NOT (was_sent OR bounced) AS failed,
    was_in_doubt AND NOT sent AS in_doubt,
    was_skipped AND NOT (sent OR was_in_doubt) AS skipped,
    people.first_opened_at AS first_opened_at,
    people.first_clicked_at AS first_clicked_at,
    arrayFilter(hit -> $within, done.hits) AS hits,
    arrayFilter(
        hit -> hit.1 < assigned_at AND hit.1 >= subtractHours(assigned_at, {before_hours:UInt32}),
        done.hits
    ) AS earlier,
    length(hits) AS target_events,
    arrayCount(hit -> hit.4, hits) AS foreign_events,
    target_events > 0 AS target,
    if(target, arrayMin(hit -> hit.1, hits), toDateTime64(0, 3, 'UTC')) AS first_target_at,
    arrayFilter(amount -> amount > {check_limit:Float64}, hits.2) AS outlying,
    round(arraySum(hits.2) - if({cut:UInt8} = 1, arraySum(outlying), 0), 6) AS revenue,
    round(
        arraySum(
            amount -> if({cut:UInt8} = 1 AND amount > {check_limit:Float64}, 0, amount), earlier.3
        ),
        6
    ) AS revenue_before
FROM (
    SELECT
        $person AS person,
        minIf(
            bitShiftLeft(toUInt128(toUnixTimestamp64Milli(at)), 72)
            + bitShiftLeft(toUInt128(message_id), 8)
            + indexOf({variants:Array(String)}, $arm),
            fact = 'assigned'
        ) AS first,
        groupBitOr(
            transform(
                fact,
                ['skipped', 'sent', 'delivered', 'bounced', 'failed', 'in_doubt', 'unsubscribed',
                 'complained'],
                [1, 2, 2, 4, 8, 16, 32, 64],
                toUInt64(0)
            )
            + if(
                verdict = 'person',
                transform(fact, ['opened', 'clicked'], [128, 512], toUInt64(0)),
                transform(fact, ['opened', 'clicked'], [256, 1024], toUInt64(0))
            )
            + if(
                fact = 'assigned',
                bitShiftLeft(toUInt64(1), 15 + indexOf({variants:Array(String)}, $arm)),
                0
            )
        ) AS marks,
        minIf(at, fact = 'opened' AND verdict = 'person') AS first_opened_at,
        minIf(at, fact = 'clicked' AND verdict = 'person') AS first_clicked_at$several
    FROM message_facts
    WHERE $facts
      AND $wave
      AND at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY person
    HAVING bitShiftRight(marks, 16) > 0
) AS people
LEFT JOIN (
    SELECT $person AS person, groupArray((time, $revenue * $kept, $revenue, $foreign)) AS hits
    FROM events
    $orders
    WHERE workspace_id = {workspace:UInt32}
      AND name = {event:String}
      AND time >= {from_at:DateTime64(3, 'UTC')}
      AND time < {until_at:DateTime64(3, 'UTC')}
      AND time <= {as_of:DateTime64(3, 'UTC')}
      AND $goal
    GROUP BY person
) AS done ON done.person = people.person
