"""Background work of content feeds."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.content.feeds.fetch import Fetched, Source, fetch
from otklik.content.feeds.model import JsonFields, Problem
from otklik.content.feeds.operations import (
    FETCH_JOB,
    forget_old,
    keep_items,
    note_problem,
    note_same,
    order_due,
)
from otklik.content.feeds.parse import parse_feed
from otklik.content.feeds.tables import content_feeds
from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Lang
from otklik.runtime.public import EngineUnavailable, Runtime, job

FRESH_ENOUGH = timedelta(minutes=10)


@job("content.start_due_feeds", cron="* * * * *", retries=0)
async def start_due_feeds(rt: Runtime, **_: Any) -> None:
    """Every minute: queue the feeds whose time has come."""
    async with rt.db.begin() as tx:
        await order_due(tx, rt.jobs, now=rt.clock())


@job(FETCH_JOB, queue="imports", retries=3)
async def fetch_feed(rt: Runtime, *, workspace_id: int, feed_id: str) -> None:
    """Fetch one feed; a second time is harmless."""
    await refresh_feed(rt, workspace_id=workspace_id, feed_id=UUID(feed_id))


@job("content.forget_items", cron="23 4 * * *")
async def forget_items(rt: Runtime, **_: Any) -> None:
    """Every night: empty items that left their feeds long ago."""
    async with rt.db.begin() as tx:
        await forget_old(tx, now=rt.clock())


async def refresh_feed(
    rt: Runtime, *, workspace_id: int, feed_id: UUID, older_than: timedelta | None = None
) -> None:
    """Get the file of a feed and keep its items; what goes wrong is written down in words.

    older_than: leave alone a feed that was fetched more recently.
    """
    async with rt.db.begin() as tx:
        f = content_feeds.c
        row = (
            await tx.execute(
                sa.select(content_feeds).where(f.workspace_id == workspace_id, f.feed_id == feed_id)
            )
        ).one_or_none()
    if row is None:
        return
    if older_than is not None and row.fetched_at and row.fetched_at > rt.clock() - older_than:
        return
    source = Source(
        url=row.url, etag=row.etag, last_modified=row.last_modified, body_hash=row.body_hash
    )
    fields = msgspec.convert(row.fields, JsonFields | None)
    try:
        # No transaction stays open while the server of the feed answers.
        fetched = await fetch(rt.outgoing, source)
        await _keep(rt, workspace_id, feed_id, fetched, fields)
    except EngineUnavailable:
        raise
    except OtklikError as error:
        async with rt.db.begin() as tx:
            await note_problem(
                tx,
                workspace_id=workspace_id,
                feed_id=feed_id,
                problem=problem_of(error),
                now=rt.clock(),
            )


async def _keep(
    rt: Runtime, workspace_id: int, feed_id: UUID, fetched: Fetched, fields: JsonFields | None
) -> None:
    now = rt.clock()
    if fetched.body is None:
        async with rt.db.begin() as tx:
            await note_same(
                tx, workspace_id=workspace_id, feed_id=feed_id, fetched=fetched, now=now
            )
        return
    parsed = await asyncio.to_thread(
        parse_feed, fetched.body, url=fetched.url, fields=fields, now=now
    )
    async with rt.db.begin() as tx:
        await keep_items(
            tx,
            workspace_id=workspace_id,
            feed_id=feed_id,
            parsed=parsed,
            fetched=fetched,
            now=now,
        )


def problem_of(error: OtklikError) -> Problem:
    """Return an error as a text in both languages that can be kept."""

    def said(lang: Lang) -> str:
        hint = error.hint_text(lang)
        return f"{error.text(lang)} {hint}" if hint else error.text(lang)

    return Problem(error.code, said("en"), said("ru"))
