"""Cutting stored memberships into pieces, for the question in which segments one person is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from otklik.runtime.public import Runtime
from otklik.segments.engine import REFRESH_S, limits

PIECE_BITS: Final = 18
"""A piece holds so many ids, to the power of two: 32 KB at most."""

_LATEST = (
    "SELECT segment_id, max(computed_at) FROM segment_memberships"
    " WHERE workspace_id = {workspace:UInt32} AND segment_id IN {segments:Array(UUID)}"
    " GROUP BY segment_id"
)
_CUT = (
    "SELECT segment_id, computed_at, members, arrayJoin(range("
    f"bitShiftRight(bitmapMin(members), {PIECE_BITS}),"
    f" bitShiftRight(bitmapMax(members), {PIECE_BITS}) + 1)) AS piece FROM segment_memberships"
    " WHERE workspace_id = {workspace:UInt32} AND segment_id IN {segments:Array(UUID)}"
    f" AND (segment_id, computed_at) IN ({_LATEST}) AND bitmapCardinality(members) > 0"
)


async def cut_into_pieces(rt: Runtime, *, workspace_id: int, segment_ids: Collection[UUID]) -> None:
    """Write the pieces of the latest memberships of some segments; a second time is harmless."""
    values = {"workspace": workspace_id, "segments": [str(one) for one in segment_ids]}
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
