-- Which part of a mailing a message belongs to: 0 where it has no parts, 1 the first part, 2 the rest.
-- Comparisons of variants look at 0 and 1: the rest was not divided at random between variants.
ALTER TABLE message_facts ADD COLUMN IF NOT EXISTS wave UInt8 DEFAULT 0;
