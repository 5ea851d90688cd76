"""Background work: looking for news, recalculating, cleaning up."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from otklik.accounts.public import workspace_ids
from otklik.runtime.public import Runtime, job
from otklik.segments import tables as t
from otklik.segments.errors import SegmentBusy, SegmentNotFound
from otklik.segments.model import RunReason
from otklik.segments.operations.news import look_at_parts
from otklik.segments.operations.recalculate import due_segments, note_news, recalculate_due
from otklik.segments.operations.refresh import refresh_segment
from otklik.segments.queries.records import all_records

HISTORY_KEPT = timedelta(days=2)
"""Memberships older than this are thinned to the last one of each day."""
RUNS_KEPT = timedelta(days=30)
ANSWERS_KEPT = timedelta(days=2)


@job("segments.look_for_news", queue="segments", cron="* * * * *", retries=0)
async def look_for_news(rt: Runtime) -> None:
    """Every minute: one look at ClickHouse, and a job for each workspace with something to do."""
    now = rt.clock()
    parts = await look_at_parts(rt)
    async with rt.db.begin() as tx:
        busy = set((await tx.execute(sa.select(t.segments.c.workspace_id).distinct())).scalars())
        known = [one for one in await workspace_ids(tx) if one in busy]
    for workspace_id in known:
        async with rt.db.begin() as tx:
            await note_news(rt, tx, workspace_id=workspace_id, parts=parts, now=now)
            if due_segments(await all_records(tx, workspace_id=workspace_id), now):
                await rt.jobs.defer(
                    tx,
                    "segments.recalculate",
                    args={"workspace_id": workspace_id},
                    lock=f"segments:{workspace_id}",
                    single=f"segments:{workspace_id}",
                )


@job("segments.recalculate", queue="segments", retries=2)
async def recalculate(rt: Runtime, *, workspace_id: int) -> None:
    """Recalculate what is due in a workspace."""
    await recalculate_due(rt, workspace_id=workspace_id, now=rt.clock())


@job("segments.refresh", queue="segments", retries=5)
async def refresh(rt: Runtime, *, workspace_id: int, segment_id: str, reason: str) -> None:
    """Recalculate one segment; a second time is harmless."""
    try:
        async with rt.db.begin() as tx:
            await refresh_segment(
                rt,
                tx,
                workspace_id=workspace_id,
                segment_id=UUID(segment_id),
                reason=RunReason(reason),
                now=rt.clock(),
            )
    except (SegmentNotFound, SegmentBusy):
        # Deleted meanwhile, or somebody else is at it.
        return


@job("segments.clean_up", queue="segments", cron="23 3 * * *")
async def clean_up(rt: Runtime) -> None:
    """Every night: thin the history, drop what belongs to no segment and answers that are old."""
    now = rt.clock()
    async with rt.db.begin() as tx:
        await tx.execute(
            t.segment_answers.delete().where(t.segment_answers.c.computed_at < now - ANSWERS_KEPT)
        )
        await tx.execute(
            sa.text(
                "DELETE FROM segment_runs run WHERE run.at < :before AND EXISTS ("
                "SELECT FROM segment_runs later WHERE later.segment_id = run.segment_id"
                " AND later.workspace_id = run.workspace_id AND later.at > run.at"
                " AND date_trunc('day', later.at) = date_trunc('day', run.at))"
            ),
            {"before": now - RUNS_KEPT},
        )
        kept = list((await tx.execute(sa.select(t.segments.c.id))).scalars())
    # One statement for all workspaces: a deletion costs ClickHouse the same for one row or many,
    # and ids of segments are unique everywhere.
    await rt.ch.command(
        "DELETE FROM segment_memberships WHERE computed_at < {before:DateTime64(3, 'UTC')} AND ("
        "segment_id NOT IN {segments:Array(UUID)} OR (segment_id, computed_at) NOT IN"
        " (SELECT segment_id, max(computed_at) FROM segment_memberships"
        " GROUP BY segment_id, toDate(computed_at)))",
        {"segments": [str(one) for one in kept], "before": now - HISTORY_KEPT},
    )
    await rt.ch.command(
        "DELETE FROM segment_answers WHERE computed_at < {before:DateTime64(3, 'UTC')}",
        {"before": now - ANSWERS_KEPT},
    )
