-- What: the figures of every arm, from the rows of people.sql, and when they came about.
-- Filled in: $people (that query). Parameters: those of people.sql, and zone String.
-- Columns: arm; three pairs (hours, people): in which hour of the zone's clock people first did
--   the target action, opened, clicked; then the fields of ArmFigures in their order.
SELECT
    arm,
    sumMapIf([toUnixTimestamp(toStartOfHour(first_target_at, {zone:String}))], [1], target),
    sumMapIf([toUnixTimestamp(toStartOfHour(first_opened_at, {zone:String}))], [1], opened_person),
    sumMapIf([toUnixTimestamp(toStartOfHour(first_clicked_at, {zone:String}))], [1], clicked_person),
    count(),
    countIf(crossed),
    countIf(skipped),
    countIf(sent),
    countIf(delivered),
    countIf(bounced),
    countIf(failed),
    countIf(in_doubt),
    countIf(opened_person),
    countIf(opened_machine),
    countIf(clicked_person),
    countIf(clicked_machine),
    countIf(unsubscribed),
    countIf(complained),
    countIf(target),
    sum(target_events),
    round(sum(revenue), 6),
    sum(revenue * revenue),
    sum(arrayCount(amount -> amount > 0, hits.2)),
    round(sum(arraySum(amount -> greatest(amount, 0), hits.2)), 6),
    max(if(target, arrayMax(hits.2), 0)),
    sum(length(outlying)),
    round(sum(arraySum(outlying)), 6),
    round(sum(revenue_before), 6),
    sum(revenue_before * revenue_before),
    sum(revenue_before * revenue),
    sum(foreign_events)
FROM ($people)
GROUP BY arm
