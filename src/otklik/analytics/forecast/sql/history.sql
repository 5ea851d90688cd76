-- What: former mailings by what their readers did within some days, all readers or those of an
--   audience only.
-- Parameters: workspace UInt32, since and until DateTime64(3) (of sending), days UInt32, everybody
--   UInt8 (1: of all readers), include and exclude Array(UUID) (segments, by their latest
--   recalculation), order_hours UInt32, as_of DateTime64(3), and for the goal: event String,
--   window_hours UInt32.
-- Filled in: $person (the current profile of a fact), $goal (a condition over events).
-- Columns: source_id, sent, delivered, opened, clicked, unsubscribed, asked and done (those whose
--   window of the target action is over, and of them who did it), buyers_asked and buyers (the same
--   for orders that were neither cancelled nor returned; nobody is asked where no order was ever).
-- Reads: message_facts, segment_memberships, events, orders, profile_merges.
SELECT
    toString(source_id),
    countIf(has_sent) AS sent,
    countIf(has_sent AND NOT has_bounced) AS delivered,
    countIf(has_opened AND NOT has_bounced) AS opened,
    countIf(has_clicked AND NOT has_bounced) AS clicked,
    countIf(has_left AND NOT has_bounced) AS unsubscribed,
    countIf(has_sent AND is_over) AS asked,
    countIf(has_sent AND is_over AND has_done) AS done,
    countIf(has_sent AND is_counted) AS buyers_asked,
    countIf(has_sent AND is_counted AND has_bought) AS buyers
FROM (
    SELECT
        letters.source_id AS source_id,
        letters.sent_at > toDateTime64(0, 3, 'UTC') AS has_sent,
        letters.has_bounced AS has_bounced,
        arrayExists(at -> at < addDays(letters.sent_at, {days:UInt32}), letters.opened) AS has_opened,
        arrayExists(at -> at < addDays(letters.sent_at, {days:UInt32}), letters.clicked) AS has_clicked,
        arrayExists(at -> at < addDays(letters.sent_at, {days:UInt32}), letters.left) AS has_left,
        addHours(letters.sent_at, {window_hours:UInt32}) <= {as_of:DateTime64(3, 'UTC')} AS is_over,
        arrayExists(
            at -> at >= letters.sent_at AND at < addHours(letters.sent_at, {window_hours:UInt32}),
            goals.times
        ) AS has_done,
        addHours(letters.sent_at, {order_hours:UInt32}) <= {as_of:DateTime64(3, 'UTC')}
            AND (SELECT count() FROM (
                SELECT 1 FROM orders WHERE workspace_id = {workspace:UInt32} LIMIT 1
            )) > 0 AS is_counted,
        arrayExists(
            at -> at >= letters.sent_at AND at < addHours(letters.sent_at, {order_hours:UInt32}),
            sales.times
        ) AS has_bought
    FROM (
        SELECT
            source_id,
            $person AS person,
            minIf(at, fact = 'sent') AS sent_at,
            max(fact = 'bounced') AS has_bounced,
            groupArrayIf(at, fact = 'opened' AND verdict = 'person') AS opened,
            groupArrayIf(at, fact = 'clicked' AND verdict = 'person') AS clicked,
            groupArrayIf(at, fact = 'unsubscribed') AS left
        FROM message_facts
        WHERE workspace_id = {workspace:UInt32}
          AND source_kind = 'campaign'
          AND fact IN ('sent', 'bounced', 'opened', 'clicked', 'unsubscribed')
          AND at >= {since:DateTime64(3, 'UTC')}
          AND ({everybody:UInt8} = 1 OR bitmapContains((
            SELECT bitmapAndnot(
                groupBitmapOrStateIf(members, segment_id IN {include:Array(UUID)}),
                groupBitmapOrStateIf(members, segment_id IN {exclude:Array(UUID)})
            )
            FROM segment_memberships
            WHERE workspace_id = {workspace:UInt32}
              AND segment_id IN arrayConcat({include:Array(UUID)}, {exclude:Array(UUID)})
              AND (segment_id, computed_at) IN (
                SELECT segment_id, max(computed_at) FROM segment_memberships
                WHERE workspace_id = {workspace:UInt32}
                  AND segment_id IN arrayConcat({include:Array(UUID)}, {exclude:Array(UUID)})
                GROUP BY segment_id
              )
          ), person))
        GROUP BY source_id, person
        HAVING sent_at >= {since:DateTime64(3, 'UTC')} AND sent_at < {until:DateTime64(3, 'UTC')}
    ) AS letters
    LEFT JOIN (
        SELECT $person AS person, groupArray(time) AS times
        FROM events
        WHERE workspace_id = {workspace:UInt32}
          AND name = {event:String}
          AND time >= {since:DateTime64(3, 'UTC')}
          AND $goal
        GROUP BY person
    ) AS goals ON goals.person = letters.person
    LEFT JOIN (
        SELECT $person AS person, groupArray(placed_at) AS times
        FROM orders FINAL
        WHERE workspace_id = {workspace:UInt32}
          AND placed_at >= {since:DateTime64(3, 'UTC')}
          AND placed_at <= {as_of:DateTime64(3, 'UTC')}
          AND status NOT IN ('cancelled', 'returned')
        GROUP BY person
    ) AS sales ON sales.person = letters.person
)
GROUP BY source_id
HAVING sent > 0
ORDER BY source_id
