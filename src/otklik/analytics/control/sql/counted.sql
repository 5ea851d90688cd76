-- What: which mailings the report of a global control group rests on, by their kind.
-- Parameters: those of people.sql, regular Array(String) (campaigns that are runs of regular
--   mailings). Filled in: $meant (meant.sql).
-- Columns: kind ('mass', 'regular' or that of the source), mailings, people to whom one was meant,
--   those of them who were kept back for the group, letters sent.
-- Reads: message_facts, profile_merges.
SELECT
    kind,
    uniqExactIf(source_id, person IS NOT NULL),
    uniqExact(person),
    uniqExactIf(person, kept_back),
    sum(letters)
FROM (
    SELECT
        multiIf(
            source_kind != 'campaign', source_kind,
            has({regular:Array(String)}, toString(source_id)), 'regular',
            'mass'
        ) AS kind,
        source_id,
        person,
        kept_back,
        0 AS letters
    FROM ($meant)
    UNION ALL
    SELECT
        multiIf(
            source_kind != 'campaign', source_kind,
            has({regular:Array(String)}, toString(source_id)), 'regular',
            'mass'
        ) AS kind,
        source_id,
        NULL AS person,
        0 AS kept_back,
        count() AS letters
    FROM message_facts
    WHERE workspace_id = {workspace:UInt32}
      AND source_kind IN {kinds:Array(String)}
      AND toString(source_id) NOT IN {unsettled:Array(String)}
      AND fact = 'sent'
      AND at >= {since:DateTime64(3, 'UTC')}
      AND at < {until:DateTime64(3, 'UTC')}
      AND at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY source_kind, source_id
)
GROUP BY kind
ORDER BY kind
