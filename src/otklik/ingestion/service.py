"""The event API of one process, put together: key cache, committer, ASGI application."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from otklik.accounts.public import KEYS_CHANNEL, find_key
from otklik.ingestion.accept import EventApi, Receive, Scope, Send
from otklik.ingestion.errors import LogUnavailable
from otklik.ingestion.keys import KeyCache, WriteKey
from otklik.ingestion.limits import (
    AddressLimit,
    KeyLimit,
    Portion,
    lease_events,
)
from otklik.ingestion.log import EventLog
from otklik.runtime.public import EngineUnavailable, Loop, Runtime

_LOOKUP_PATIENCE_S = 8.0


class EventService:
    """`await service(scope, receive, send)` answers below /v1/; `keys.forget()` drops the cache."""

    def __init__(self, api: EventApi, keys: KeyCache, log: EventLog) -> None:
        self.api = api
        self.keys = keys
        self.log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.api(scope, receive, send)


@asynccontextmanager
async def open_event_service(rt: Runtime) -> AsyncIterator[EventService]:
    """Open the event API; at the end of the block what was gathered is committed."""
    settings = rt.settings.ingestion

    async def load(token: str) -> WriteKey | None:
        try:
            async with asyncio.timeout(_LOOKUP_PATIENCE_S), rt.db.begin() as tx:
                owner = await find_key(tx, token=token)
        except (TimeoutError, EngineUnavailable) as error:
            raise LogUnavailable() from error
        if owner is None:
            return None
        public = owner.kind == "public"
        return WriteKey(owner.workspace_id, owner.key_id, "browser" if public else "server", public)

    async def lease(key: WriteKey, want: int) -> Portion:
        try:
            async with asyncio.timeout(_LOOKUP_PATIENCE_S), rt.db.begin() as tx:
                return await lease_events(tx, key=key, want=want, per_s=settings.events_per_s_max)
        except (TimeoutError, EngineUnavailable) as error:
            raise LogUnavailable() from error

    keys = KeyCache(load, clock=time.monotonic)
    event_log = EventLog(rt.db, pending_bytes_max=settings.pending_bytes_max)
    api = EventApi(
        log=event_log,
        keys=keys,
        rate=KeyLimit(lease, per_s=settings.events_per_s_max, clock=time.monotonic),
        addresses=AddressLimit(per_s=settings.events_per_address_s_max, clock=time.monotonic),
        settings=settings,
        metrics=rt.metrics,
        trusted_proxies=rt.settings.trusted_proxies,
        wall=lambda: rt.clock().timestamp(),
    )
    event_log.start()
    try:
        yield EventService(api, keys, event_log)
    finally:
        await event_log.stop()


def keys_loop(service: EventService) -> Loop:
    """Return the loop of a web process that forgets keys when one of them was changed."""

    async def forget(_: Runtime) -> bool:
        service.keys.forget()
        return False

    return Loop(name="ingestion.keys", step=forget, channel=KEYS_CHANNEL, idle_s=300.0)
