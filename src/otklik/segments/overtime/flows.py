"""How people moved between chosen segments from one moment to another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from otklik.runtime.public import Runtime, Tx
from otklik.segments.errors import SegmentNotFound
from otklik.segments.overtime.bitmaps import Memberships, People, union_of
from otklik.segments.overtime.errors import MomentsTurned, NoSuchPart, WrongChoice
from otklik.segments.overtime.model import FLOW_SEGMENTS_MAX, OUTSIDE, Flows, Link, Moment
from otklik.segments.queries.records import segment_names


async def flows(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    segment_ids: Sequence[UUID],
    before: datetime,
    after: datetime,
) -> Flows:
    """Return who was where and is where now.

    Raises: SegmentNotFound, WrongChoice, MomentsTurned, DefinitionTooHeavy.
    """
    names = await chosen_names(
        tx, workspace_id=workspace_id, segment_ids=segment_ids, most=FLOW_SEGMENTS_MAX
    )
    if before >= after:
        raise MomentsTurned()
    found = _memberships(workspace_id, segment_ids, before, after)
    count = len(segment_ids)
    places = [*range(count), OUTSIDE]
    pairs = [(s, t) for s in places for t in places if (s, t) != (OUTSIDE, OUTSIDE)]
    columns = [f"bitmapCardinality({_link(count, s, t)})" for s, t in pairs]
    columns += [f"a{place}" for place in range(2 * count)]
    columns += [f"bitmapCardinality(b{place})" for place in range(2 * count)]
    row = await found.row(rt, columns)
    counts, moments, sizes = row[: len(pairs)], row[-4 * count : -2 * count], row[-2 * count :]
    told = [
        moment_of(segment_id, names, at, size)
        for segment_id, at, size in zip([*segment_ids, *segment_ids], moments, sizes, strict=True)
    ]
    return Flows(
        before=told[:count],
        after=told[count:],
        links=[
            Link(s, t, int(number)) for (s, t), number in zip(pairs, counts, strict=True) if number
        ],
    )


def people_of_link(
    *,
    workspace_id: int,
    segment_ids: Sequence[UUID],
    before: datetime,
    after: datetime,
    source: int,
    target: int,
) -> People:
    """Return the people of one link. Raises: NoSuchPart."""
    places = range(OUTSIDE, len(segment_ids))
    if source not in places or target not in places or source == target == OUTSIDE:
        raise NoSuchPart()
    memberships = _memberships(workspace_id, segment_ids, before, after)
    return People(memberships, _link(len(segment_ids), source, target))


def _memberships(
    workspace_id: int, segment_ids: Sequence[UUID], before: datetime, after: datetime
) -> Memberships:
    wanted: list[tuple[UUID, datetime | None]] = [(one, before) for one in segment_ids]
    return Memberships(workspace_id, [*wanted, *((one, after) for one in segment_ids)])


def _link(count: int, source: int, target: int) -> str:
    """Return the set of people who were in `source` and are in `target`."""
    past = [f"b{place}" for place in range(count)]
    present = [f"b{place}" for place in range(count, 2 * count)]
    if source == OUTSIDE:
        return f"bitmapAndnot({_place(present, target)}, {union_of(past)})"
    if target == OUTSIDE:
        return f"bitmapAndnot({_place(past, source)}, {union_of(present)})"
    return f"bitmapAnd({_place(past, source)}, {_place(present, target)})"


def _place(bitmaps: Sequence[str], place: int) -> str:
    """Return those of a segment who are in none before it."""
    if place == 0:
        return bitmaps[0]
    return f"bitmapAndnot({bitmaps[place]}, {union_of(bitmaps[:place])})"


async def chosen_names(
    tx: Tx, *, workspace_id: int, segment_ids: Sequence[UUID], most: int, least: int = 1
) -> dict[UUID, str]:
    """Return the names of the chosen segments. Raises: SegmentNotFound, WrongChoice."""
    if not least <= len(segment_ids) <= most or len(set(segment_ids)) < len(segment_ids):
        raise WrongChoice(least=least, most=most)
    names = await segment_names(tx, workspace_id=workspace_id)
    if any(one not in names for one in segment_ids):
        raise SegmentNotFound()
    return names


def moment_of(segment_id: UUID, names: dict[UUID, str], at: Any, size: Any) -> Moment:
    known = isinstance(at, datetime) and at.replace(tzinfo=UTC).timestamp() > 0
    return Moment(
        segment_id=segment_id,
        name=names[segment_id],
        at=at.replace(tzinfo=UTC) if known else None,
        size=int(size),
    )
