"""The way of an event: once and only once, whatever happens on the way."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.accounts.public import Workspace, create_workspace
from otklik.events.public import registry
from otklik.ingestion import batches, dedup
from otklik.ingestion.jobs import empty_oldest_dedup, purge
from otklik.ingestion.pipeline import Pipeline
from otklik.ingestion.public import EventsStored, backlog
from otklik.runtime.public import Runtime, Tx
from tests.conftest import Cast
from tests.ingestion.support import Ingestion, track

STEPS = ["lease", "load", "decode", "identify", "store_events", "store_profiles", "finish"]


class Crash(BaseException):
    """The process was killed here."""


def crashing_after(*steps: str) -> Pipeline:
    left = list(steps)

    def probe(name: str) -> None:
        if left and left[0] == name:
            left.pop(0)
            raise Crash(name)

    return Pipeline(probe=probe)


@pytest.fixture
def news(rt: Runtime, seen: Ingestion) -> Any:
    """Every EventsStored of this workspace; the pipeline serves those of other tests, too."""
    heard: list[EventsStored] = []

    async def listen(event: EventsStored, tx: Tx) -> None:
        if event.workspace_id == seen.workspace_id:
            heard.append(event)

    before = {kind: list(subs) for kind, subs in rt.bus._subscribers.items()}
    rt.bus.subscribe(EventsStored, listen)
    yield heard
    rt.bus._subscribers.clear()
    rt.bus._subscribers.update(before)


async def test_an_event_goes_all_the_way(
    rt: Runtime, seen: Ingestion, news: list[EventsStored], now: datetime
) -> None:
    item = track("ann", "Order Completed", messageId="m1", timestamp="2026-06-15T11:59:00Z")
    item["properties"] = {"total": 12.5, "gift": True, "products": [{"sku": "A", "n": 2}]}
    item["context"] = {"page": {"url": "https://shop.example/"}}
    await seen.put(item)
    await seen.drain()
    rows = await seen.stored(
        "message_id, name, type, time, received_at, user_id, source, properties.total,"
        " properties.gift, JSONExtractString(context, 'page', 'url'), profile_id > 0"
    )
    assert rows == [
        (
            "m1",
            "Order Completed",
            "track",
            datetime(2026, 6, 15, 11, 59, tzinfo=UTC),
            now,
            "ann",
            "server",
            12.5,
            True,
            "https://shop.example/",
            True,
        )
    ]
    assert [b.state for b in await seen.batches()] == ["done"]
    event = next(news[0].events.rows(names={"Order Completed"}))
    assert event.properties == item["properties"]
    assert event.profile_id in news[0].profile_ids
    async with rt.db.begin() as tx:
        names = await registry(tx, workspace_id=seen.workspace_id)
    assert [(p.path, p.type.value) for p in names[0].properties] == [
        ("gift", "bool"),
        ("products", "objects"),
        ("products[].n", "number"),
        ("products[].sku", "string"),
        ("total", "number"),
    ]


async def test_names_follow_the_kind_of_call(seen: Ingestion) -> None:
    await seen.put(
        {"type": "page", "anonymousId": "a", "messageId": "1"},
        {"type": "page", "anonymousId": "a", "messageId": "2", "name": "Docs", "category": "Help"},
        {"type": "screen", "anonymousId": "a", "messageId": "3"},
        {"type": "identify", "userId": "u", "messageId": "4", "traits": {"plan": "pro"}},
        {"type": "group", "userId": "u", "messageId": "5", "groupId": 7, "traits": {"n": 1}},
        {"type": "alias", "userId": "u", "messageId": "6", "previousId": "a"},
    )
    await seen.drain()
    rows = await seen.stored("type, name, toString(properties)")
    assert rows == [
        ("page", "Page viewed", "{}"),
        ("page", "Docs", '{"category":"Help"}'),
        ("screen", "Screen viewed", "{}"),
        ("identify", "Identified", '{"plan":"pro"}'),
        ("group", "Grouped", '{"groupId":"7","n":1}'),
        ("alias", "Aliased", '{"previousId":"a"}'),
    ]


async def test_a_repeat_is_dropped_in_a_chunk_between_chunks_and_the_next_day(
    seen: Ingestion, clock: Any, news: list[EventsStored]
) -> None:
    await seen.put(track(messageId="same"), track(messageId="same"), track(messageId="other"))
    await seen.put(track(messageId="same"))
    await seen.drain()
    for _ in range(2):
        clock.move(hours=23, minutes=59)
        await seen.put(track(messageId="same"))
        await seen.drain()
    assert await seen.stored() == [("other",), ("same",)]
    assert sum(len(event.events) for event in news) == 2
    clock.move(days=4)
    await seen.put(track(messageId="same"))
    await seen.drain()
    assert len(await seen.stored()) in {2, 3}


async def test_the_same_message_id_of_two_workspaces_is_two_events(
    rt: Runtime, seen: Ingestion, other_workspace: Workspace
) -> None:
    other = Ingestion(rt, other_workspace.id)
    await seen.put(track(messageId="m"))
    await other.put(track(messageId="m"))
    await seen.drain()
    assert await seen.stored() == await other.stored() == [("m",)]


async def test_events_without_a_message_id_are_each_their_own(seen: Ingestion) -> None:
    first = track()
    del first["messageId"]
    await seen.put(first, first)
    await seen.drain()
    assert len(await seen.stored()) == 2


@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_after_any_step_changes_nothing_in_the_end(
    rt: Runtime, seen: Ingestion, clock: Any, news: list[EventsStored], step: str
) -> None:
    await seen.put(*[track(f"u{i % 3}", messageId=f"m{i}") for i in range(10)])
    await seen.put(
        track("u1", messageId="m3"),
        {"type": "identify", "userId": "u0", "messageId": "i", "traits": {"age": 5}},
    )
    with pytest.raises(Crash):
        await crashing_after(step).step(rt)
    # Nobody takes the batch while its lease lasts.
    assert not await Pipeline().step(rt)
    clock.move(seconds=61)
    await seen.drain()
    assert len(await seen.stored()) == 11
    assert len({row[0] for row in await seen.stored()}) == 11
    assert [b.state for b in await seen.batches()] == ["done"]
    assert sum(len(event.events) for event in news) == 11
    people = await seen.stored("DISTINCT profile_id")
    assert len(people) == 3


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(crashes=st.lists(st.sampled_from(STEPS), max_size=4))
async def test_any_series_of_crashes_ends_in_the_same_state(
    rt: Runtime, clock: Any, crashes: list[str]
) -> None:
    async with rt.db.begin() as tx:
        fresh = await create_workspace(tx, name="Crash", lang="en", now=rt.clock())
    seen = Ingestion(rt, fresh.id)
    await seen.put(*[track(f"u{i % 3}", messageId=f"m{i % 7}") for i in range(9)])
    await seen.put(*[track(f"u{i % 3}", messageId=f"m{i}") for i in range(5, 12)])
    pipeline = crashing_after(*crashes)
    for _ in range(20):
        try:
            while await pipeline.step(rt):
                pass
            break
        except Crash:
            clock.move(seconds=61)
    assert [row[0] for row in await seen.stored()] == sorted(f"m{i}" for i in range(12))
    assert {b.state for b in await seen.batches()} == {"done"}


async def test_two_workers_never_have_one_batch_at_once(rt: Runtime, seen: Ingestion) -> None:
    for i in range(12):
        await seen.put(*[track(f"u{n % 7}", messageId=f"{i}-{n}") for n in range(20)])
    held: set[Any] = set()
    together = asyncio.Barrier(3)
    met = False

    class Watching(Pipeline):
        async def _work(self, rt: Runtime, work: Any) -> None:
            nonlocal met
            assert work.lease.batch_id not in held
            held.add(work.lease.batch_id)
            if not met:
                # The first batch of each worker is held until all three have one.
                await together.wait()
                met = True
            await super()._work(rt, work)
            held.discard(work.lease.batch_id)

    small = batches.BYTES_MAX
    batches.BYTES_MAX = 4_000
    try:
        workers = [Watching() for _ in range(3)]
        await asyncio.gather(*[seen.drain(worker) for worker in workers])
    finally:
        batches.BYTES_MAX = small
    assert met
    assert len(await seen.stored()) == 240
    assert len(await seen.batches()) > 3


async def test_a_worker_that_lost_its_lease_lets_go(
    rt: Runtime, seen: Ingestion, clock: Any, news: list[EventsStored]
) -> None:
    await seen.put(track(messageId="m"))
    slow, rescued = Pipeline(), asyncio.Event()

    class Slow(Pipeline):
        async def decode(self, rt: Runtime, work: Any) -> None:
            await super().decode(rt, work)
            clock.move(seconds=61)
            await seen.drain(slow)
            rescued.set()

    assert await Slow().step(rt)
    assert rescued.is_set()
    assert await seen.stored() == [("m",)]
    assert sum(len(event.events) for event in news) == 1


async def test_a_subscriber_that_fails_loses_no_event_and_repeats_none(
    rt: Runtime, seen: Ingestion, clock: Any, news: list[EventsStored]
) -> None:
    failures = 2

    async def fail(event: EventsStored, tx: Tx) -> None:
        nonlocal failures
        if failures and event.workspace_id == seen.workspace_id:
            failures -= 1
            raise ValueError("not today")

    rt.bus.subscribe(EventsStored, fail)
    await seen.put(track(messageId="m"))
    for _ in range(4):
        await seen.drain()
        clock.move(seconds=61)
    assert await seen.stored() == [("m",)]
    assert [b.state for b in await seen.batches()] == ["done"]


async def test_a_poisoned_chunk_is_set_apart_and_the_others_go_on(
    rt: Runtime, seen: Ingestion, clock: Any, cast: Cast
) -> None:
    await seen.put(track(messageId="good-1"))
    await seen.put(track(messageId="poison", event="Poison"))
    await seen.put(track(messageId="good-2"))

    class Choking(Pipeline):
        async def decode(self, rt: Runtime, work: Any) -> None:
            await super().decode(rt, work)
            if "Poison" in work.columns.names:
                raise ValueError("it can't be swallowed")

    for _ in range(14):
        await seen.drain(Choking())
        clock.move(seconds=61)
    assert await seen.stored() == [("good-1",), ("good-2",)]
    async with rt.db.begin() as tx:
        state = await backlog(tx, workspace_id=seen.workspace_id)
    assert state.events == 0
    assert [q.events for q in state.quarantined] == [1]
    assert "swallowed" in state.quarantined[0].error
    assert [r.code for r in await seen.rejects()] == ["batch_refused"]
    # After the fault is mended the batch is tried again and nothing was lost.
    path = f"/api/v1/quarantine/{state.quarantined[0].batch_id}/release"
    (shown,) = (await cast.colleague.get("/api/v1/quarantine")).json()
    assert (shown["events"], "swallowed" in shown["error"]) == (1, True)
    assert (await cast.stranger.get("/api/v1/quarantine")).json() == []
    assert (await cast.stranger.put(path)).status_code == 404
    assert (await cast.colleague.put(path)).status_code == 403
    assert (await cast.marketer.put(path)).status_code == 204
    assert (await cast.marketer.put(path)).status_code == 404
    await seen.drain()
    assert await seen.stored() == [("good-1",), ("good-2",), ("poison",)]


async def test_an_engine_that_is_away_is_no_fault_of_the_batch(
    rt: Runtime, seen: Ingestion, clock: Any
) -> None:
    from otklik.runtime.public import EngineUnavailable

    await seen.put(track(messageId="m"))

    class Away(Pipeline):
        async def store_events(self, rt: Runtime, work: Any) -> None:
            raise EngineUnavailable(engine="ClickHouse")

    away = Away()
    for _ in range(20):
        await seen.drain(away)
        clock.move(seconds=5)
    batch = (await seen.batches())[0]
    assert (batch.state, batch.attempts) == ("identified", 0)
    await seen.drain()
    assert await seen.stored() == [("m",)]


async def test_an_event_of_nobody_is_put_aside(seen: Ingestion) -> None:
    await seen.put(track("undefined", messageId="x"), track("ann", messageId="y"))
    await seen.drain()
    assert await seen.stored() == [("y",)]
    rejects = {(r.code, r.message_id) for r in await seen.rejects()}
    assert ("no_identity", "x") in rejects


async def test_hostile_values_pass_and_are_harmless(seen: Ingestion) -> None:
    hostile: list[dict[str, Any]] = [
        {"a.b": 1, "a": {"b": 2}},
        {"": 1, "x": {"": {"": 2}}},
        {"n": 123456789012345678901234567890, "f": 1e308, "m": -0.0},
        {"nul": "a\0b", "k\0": 1},
        {"`x`": 1, "a'b": 2, 'c"d': 3, "e\\f": 4, "..": 5, "{{7*7}}": "<script>"},
        {f"k{i}": i for i in range(500)},
        {"l": [1, "x", None, {"b": 1}, [1, 2]], "e": [], "o": {}},
        {"date": "2026-01-01", "time": "2026-01-01T00:00:00Z", "number": "007"},
        {"date": 5, "l": "text", "a": [{"b.c": 1, "b": {"c": 2}}]},
    ]
    items = [track(f"u{i}", messageId=f"m{i}", properties=p) for i, p in enumerate(hostile)]
    items += [
        {"type": "identify", "userId": f"h{i}", "messageId": f"n{i}", "traits": p}
        for i, p in enumerate(hostile)
    ]
    items.append(track("nul\0user", "Na\0me", messageId="nul\0id", context={"x": "\0"}))
    items.append(track("line", messageId="z", context={"traits": {"email": "a@b.c\nBcc: x@y.z"}}))
    await seen.put(*items)
    await seen.drain()
    assert [b.state for b in await seen.batches()] == ["done"]
    assert len(await seen.stored()) == len(items) - 1 or len(await seen.stored()) == len(items)
    rows = await seen.stored("properties.date, properties.number")
    assert ("2026-01-01", "007") in [tuple(map(str, row)) for row in rows]


async def test_an_event_that_is_too_deep_for_the_store_is_put_aside(seen: Ingestion) -> None:
    deep: Any = 1
    for _ in range(40):
        deep = {"a": deep}
    await seen.put(track(messageId="deep", properties={"x": deep}), track(messageId="fine"))
    await seen.drain()
    assert await seen.stored() == [("fine",)]
    assert [r.code for r in await seen.rejects()] == ["too_deep"]


async def test_times_are_corrected_by_the_clock_of_the_client(
    seen: Ingestion, now: datetime
) -> None:
    slow = now - timedelta(hours=3)
    await seen.put(
        track(messageId="1", timestamp=(slow - timedelta(minutes=5)).isoformat()),
        track(messageId="2", timestamp=(now + timedelta(days=900)).isoformat()),
        track(messageId="3", timestamp="what?"),
        track(messageId="4"),
        track(messageId="5", timestamp="1970-01-01T00:00:00Z"),
        sent_at=slow.isoformat(),
    )
    await seen.put(
        track(messageId="6", timestamp="2019-05-01T10:00:00+03:00"),
        track(messageId="7", timestamp="2019-05-01", originalTimestamp="2018-05-01"),
        track(messageId="8", timestamp=1_500_000_000),
        track(messageId="9", timestamp=1_500_000_000_123),
        track(messageId="91", timestamp=(now + timedelta(minutes=1)).isoformat()),
    )
    await seen.drain()
    assert [row[0] for row in await seen.stored("time")] == [
        now - timedelta(minutes=5),
        now,
        now,
        now,
        now,
        datetime(2019, 5, 1, 7, tzinfo=UTC),
        datetime(2018, 5, 1, tzinfo=UTC),
        datetime(2017, 7, 14, 2, 40, tzinfo=UTC),
        datetime(2017, 7, 14, 2, 40, 0, 123000, tzinfo=UTC),
        now,
    ]


async def test_a_browser_can_not_tell_of_years_ago(seen: Ingestion, now: datetime) -> None:
    long_ago = {"timestamp": (now - timedelta(days=400)).isoformat()}
    await seen.put(track(messageId="1", **long_ago), source="browser")
    await seen.put(track(messageId="2", **long_ago), source="server")
    await seen.drain()
    assert [row[0] for row in await seen.stored("time")] == [now, now - timedelta(days=400)]


async def test_done_chunks_stay_for_a_day_and_then_go(
    rt: Runtime, seen: Ingestion, clock: Any
) -> None:
    await seen.put(track())
    await seen.drain()
    clock.move(hours=23)
    await purge(rt)
    assert await seen.logged() == 1
    await seen.put(track())
    clock.move(hours=2)
    await purge(rt)
    assert await seen.logged() == 1
    assert len(await seen.batches()) == 0


async def test_old_message_ids_are_forgotten_by_the_day(
    rt: Runtime, seen: Ingestion, clock: Any, now: datetime
) -> None:
    await seen.put(track(messageId="m"))
    await seen.drain()
    clock.move(days=2)
    await empty_oldest_dedup(rt)
    slot = dedup.slot_of(now)
    async with rt.db.begin() as tx:
        kept = await tx.execute(
            sa.text(f"SELECT count(*) FROM event_dedup_{slot} WHERE workspace_id = :w"),
            {"w": seen.workspace_id},
        )
        assert kept.scalar_one() == 1
    clock.move(days=1)
    await empty_oldest_dedup(rt)
    async with rt.db.begin() as tx:
        kept = await tx.execute(
            sa.text(f"SELECT count(*) FROM event_dedup_{slot} WHERE workspace_id = :w"),
            {"w": seen.workspace_id},
        )
        assert kept.scalar_one() == 0


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    cuts=st.lists(st.integers(1, 5), min_size=1, max_size=8),
    numbers=st.lists(st.integers(0, 9), min_size=1, max_size=25),
)
async def test_however_the_stream_is_cut_each_event_is_stored_once(
    rt: Runtime, cuts: list[int], numbers: list[int]
) -> None:
    async with rt.db.begin() as tx:
        fresh = await create_workspace(tx, name="Cuts", lang="en", now=rt.clock())
    seen = Ingestion(rt, fresh.id)
    left, i = list(numbers), 0
    while left:
        size = cuts[i % len(cuts)]
        part, left, i = left[:size], left[size:], i + 1
        await seen.put(*[track(f"u{n % 3}", messageId=f"m{n}") for n in part])
        if i % 3 == 0:
            await Pipeline().step(rt)
    await seen.drain()
    assert [row[0] for row in await seen.stored()] == sorted({f"m{n}" for n in numbers})
