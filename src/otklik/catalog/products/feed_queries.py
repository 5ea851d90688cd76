"""Reads of feeds and their runs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from otklik.catalog import tables as t
from otklik.catalog.exchange.tables import exchanges
from otklik.catalog.products.errors import FeedNotFound, RunNotFound
from otklik.catalog.products.model import (
    Feed,
    FeedKind,
    FeedRun,
    RunCause,
    RunChanges,
    RunState,
    problem_of,
)
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime, Tx


def run_of(row: Any, lang: Lang) -> FeedRun:
    return FeedRun(
        id=row.run_id,
        feed_id=row.feed_id,
        cause=RunCause(row.cause),
        state=RunState(row.state),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        bytes=row.bytes,
        accepted=row.accepted,
        report=row.report,
        changes=None if row.changes is None else msgspec.convert(row.changes, RunChanges),
        problem=problem_of(lang, row.problem),
    )


def _feed_of(row: Any, run: Any, lang: Lang) -> Feed:
    return Feed(
        id=row.feed_id,
        name=row.name,
        kind=FeedKind(row.kind),
        exchange_id=row.exchange_id,
        url=row.url,
        login=row.login,
        has_password=row.password is not None,
        every_minutes=row.every_minutes,
        next_run_at=row.next_run_at,
        fresh_at=row.fresh_at,
        products=row.products,
        created_at=row.created_at,
        last_run=None if run is None else run_of(run, lang),
    )


def _feeds() -> sa.Select[Any]:
    # One row at most: a feed belongs to one connection.
    c = exchanges.c
    connection = sa.select(c.exchange_id).where(c.feed_id == t.feeds.c.feed_id).limit(1)
    return sa.select(t.feeds, connection.scalar_subquery().label("exchange_id"))


async def list_feeds(tx: Tx, *, workspace_id: int, lang: Lang) -> list[Feed]:
    """Return all feeds with their last run, oldest first."""
    f, r = t.feeds.c, t.feed_runs.c
    feeds = (
        await tx.execute(_feeds().where(f.workspace_id == workspace_id).order_by(f.created_at))
    ).all()
    runs = await tx.execute(
        sa.select(t.feed_runs)
        .where(r.workspace_id == workspace_id)
        .order_by(r.feed_id, r.created_at.desc(), r.run_id.desc())
        .ext(distinct_on(r.feed_id))
    )
    last = {run.feed_id: run for run in runs}
    return [_feed_of(feed, last.get(feed.feed_id), lang) for feed in feeds]


async def get_feed(tx: Tx, *, workspace_id: int, feed_id: UUID, lang: Lang) -> Feed:
    """Return a feed; raises FeedNotFound."""
    f = t.feeds.c
    row = (
        await tx.execute(_feeds().where(f.workspace_id == workspace_id, f.feed_id == feed_id))
    ).one_or_none()
    if row is None:
        raise FeedNotFound()
    runs = await _runs(tx, workspace_id, feed_id, 1)
    return _feed_of(row, runs[0] if runs else None, lang)


async def list_runs(tx: Tx, *, workspace_id: int, feed_id: UUID, lang: Lang) -> list[FeedRun]:
    """Return the last 50 runs of a feed, newest first; raises FeedNotFound."""
    await get_feed(tx, workspace_id=workspace_id, feed_id=feed_id, lang=lang)
    return [run_of(row, lang) for row in await _runs(tx, workspace_id, feed_id, 50)]


async def get_run(tx: Tx, *, workspace_id: int, feed_id: UUID, run_id: UUID, lang: Lang) -> FeedRun:
    r = t.feed_runs.c
    row = (
        await tx.execute(
            sa.select(t.feed_runs).where(
                r.workspace_id == workspace_id, r.feed_id == feed_id, r.run_id == run_id
            )
        )
    ).one_or_none()
    if row is None:
        raise RunNotFound()
    return run_of(row, lang)


async def _runs(tx: Tx, workspace_id: int, feed_id: UUID, limit: int) -> list[Any]:
    r = t.feed_runs.c
    rows = await tx.execute(
        sa.select(t.feed_runs)
        .where(r.workspace_id == workspace_id, r.feed_id == feed_id)
        .order_by(r.created_at.desc(), r.run_id.desc())
        .limit(limit)
    )
    return list(rows.all())


async def stored_password(
    rt: Runtime, tx: Tx, *, workspace_id: int, feed_id: UUID, url: str
) -> str | None:
    """Return the password of a feed, for the server that it was given for; raises FeedNotFound."""
    f = t.feeds.c
    row = (
        await tx.execute(
            sa.select(f.url, f.password).where(f.workspace_id == workspace_id, f.feed_id == feed_id)
        )
    ).one_or_none()
    if row is None:
        raise FeedNotFound()
    was, now = urlsplit(row.url or ""), urlsplit(url)
    is_same = (was.scheme, was.netloc) == (now.scheme, now.netloc)
    return rt.vault.open(row.password) if row.password is not None and is_same else None
