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
from otklik.segments.overtime.changes import tell_changes
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
    await tell_changes(rt, tx, workspace_id=workspace_id, segment_ids=[segment_id], now=now)
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


async def store_many(
    rt: Runtime,
    *,
    workspace_id: int,
    segment_ids: Sequence[UUID],
    query: Compiled,
    now: datetime,
    limit_s: int = REFRESH_S,
) -> dict[UUID, int]:
    """Store the memberships of several segments in one statement and return their sizes.

    `query`: rows (number, members), the numbers counting `segment_ids`. As with one segment, what
    did not change is not stored again, and what is stored is later than what was there.
    """
    mine = {"workspace": workspace_id, "segments": [str(one) for one in segment_ids]}
    ours = "workspace_id = {workspace:UInt32} AND segment_id IN {segments:Array(UUID)}"
    latest = (
        f"SELECT segment_id, max(computed_at) AS at FROM segment_memberships WHERE {ours}"
        " GROUP BY segment_id"
    )
    newest = (
        "SELECT segment_id, any(computed_at) AS at, groupBitmapMergeState(members) AS members"
        f" FROM segment_memberships WHERE {ours} AND (segment_id, computed_at) IN ({latest})"
        " GROUP BY segment_id"
    )
    await store(
        rt,
        "INSERT INTO segment_memberships (workspace_id, segment_id, computed_at, members, size)"
        " SELECT {workspace:UInt32}, {segments:Array(UUID)}[computed.number + 1] AS segment,"
        " greatest(fromUnixTimestamp64Milli({at:Int64}, 'UTC'),"
        " before.at + toIntervalMillisecond(1)),"
        " computed.members, bitmapCardinality(computed.members)"
        f" FROM ({query.sql}) AS computed LEFT JOIN ({newest}) AS before"
        " ON before.segment_id = {segments:Array(UUID)}[computed.number + 1]"
        " WHERE toUnixTimestamp64Milli(before.at) = 0"
        " OR bitmapXorCardinality(computed.members, before.members) > 0",
        {**query.parameters, **mine, "at": epoch_millis(now)},
        limit_s=limit_s,
    )
    rows = await rt.ch.query(
        "SELECT segment_id, argMax(size, computed_at) FROM segment_memberships"
        f" WHERE {ours} GROUP BY segment_id",
        mine,
    )
    return {UUID(str(segment_id)): int(size) for segment_id, size in rows}


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
    # People whom ClickHouse does not know yet (an import puts them on a list at once) stay on it.
    node = tree.SegmentCondition(segment_id=segment_id)
    query = compiler(plan(node), Frame(now=now), workspace_id=workspace_id).bitmap(gone_too=True)
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


async def lock_those_free(tx: Tx, segment_ids: Sequence[UUID]) -> set[UUID]:
    """Take the locks of segments until `tx` ends and return those that nobody else had."""
    rows = await tx.execute(
        sa.text(
            "SELECT id FROM unnest(CAST(:ids AS uuid[])) AS id"
            " WHERE pg_try_advisory_xact_lock(hashtextextended('segment:' || id, 0))"
        ),
        # In one order everywhere; they are only tried, but two that try the same do it alike.
        {"ids": sorted(segment_ids)},
    )
    return {row.id for row in rows}


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
    await write_outcomes(
        tx,
        workspace_id=record.workspace_id,
        outcomes=[(record, asked, outcome, reason)],
        now=now,
    )


async def write_outcomes(
    tx: Tx,
    *,
    workspace_id: int,
    outcomes: Sequence[tuple[Record, Plan | None, Outcome, RunReason]],
    now: datetime,
) -> None:
    """Write the figures of recalculations and their lines in the log, in two statements."""
    if not outcomes:
        return
    given = [
        {
            "id": str(record.id),
            "problem": outcome.problem,
            "size": outcome.size,
            "took_ms": outcome.took_ms,
            "due_at": due_after(asked, outcome.took_ms, now)
            if asked is not None and record.is_dynamic
            else None,
        }
        for record, asked, outcome, _ in outcomes
    ]
    # Figures of a failed one stay those of its latest membership. News that came while it was
    # computed stays news.
    await tx.execute(
        sa.text(
            """
            UPDATE segments s
            SET problem = g.problem,
                size = CASE WHEN g.problem IS NULL THEN g.size ELSE s.size END,
                computed_at = CASE WHEN g.problem IS NULL THEN :now ELSE s.computed_at END,
                took_ms = CASE WHEN g.problem IS NULL THEN g.took_ms ELSE s.took_ms END,
                due_at = CASE WHEN g.problem IS NULL THEN g.due_at ELSE s.due_at END,
                stale_since = CASE WHEN g.problem IS NULL AND s.stale_since <= :now THEN NULL
                                   ELSE s.stale_since END
            FROM jsonb_to_recordset(CAST(:given AS jsonb))
              AS g (id uuid, problem text, size bigint, took_ms integer, due_at timestamptz)
            WHERE s.workspace_id = :workspace AND s.id = g.id
            """
        ),
        {
            "now": now,
            "workspace": workspace_id,
            "given": msgspec.json.encode(given).decode(),
        },
    )
    await tx.execute(
        t.segment_runs.insert(),
        [
            {
                "id": new_id(),
                "workspace_id": workspace_id,
                "segment_id": record.id,
                "at": now,
                "reason": reason.value,
                "took_ms": outcome.took_ms,
                "asked": outcome.asked,
                "reused": outcome.reused,
                "size": outcome.size,
                "problem": outcome.problem,
            }
            for record, _, outcome, reason in outcomes
        ],
    )


def failed(error: OtklikError, begun: float) -> Outcome:
    """Return the outcome of a recalculation that an error ended."""
    return Outcome(
        took_ms=round((time.perf_counter() - begun) * 1000), size=None, problem=error.code
    )
