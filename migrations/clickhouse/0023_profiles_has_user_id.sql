-- Whether the profile has a user_id, so that segments can ask for it as for e-mail and phone.
ALTER TABLE profiles ADD COLUMN IF NOT EXISTS has_user_id UInt8 AFTER has_phone;
