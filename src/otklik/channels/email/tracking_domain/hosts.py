"""Which name belongs to which workspace, known without a query per request."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from otklik.channels.email.tracking_domain.queries import owners
from otklik.runtime.public import Runtime, log

_FRESH = timedelta(seconds=15)


class HostBook:
    """The names of all workspaces, read anew every 15 seconds."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._owners: dict[str, int] = {}
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def workspace_of(self, host: str) -> int | None:
        """Return the workspace whose links lead to a name; None for every other name."""
        now = self._rt.clock()
        if self._read_at is None or not timedelta() <= now - self._read_at < _FRESH:
            await self._read(now)
        return self._owners.get(host)

    async def _read(self, now: datetime) -> None:
        # Requests that come meanwhile go by what was known; the very first ones wait.
        if self._reading.locked() and self._read_at is not None:
            return
        async with self._reading:
            if self._read_at == now:
                return
            try:
                async with self._rt.db.begin() as tx:
                    self._owners = await owners(tx)
            except Exception as error:  # the engine may be restarting; its own answer says so
                log.warning("tracking domains not read", error=type(error).__name__)
            self._read_at = now
