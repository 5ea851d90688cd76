"""Housekeeping of incoming webhooks."""

from __future__ import annotations

from otklik.ingestion.hooks import operations
from otklik.runtime.public import Runtime, job


@job("ingestion.purge_hooks", cron="27 * * * *")
async def purge_hooks(rt: Runtime) -> None:
    """Delete bodies that are older than their source keeps them, and old lines, bit by bit."""
    now = rt.clock()
    while True:
        async with rt.db.begin() as tx:
            if not await operations.purge_bodies(tx, now=now):
                break
    while True:
        async with rt.db.begin() as tx:
            if not await operations.purge_calls(tx, before=now - operations.ROWS_KEPT):
                break
