-- The merges as a map in memory: old profile id to the current one. Used only through
-- otklik.runtime.clickhouse.CURRENT_PROFILE. A server reloads it when the merges changed; the
-- embedded engine does so only on SYSTEM RELOAD DICTIONARY, which follows every insert of merges.
CREATE OR REPLACE DICTIONARY profile_merge_map (
    workspace_id UInt32,
    from_id UInt64,
    into_id UInt64
)
PRIMARY KEY workspace_id, from_id
SOURCE(CLICKHOUSE(
    USER '{{user}}' PASSWORD '{{password}}' DB '{{database}}'
    QUERY 'SELECT workspace_id, from_id, into_id FROM {{database}}.profile_merges FINAL WHERE undone = 0'
    INVALIDATE_QUERY 'SELECT max(version) FROM {{database}}.profile_merges'
))
LAYOUT(COMPLEX_KEY_HASHED())
LIFETIME(MIN 5 MAX 10);
