"""The durable log: no answer before the commit, and never a false one."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from otklik.ingestion import log as log_module
from otklik.ingestion.log import EventLog, Record, pack, unpack
from otklik.ingestion.public import LogUnavailable
from otklik.runtime.public import EngineUnavailable, Runtime, driver
from tests.ingestion.support import Ingestion


def record(body: bytes = b"[{}]", received_ms: int = 1_780_000_000_000) -> Record:
    return Record("batch", received_ms, "server", None, "", None, body)


class Flaky:
    """A database that can't be reached as often as the test says."""

    def __init__(self, rt: Runtime, failures: int) -> None:
        self._rt, self.failures = rt, failures
        self.engine = self

    async def connect(self) -> Any:
        if self.failures:
            self.failures -= 1
            raise EngineUnavailable(engine="PostgreSQL")
        return await self._rt.db.engine.connect()


def log_over(db: Any, **options: Any) -> EventLog:
    return EventLog(db, pending_bytes_max=1_000_000, **options)


async def test_packing_is_lossless() -> None:
    records = [record(), Record("track", 5, "browser", "x", "::1", {"a": [1]}, b"{}")]
    assert unpack(pack(records)) == records


async def test_it_repeats_a_commit_until_postgresql_is_back(rt: Runtime, seen: Ingestion) -> None:
    log = log_over(Flaky(rt, 3))
    log.start()
    await log.append(seen.workspace_id, record=record(), events=1)
    await log.stop()
    assert await seen.logged() == 1


async def test_a_commit_whose_answer_was_lost_is_not_there_twice(
    rt: Runtime, seen: Ingestion, monkeypatch: Any
) -> None:
    honest, lost = log_module.write, 2

    async def loses_the_answer(*args: Any) -> None:
        nonlocal lost
        await honest(*args)
        if lost:
            lost -= 1
            raise psycopg.OperationalError("the connection was lost")

    monkeypatch.setattr(log_module, "write", loses_the_answer)
    log = log_over(rt.db)
    log.start()
    await log.append(seen.workspace_id, record=record(), events=1)
    await log.stop()
    assert lost == 0
    assert await seen.logged() == 1


def checked_out(rt: Runtime) -> int:
    """Return how many connections of the pool are lent."""
    pool = rt.db.engine.pool
    assert isinstance(pool, sa.QueuePool)
    return pool.checkedout()


async def test_a_connection_that_died_between_two_commits_is_replaced(
    rt: Runtime, seen: Ingestion
) -> None:
    lent = checked_out(rt)
    log = log_over(rt.db)
    log.start()
    await log.append(seen.workspace_id, record=record(), events=1)
    assert log._held is not None
    dead = (await driver(log._held)).info.backend_pid
    async with rt.db.begin() as tx:
        await tx.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": dead})
    await log.append(seen.workspace_id, record=record(), events=1)
    assert (await driver(log._held)).info.backend_pid != dead
    await log.stop()
    assert await seen.logged() == 2
    assert checked_out(rt) == lent


async def test_it_says_no_when_postgresql_stays_away(rt: Runtime, seen: Ingestion) -> None:
    log = log_over(Flaky(rt, 10**9), patience_s=0.2)
    log.start()
    appends = [log.append(seen.workspace_id, record=record(), events=1) for _ in range(5)]
    results = await asyncio.gather(*appends, return_exceptions=True)
    await log.stop()
    assert [type(result) for result in results] == [LogUnavailable] * 5
    assert await seen.logged() == 0


async def test_it_refuses_what_it_can_not_hold(rt: Runtime, seen: Ingestion) -> None:
    log = log_over(rt.db)
    waiting = asyncio.create_task(
        log.append(seen.workspace_id, record=record(b"x" * 1_000_001), events=1)
    )
    await asyncio.sleep(0)
    with pytest.raises(LogUnavailable):
        await log.append(seen.workspace_id, record=record(), events=1)
    log.start()
    await waiting
    await log.append(seen.workspace_id, record=record(), events=1)
    await log.stop()
    assert await seen.logged() == 2


async def test_it_commits_what_waits_when_it_is_stopped(rt: Runtime, seen: Ingestion) -> None:
    log = log_over(rt.db)
    waiting = [
        asyncio.create_task(log.append(seen.workspace_id, record=record(), events=1))
        for _ in range(3)
    ]
    await asyncio.sleep(0)
    log.start()
    await log.stop()
    await asyncio.gather(*waiting)
    assert await seen.logged() == 3
    with pytest.raises(LogUnavailable):
        await log.append(seen.workspace_id, record=record(), events=1)


async def test_it_keeps_workspaces_apart(
    rt: Runtime, seen: Ingestion, other_workspace: Any
) -> None:
    log = log_over(rt.db)
    log.start()
    await asyncio.gather(
        log.append(seen.workspace_id, record=record(), events=1),
        log.append(other_workspace.id, record=record(), events=4),
        log.append(seen.workspace_id, record=record(), events=2),
    )
    await log.stop()
    assert await seen.logged() == 3
    assert await Ingestion(rt, other_workspace.id).logged() == 4


async def test_a_large_load_becomes_chunks_of_a_bounded_size(rt: Runtime, seen: Ingestion) -> None:
    log = EventLog(rt.db, pending_bytes_max=100_000_000)
    waiting = [
        asyncio.create_task(
            log.append(seen.workspace_id, record=record(b"[%s]" % (b"x" * 900_000)), events=900)
        )
        for _ in range(12)
    ]
    await asyncio.sleep(0)
    log.start()
    await asyncio.gather(*waiting)
    await log.stop()
    assert await seen.logged() == 12 * 900
    async with rt.db.begin() as tx:
        sizes = await tx.execute(
            sa.text("SELECT size, events FROM event_chunks WHERE workspace_id = :w"),
            {"w": seen.workspace_id},
        )
        assert all(size <= 4 * 1024 * 1024 and events <= 5_000 for size, events in sizes)


async def test_a_caller_that_goes_away_takes_nothing_from_the_others(
    rt: Runtime, seen: Ingestion
) -> None:
    log = log_over(rt.db)
    first = asyncio.create_task(log.append(seen.workspace_id, record=record(), events=1))
    second = asyncio.create_task(log.append(seen.workspace_id, record=record(), events=1))
    await asyncio.sleep(0)
    first.cancel()
    log.start()
    await second
    await log.stop()
    assert await seen.logged() == 2
