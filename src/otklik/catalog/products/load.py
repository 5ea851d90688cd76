"""One loading of a feed, from the shop's file to the catalogue. A broken file changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from otklik.catalog import tables as t
from otklik.catalog.feeds.errors import FeedRefused
from otklik.catalog.feeds.health import Health
from otklik.catalog.feeds.model import FeedItem
from otklik.catalog.feeds.reader import FeedReader
from otklik.catalog.feeds.report import FeedReport
from otklik.catalog.products import swap
from otklik.catalog.products.fetch import Address, Fetched, Limits, fetch
from otklik.catalog.products.files import Written, file_path
from otklik.catalog.products.model import HELD, HELD_FROM, RunChanges, RunProblem, RunState
from otklik.catalog.products.packing import open_feed
from otklik.catalog.products.staging import Tree, create_staging, stage
from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Lang, Text
from otklik.runtime.public import EngineUnavailable, Runtime, Tx, log

_BROKEN = Text(
    en="Something inside Otklik failed; the catalogue is as it was. The log says more.",
    ru="Сбой внутри Otklik, каталог остался прежним. Подробности в журнале программы.",
)


class _Outcome(msgspec.Struct, kw_only=True):
    state: RunState
    report: FeedReport | None = None
    changes: RunChanges | None = None
    problem: RunProblem | None = None
    fetched: Fetched | None = None


class _Held(Exception):
    """Rolls the staged change back."""

    def __init__(self, changes: RunChanges, report: FeedReport) -> None:
        self.changes, self.report = changes, report
        super().__init__()


async def run_feed(
    rt: Runtime, *, workspace_id: int, run_id: UUID, limits: Limits | None = None
) -> None:
    """Do a queued run to its end: loaded, unchanged, held back or failed, with the reason.

    Repeatable: a run whose process died begins again. A run that is over is left alone.
    """
    found = await _begin(rt, workspace_id, run_id)
    if found is None:
        return
    run, feed = found
    path = file_path(rt, workspace_id=workspace_id, file_id=run.file_id or run_id)
    try:
        outcome = await _work(rt, run, feed, path, limits or Limits())
    except (DBAPIError, EngineUnavailable, psycopg.OperationalError) as error:
        if isinstance(error, DBAPIError) and not error.connection_invalidated:
            outcome = _broken(error)
        else:
            # PostgreSQL is away: nothing is wrong with the feed, and the job is tried again.
            raise
    except OtklikError as error:
        outcome = _Outcome(state=RunState.FAILED, problem=problem_of_error(error))
    except Exception as error:
        outcome = _broken(error)
    await _end(rt, run, feed, outcome)
    if outcome.state is not RunState.HELD:
        await asyncio.to_thread(path.unlink, missing_ok=True)


def problem_of_error(error: OtklikError) -> RunProblem:
    """Return an error as a text in both languages that can be kept."""

    def said(lang: Lang) -> str:
        hint = error.hint_text(lang)
        return f"{error.text(lang)} {hint}" if hint else error.text(lang)

    return RunProblem(error.code, said("en"), said("ru"))


def _broken(error: Exception) -> _Outcome:
    log.error("a feed could not be loaded", error=type(error).__name__, exc_info=True)
    return _Outcome(
        state=RunState.FAILED,
        problem=RunProblem("internal", _BROKEN.of("en", {}), _BROKEN.of("ru", {})),
    )


async def _begin(rt: Runtime, workspace_id: int, run_id: UUID) -> tuple[Any, Any] | None:
    async with rt.db.begin() as tx:
        run = (
            await tx.execute(
                t.feed_runs.update()
                .where(
                    t.feed_runs.c.workspace_id == workspace_id,
                    t.feed_runs.c.run_id == run_id,
                    t.feed_runs.c.state.in_([RunState.QUEUED, RunState.RUNNING]),
                )
                .values(state=RunState.RUNNING, started_at=rt.clock())
                .returning(*t.feed_runs.c)
            )
        ).one_or_none()
        if run is None:
            return None
        feed = (
            await tx.execute(
                sa.select(t.feeds).where(
                    t.feeds.c.workspace_id == workspace_id, t.feeds.c.feed_id == run.feed_id
                )
            )
        ).one_or_none()
    return None if feed is None else (run, feed)


async def _work(rt: Runtime, run: Any, feed: Any, path: Path, limits: Limits) -> _Outcome:
    if run.file_id is None:
        address = Address(
            url=feed.url,
            login=feed.login,
            password=None if feed.password is None else rt.vault.open(feed.password),
            etag=feed.etag,
            last_modified=feed.last_modified,
        )
        fetched = await fetch(rt, address, path, limits)
        if fetched.written is None or fetched.written.digest == feed.body_hash:
            return _Outcome(state=RunState.UNCHANGED, fetched=fetched)
    else:
        size = await asyncio.to_thread(_size, path)
        fetched = Fetched(written=Written(size, b""), etag=None, last_modified=None)
    try:
        outcome = await load_file(
            rt,
            workspace_id=run.workspace_id,
            feed_id=run.feed_id,
            path=path,
            accepted=run.accepted,
            now=rt.clock(),
        )
    except _Held as held:
        outcome = _Outcome(state=RunState.HELD, changes=held.changes, report=held.report)
        facts = {
            "missing": max(held.changes.gone, held.changes.before - held.changes.offers),
            "before": held.changes.before,
        }
        outcome.problem = RunProblem("feed_shrunk", HELD.of("en", facts), HELD.of("ru", facts))
    outcome.fetched = fetched
    return outcome


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


async def load_file(
    rt: Runtime, *, workspace_id: int, feed_id: UUID, path: Path, accepted: bool, now: datetime
) -> _Outcome:
    """Read a file into the catalogue, whole or not at all."""
    health = Health()
    encoding: str | None = None
    try:
        with open_feed(path) as source:
            reader = FeedReader(source)
            async with rt.db.begin() as tx:
                await swap.lock_feed(tx, feed_id)
                tree = Tree()
                await create_staging(tx)
                try:
                    await stage(tx, _watched(reader, health), tree)
                finally:
                    encoding = reader.encoding
                report = health.report(encoding=encoding, refusal=None)
                changes = await _swap(
                    rt, tx, tree, report, workspace_id, feed_id, accepted=accepted, now=now
                )
    except FeedRefused as error:
        report = health.report(encoding=encoding, refusal=error)
        return _Outcome(state=RunState.FAILED, report=report, problem=problem_of_error(error))
    except FileNotFoundError:
        return _broken(FileNotFoundError("the file of a feed is gone"))
    return _Outcome(state=RunState.DONE, report=report, changes=changes)


def _watched(reader: FeedReader, health: Health) -> Iterator[FeedItem]:
    for item in reader:
        health.add(item)
        yield item


async def _swap(
    rt: Runtime,
    tx: Tx,
    tree: Tree,
    report: FeedReport,
    workspace_id: int,
    feed_id: UUID,
    *,
    accepted: bool,
    now: datetime,
) -> RunChanges:
    changes = await swap.compare(tx, workspace_id=workspace_id, feed_id=feed_id, is_whole=True)
    is_shrunk = changes.before >= HELD_FROM and changes.gone * 2 > changes.before
    if is_shrunk and not accepted:
        raise _Held(changes, report)
    await swap.apply(rt, tx, workspace_id=workspace_id, feed_id=feed_id, now=now)
    await swap.put_tree(tx, tree, workspace_id=workspace_id, feed_id=feed_id, is_whole=True)
    await tx.execute(
        t.feeds.update()
        .where(t.feeds.c.workspace_id == workspace_id, t.feeds.c.feed_id == feed_id)
        .values(products=changes.offers, fresh_at=now)
    )
    return changes


async def _end(rt: Runtime, run: Any, feed: Any, outcome: _Outcome) -> None:
    now = rt.clock()
    written = outcome.fetched.written if outcome.fetched else None
    changes = outcome.changes
    async with rt.db.begin() as tx:
        await tx.execute(
            t.feed_runs.update()
            .where(
                t.feed_runs.c.workspace_id == run.workspace_id, t.feed_runs.c.run_id == run.run_id
            )
            .values(
                state=outcome.state,
                finished_at=now,
                bytes=None if written is None else written.size,
                report=None if outcome.report is None else msgspec.to_builtins(outcome.report),
                changes=None if changes is None else msgspec.to_builtins(changes),
                problem=None if outcome.problem is None else msgspec.to_builtins(outcome.problem),
                # The file of a held run waits for the decision under the run's own name.
                file_id=run.file_id or (run.run_id if outcome.state is RunState.HELD else None),
            )
        )
        if run.file_id is None and outcome.state in {RunState.DONE, RunState.UNCHANGED}:
            assert outcome.fetched is not None
            known = {"etag": outcome.fetched.etag, "last_modified": outcome.fetched.last_modified}
            if written is None:
                known = {name: value for name, value in known.items() if value}
            await tx.execute(
                t.feeds.update()
                .where(t.feeds.c.workspace_id == run.workspace_id, t.feeds.c.feed_id == run.feed_id)
                .values(
                    fresh_at=now,
                    body_hash=feed.body_hash if written is None else written.digest,
                    **known,
                )
            )


RUN_LOST = timedelta(hours=6)
"""A run that is under way for longer lost its process and its job."""
