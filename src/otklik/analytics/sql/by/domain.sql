-- What: the domains of the e-mail addresses of the people of a mailing.
-- Filled in: $assigned (assigned.sql). Parameters: those of assigned.sql.
-- Columns: those of trait.sql. Reads: profiles.
SELECT
    profile_id,
    arrayMap(domain -> toString(domain), email_domains) AS texts,
    0. AS num,
    0 AS is_number,
    0 AS is_date
FROM profiles FINAL
WHERE workspace_id = {workspace:UInt32} AND profile_id IN ($assigned)
