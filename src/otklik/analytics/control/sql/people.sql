-- What: one row for everybody to whom a mailing was meant while one global control group was in
--   force: whether he was kept out, and what he bought from then on.
-- Parameters: workspace UInt32, since and until DateTime64(3) (until: the end of the group, or
--   `as_of`), as_of DateTime64(3), k0 and k1 UInt64 and share UInt16 (the hash of the group),
--   kinds Array(String) (the source kinds of mailings), unsettled Array(String) (mailings that tell
--   nothing of the group), before_days UInt16, currency String ('': any), check_limit Float64,
--   cut UInt8 (1: larger checks are left out).
-- Filled in: $person (the current profile of a row), $meant (meant.sql).
-- Columns: person, kept, crossed, entered_at, letters, checks (of his orders), moments, after (his
--   orders and their amounts), outlying, orders, revenue, revenue_before, bought, first_order_at.
-- Reads: message_facts, orders, profile_merges.
-- How: who is held the hash of the profile tells that the gate saw. A person comes in once, by his
--   first mailing.
SELECT
    people.person AS person,
    people.kept AS kept,
    people.crossed AS crossed,
    people.entered_at AS entered_at,
    heard.letters AS letters,
    arrayFilter(order -> order.1 >= entered_at, made.placed) AS after,
    arrayFilter(
        order -> order.1 < entered_at
            AND order.1 >= subtractDays(entered_at, {before_days:UInt16}),
        made.placed
    ) AS before,
    arrayFilter(order -> order.2 > {check_limit:Float64}, after).2 AS outlying,
    arrayFilter(order -> {cut:UInt8} = 0 OR order.2 <= {check_limit:Float64}, after) AS counted,
    after.1 AS moments,
    counted.2 AS checks,
    length(after) AS orders,
    notEmpty(after) AS bought,
    if(bought, arrayMin(after.1), toDateTime64(0, 3, 'UTC')) AS first_order_at,
    round(arraySum(checks), 6) AS revenue,
    round(
        arraySum(amount -> if({cut:UInt8} = 1 AND amount > {check_limit:Float64}, 0, amount), before.2),
        6
    ) AS revenue_before
FROM (
    SELECT
        person,
        argMin(held, entry) AS kept,
        uniqExact(held) > 1 AS crossed,
        min(entry) AS entered_at
    FROM (
        SELECT
            person,
            sipHash64Keyed(({k0:UInt64}, {k1:UInt64}), profile_id) % 10000 < {share:UInt16} AS held,
            entry
        FROM ($meant)
    )
    GROUP BY person
) AS people
LEFT JOIN (
    SELECT $person AS person, count() AS letters
    FROM message_facts
    WHERE workspace_id = {workspace:UInt32}
      AND source_kind IN {kinds:Array(String)}
      AND toString(source_id) NOT IN {unsettled:Array(String)}
      AND fact = 'sent'
      AND at >= {since:DateTime64(3, 'UTC')}
      AND at < {until:DateTime64(3, 'UTC')}
      AND at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY person
) AS heard ON heard.person = people.person
LEFT JOIN (
    SELECT
        $person AS person,
        groupArray((
            placed_at,
            toFloat64(total) * (1 - least(arraySum(
                (at, share) -> if(at <= {as_of:DateTime64(3, 'UTC')}, share, 0),
                given_back_at, given_back_share
            ), 1))
        )) AS placed
    FROM orders FINAL
    WHERE workspace_id = {workspace:UInt32}
      AND placed_at >= subtractDays({since:DateTime64(3, 'UTC')}, {before_days:UInt16})
      AND placed_at < {until:DateTime64(3, 'UTC')}
      AND placed_at <= {as_of:DateTime64(3, 'UTC')}
      AND status NOT IN ('cancelled', 'returned')
      AND ({currency:String} = '' OR currency IN ('', {currency:String}))
    GROUP BY person
) AS made ON made.person = people.person
