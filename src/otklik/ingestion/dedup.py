"""Noticing events that were sent before: by the MD5 of their message id, for at least 48 hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from otklik.ingestion.tables import DEDUP_WINDOWS
from otklik.runtime.public import Tx, driver

_DAY_S = 86_400


def slot_of(now: datetime) -> int:
    """Return which table of the ring belongs to the day of `now` (UTC)."""
    return int(now.timestamp() // _DAY_S) % DEDUP_WINDOWS


async def find_repeats(
    tx: Tx, *, workspace_id: int, keys: Sequence[str], now: datetime
) -> list[int]:
    """Remember `keys` (MD5 in hex) and return the positions of those that were known.

    Of equal keys inside one call the first counts. The caller holds the workspace's lock, so that
    two batches around midnight can't both find a key new.
    """
    today = slot_of(now)
    repeats = _repeats_inside(keys)
    skipped = set(repeats)
    # In the order of the index, so that neighbours are on one page of it.
    first = sorted(
        [i for i in range(len(keys)) if i not in skipped] if skipped else range(len(keys)),
        key=keys.__getitem__,
    )
    connection = await driver(tx)
    cursor = await connection.execute(
        _statement(today),
        {
            "workspace": workspace_id,
            # An array literal travels as one text: a list of 20,000 objects costs more to convert
            # than to store.
            "keys": "{" + ",".join([keys[i] for i in first]) + "}",
        },
    )
    known = [first[row[0] - 1] for row in await cursor.fetchall()]
    return sorted(repeats + known)


async def empty_oldest(tx: Tx, *, now: datetime) -> None:
    """Empty the table of tomorrow, whose keys are three days old."""
    slot = (slot_of(now) + 1) % DEDUP_WINDOWS
    await tx.execute(sa.text(f"TRUNCATE event_dedup_{slot}"))


def _repeats_inside(keys: Sequence[str]) -> list[int]:
    if len(set(keys)) == len(keys):
        return []
    seen: set[str] = set()
    repeats = []
    for i, key in enumerate(keys):
        if key in seen:
            repeats.append(i)
        seen.add(key)
    return repeats


def _statement(today: int) -> Any:
    earlier = [(today - back) % DEDUP_WINDOWS for back in (1, 2)]
    known_before = " OR ".join(
        f"EXISTS (SELECT FROM event_dedup_{slot} d"
        " WHERE d.workspace_id = %(workspace)s AND d.message_key = given.key)"
        for slot in earlier
    )
    return f"""
        WITH given AS MATERIALIZED (
            SELECT key, position
            FROM unnest(%(keys)s::uuid[]) WITH ORDINALITY AS g (key, position)
        ), fresh AS (
            INSERT INTO event_dedup_{today} (workspace_id, message_key)
            SELECT %(workspace)s, given.key FROM given
            WHERE NOT ({known_before})
            ON CONFLICT DO NOTHING
            RETURNING message_key
        )
        SELECT given.position FROM given
        WHERE NOT EXISTS (SELECT FROM fresh WHERE fresh.message_key = given.key)
    """
