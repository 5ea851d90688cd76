-- How many events of each name, and how many in each quarter of an hour, are counted when events are
-- stored: at 100 million events the start page and the list of names would each take a second. A
-- quarter of an hour fits the days of every time zone. The engine keeps the counts with the rows, so
-- they stay right when rows are deleted.
ALTER TABLE events MODIFY SETTING lightweight_mutation_projection_mode = 'rebuild';
ALTER TABLE events ADD PROJECTION IF NOT EXISTS by_name (
    SELECT workspace_id, name, count() GROUP BY workspace_id, name
);
ALTER TABLE events ADD PROJECTION IF NOT EXISTS by_quarter (
    SELECT workspace_id, toStartOfFifteenMinutes(time) AS quarter, count()
    GROUP BY workspace_id, quarter
);
ALTER TABLE events MATERIALIZE PROJECTION by_name;
ALTER TABLE events MATERIALIZE PROJECTION by_quarter;
