"""Background work on orders."""

from __future__ import annotations

from otklik.accounts.public import workspace_ids
from otklik.catalog.operations import reread_orders
from otklik.catalog.vendors import REREAD_JOB, defer_reread, orders_of_other_vendors
from otklik.runtime.public import Runtime, job

_AT_ONCE = 2_000


@job("catalog.reread_orders", retries=5)
async def reread(rt: Runtime, *, workspace_id: int) -> None:
    """Read all orders again by the fields and words of today; a second time is harmless."""
    after: str | None = ""
    while after is not None:
        async with rt.db.begin() as tx:
            after = await reread_orders(tx, workspace_id=workspace_id, after=after)


@job(REREAD_JOB, queue="imports", retries=5)
async def reread_vendors(rt: Runtime, *, workspace_id: int) -> None:
    """Give lines of orders the vendors that the catalogue knows by now; repeatable."""
    after = ""
    while True:
        async with rt.db.begin() as tx:
            ids = await orders_of_other_vendors(tx, workspace_id=workspace_id, after=after)
        for first in range(0, len(ids), _AT_ONCE):
            async with rt.db.begin() as tx:
                part = ids[first : first + _AT_ONCE]
                await reread_orders(tx, workspace_id=workspace_id, only=part)
        if not ids:
            return
        after = ids[-1]


@job("catalog.reread_vendors_nightly", cron="27 3 * * *", retries=0)
async def reread_vendors_nightly(rt: Runtime) -> None:
    """Every night, in all workspaces: orders from before vendors were kept, and what was missed."""
    async with rt.db.begin() as tx:
        for workspace_id in await workspace_ids(tx):
            await defer_reread(rt, tx, workspace_id=workspace_id)
