"""Events over HTTP: lists, counts, the live stream, and what builders of conditions are offered."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import unquote

import msgspec
from litestar import Controller, get
from litestar.params import FromPath, FromQuery, Parameter
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage

from otklik.accounts.public import Permission, Who, get_workspace, requires
from otklik.events import queries
from otklik.events.errors import TooManyStreams
from otklik.events.model import DayCount, EventRow, PropertyInfo, ValueCount
from otklik.kit.pagination import Page
from otklik.runtime.public import Runtime
from otklik.runtime.web.providers import Now, OpenTx, Rt

_STREAMS_MAX = 50
_STREAM_S = 600.0
_LOOK_S = 1.0
_KEEP_ALIVE_S = 15.0

Limit = Annotated[int, Parameter(ge=1, le=200)]
Days = Annotated[int, Parameter(ge=1, le=366)]


class EventNameView(msgspec.Struct):
    """An event name with its counts and properties."""

    name: str
    type: str
    count: int
    count_24h: int
    last_seen: datetime
    properties: list[PropertyInfo]


class Series(msgspec.Struct):
    name: str
    days: list[DayCount]


class Events(Controller):
    path = "/events"
    tags = ["Events"]
    guards = [requires(Permission.VIEW)]

    @get("/", operation_id="list_events")
    async def latest(
        self,
        *,
        rt: Rt,
        who: Who,
        now: Now,
        name: FromQuery[str | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[EventRow]:
        """List events, newest first."""
        return await queries.latest_events(
            rt, workspace_id=who.workspace_id, name=name, cursor=cursor, limit=limit, now=now
        )

    @get("/names", operation_id="list_event_names")
    async def names(self, *, rt: Rt, tx: OpenTx, who: Who, now: Now) -> list[EventNameView]:
        """List event names with counts and properties."""
        known = await queries.registry(tx, workspace_id=who.workspace_id)
        counts = await queries.event_counts(rt, workspace_id=who.workspace_id, now=now)
        by_name = {count.name: count for count in counts}
        return [
            EventNameView(
                name=entry.name,
                type=entry.type,
                count=by_name[entry.name].total if entry.name in by_name else 0,
                count_24h=by_name[entry.name].last_day if entry.name in by_name else 0,
                last_seen=entry.last_seen,
                properties=entry.properties,
            )
            for entry in known
        ]

    @get("/names/{name:str}/series", operation_id="get_event_series")
    async def series(
        self, *, rt: Rt, tx: OpenTx, who: Who, now: Now, name: FromPath[str], days: Days = 30
    ) -> Series:
        """Return how often an event happened on each of the last days."""
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        wanted = unquote(name)
        found = await queries.event_series(
            rt,
            workspace_id=who.workspace_id,
            name=wanted,
            days=days,
            timezone=workspace.timezone,
            now=now,
        )
        return Series(name=wanted, days=found)

    @get("/series", operation_id="get_events_series")
    async def any_series(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        now: Now,
        name: FromQuery[str | None] = None,
        days: Days = 30,
    ) -> Series:
        """The same for a name with slashes in it, or for all events together."""
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        found = await queries.event_series(
            rt,
            workspace_id=who.workspace_id,
            name=name,
            days=days,
            timezone=workspace.timezone,
            now=now,
        )
        return Series(name=name or "", days=found)

    @get("/live", operation_id="stream_events")
    async def live(self, rt: Rt, who: Who) -> ServerSentEvent:
        """Stream events as they are stored, as server-sent events with one EventRow each.

        The stream ends after ten minutes; browsers open the next one by themselves.
        """
        if _Streams.open >= _STREAMS_MAX:
            raise TooManyStreams()
        return ServerSentEvent(live_events(rt, who.workspace_id), retry_duration=1000)


class Schema(Controller):
    path = "/schema/events"
    tags = ["Schema"]
    guards = [requires(Permission.VIEW)]

    @get("/{name:str}/properties/{path:str}/values", operation_id="list_property_values")
    async def values(
        self,
        *,
        rt: Rt,
        who: Who,
        now: Now,
        name: FromPath[str],
        path: FromPath[str],
        prefix: FromQuery[str] = "",
    ) -> list[ValueCount]:
        """Suggest the commonest values of an event's property."""
        return await queries.property_values(
            rt,
            workspace_id=who.workspace_id,
            name=unquote(name),
            path=unquote(path),
            prefix=prefix,
            now=now,
        )

    @get("/values", operation_id="list_values_of_property")
    async def values_by_query(
        self,
        *,
        rt: Rt,
        who: Who,
        now: Now,
        name: FromQuery[str],
        path: FromQuery[str],
        prefix: FromQuery[str] = "",
    ) -> list[ValueCount]:
        """The same for names and paths with slashes in them."""
        return await queries.property_values(
            rt, workspace_id=who.workspace_id, name=name, path=path, prefix=prefix, now=now
        )


class _Streams:
    """How many live streams this process serves."""

    open: ClassVar[int] = 0


async def live_events(rt: Runtime, workspace_id: int) -> AsyncIterator[ServerSentEventMessage]:
    """Give events as they are stored; looks at one row of PostgreSQL a second while idle."""
    _Streams.open += 1
    loop = asyncio.get_running_loop()
    ends = loop.time() + _STREAM_S
    spoken = loop.time()
    seen: set[str] = set()
    since = rt.clock() - timedelta(seconds=2)
    mark: datetime | None = None
    try:
        yield ServerSentEventMessage(event="ready", data="{}")
        while loop.time() < ends:
            async with rt.db.begin() as tx:
                stored = await queries.stored_at(tx, workspace_id=workspace_id)
            if stored is not None and stored != mark:
                mark = stored
                rows = await queries.events_since(rt, workspace_id=workspace_id, since=since)
                fresh = [row for row in rows if row.message_id not in seen]
                for row in fresh:
                    spoken = loop.time()
                    yield _message(row)
                if rows:
                    # Batches can be stored out of order: a little of the past is looked at again.
                    since = max(since, rows[-1].received_at - timedelta(seconds=10))
                    seen = {row.message_id for row in rows} | (seen if len(seen) < 2000 else set())
            elif loop.time() - spoken > _KEEP_ALIVE_S:
                spoken = loop.time()
                yield ServerSentEventMessage(comment="still here")
            await asyncio.sleep(_LOOK_S)
    finally:
        _Streams.open -= 1


def _message(row: EventRow) -> ServerSentEventMessage:
    return ServerSentEventMessage(event="event", data=msgspec.json.encode(row).decode())


HANDLERS: list[Any] = [Events, Schema]
