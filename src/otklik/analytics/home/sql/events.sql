-- What: events per day of a zone.
-- Parameters: workspace UInt32, zone String, since DateTime64(3), until DateTime64(3).
-- Columns: day (text), events.
-- Reads: events.
SELECT toString(day), events
FROM (
    SELECT toDate(time, {zone:String}) AS day, count() AS events
    FROM events
    WHERE workspace_id = {workspace:UInt32}
      AND time >= {since:DateTime64(3, 'UTC')}
      AND time < {until:DateTime64(3, 'UTC')}
    GROUP BY day
)
