"""Computing a membership and storing it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.kit.errors import OtklikError
from otklik.kit.ids import new_id
from otklik.rules import tree
from otklik.rules.compile import Compiled
from otklik.rules.moments import Frame, epoch_millis
from otklik.rules.plan import Plan, plan
from otklik.runtime.public import Runtime, Tx
from otklik.segments import tables as t
from otklik.segments.engine import REFRESH_S, compiler, store
from otklik.segments.errors import SegmentBusy
from otklik.segments.model import RunReason, due_after, inline
from otklik.segments.queries.records import (
    Record,
    all_records,
    computed_ids,
    definitions_of,
    get_record,
)

_MINE = "workspace_id = {workspace:UInt32} AND segment_id = {segment:UUID}"
_NEWEST_AT = f"(SELECT max(computed_at) FROM segment_memberships WHERE {_MINE})"
_NEWEST = (
    "(SELECT groupBitmapMergeState(members) FROM segment_memberships"
    f" WHERE {_MINE} AND computed_at = {_NEWEST_AT})"
)
_INSERT = (
    "INSERT INTO segment_memberships (workspace_id, segment_id, computed_at, members, size)"
    " SELECT {workspace:UInt32}, {segment:UUID}, fromUnixTimestamp64Milli({at:Int64}, 'UTC'),"
    " members"
)


class Outcome(msgspec.Struct, frozen=True):
    """What a recalculation cost and gave; `problem` is the code of the error that ended it."""

    took_ms: int
    size: int | None
    asked: int = 0
    reused: int = 0
    problem: str | None = None


async def refresh_segment(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    segment_id: UUID,
    reason: RunReason,
    now: datetime,
    limit_s: int = REFRESH_S,
) -> Outcome:
    """Compute a segment now and store its membership; the figures are written in `tx`.

    A list of ids has nothing to compute. The new membership counts as soon as it is computed,
    even if `tx` rolls back: it is right.
    Raises: SegmentNotFound; SegmentBusy when another recalculation of it is on the way;
    DefinitionTooHeavy, EngineUnavailable.
    """
    record = await get_record(tx, workspace_id=workspace_id, segment_id=segment_id)
    if not await try_lock(tx, segment_id):
        raise SegmentBusy()
    if record.definition is None:
        size = await stored_size(rt, workspace_id=workspace_id, segment_id=segment_id)
        return Outcome(took_ms=0, size=size)
    records = await all_records(tx, workspace_id=workspace_id)
    keep = await computed_ids(tx, workspace_id=workspace_id)
    workspace = await get_workspace(tx, workspace_id=workspace_id)
    node = inline(record.definition, definitions_of(records), keep)
    outcome, asked = await compute(
        rt, record=record, node=node, frame=Frame(now=now, zone=workspace.timezone), limit_s=limit_s
    )
    await write_outcome(tx, record=record, asked=asked, outcome=outcome, reason=reason, now=now)
    return outcome


async def compute(
    rt: Runtime,
    *,
    record: Record,
    node: tree.Node,
    frame: Frame,
    stored: Mapping[str, str] | None = None,
    limit_s: int = REFRESH_S,
) -> tuple[Outcome, Plan]:
    """Compute a definition and store the membership of a segment, unless it is as before.

    `stored`: answers at hand, as `rules.compile.Compiler` takes them.
    """
    begun = time.perf_counter()
    asked = plan(node)
    query = compiler(asked, frame, workspace_id=record.workspace_id, stored=stored).bitmap()
    size = await _store(rt, record.workspace_id, record.id, query, now=frame.now, limit_s=limit_s)
    reused = sum(1 for key in asked.keys if key in (stored or {}))
    took_ms = round((time.perf_counter() - begun) * 1000)
    return Outcome(took_ms, size, len(asked.questions) - reused, reused), asked


async def _store(
    rt: Runtime,
    workspace_id: int,
    segment_id: UUID,
    query: Compiled,
    *,
    now: datetime,
    limit_s: int,
) -> int:
    mine = {"workspace": workspace_id, "segment": str(segment_id)}
    at = await next_moment(rt, workspace_id=workspace_id, segment_id=segment_id, now=now)
    # A membership that did not change is not stored again: history grows with news only.
    await store(
        rt,
        f"{_INSERT}, size FROM ({query.sql}) WHERE toUnixTimestamp64Milli({_NEWEST_AT}) = 0"
        f" OR bitmapXorCardinality(members, {_NEWEST}) > 0",
        {**query.parameters, **mine, "at": epoch_millis(at)},
        limit_s=limit_s,
    )
    return await stored_size(rt, workspace_id=workspace_id, segment_id=segment_id)


async def stored_size(rt: Runtime, *, workspace_id: int, segment_id: UUID) -> int:
    """Return the size of the latest stored membership; 0 when there is none."""
    rows = await rt.ch.query(
        f"SELECT bitmapCardinality({_NEWEST})",
        {"workspace": workspace_id, "segment": str(segment_id)},
    )
    return int(rows[0][0])


async def next_moment(
    rt: Runtime, *, workspace_id: int, segment_id: UUID, now: datetime
) -> datetime:
    """Return `now`, or a millisecond after the latest membership if that is not before it.

    The latest membership is the one that counts, so the next one must be later.
    """
    rows = await rt.ch.query(
        f"SELECT toUnixTimestamp64Milli({_NEWEST_AT})",
        {"workspace": workspace_id, "segment": str(segment_id)},
    )
    latest = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(rows[0][0] or 0))
    return max(now, latest + timedelta(milliseconds=1))


async def store_list(
    rt: Runtime,
    *,
    workspace_id: int,
    segment_id: UUID,
    add: Sequence[int],
    remove: Sequence[int],
    now: datetime,
) -> int:
    """Change the membership of a list and return its size. The caller holds the segment's lock."""
    at = await next_moment(rt, workspace_id=workspace_id, segment_id=segment_id, now=now)
    mine: dict[str, Any] = {"workspace": workspace_id, "segment": str(segment_id)}
    # The list as it stands today: ids that were merged away have become those of the present.
    node = tree.SegmentCondition(segment_id=segment_id)
    query = compiler(plan(node), Frame(now=now), workspace_id=workspace_id).bitmap()
    await store(
        rt,
        f"{_INSERT}, bitmapCardinality(members) FROM (SELECT"
        " bitmapAndnot(bitmapOr(members, bitmapBuild({add:Array(UInt64)})),"
        f" bitmapBuild({{remove:Array(UInt64)}})) AS members FROM ({query.sql}))",
        {
            **query.parameters,
            **mine,
            "at": epoch_millis(at),
            "add": list(add),
            "remove": list(remove),
        },
        limit_s=REFRESH_S,
    )
    return await stored_size(rt, workspace_id=workspace_id, segment_id=segment_id)


