"""Background work on orders."""

from __future__ import annotations

from otklik.catalog.operations import reread_orders
from otklik.runtime.public import Runtime, job


@job("catalog.reread_orders", retries=5)
async def reread(rt: Runtime, *, workspace_id: int) -> None:
    """Read all orders again by the fields and words of today; a second time is harmless."""
    after: str | None = ""
    while after is not None:
        async with rt.db.begin() as tx:
            after = await reread_orders(tx, workspace_id=workspace_id, after=after)
