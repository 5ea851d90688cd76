"""What an import met before: people, addresses, events; by hashes, so that nothing counts twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from otklik.profiles.public import known_values, text_array
from otklik.runtime.public import Tx, driver


async def count_new(tx: Tx, row: Any, people: Sequence[tuple[str, str]]) -> int:
    """Return how many people nobody has heard of: not in the store, nor earlier in this import."""
    by_kind: dict[str, set[str]] = {}
    for kind, value in people:
        by_kind.setdefault(kind, set()).add(value)
    fresh: list[str] = []
    for kind, values in by_kind.items():
        known = await known_values(tx, workspace_id=row.workspace_id, kind=kind, values=values)
        fresh += [f"{kind}:{value}" for value in values - known]
    return await remember(tx, row, fresh)


async def remember(tx: Tx, row: Any, keys: Sequence[str]) -> int:
    """Remember keys of this import; returns how many of them it had not met before."""
    if not keys:
        return 0
    result = await (await driver(tx)).execute(
        """
        INSERT INTO import_keys (import_id, key, workspace_id)
        SELECT DISTINCT %s::uuid, hashtextextended(key, 0), %s::int
        FROM unnest(%s::text[]) AS given (key)
        ON CONFLICT DO NOTHING
        """,
        (row.import_id, row.workspace_id, text_array(keys)),
    )
    return result.rowcount


async def unseen(tx: Tx, row: Any, keys: Sequence[str]) -> set[str]:
    """Return which keys this import meets for the first time, and remember them."""
    if not keys:
        return set()
    cursor = await (await driver(tx)).execute(
        """
        WITH given AS (
            SELECT key, hashtextextended(key, 0) AS hash FROM unnest(%s::text[]) AS g (key)
        ), fresh AS (
            INSERT INTO import_keys (import_id, key, workspace_id)
            SELECT DISTINCT %s::uuid, hash, %s::int FROM given
            ON CONFLICT DO NOTHING RETURNING key
        )
        SELECT given.key FROM given JOIN fresh ON fresh.key = given.hash
        """,
        (text_array(keys), row.import_id, row.workspace_id),
    )
    return {found[0] for found in await cursor.fetchall()}


async def new_events(tx: Tx, row: Any, keys: Sequence[str]) -> list[str]:
    """Return which of distinct events no import has brought; a real run remembers them."""
    if not keys:
        return []
    connection = await driver(tx)
    array = "{" + ",".join(sorted(keys)) + "}"
    if row.dry_run:
        cursor = await connection.execute(
            """
            SELECT replace(given.key::text, '-', '') FROM unnest(%s::uuid[]) AS given (key)
            WHERE NOT EXISTS (
                SELECT FROM import_event_keys k WHERE k.workspace_id = %s AND k.key = given.key
            )
            """,
            (array, row.workspace_id),
        )
        new = {found[0] for found in await cursor.fetchall()}
        new = await unseen(tx, row, sorted(new))
    else:
        cursor = await connection.execute(
            """
            INSERT INTO import_event_keys (workspace_id, key)
            SELECT %s, key FROM unnest(%s::uuid[]) AS given (key)
            ON CONFLICT DO NOTHING RETURNING replace(key::text, '-', '')
            """,
            (row.workspace_id, array),
        )
        new = {found[0] for found in await cursor.fetchall()}
    return [key for key in keys if key in new]