async def try_lock(tx: Tx, segment_id: UUID) -> bool:
    """Take the segment's lock until `tx` ends; False when somebody else has it."""
    row = await tx.execute(
        sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"segment:{segment_id}"},
    )
    return bool(row.scalar_one())


async def wait_lock(tx: Tx, segment_id: UUID) -> None:
    """Take the segment's lock until `tx` ends, waiting for it."""
    await tx.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"segment:{segment_id}"},
    )


async def write_outcome(
    tx: Tx,
    *,
    record: Record,
    asked: Plan | None,
    outcome: Outcome,
    reason: RunReason,
    now: datetime,
) -> None:
    """Write the figures of a recalculation and its line in the log."""
    values: dict[str, Any] = {"problem": outcome.problem}
    if outcome.problem is None:
        due = due_after(asked, outcome.took_ms, now) if asked and record.is_dynamic else None
        values |= {
            "size": outcome.size,
            "computed_at": now,
            "took_ms": outcome.took_ms,
            "due_at": due,
            # News that came while it was computed stays news.
            "stale_since": sa.case(
                (t.segments.c.stale_since > now, t.segments.c.stale_since), else_=None
            ),
        }
    await tx.execute(
        t.segments.update()
        .where(t.segments.c.workspace_id == record.workspace_id, t.segments.c.id == record.id)
        .values(**values)
    )
    await tx.execute(
        t.segment_runs.insert().values(
            id=new_id(),
            workspace_id=record.workspace_id,
            segment_id=record.id,
            at=now,
            reason=reason.value,
            took_ms=outcome.took_ms,
            asked=outcome.asked,
            reused=outcome.reused,
            size=outcome.size,
            problem=outcome.problem,
        )
    )


def failed(error: OtklikError, begun: float) -> Outcome:
    """Return the outcome of a recalculation that an error ended."""
    return Outcome(
        took_ms=round((time.perf_counter() - begun) * 1000), size=None, problem=error.code
    )
