"""The members of a segment, written down when an export begins."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import pyarrow as pa

from otklik.exports.errors import CursorExpired
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime
from otklik.segments.public import members

KEPT = timedelta(days=3)
"""How long a broken download of a segment can be continued."""
_PIECE = 500_000

IN_SET = (
    "(SELECT profile_id FROM export_members "
    "WHERE workspace_id = {workspace_id:UInt32} AND set_id = {members:UUID})"
)


async def write_members(rt: Runtime, *, workspace_id: int, segment_id: UUID, now: datetime) -> UUID:
    """Compute a segment's members as of `now`, keep them, and return the name of the set.

    Raises: SegmentNotFound, DefinitionTooHeavy.
    """
    ids = await members(rt, workspace_id=workspace_id, segment_id=segment_id, now=now)
    set_id = new_id()
    # The number 0 is nobody's: it tells an empty set from one that is not kept any more.
    whole = np.concatenate([np.zeros(1, np.uint64), ids])
    for start in range(0, len(whole), _PIECE):
        piece = whole[start : start + _PIECE]
        count = len(piece)
        table = pa.table(
            {
                "workspace_id": pa.array(np.full(count, workspace_id, np.uint32)),
                "set_id": pa.array([str(set_id)] * count, pa.string()),
                "profile_id": pa.array(piece),
                "made_at": pa.array(
                    np.full(count, int(now.timestamp()), np.int64).astype("datetime64[s]"),
                    pa.timestamp("s", "UTC"),
                ),
            }
        )
        await rt.ch.insert_arrow("export_members", table, token=f"{set_id}-{start}")
    return set_id


async def check_members(rt: Runtime, *, workspace_id: int, set_id: UUID) -> None:
    """Raises: CursorExpired if the set is not kept any more (or was another workspace's)."""
    found = await rt.ch.query(
        "SELECT count() FROM export_members WHERE workspace_id = {workspace_id:UInt32} "
        "AND set_id = {members:UUID} AND profile_id = 0",
        {"workspace_id": workspace_id, "members": set_id},
    )
    if not found[0][0]:
        raise CursorExpired()


async def members_after(
    rt: Runtime, *, workspace_id: int, set_id: UUID, after: int, limit: int
) -> list[int]:
    """Return the next `limit` profile ids of a set after the id `after`."""
    rows = await rt.ch.query(
        "SELECT profile_id FROM export_members WHERE workspace_id = {workspace_id:UInt32} "
        "AND set_id = {members:UUID} AND profile_id > {after:UInt64} "
        "ORDER BY profile_id LIMIT {limit:UInt32}",
        {"workspace_id": workspace_id, "members": set_id, "after": after, "limit": limit},
    )
    return [int(row[0]) for row in rows]


async def members_among(
    rt: Runtime, *, workspace_id: int, set_id: UUID, ids: list[int]
) -> frozenset[int]:
    """Return which of `ids` (of their time) belong to somebody in the set today."""
    rows = await rt.ch.query(
        f"""
        SELECT old FROM (
            SELECT arrayJoin({{ids:Array(UInt64)}}) AS old,
                   dictGetOrDefault('profile_merge_map', 'into_id',
                                    ({{workspace_id:UInt32}}, old), old) AS today
        ) WHERE today IN {IN_SET}
        """,
        {"workspace_id": workspace_id, "members": set_id, "ids": ids},
    )
    return frozenset(int(row[0]) for row in rows)


async def forget_members(rt: Runtime, *, now: datetime) -> None:
    """Drop the days that nobody can continue any more."""
    last = (now - KEPT).strftime("%Y%m%d")
    parts = await rt.ch.query(
        "SELECT DISTINCT partition FROM system.parts WHERE database = currentDatabase() "
        "AND table = 'export_members' AND active AND partition < {last:String}",
        {"last": last},
    )
    for (partition,) in parts:
        await rt.ch.command(
            f"ALTER TABLE export_members DROP PARTITION {int(partition)}", repeatable=True
        )
