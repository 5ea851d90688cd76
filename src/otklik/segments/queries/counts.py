"""How many people a definition holds for, and who they are."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from otklik.accounts.public import get_workspace
from otklik.rules import tree
from otklik.rules.moments import Frame
from otklik.rules.plan import plan
from otklik.runtime.public import Runtime
from otklik.segments.engine import PREVIEW_S, REFRESH_S, ask, ask_arrow, compiler
from otklik.segments.model import PartCount, SegmentCount, inline
from otklik.segments.queries.records import (
    all_records,
    computed_ids,
    definitions_of,
    get_record,
)

PARTS_MAX = 60
"""Nodes that are counted one by one; a larger definition is counted as a whole."""
Ids = npt.NDArray[np.uint64]


async def count_definition(
    rt: Runtime,
    *,
    workspace_id: int,
    definition: tree.Node,
    now: datetime,
    limit_s: int = PREVIEW_S,
    parts: bool = False,
) -> SegmentCount:
    """Count the people for whom a definition holds now; with `parts` also those of its nodes.

    Other segments in it count as they were last computed. Raises: DefinitionTooHeavy.
    """
    begun = time.perf_counter()
    node, inner, frame = await _resolved(rt, workspace_id, definition, fresh=False, now=now)
    below = tree.walk(definition)[1:] if parts else []
    if len(below) > PARTS_MAX:
        below = []
    lefts = [_with_those_before(definition, path) for path, _ in below]
    asked = plan(node, *(inner(one) for _, one in below), *(inner(left) for left in lefts))
    query = compiler(asked, frame, workspace_id=workspace_id).sizes()
    ((count, *sizes, total),) = await ask(rt, query, limit_s=limit_s)
    took_ms = round((time.perf_counter() - begun) * 1000)
    return SegmentCount(
        count=int(count),
        total=int(total),
        took_ms=took_ms,
        as_of=now,
        parts=[
            PartCount(path, int(size), int(left))
            for (path, _), size, left in zip(
                below, sizes[: len(below)], sizes[len(below) :], strict=True
            )
        ],
    )


def _with_those_before(root: tree.Node, path: str) -> tree.Node:
    """Return the group of a node, cut off behind it."""
    *places, last = [int(place) for place in _PLACE.findall(path)]
    group = root
    for place in places:
        assert isinstance(group, tree.Group)
        group = group.of[place]
    assert isinstance(group, tree.Group)
    return msgspec.structs.replace(group, of=group.of[: last + 1])


_PLACE = re.compile(r"\[(\d+)\]")


async def members_of_definition(
    rt: Runtime, *, workspace_id: int, definition: tree.Node, now: datetime
) -> Ids:
    """Return the sorted profile ids for which a definition holds now, other segments in it
    counted anew as well. Raises: DefinitionTooHeavy."""
    node, frame = await _ready(rt, workspace_id, definition, now, fresh=True)
    query = compiler(plan(node), frame, workspace_id=workspace_id).members()
    return _ids(await ask_arrow(rt, query, limit_s=REFRESH_S))


async def members(rt: Runtime, *, workspace_id: int, segment_id: UUID, now: datetime) -> Ids:
    """Return the sorted profile ids of a segment, exact at `now`: a dynamic one is computed.

    Raises: SegmentNotFound, DefinitionTooHeavy.
    """
    async with rt.db.begin() as tx:
        await get_record(tx, workspace_id=workspace_id, segment_id=segment_id)
    return await members_of_definition(
        rt,
        workspace_id=workspace_id,
        definition=tree.SegmentCondition(segment_id=segment_id),
        now=now,
    )


async def stored_members(
    rt: Runtime,
    *,
    workspace_id: int,
    segment_id: UUID,
    now: datetime,
    after: int | None = None,
    limit: int | None = None,
) -> Ids:
    """Return sorted profile ids of the latest stored membership, a page of them when `after` (an
    id) or `limit` is given. Fast at any size; as old as the segment's `computed_at`."""
    node = tree.SegmentCondition(segment_id=segment_id)
    query = compiler(plan(node), Frame(now=now), workspace_id=workspace_id).members(
        after=after, limit=limit
    )
    return _ids(await ask_arrow(rt, query, limit_s=PREVIEW_S))


async def newest_members(
    rt: Runtime,
    *,
    workspace_id: int,
    segment_id: UUID,
    now: datetime,
    before: int | None = None,
    limit: int | None = None,
) -> Ids:
    """Return the `limit` greatest profile ids below `before`, ascending: what a list of people
    that begins with the newest shows of a segment.

    They are those of the latest stored membership under the ids of today; people who are gone
    since then may be among them. A segment that was never computed (its first recalculation is on
    the way, or failed) is computed now, within the time that a person waits.
    Raises: SegmentNotFound; DefinitionTooHeavy when that takes too long.
    """
    async with rt.db.begin() as tx:
        record = await get_record(tx, workspace_id=workspace_id, segment_id=segment_id)
    node: tree.Node = tree.SegmentCondition(segment_id=segment_id)
    frame, is_stored = Frame(now=now), True
    if record.computed_at is None and record.definition is not None:
        node, frame = await _ready(rt, workspace_id, record.definition, now, fresh=False)
        is_stored = False
    # All present people need not be gathered to leave a few out of a page: the caller reads the
    # people of the page anyway.
    query = compiler(plan(node), frame, workspace_id=workspace_id).newest(
        before=before, limit=limit, gone_too=is_stored
    )
    return _ids(await ask_arrow(rt, query, limit_s=PREVIEW_S))


async def _ready(
    rt: Runtime, workspace_id: int, definition: tree.Node, now: datetime, *, fresh: bool
) -> tuple[tree.Node, Frame]:
    """Return the definition with segments in it resolved, and the frame to read it in."""
    node, _, frame = await _resolved(rt, workspace_id, definition, fresh=fresh, now=now)
    return node, frame


async def _resolved(
    rt: Runtime, workspace_id: int, definition: tree.Node, *, fresh: bool, now: datetime
) -> tuple[tree.Node, Callable[[tree.Node], tree.Node], Frame]:
    """Return the same, and the function that resolves segments in a part of the definition."""
    definitions: dict[UUID, tree.Node] = {}
    keep: frozenset[UUID] = frozenset()
    async with rt.db.begin() as tx:
        workspace = await get_workspace(tx, workspace_id=workspace_id)
        if tree.segments_of(definition):
            definitions = definitions_of(await all_records(tx, workspace_id=workspace_id))
            keep = frozenset() if fresh else await computed_ids(tx, workspace_id=workspace_id)

    def inner(node: tree.Node) -> tree.Node:
        return inline(node, definitions, keep)

    return inner(definition), inner, Frame(now=now, zone=workspace.timezone)


def _ids(table: Any) -> Ids:
    column = table.column("profile_id").to_numpy()
    ids: Ids = column.astype(np.uint64, copy=False)
    # A bitmap of up to 32 ids gives them in the order in which they came.
    return ids if np.all(ids[:-1] < ids[1:]) else np.sort(ids)
