-- What: profiles and known profiles by the day they were first seen; '' is every earlier day.
-- Parameters: workspace UInt32, zone String, since DateTime64(3).
-- Columns: day (text), profiles, known.
-- Reads: profiles.
SELECT if(day = toDate(0), '', toString(day)), profiles, known_profiles
FROM (
    SELECT
        if(
            first_seen < {since:DateTime64(3, 'UTC')},
            toDate(0),
            toDate(first_seen, {zone:String})
        ) AS day,
        count() AS profiles,
        countIf(known = 1) AS known_profiles
    FROM profiles FINAL
    WHERE workspace_id = {workspace:UInt32} AND is_deleted = 0
    GROUP BY day
)
