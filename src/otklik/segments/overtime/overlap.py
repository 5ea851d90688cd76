"""What segments have in common: every combination of up to six, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from otklik.runtime.public import Runtime, Tx
from otklik.segments.overtime.bitmaps import Memberships, People, union_of
from otklik.segments.overtime.errors import NoSuchPart
from otklik.segments.overtime.flows import chosen_names, moment_of
from otklik.segments.overtime.model import OVERLAP_SEGMENTS_MAX, Overlap, Region


async def overlap(
    rt: Runtime, tx: Tx, *, workspace_id: int, segment_ids: Sequence[UUID]
) -> Overlap:
    """Return how two to six segments overlap, as they were last computed.

    Raises: SegmentNotFound, WrongChoice, DefinitionTooHeavy.
    """
    names = await chosen_names(
        tx, workspace_id=workspace_id, segment_ids=segment_ids, least=2, most=OVERLAP_SEGMENTS_MAX
    )
    count = len(segment_ids)
    found = Memberships(workspace_id, [(one, None) for one in segment_ids])
    combinations = range(1, 1 << count)
    columns = [f"bitmapCardinality({_common(count, mask)})" for mask in combinations]
    columns += [f"a{place}" for place in range(count)]
    row = await found.row(rt, columns)
    common = [0, *map(int, row[: len(combinations)])]
    regions = _regions(common, count)
    return Overlap(
        segments=[
            moment_of(segment_id, names, row[len(combinations) + place], common[1 << place])
            for place, segment_id in enumerate(segment_ids)
        ],
        regions=sorted(regions, key=lambda region: (-region.count, region.inside)),
        union=sum(region.count for region in regions),
    )


def people_of_region(
    *, workspace_id: int, segment_ids: Sequence[UUID], inside: Sequence[int]
) -> People:
    """Return the people in exactly these of the segments. Raises: NoSuchPart."""
    count = len(segment_ids)
    if not inside or any(place not in range(count) for place in inside):
        raise NoSuchPart()
    bitmap = _common(count, sum(1 << place for place in set(inside)))
    outside = [f"b{place}" for place in range(count) if place not in inside]
    if outside:
        bitmap = f"bitmapAndnot({bitmap}, {union_of(outside)})"
    return People(Memberships(workspace_id, [(one, None) for one in segment_ids]), bitmap)


def _common(count: int, mask: int) -> str:
    """Return the set of people who are in every segment of `mask`, whatever else they are in."""
    chosen = [f"b{place}" for place in range(count) if mask >> place & 1]
    result = chosen[0]
    for bitmap in chosen[1:]:
        result = f"bitmapAnd({result}, {bitmap})"
    return result


def _regions(common: Sequence[int], count: int) -> list[Region]:
    """Return the sizes of the exact combinations, by inclusion and exclusion.

    `common`: by mask, how many are in every segment of the mask.
    """
    exact = list(common)
    # From those in at least these segments, those who are in one more are taken off, segment by
    # segment (the Möbius transform over subsets).
    for place in range(count):
        for mask in range(1, 1 << count):
            if not mask >> place & 1:
                exact[mask] -= exact[mask | 1 << place]
    return [
        Region([place for place in range(count) if mask >> place & 1], exact[mask])
        for mask in range(1, 1 << count)
        if exact[mask]
    ]
