-- The domains of all e-mail addresses of a person, said as a trait or known as identifiers. Rows
-- from before have none until their person changes; conditions ask the trait `email` besides.
ALTER TABLE profiles
    ADD COLUMN IF NOT EXISTS email_domains Array(LowCardinality(String)) AFTER has_user_id;
