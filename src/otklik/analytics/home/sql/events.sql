-- What: events per day of a zone.
-- Parameters: workspace UInt32, zone String, since DateTime64(3), until DateTime64(3).
-- Columns: day (text), events.
-- Reads: events, by the counts of quarters of an hour that are kept with them. Days of every zone
--   begin with one.
SELECT toString(day), events
FROM (
    SELECT toDate(toStartOfFifteenMinutes(time), {zone:String}) AS day, count() AS events
    FROM events
    WHERE workspace_id = {workspace:UInt32}
      AND toStartOfFifteenMinutes(time) >= {since:DateTime64(3, 'UTC')}
      AND toStartOfFifteenMinutes(time) < {until:DateTime64(3, 'UTC')}
    GROUP BY day
)
