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

_THINNED = (
    (timedelta(hours=1), "toStartOfHour(computed_at)"),
    (timedelta(days=2), "toDate(computed_at)"),
    (timedelta(days=100), "toMonday(computed_at)"),
)
"""Of memberships older than this, the last one of each hour, day or week is kept: where people come
and go all day, every recalculation of a large segment leaves a megabyte behind. Who came and who
went is kept apart, by the moment."""
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


@job("segments.thin_history", queue="segments", cron="53 * * * *")
async def thin_history(rt: Runtime) -> None:
    """Every hour: thin the stored memberships, and drop those that belong to no segment."""
    now = rt.clock()
    async with rt.db.begin() as tx:
        kept = list((await tx.execute(sa.select(t.segments.c.id))).scalars())
    values: dict[str, object] = {
        "segments": [str(one) for one in kept],
        "young": now - _THINNED[0][0],
    }
    too_many = []
    for place, (age, span) in enumerate(_THINNED):
        values[f"before{place}"] = now - age
        too_many.append(
            f"(computed_at < {{before{place}:DateTime64(3, 'UTC')}}"
            " AND (segment_id, computed_at) NOT IN"
            f" (SELECT segment_id, max(computed_at) FROM segment_memberships"
            f" GROUP BY segment_id, {span}))"
        )
    # A list that was just made may not be committed yet: what is young is left alone.
    condition = (
        "computed_at < {young:DateTime64(3, 'UTC')} AND"
        f" (segment_id NOT IN {{segments:Array(UUID)}} OR {' OR '.join(too_many)})"
    )
    # One statement for all workspaces: a deletion costs ClickHouse the same for one row or many,
    # and ids of segments are unique everywhere.
    found = await rt.ch.query(f"SELECT count() FROM segment_memberships WHERE {condition}", values)
    if int(found[0][0]):
        await rt.ch.command(f"DELETE FROM segment_memberships WHERE {condition}", values)


@job("segments.clean_up", queue="segments", cron="23 3 * * *")
async def clean_up(rt: Runtime) -> None:
    """Every night: drop answers and runs that are old, and what belongs to no segment."""
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
    await rt.ch.command(
        "DELETE FROM segment_people WHERE computed_at < {before:DateTime64(3, 'UTC')}"
        " AND segment_id NOT IN {segments:Array(UUID)}",
        {"segments": [str(one) for one in kept], "before": now - ANSWERS_KEPT},
    )
    await rt.ch.command(
        "DELETE FROM segment_answers WHERE computed_at < {before:DateTime64(3, 'UTC')}",
        {"before": now - ANSWERS_KEPT},
    )
