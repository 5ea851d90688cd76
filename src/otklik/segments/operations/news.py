"""Finding out, cheaply, which facts of a workspace are new since the last look.

ClickHouse numbers the blocks of inserts of a partition; merging parts keeps the numbers. So the
greatest number per partition tells whether anything was inserted, and the parts beyond the
remembered numbers hold it. A part that was merged since may hold old rows beside new ones: then a
segment is recalculated in vain, never forgotten. While nothing is inserted, a look is one query of
a system table.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.runtime.public import Runtime, Tx
from otklik.segments import tables as t
from otklik.segments.model import News

SOURCES = (
    "profiles",
    "profile_merges",
    "profile_traits",
    "events",
    "orders",
    "consents",
    "message_facts",
)
_PARTS = (
    "SELECT table, partition_id, name, max_block_number FROM system.parts"
    " WHERE active AND database = currentDatabase() AND table IN {tables:Array(String)}"
    " ORDER BY table, partition_id, min_block_number"
)
_UNIVERSE = (
    "SELECT concat(toString(count()), ':', toString(sum(cityHash64("
    "profile_id, known, has_email, has_phone, has_user_id))))"
    " FROM profiles FINAL WHERE workspace_id = {workspace:UInt32} AND is_deleted = 0"
)
LOOKS_MAX = 3
"""How often parts are looked at anew when they merge meanwhile; then everything counts as new."""
Blocks = dict[str, dict[str, int]]
"""Greatest block number by table and partition."""
Parts = dict[str, list[tuple[str, str, int]]]
"""(partition, name, greatest block number) by table."""


async def look_at_parts(rt: Runtime) -> Parts:
    """Return the parts of all tables that segments read; the same for every workspace."""
    parts: Parts = {table: [] for table in SOURCES}
    rows = await rt.ch.query(_PARTS, {"tables": list(SOURCES)})
    for table, partition, name, block in rows:
        parts[table].append((partition, name, int(block)))
    return parts


def blocks_of(parts: Parts) -> Blocks:
    blocks: Blocks = {}
    for table, given in parts.items():
        newest = blocks.setdefault(table, {})
        for partition, _, block in given:
            newest[partition] = max(block, newest.get(partition, -1))
    return blocks


async def find_news(rt: Runtime, tx: Tx, *, workspace_id: int, parts: Parts, now: datetime) -> News:
    """Return what is new in a workspace since the last call, and remember that it was seen.

    `parts` must have been looked at before this call. When `tx` rolls back, the same news comes
    again with the next call.
    """
    row = (
        await tx.execute(
            sa.select(t.segment_inputs).where(t.segment_inputs.c.workspace_id == workspace_id)
        )
    ).first()
    seen: Blocks = row.blocks if row else {}
    if row is None:
        universe, news = await _universe(rt, workspace_id), News(universe=True, merges=True)
    else:
        universe = str(row.universe)
        for _ in range(LOOKS_MAX):
            fresh = {table: _beyond(given, seen.get(table, {})) for table, given in parts.items()}
            if not any(fresh.values()):
                return News()
            news, universe = await _asked(rt, workspace_id, fresh, str(row.universe))
            # A part that was merged with another while it was asked answered nothing.
            again = await look_at_parts(rt)
            if _are_still_there(fresh, again):
                break
            parts = again
        else:
            news = News(universe=True, merges=True)
    values = {"blocks": blocks_of(parts), "universe": universe, "seen_at": now}
    await tx.execute(
        insert(t.segment_inputs)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values)
    )
    return news


async def _asked(
    rt: Runtime, workspace_id: int, fresh: dict[str, list[str]], universe: str
) -> tuple[News, str]:
    """Return what is new in the parts, and the checksum of the universe now."""
    asker = _Asker(rt, workspace_id, fresh)
    is_seen = await asker.any_of("profiles")
    current = await _universe(rt, workspace_id) if is_seen else universe
    news = News(
        universe=current != universe,
        merges=await asker.any_of("profile_merges"),
        traits=await asker.distinct("profile_traits", "trait"),
        events=await asker.distinct("events", "name"),
        orders=await asker.any_of("orders"),
        consents=await asker.any_of("consents"),
        seen=is_seen,
        messages=await asker.any_of("message_facts"),
    )
    return news, current


def _are_still_there(fresh: dict[str, list[str]], parts: Parts) -> bool:
    names = {(table, name) for table, given in parts.items() for _, name, _ in given}
    return all((table, name) in names for table, given in fresh.items() for name in given)


async def _universe(rt: Runtime, workspace_id: int) -> str:
    return str((await rt.ch.query(_UNIVERSE, {"workspace": workspace_id}))[0][0])


def _beyond(parts: list[tuple[str, str, int]], seen: dict[str, int]) -> list[str]:
    """Return the names of parts that hold blocks which were not seen yet."""
    return [name for partition, name, block in parts if block > seen.get(partition, -1)]


class _Asker:
    """Asks what a workspace has in the parts that hold something new."""

    def __init__(self, rt: Runtime, workspace_id: int, fresh: dict[str, list[str]]) -> None:
        self._rt = rt
        self._workspace_id = workspace_id
        self._fresh = fresh

    async def any_of(self, table: str) -> bool:
        return bool(await self._ask(table, "1", "LIMIT 1"))

    async def distinct(self, table: str, column: str) -> frozenset[str]:
        return frozenset(str(row[0]) for row in await self._ask(table, f"DISTINCT {column}", ""))

    async def _ask(self, table: str, what: str, end: str) -> list[tuple[Any, ...]]:
        # Table and column are names of this file.
        assert table in SOURCES
        if not self._fresh[table]:
            return []
        return await self._rt.ch.query(
            f"SELECT {what} FROM {table} WHERE workspace_id = {{workspace:UInt32}}"
            f" AND _part IN {{parts:Array(String)}} {end}",
            {"workspace": self._workspace_id, "parts": self._fresh[table]},
        )
