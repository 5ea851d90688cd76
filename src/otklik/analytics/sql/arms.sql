-- What: the figures of every arm, from the rows of people.sql.
-- Filled in: $people (that query). Parameters: those of people.sql.
-- Columns: arm, then the fields of ArmFigures in their order.
SELECT
    arm,
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
    sum(revenue * revenue)
FROM ($people)
GROUP BY arm
