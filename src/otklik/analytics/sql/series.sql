-- What: how many people of an arm did something for the first time, by hour of the zone's clock.
-- Filled in: $people (people.sql).
-- Parameters: those of people.sql, and zone String.
-- Columns: bucket (where the hour begins), arm, targets, opens, clicks.
SELECT
    toDateTime(toStartOfHour(mark.2, {zone:String}), 'UTC') AS bucket,
    arm,
    countIf(mark.1 = 'target') AS targets,
    countIf(mark.1 = 'open') AS opens,
    countIf(mark.1 = 'click') AS clicks
FROM (
    SELECT
        arm,
        arrayJoin([
            ('target', if(target, first_target_at, toDateTime64(0, 3, 'UTC'))),
            ('open', if(opened_person, first_opened_at, toDateTime64(0, 3, 'UTC'))),
            ('click', if(clicked_person, first_clicked_at, toDateTime64(0, 3, 'UTC')))
        ]) AS mark
    FROM ($people)
)
WHERE mark.2 > toDateTime64(0, 3, 'UTC')
GROUP BY bucket, arm
ORDER BY bucket, arm
