-- What: the figures of those who were kept out and of the rest, from the rows of people.sql.
-- Filled in: $people (that query). Parameters: those of people.sql.
-- Columns: kept; then the fields of SideFigures in their order.
SELECT
    kept,
    count(),
    countIf(crossed),
    countIf(letters > 0),
    sum(letters),
    countIf(bought),
    sum(orders),
    round(sum(revenue), 6),
    sum(revenue * revenue),
    sum(arrayCount(amount -> amount > 0, checks)),
    round(sum(arraySum(amount -> greatest(amount, 0), checks)), 6),
    max(if(notEmpty(checks), arrayMax(checks), 0)),
    sum(length(outlying)),
    round(sum(arraySum(outlying)), 6),
    round(sum(revenue_before), 6),
    sum(revenue_before * revenue_before),
    sum(revenue_before * revenue),
    toUnixTimestamp64Milli(min(entered_at))
FROM ($people)
GROUP BY kept
