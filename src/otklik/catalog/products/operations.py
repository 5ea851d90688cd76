"""Writes of feeds and their runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.catalog import tables as t
from otklik.catalog.products.errors import (
    FeedHasNoAddress,
    FeedNotFound,
    FeedOfExchange,
    NothingHeld,
    RunNotFound,
)
from otklik.catalog.products.load import RUN_LOST
from otklik.catalog.products.model import FeedKind, RunCause, RunState
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime, Tx

LOAD_JOB = "catalog.load_feed"
FORGET_JOB = "catalog.forget_feed"
_ACTIVE = (RunState.QUEUED.value, RunState.RUNNING.value)


async def create_feed(
    tx: Tx,
    *,
    workspace_id: int,
    name: str,
    kind: FeedKind,
    url: str | None,
    login: str | None,
    sealed: str | None,
    every_minutes: int | None,
    now: datetime,
) -> UUID:
    """Write a feed; the caller starts its first run. `sealed`: the password, by the vault."""
    feed_id = new_id()
    await tx.execute(
        t.feeds.insert().values(
            feed_id=feed_id,
            workspace_id=workspace_id,
            name=name.strip(),
            kind=kind,
            url=url,
            login=login,
            password=sealed,
            every_minutes=every_minutes,
            next_run_at=next_time(every_minutes, now),
            created_at=now,
        )
    )
    return feed_id


def next_time(every_minutes: int | None, now: datetime) -> datetime | None:
    return None if every_minutes is None else now + timedelta(minutes=every_minutes)


async def change_feed(tx: Tx, *, workspace_id: int, feed_id: UUID, values: dict[str, Any]) -> None:
    """Write columns of a feed. Raises: FeedNotFound."""
    c = t.feeds.c
    if not values:
        return
    changed = await tx.execute(
        t.feeds.update().where(c.workspace_id == workspace_id, c.feed_id == feed_id).values(values)
    )
    if not changed.rowcount:
        raise FeedNotFound()


async def delete_feed(rt: Runtime, tx: Tx, *, workspace_id: int, feed_id: UUID) -> None:
    """Delete a feed with its products; the facts go by a job. Raises: FeedNotFound."""
    mine = {"workspace_id": workspace_id, "feed_id": feed_id}
    gone = await tx.execute(
        t.feeds.delete().where(t.feeds.c.workspace_id == workspace_id, t.feeds.c.feed_id == feed_id)
    )
    if not gone.rowcount:
        raise FeedNotFound()
    for table in (t.products, t.product_categories, t.feed_runs):
        await tx.execute(
            table.delete().where(*(table.c[name] == value for name, value in mine.items()))
        )
    await rt.jobs.defer(
        tx, FORGET_JOB, args={"workspace_id": workspace_id, "feed_id": str(feed_id)}
    )


async def start_run(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    feed_id: UUID,
    cause: RunCause,
    now: datetime,
    file_id: UUID | None = None,
    accepted: bool = False,
) -> UUID:
    """Queue a run of a feed, or return the one that is under way.

    Runs that were held back until now are declined by it: a newer file is on its way.
    Raises: FeedNotFound, FeedHasNoAddress, FeedOfExchange.
    """
    c = t.feeds.c
    feed = (
        await tx.execute(
            sa.select(c.kind).where(c.workspace_id == workspace_id, c.feed_id == feed_id)
        )
    ).one_or_none()
    if feed is None:
        raise FeedNotFound()
    if feed.kind == FeedKind.EXCHANGE:
        raise FeedOfExchange()
    if file_id is None and feed.kind != FeedKind.URL:
        raise FeedHasNoAddress()
    run_id = new_id()
    written = await tx.execute(
        insert(t.feed_runs)
        .values(
            run_id=run_id,
            workspace_id=workspace_id,
            feed_id=feed_id,
            cause=cause,
            state=RunState.QUEUED,
            created_at=now,
            file_id=file_id,
            accepted=accepted,
        )
        .on_conflict_do_nothing()
        .returning(t.feed_runs.c.run_id)
    )
    r = t.feed_runs.c
    if written.one_or_none() is None:
        return UUID(
            str(
                (
                    await tx.execute(
                        sa.select(r.run_id).where(
                            r.workspace_id == workspace_id,
                            r.feed_id == feed_id,
                            r.state.in_(_ACTIVE),
                        )
                    )
                ).scalar_one()
            )
        )
    await tx.execute(
        t.feed_runs.update()
        .where(r.workspace_id == workspace_id, r.feed_id == feed_id, r.state == RunState.HELD)
        .values(state=RunState.DECLINED)
    )
    await rt.jobs.defer(
        tx,
        LOAD_JOB,
        args={"workspace_id": workspace_id, "run_id": str(run_id)},
        lock=f"feed:{feed_id}",
    )
    return run_id


async def accept_run(
    rt: Runtime, tx: Tx, *, workspace_id: int, feed_id: UUID, run_id: UUID, now: datetime
) -> UUID:
    """Load the file of a run that is held back, whatever the feed lost; returns the new run.

    Raises: RunNotFound, NothingHeld.
    """
    row = await _held(tx, workspace_id, feed_id, run_id)
    return await start_run(
        rt,
        tx,
        workspace_id=workspace_id,
        feed_id=feed_id,
        cause=RunCause(row.cause),
        now=now,
        file_id=row.file_id,
        accepted=True,
    )


async def decline_run(tx: Tx, *, workspace_id: int, feed_id: UUID, run_id: UUID) -> None:
    """Leave the catalogue as it is. Raises: RunNotFound, NothingHeld."""
    row = await _held(tx, workspace_id, feed_id, run_id)
    await tx.execute(
        t.feed_runs.update()
        .where(t.feed_runs.c.workspace_id == workspace_id, t.feed_runs.c.run_id == row.run_id)
        .values(state=RunState.DECLINED)
    )


async def _held(tx: Tx, workspace_id: int, feed_id: UUID, run_id: UUID) -> Any:
    c = t.feed_runs.c
    row = (
        await tx.execute(
            sa.select(t.feed_runs)
            .where(c.workspace_id == workspace_id, c.feed_id == feed_id, c.run_id == run_id)
            .with_for_update()
        )
    ).one_or_none()
    if row is None:
        raise RunNotFound()
    if row.state != RunState.HELD:
        raise NothingHeld()
    return row


async def start_due(rt: Runtime, tx: Tx, *, now: datetime, limit: int = 100) -> int:
    """Queue runs of the feeds whose time has come, of all workspaces; returns how many.

    The next time counts from now: after a pause a feed is loaded once and not once per missed time.
    """
    c = t.feeds.c
    due = (
        await tx.execute(
            sa.select(c.workspace_id, c.feed_id, c.every_minutes)
            .where(c.next_run_at <= now, c.every_minutes.is_not(None))
            .order_by(c.next_run_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for feed in due:
        await start_run(
            rt,
            tx,
            workspace_id=feed.workspace_id,
            feed_id=feed.feed_id,
            cause=RunCause.SCHEDULE,
            now=now,
        )
        await tx.execute(
            t.feeds.update()
            .where(c.workspace_id == feed.workspace_id, c.feed_id == feed.feed_id)
            .values(next_run_at=next_time(feed.every_minutes, now))
        )
    return len(due)


async def clean_runs(tx: Tx, *, now: datetime, kept: timedelta) -> set[UUID]:
    """Give up runs whose process is gone, drop old ones; returns the files that are waited for."""
    c = t.feed_runs.c
    await tx.execute(
        t.feed_runs.update()
        .where(c.state.in_(_ACTIVE), c.created_at < now - RUN_LOST)
        .values(
            state=RunState.FAILED,
            finished_at=now,
            problem={
                "code": "run_lost",
                "en": "The loading was interrupted and not taken up again.",
                "ru": "Загрузка прервалась и не была продолжена.",
            },
        )
    )
    await tx.execute(
        t.feed_runs.delete().where(
            c.created_at < now - kept, c.state.not_in([*_ACTIVE, RunState.HELD.value])
        )
    )
    waited = await tx.execute(
        sa.select(c.file_id).where(
            c.file_id.is_not(None), c.state.in_([*_ACTIVE, RunState.HELD.value])
        )
    )
    return set(waited.scalars())
