"""Recalculating many segments in few statements: each costs its bitmaps, not its round trips."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.kit.errors import OtklikError
from otklik.rules import plan as p
from otklik.rules import tree
from otklik.rules.moments import Frame
from otklik.runtime.public import Runtime, Tx, log
from otklik.segments import tables as t
from otklik.segments.engine import compiler
from otklik.segments.model import RunReason
from otklik.segments.operations.refresh import (
    Outcome,
    compute,
    failed,
    lock_those_free,
    store_many,
    write_outcomes,
)
from otklik.segments.overtime.changes import tell_changes
from otklik.segments.queries.records import Record, tree_of

GROUP_MAX = 200
"""What a statement costs beyond its bitmaps is the same for two segments and for two hundred."""
FRESH_QUESTIONS_MAX = 6
"""Questions of one statement whose answer is not at hand: they run side by side in memory."""


class Due(msgspec.Struct, frozen=True):
    record: Record
    reason: RunReason

    @property
    def definition(self) -> tree.Node:
        assert self.record.definition is not None
        return self.record.definition


def groups(due: Sequence[Due], stored: Collection[str]) -> Iterable[list[Due]]:
    """Split what is due into statements. A segment stands behind every group with one it contains.

    `due`: contained segments before those that contain them. `stored`: keys of answers at hand.
    """
    level: dict[UUID, int] = {}
    for one in due:
        inner = tree.segments_of(one.definition)
        level[one.record.id] = 1 + max((level.get(found, 0) for found in inner), default=0)
    group: list[Due] = []
    fresh: set[str] = set()
    for one in sorted(due, key=lambda one: level[one.record.id]):
        asked = {key for key in p.plan(one.definition).keys if key not in stored}
        if group and (
            level[one.record.id] != level[group[0].record.id]
            or len(group) == GROUP_MAX
            or len(fresh | asked) > FRESH_QUESTIONS_MAX
        ):
            yield group
            group, fresh = [], set()
        group.append(one)
        fresh |= asked
    if group:
        yield group


async def recalculate_group(
    rt: Runtime, *, group: Sequence[Due], frame: Frame, stored: Mapping[str, str]
) -> int:
    """Compute and store a group's memberships and figures; returns how many were done.

    One that somebody else recalculates, or that was changed or deleted meanwhile, is left out. When
    the statement for all of them fails, each is tried by itself, so that the failure is written
    down at the segment whose it is.
    """
    workspace_id = group[0].record.workspace_id
    async with rt.db.begin() as tx:
        free = await lock_those_free(tx, [one.record.id for one in group])
        mine = [one for one in group if one.record.id in free]
        if not mine:
            return 0
        outcomes = await _compute(rt, mine, frame=frame, stored=stored)
        current = await _current(tx, workspace_id, [one.record.id for one in mine])
        written = [
            (one, *outcomes[one.record.id])
            for one in mine
            if current.get(one.record.id) == one.definition
        ]
        await write_outcomes(
            tx,
            workspace_id=workspace_id,
            outcomes=[(one.record, asked, outcome, one.reason) for one, outcome, asked in written],
            now=frame.now,
        )
        await tell_changes(
            rt,
            tx,
            workspace_id=workspace_id,
            segment_ids=[one.record.id for one, _, _ in written],
            now=frame.now,
        )
        return len(written)


async def _compute(
    rt: Runtime, due: Sequence[Due], *, frame: Frame, stored: Mapping[str, str]
) -> dict[UUID, tuple[Outcome, p.Plan | None]]:
    if len(due) > 1:
        begun = time.perf_counter()
        try:
            sizes = await _compute_together(rt, due, frame=frame, stored=stored)
        except OtklikError as error:
            log.info("segments are recalculated one by one", count=len(due), problem=error.code)
        else:
            # The statement worked for all of them; each is told its share of the time.
            took_ms = round((time.perf_counter() - begun) * 1000 / len(due))
            return {
                one.record.id: _outcome(one, sizes[one.record.id], took_ms, stored) for one in due
            }
    return {one.record.id: await _compute_alone(rt, one, frame, stored) for one in due}


def _outcome(
    one: Due, size: int, took_ms: int, stored: Mapping[str, str]
) -> tuple[Outcome, p.Plan]:
    asked = p.plan(one.definition)
    reused = sum(1 for key in asked.keys if key in stored)
    return Outcome(took_ms, size, len(asked.questions) - reused, reused), asked


async def _compute_together(
    rt: Runtime, due: Sequence[Due], *, frame: Frame, stored: Mapping[str, str]
) -> dict[UUID, int]:
    workspace_id = due[0].record.workspace_id
    asked = p.plan(*(one.definition for one in due))
    query = compiler(asked, frame, workspace_id=workspace_id, stored=stored).bitmaps()
    return await store_many(
        rt,
        workspace_id=workspace_id,
        segment_ids=[one.record.id for one in due],
        query=query,
        now=frame.now,
    )


async def _compute_alone(
    rt: Runtime, one: Due, frame: Frame, stored: Mapping[str, str]
) -> tuple[Outcome, p.Plan | None]:
    begun = time.perf_counter()
    try:
        return await compute(rt, record=one.record, node=one.definition, frame=frame, stored=stored)
    except OtklikError as error:
        log.warning(
            "segment could not be recalculated", segment=str(one.record.id), problem=error.code
        )
        return failed(error, begun), None


async def _current(
    tx: Tx, workspace_id: int, segment_ids: Sequence[UUID]
) -> dict[UUID, tree.Node | None]:
    """Return the definitions as they are now, of those that still exist."""
    c = t.segments.c
    rows = await tx.execute(
        sa.select(c.id, c.definition).where(c.workspace_id == workspace_id, c.id.in_(segment_ids))
    )
    return {row.id: tree_of(row.definition) for row in rows}
