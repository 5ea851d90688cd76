-- What: orders of a period, each as a whole, once more when a letter touched it, and by the shares
--   that letters are given.
-- Parameters: workspace UInt32, since and until DateTime64(3), touched_since DateTime64(3),
--   window_hours UInt32, touch String ('delivered', 'opened' or 'clicked'), model String ('last',
--   'first', 'any', 'position'), currency String ('': any), zone String.
-- Filled in: $person, $among (which people only).
-- Columns: person, amount (of the whole order), placed_at, month, share: what ('all', 'touched' or
--   'letter'), source_id (of a letter), how much of the order.
-- Reads: orders, message_facts.
-- How: each order has the letters that touched its buyer within the window before it, by their last
--   touch; the model gives each a share of the order. 'any' gives the whole order to each of them.
SELECT
    sold.person AS person,
    sold.amount AS amount,
    sold.placed_at AS placed_at,
    sold.month AS month,
    arrayReverse(arrayDistinct(arrayReverse(
        arrayFilter(
            touch -> touch.1 <= sold.placed_at
                AND touch.1 > subtractHours(sold.placed_at, {window_hours:UInt32}),
            seen.touches
        ).2
    ))) AS letters,
    length(letters) AS count,
    arrayMap(
        place -> multiIf(
            {model:String} = 'any', 1.,
            {model:String} = 'last', toFloat64(place = count),
            {model:String} = 'first', toFloat64(place = 1),
            count = 1, 1.,
            count = 2, 0.5,
            place = 1 OR place = count, 0.4,
            0.2 / (count - 2)
        ),
        arrayEnumerate(letters)
    ) AS weights,
    arrayJoin(arrayConcat(
        [('all', '', 1.)],
        if(empty(letters), [], [('touched', '', 1.)]),
        arrayFilter(
            one -> one.3 > 0,
            arrayMap((letter, weight) -> ('letter', letter, weight), letters, weights)
        )
    )) AS share
FROM (
    SELECT
        $person AS person,
        placed_at,
        toFloat64(total) * (1 - least(arraySum(given_back_share), 1)) AS amount,
        formatDateTime(placed_at, '%Y-%m', {zone:String}) AS month
    FROM orders FINAL
    WHERE workspace_id = {workspace:UInt32}
      AND placed_at >= {since:DateTime64(3, 'UTC')}
      AND placed_at < {until:DateTime64(3, 'UTC')}
      AND status NOT IN ('cancelled', 'returned')
      AND ({currency:String} = '' OR currency IN ('', {currency:String}))
      AND $among
) AS sold
LEFT JOIN (
    SELECT $person AS person, arraySort(groupArray((at, toString(source_id)))) AS touches
    FROM message_facts
    WHERE workspace_id = {workspace:UInt32}
      AND source_kind = 'campaign'
      AND at >= {touched_since:DateTime64(3, 'UTC')}
      AND at < {until:DateTime64(3, 'UTC')}
      AND fact = if({touch:String} = 'delivered', 'sent', {touch:String})
      AND ({touch:String} = 'delivered' OR verdict = 'person')
    GROUP BY person
) AS seen ON seen.person = sold.person
