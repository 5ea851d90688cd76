"""Who entered and who left a segment, between one stored membership and the next.

A mark in PostgreSQL says up to which membership changes were told. It moves in the transaction that
tells them, so a stop between storing a membership and telling what changed loses nothing: the next
look tells it. The facts in ClickHouse may be written twice; they are one row all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa

from otklik.rules.compile import MERGED, Compiled
from otklik.rules.moments import epoch_millis
from otklik.runtime.public import CURRENT_PROFILE, Runtime, Tx
from otklik.segments import tables as t
from otklik.segments.engine import PREVIEW_S, REFRESH_S, ask_arrow, store
from otklik.segments.operations.pieces import cut_into_pieces
from otklik.segments.overtime.model import Change, DayOfChanges, SegmentChanged
from otklik.segments.queries.counts import Ids

_OURS = "workspace_id = {workspace:UInt32} AND segment_id IN {segments:Array(UUID)}"
_PLACE = "indexOf({segments:Array(UUID)}, segment_id)"
_SINCE = f"fromUnixTimestamp64Milli({{since:Array(Int64)}}[{_PLACE}], 'UTC')"


async def tell_changes(
    rt: Runtime, tx: Tx, *, workspace_id: int, segment_ids: Sequence[UUID], now: datetime
) -> list[SegmentChanged]:
    """Write down who entered and left since changes were told last, and publish the news in `tx`.

    The caller holds the segments' locks. Returns the news.
    """
    marks = await _marks(tx, workspace_id, segment_ids)
    if not marks:
        return []
    latest = {
        UUID(str(segment_id)): at.replace(tzinfo=UTC)
        for segment_id, at in await rt.ch.query(
            f"SELECT segment_id, max(computed_at) FROM segment_memberships WHERE {_OURS}"
            " GROUP BY segment_id",
            {"workspace": workspace_id, "segments": [str(one) for one in marks]},
        )
    }
    moved = {one: at for one, at in latest.items() if marks[one] is None or marks[one] < at}
    if moved:
        await cut_into_pieces(rt, workspace_id=workspace_id, segment_ids=moved)
    known = {one: mark for one, mark in marks.items() if mark is not None and one in moved}
    news = await _write(rt, workspace_id, known, moved, now) if known else []
    await _move_marks(tx, workspace_id, moved)
    for one in news:
        await rt.bus.publish(tx, one)
    return news


async def _marks(
    tx: Tx, workspace_id: int, segment_ids: Sequence[UUID]
) -> dict[UUID, datetime | None]:
    c = t.segments.c
    rows = await tx.execute(
        sa.select(c.id, c.changes_told_at).where(
            c.workspace_id == workspace_id, c.id.in_(segment_ids)
        )
    )
    return {row.id: row.changes_told_at for row in rows}


async def _move_marks(tx: Tx, workspace_id: int, moved: dict[UUID, datetime]) -> None:
    if not moved:
        return
    await tx.execute(
        sa.text(
            "UPDATE segments s SET changes_told_at = u.at"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:ats AS timestamptz[])) AS u (id, at)"
            " WHERE s.workspace_id = :workspace AND s.id = u.id"
        ),
        {"workspace": workspace_id, "ids": list(moved), "ats": list(moved.values())},
    )


async def _write(
    rt: Runtime,
    workspace_id: int,
    marks: dict[UUID, datetime],
    moved: dict[UUID, datetime],
    now: datetime,
) -> list[SegmentChanged]:
    values: dict[str, Any] = {
        "workspace": workspace_id,
        "segments": [str(one) for one in marks],
        "since": [epoch_millis(at) for at in marks.values()],
    }
    # The history is thinned to one membership a day, so the one that was told of may be gone; then
    # the newest before it stands for it.
    newest = (
        f"SELECT segment_id, max(computed_at) FROM segment_memberships WHERE {_OURS}"
        " GROUP BY segment_id"
    )
    told = (
        f"SELECT segment_id, max(computed_at) FROM segment_memberships WHERE {_OURS}"
        f" AND computed_at <= {_SINCE} GROUP BY segment_id"
    )
    both = (
        "SELECT segment_id, max(computed_at) AS at,"
        f" groupBitmapMergeStateIf(members, computed_at > {_SINCE}) AS present_dated,"
        f" groupBitmapMergeStateIf(members, computed_at <= {_SINCE}) AS past_dated,"
        " toUInt32({workspace:UInt32}) AS workspace_id"
        f" FROM segment_memberships WHERE {_OURS}"
        f" AND ((segment_id, computed_at) IN ({newest}) OR (segment_id, computed_at) IN ({told}))"
        " GROUP BY segment_id"
    )
    changed = (
        "SELECT segment_id, at, bitmapAndnot(present, past) AS entered,"
        " bitmapAndnot(past, present) AS gone FROM (SELECT segment_id, at,"
        f" {_today('present_dated')} AS present, {_today('past_dated')} AS past"
        f" FROM (SELECT *, ({MERGED}) AS merged FROM ({both})))"
    )
    await store(
        rt,
        "INSERT INTO segment_changes (workspace_id, segment_id, at, change, profile_id)"
        " SELECT {workspace:UInt32}, segment_id, at, one.1, one.2 FROM"
        " (SELECT segment_id, at, arrayJoin(arrayConcat("
        "arrayMap(id -> ('entered', id), bitmapToArray(entered)),"
        " arrayMap(id -> ('left', id), bitmapToArray(gone)))) AS one"
        f" FROM ({changed}))",
        values,
        limit_s=REFRESH_S,
    )
    rows = await rt.ch.query(
        "SELECT segment_id, countIf(change = 'entered'), countIf(change = 'left')"
        f" FROM segment_changes FINAL WHERE {_OURS} AND (segment_id, at) IN ({newest})"
        " GROUP BY segment_id",
        {"workspace": workspace_id, "segments": values["segments"]},
    )
    return [
        SegmentChanged(
            workspace_id=workspace_id,
            segment_id=UUID(str(segment_id)),
            at=moved[UUID(str(segment_id))],
            entered=int(entered),
            left=int(left),
            now=now,
        )
        for segment_id, entered, left in rows
    ]


def _today(dated: str) -> str:
    gone = f"bitmapToArray(bitmapAnd({dated}, merged))"
    into = f"bitmapBuild(arrayMap(profile_id -> {CURRENT_PROFILE}, {gone}))"
    return f"bitmapOr(bitmapAndnot({dated}, merged), {into})"


async def changed_people(
    rt: Runtime,
    *,
    workspace_id: int,
    segment_id: UUID,
    change: Change,
    since: datetime,
    until: datetime,
    below: int | None = None,
    limit: int | None = None,
) -> Ids:
    """Return who entered (or left) a segment after `since` and up to `until`, under the ids of
    today: the `limit` greatest ids below `below`, ascending."""
    values: dict[str, Any] = {
        "workspace": workspace_id,
        "segment": str(segment_id),
        "since": epoch_millis(since),
        "until": epoch_millis(until),
        "change": change,
    }
    having, cut = "", ""
    if below is not None:
        values["below"] = max(below, 0)
        having = " WHERE person < {below:UInt64}"
    if limit is not None:
        values["limit"] = limit
        cut = " LIMIT {limit:UInt64}"
    sql = (
        f"SELECT DISTINCT person FROM (SELECT {CURRENT_PROFILE} AS person FROM segment_changes"
        " WHERE workspace_id = {workspace:UInt32} AND segment_id = {segment:UUID}"
        " AND change = {change:String}"
        " AND at > fromUnixTimestamp64Milli({since:Int64}, 'UTC')"
        f" AND at <= fromUnixTimestamp64Milli({{until:Int64}}, 'UTC')){having}"
        f" ORDER BY person DESC{cut}"
    )
    table = await ask_arrow(rt, Compiled(sql, values), limit_s=PREVIEW_S)
    return np.sort(table.column("person").to_numpy().astype(np.uint64, copy=False))


async def changes_by_day(
    rt: Runtime, *, workspace_id: int, segment_id: UUID, zone: str, days: int, now: datetime
) -> list[DayOfChanges]:
    """Return how many entered and left on each of the last `days` days of a zone."""
    today = now.astimezone(ZoneInfo(zone)).date()
    first = today - timedelta(days=days - 1)
    rows = await rt.ch.query(
        "SELECT toString(toDate(at, {zone:String})) AS day, countIf(change = 'entered'),"
        " countIf(change = 'left') FROM segment_changes FINAL"
        " WHERE workspace_id = {workspace:UInt32} AND segment_id = {segment:UUID}"
        " AND at >= {first:DateTime64(3, 'UTC')} GROUP BY day",
        {
            "zone": zone,
            "workspace": workspace_id,
            "segment": str(segment_id),
            "first": datetime.combine(first, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC),
        },
    )
    found = {day: (int(entered), int(left)) for day, entered, left in rows}
    return [
        DayOfChanges(date=day, entered=found.get(day, (0, 0))[0], left=found.get(day, (0, 0))[1])
        for day in ((first + timedelta(days=n)).isoformat() for n in range(days))
    ]
