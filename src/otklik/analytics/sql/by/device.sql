-- What: on which kinds of device people opened or clicked; a mail service that fetches pictures for
--   its reader hides the device.
-- Filled in: $facts, $person. Parameters: those of assigned.sql.
-- Columns: those of trait.sql. Reads: message_facts.
SELECT
    $person AS profile_id,
    groupUniqArray(
        multiIf(
            match(user_agent, '(?i)ImageProxy|MailProxy'), 'hidden',
            match(user_agent, '(?i)iPad|Tablet|Silk/|Kindle')
                OR (match(user_agent, 'Android') AND NOT match(user_agent, 'Mobile')), 'tablet',
            match(user_agent, '(?i)iPhone|iPod|Mobile|Android'), 'phone',
            match(user_agent, '(?i)Windows|Macintosh|X11|Linux|CrOS'), 'desktop',
            'other'
        )
    ) AS texts,
    0. AS num,
    0 AS is_number,
    0 AS is_date
FROM message_facts
WHERE $facts
  AND fact IN ('opened', 'clicked')
  AND verdict = 'person'
  AND at <= {as_of:DateTime64(3, 'UTC')}
GROUP BY profile_id
