"""Reading events: timelines, lists, counts, the live stream; for their own workspace only."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from otklik.accounts.public import Workspace
from otklik.events import queries
from otklik.events.errors import UnknownProperty
from otklik.events.http import live_events
from otklik.events.person import events_of_profile
from otklik.events.registry import Registry
from otklik.kit.pagination import BadCursor
from otklik.runtime.public import Runtime, delete_rows
from tests.conftest import Cast


async def put(rt: Runtime, workspace_id: int, events: list[dict[str, Any]], now: datetime) -> None:
    """Write events into ClickHouse and register them, as ingestion does."""
    full = [
        {
            "name": "Bought",
            "profile_id": 1,
            "time": now,
            "received_at": now,
            "properties": {},
            **event,
        }
        for event in events
    ]

    def column(name: str) -> list[Any]:
        return [event[name] for event in full]

    moment = pa.timestamp("ms", "UTC")
    table = pa.table(
        {
            "workspace_id": pa.array([workspace_id] * len(full), pa.uint32()),
            "profile_id": pa.array(column("profile_id"), pa.uint64()),
            "name": column("name"),
            "type": ["track"] * len(full),
            "time": pa.array(column("time"), moment),
            "received_at": pa.array(column("received_at"), moment),
            "message_id": [event.get("id", f"m{i}") for i, event in enumerate(full)],
            "anonymous_id": [""] * len(full),
            "user_id": ["u"] * len(full),
            "properties": [msgspec.json.encode(event["properties"]).decode() for event in full],
            "context": ["{}"] * len(full),
            "source": ["server"] * len(full),
        }
    )
    await rt.ch.insert_arrow("events", table)
    registry = Registry()
    found = registry.look_at(
        workspace_id, column("name"), ["track"] * len(full), column("properties"), now=now
    )
    async with rt.db.begin() as tx:
        await registry.write(tx, found, now=now)


@pytest.fixture
async def history(rt: Runtime, workspace: Workspace, now: datetime) -> datetime:
    events = [
        {
            "id": f"m{i:03}",
            "name": ["Bought", "Seen"][i % 2],
            "profile_id": 1 + i % 3,
            "time": now - timedelta(hours=i * 3),
            "properties": {"n": i, "color": ["red", "green", "Grey"][i % 3], "o": {"k": i > 3}},
        }
        for i in range(60)
    ]
    await put(rt, workspace.id, events, now)
    return now


async def test_a_timeline_is_the_newest_first_and_in_pages(
    rt: Runtime, workspace: Workspace, history: datetime
) -> None:
    found, cursor = [], None
    while True:
        page = await events_of_profile(
            rt, workspace_id=workspace.id, profile_id=2, cursor=cursor, limit=7, now=history
        )
        found += [event.message_id for event in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        assert len(page.items) == 7
    assert found == [f"m{i:03}" for i in range(1, 60, 3)]


async def test_a_merged_person_has_one_timeline(
    rt: Runtime, workspace: Workspace, history: datetime
) -> None:
    merges = pa.table(
        {
            "workspace_id": pa.array([workspace.id], pa.uint32()),
            "from_id": pa.array([3], pa.uint64()),
            "into_id": pa.array([2], pa.uint64()),
            "undone": pa.array([0], pa.uint8()),
            "version": pa.array([1], pa.uint64()),
        }
    )
    await rt.ch.insert_arrow("profile_merges", merges)
    page = await events_of_profile(
        rt, workspace_id=workspace.id, profile_id=2, limit=200, now=history
    )
    assert len(page.items) == 40
    assert {event.profile_id for event in page.items} == {2}


async def test_the_latest_events_are_in_pages_and_by_name(
    rt: Runtime, workspace: Workspace, history: datetime
) -> None:
    for name, expected in ((None, range(60)), ("Seen", range(1, 60, 2))):
        found, cursor = [], None
        while True:
            page = await queries.latest_events(
                rt, workspace_id=workspace.id, name=name, cursor=cursor, limit=11, now=history
            )
            found += [event.message_id for event in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert found == [f"m{i:03}" for i in expected]
    with pytest.raises(BadCursor):
        await queries.latest_events(rt, workspace_id=workspace.id, cursor="nonsense", now=history)


async def test_counts_are_of_all_time_and_of_a_day(
    rt: Runtime, workspace: Workspace, history: datetime
) -> None:
    counts = await queries.event_counts(rt, workspace_id=workspace.id, now=history)
    assert [(c.name, c.total, c.last_day) for c in counts] == [("Bought", 30, 4), ("Seen", 30, 4)]


async def test_a_series_has_a_place_for_every_day(
    rt: Runtime, workspace: Workspace, history: datetime
) -> None:
    series = await queries.event_series(
        rt, workspace_id=workspace.id, name=None, days=10, timezone="Europe/Moscow", now=history
    )
    assert len(series) == 10
    assert series[-1].date == "2026-06-15"
    assert sum(day.events for day in series) == 60
    assert series[0].events == 0
    assert series[-2].people == 3


async def test_values_are_suggested_by_their_beginning(
    rt: Runtime, workspace: Workspace, history: datetime
) -> None:
    found = await queries.property_values(
        rt, workspace_id=workspace.id, name="Bought", path="color", prefix="GR", now=history
    )
    assert [(v.value, v.count) for v in found] == [("Grey", 10), ("green", 10)]
    nested = await queries.property_values(
        rt, workspace_id=workspace.id, name="Bought", path="o.k", now=history
    )
    assert [(v.value, v.count) for v in nested] == [("true", 28), ("false", 2)]
    for path in ("nothing", "color` FROM system.users --", "o.k) OR 1=1"):
        with pytest.raises(UnknownProperty):
            await queries.property_values(
                rt, workspace_id=workspace.id, name="Bought", path=path, now=history
            )


async def test_values_of_hostile_paths_and_of_lists_can_be_asked_for(
    rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    hostile = {"a'b": "x", "`c`": "y", "d\\e": "z", "f g": "w", "p": [{"sku": "A"}, {"sku": "B"}]}
    await put(rt, workspace.id, [{"properties": hostile}], now)
    for path, expected in (
        ("a'b", ["x"]),
        ("`c`", ["y"]),
        ("d\\e", ["z"]),
        ("f g", ["w"]),
        ("p[].sku", ["A", "B"]),
    ):
        found = await queries.property_values(
            rt, workspace_id=workspace.id, name="Bought", path=path, now=now
        )
        assert [v.value for v in found] == expected, path


async def test_the_api_shows_events_to_their_workspace_only(cast: Cast, history: datetime) -> None:
    page = (await cast.colleague.get("/api/v1/events?limit=5")).json()
    assert [event["message_id"] for event in page["items"]] == [f"m00{i}" for i in range(5)]
    assert page["items"][0]["properties"] == {"n": 0, "color": "red", "o": {"k": False}}
    following = await cast.colleague.get(f"/api/v1/events?limit=5&cursor={page['next_cursor']}")
    assert following.json()["items"][0]["message_id"] == "m005"
    names = (await cast.colleague.get("/api/v1/events/names")).json()
    assert [(n["name"], n["count"], n["count_24h"]) for n in names] == [
        ("Bought", 30, 4),
        ("Seen", 30, 4),
    ]
    assert {p["path"] for p in names[0]["properties"]} == {"n", "color", "o.k"}
    series = (await cast.colleague.get("/api/v1/events/names/Bought/series?days=7")).json()
    assert (series["name"], len(series["days"])) == ("Bought", 7)
    values = await cast.colleague.get(
        "/api/v1/schema/events/Bought/properties/color/values?prefix=r"
    )
    assert values.json() == [{"value": "red", "count": 10}]
    assert (await cast.colleague.get("/api/v1/events?cursor=x")).status_code == 400
    for path in ("/events", "/events/names"):
        answer = await cast.stranger.get(f"/api/v1{path}")
        assert answer.status_code == 200
        assert (answer.json() if path.endswith("names") else answer.json()["items"]) == []
    hidden = await cast.stranger.get("/api/v1/schema/events/Bought/properties/color/values")
    assert hidden.status_code == 404
    assert (await cast.nobody.get("/api/v1/events")).status_code == 401


async def test_the_live_stream_gives_each_event_once(
    rt: Runtime,
    workspace: Workspace,
    other_workspace: Workspace,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from otklik.events import http

    monkeypatch.setattr(http, "_LOOK_S", 0.01)
    stream = live_events(rt, workspace.id)
    assert (await anext(stream)).event == "ready"
    await put(rt, other_workspace.id, [{"id": "not-mine"}], now)
    await put(rt, workspace.id, [{"id": "a"}, {"id": "b"}], now)
    heard = [msgspec.json.decode((await anext(stream)).data)["message_id"] for _ in range(2)]
    await put(rt, workspace.id, [{"id": "c"}], now + timedelta(seconds=1))
    heard.append(msgspec.json.decode((await anext(stream)).data)["message_id"])
    assert heard == ["a", "b", "c"]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await anext(stream)
    await stream.aclose()
    assert http._Streams.open == 0


async def test_a_browser_can_listen_to_the_live_stream(
    rt: Runtime,
    app: object,
    cast: Cast,
    workspace: Workspace,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import httpx
    import uvicorn

    from otklik.events import http

    monkeypatch.setattr(http, "_LOOK_S", 0.01)
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, lifespan="off", log_config=None, loop="none")  # type: ignore[arg-type]  # httpx and uvicorn have ASGI types of their own
    )
    # The signals of the test run are not the server's.
    monkeypatch.setattr(server, "capture_signals", contextlib.nullcontext)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    lines: list[str] = []
    async with (
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            headers=cast.colleague.headers,
            cookies=cast.colleague.cookies,
        ) as client,
        client.stream("GET", "/api/v1/events/live") as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            lines.append(line)
            if line == "event: ready":
                await put(rt, workspace.id, [{"id": "heard", "properties": {"x": "<b>"}}], now)
            if line.startswith('data: {"message_id'):
                break
    assert msgspec.json.decode(lines[-1].removeprefix("data: "))["message_id"] == "heard"
    server.should_exit = True
    await task


async def test_kept_counts_are_those_of_the_rows_also_when_some_are_deleted(
    rt: Runtime, workspace: Workspace, other_workspace: Workspace, history: datetime
) -> None:
    await put(rt, other_workspace.id, [{"id": f"o{i}"} for i in range(5)], history)
    where: dict[str, Any] = {"workspace_id": workspace.id}
    by_name = (
        "SELECT name, count() FROM events WHERE workspace_id = {workspace_id:UInt32} GROUP BY 1"
    )
    by_day = (
        "SELECT toDate(toStartOfFifteenMinutes(time), 'Asia/Kathmandu') AS day, count() FROM events"
        " WHERE workspace_id = {workspace_id:UInt32} GROUP BY day"
    )
    plain = {
        by_name: by_name,
        by_day: by_day.replace("toStartOfFifteenMinutes(time)", "time"),
    }

    async def same() -> list[int]:
        counts = []
        for kept, rows in plain.items():
            told = dict(await rt.ch.query(kept, where, {"force_optimize_projection": 1}))
            assert told == dict(await rt.ch.query(rows, where, {"optimize_use_projections": 0}))
            counts.append(sum(told.values()))
        return counts

    assert await same() == [60, 60]
    mine = "workspace_id = {workspace_id:UInt32} AND profile_id = 2"
    assert await delete_rows(rt.ch, "events", mine, where) == 20
    assert await same() == [40, 40]
    counts = await queries.event_counts(rt, workspace_id=workspace.id, now=history)
    assert {one.name: one.total for one in counts} == {"Bought": 20, "Seen": 20}
