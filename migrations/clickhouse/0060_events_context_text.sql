-- The context of an event is shown and never asked by path; as JSON it took a quarter of the whole
-- work of storing an event. As text it is kept as it was sent.
ALTER TABLE events MODIFY COLUMN context String;
