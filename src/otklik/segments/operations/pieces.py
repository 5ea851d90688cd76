"""Cutting stored memberships into pieces, for the question in which segments one person is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from otklik.runtime.public import Runtime
from otklik.segments.engine import REFRESH_S, limits

PIECE_BITS: Final = 18
"""A piece holds so many ids, to the power of two: 32 KB at most."""

ALL_CUT: Final = (1 << 64) - 1
"""The number of an empty piece which says that all of a membership's pieces are written."""

_LATEST = (
    "SELECT segment_id, toUnixTimestamp64Milli(max(computed_at)) FROM segment_memberships"
    " WHERE workspace_id = {workspace:UInt32} AND segment_id IN {segments:Array(UUID)}"
    " GROUP BY segment_id"
)
_THESE = (
    "SELECT segment_id, computed_at, members FROM segment_memberships"
    " WHERE workspace_id = {workspace:UInt32} AND segment_id IN {segments:Array(UUID)}"
    " AND has(arrayZip({segments:Array(UUID)}, {moments:Array(Int64)}),"
    " (segment_id, toUnixTimestamp64Milli(computed_at)))"
)
_CUT = (
    "SELECT segment_id, computed_at, members, arrayJoin(range("
    f"bitShiftRight(bitmapMin(members), {PIECE_BITS}),"
    f" bitShiftRight(bitmapMax(members), {PIECE_BITS}) + 1)) AS piece"
    f" FROM ({_THESE}) AS these WHERE bitmapCardinality(members) > 0"
)


async def cut_into_pieces(rt: Runtime, *, workspace_id: int, segment_ids: Collection[UUID]) -> None:
    """Write the pieces of the latest memberships of some segments; a second time is harmless."""
    values: dict[str, Any] = {
        "workspace": workspace_id,
        "segments": [str(one) for one in segment_ids],
    }
    latest = await rt.ch.query(_LATEST, values)
    if not latest:
        return
    values["segments"] = [str(segment_id) for segment_id, _ in latest]
    values["moments"] = [int(moment) for _, moment in latest]
    rows = await rt.ch.query(f"SELECT DISTINCT piece FROM ({_CUT})", values)
    await _make_windows(rt, [int(piece) for (piece,) in rows])
    await rt.ch.command(
        "INSERT INTO segment_people SELECT {workspace:UInt32}, piece, segment_id, computed_at,"
        f" bitmapAnd(members, ids) AS part FROM ({_CUT}) AS cut"
        " LEFT ANY JOIN id_pieces ON cut.piece = id_pieces.piece"
        " WHERE bitmapCardinality(part) > 0",
        values,
        limits(REFRESH_S),
    )
    # An insert may end in the middle when the engine dies: only now are all the pieces there.
    await rt.ch.command(
        f"INSERT INTO segment_people SELECT {{workspace:UInt32}}, {ALL_CUT}, segment_id,"
        f" computed_at, bitmapBuild(CAST([], 'Array(UInt64)')) FROM ({_THESE}) AS these",
        values,
        limits(REFRESH_S),
    )


async def _make_windows(rt: Runtime, pieces: Sequence[int]) -> None:
    """Make the sets of all numbers of pieces, where they are not there yet."""
    known = await rt.ch.query(
        "SELECT piece FROM id_pieces WHERE piece IN {pieces:Array(UInt64)}", {"pieces": pieces}
    )
    missing = sorted(set(pieces) - {int(piece) for (piece,) in known})
    if missing:
        await rt.ch.command(
            f"INSERT INTO id_pieces SELECT bitShiftRight(id, {PIECE_BITS}), groupBitmapState(id)"
            f" FROM (SELECT bitShiftLeft(piece, {PIECE_BITS}) + number AS id"
            f" FROM numbers({1 << PIECE_BITS}) AS inside CROSS JOIN"
            " (SELECT arrayJoin({pieces:Array(UInt64)}) AS piece) AS wanted) GROUP BY 1",
            {"pieces": missing},
            limits(REFRESH_S),
        )
