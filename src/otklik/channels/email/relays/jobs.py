"""Background work of relays."""

from __future__ import annotations

from typing import Any

from otklik.channels.email.relays.states import forget_counts
from otklik.runtime.public import Runtime, job


@job("email.forget_relay_counts", cron="*/10 * * * *")
async def forget(rt: Runtime, **_: Any) -> None:
    """Remove counts of letters that no page shows any more."""
    async with rt.db.begin() as tx:
        await forget_counts(tx, now=rt.clock())
