"""Background work of feeds."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from otklik.catalog.products.files import sweep
from otklik.catalog.products.load import run_feed
from otklik.catalog.products.operations import FORGET_JOB, LOAD_JOB, clean_runs, start_due
from otklik.runtime.public import Runtime, job

RUNS_KEPT = timedelta(days=90)
FILES_KEPT = timedelta(days=1)


@job("catalog.start_due_feeds", cron="* * * * *", retries=0)
async def start_due_feeds(rt: Runtime) -> None:
    """Every minute: queue the feeds whose time has come."""
    async with rt.db.begin() as tx:
        await start_due(rt, tx, now=rt.clock())


@job(LOAD_JOB, queue="imports", retries=5)
async def load_feed(rt: Runtime, *, workspace_id: int, run_id: str) -> None:
    """Load one feed; a second time is harmless."""
    await run_feed(rt, workspace_id=workspace_id, run_id=UUID(run_id))


@job(FORGET_JOB, retries=5)
async def forget_feed(rt: Runtime, *, workspace_id: int, feed_id: str) -> None:
    """Destroy the history of prices of a feed that was deleted."""
    await rt.ch.command(
        "DELETE FROM product_facts WHERE workspace_id = {ws:UInt32} AND feed_id = {feed:UUID}",
        {"ws": workspace_id, "feed": feed_id},
    )


@job("catalog.clean_feeds", cron="41 4 * * *")
async def clean_feeds(rt: Runtime) -> None:
    """Every night: old runs, and files that nobody waits for."""
    now = rt.clock()
    async with rt.db.begin() as tx:
        kept = await clean_runs(tx, now=now, kept=RUNS_KEPT)
    await asyncio.to_thread(sweep, rt, kept=kept, now=now, age=FILES_KEPT)
