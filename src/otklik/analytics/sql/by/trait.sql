-- What: the present values of a trait, of the people of a mailing.
-- Filled in: $assigned (assigned.sql), $texts (the values of a row as texts).
-- Parameters: those of assigned.sql, trait String.
-- Columns: profile_id; texts, several of a list; num, is_number (a date too), is_date.
-- Reads: profile_traits.
SELECT
    profile_id,
    $texts AS texts,
    num,
    type IN ('number', 'date') AS is_number,
    type = 'date' AS is_date
FROM profile_traits FINAL
WHERE workspace_id = {workspace:UInt32} AND trait = {trait:String} AND type != 'null'
  AND profile_id IN ($assigned)
