"""Events that ClickHouse refuses are put aside alone, and the others of their batch are stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.ingestion.public import EventsStored
from otklik.ingestion.refusals import REFUSED_MAX, Part, store_parts
from otklik.runtime.public import ClickHouseError, Runtime
from tests.ingestion.support import Ingestion, track

INCORRECT_DATA, MEMORY_LIMIT = 117, 241


class Crash(BaseException):
    """The process was killed here."""


class Store:
    """A store that takes each token once, refuses some rows, and can die under the writer."""

    def __init__(self, bad: set[int], *, deaths: Sequence[int] = ()) -> None:
        self.bad, self._deaths, self._calls = bad, set(deaths), 0
        self.tokens: set[str] = set()
        self.rows: list[int] = []

    async def insert(self, table: pa.Table, token: str) -> None:
        self._calls += 1
        rows = table["n"].to_pylist()
        if self.bad & set(rows):
            raise ClickHouseError(INCORRECT_DATA, "this can't be read")
        if token not in self.tokens:
            self.tokens.add(token)
            self.rows += rows
        if self._calls in self._deaths:
            raise Crash


@settings(deadline=None)
@given(
    count=st.integers(1, 40),
    bad=st.sets(st.integers(0, 39), max_size=6),
    healed=st.booleans(),
    deaths=st.lists(st.integers(1, 60), max_size=4),
)
def test_each_row_is_stored_once_or_put_aside(
    count: int, bad: set[int], healed: bool, deaths: list[int]
) -> None:
    table = pa.table({"n": list(range(count))})
    bad = {n for n in bad if n < count}
    store = Store(bad, deaths=deaths)
    remembered: set[Part] = set()

    async def remember(refused: set[Part]) -> None:
        remembered.update(refused)

    for _ in range(10):
        try:
            alone = asyncio.run(
                store_parts(
                    table,
                    token="t",
                    refused=set(remembered),
                    insert=store.insert,
                    remember=remember,
                )
            )
            break
        except Crash:
            # What was refused before may be taken after the crash, and must not be there twice.
            if healed:
                store.bad = set()
    assert sorted([*store.rows, *[n for n, _ in alone]]) == list(range(count))
    assert {n for n, _ in alone} <= bad


@pytest.mark.parametrize(("number", "bad"), [(MEMORY_LIMIT, {3}), (INCORRECT_DATA, set(range(90)))])
async def test_what_is_no_fault_of_single_events_is_raised(number: int, bad: set[int]) -> None:
    async def insert(table: pa.Table, token: str) -> None:
        if bad & set(table["n"].to_pylist()):
            raise ClickHouseError(number, "no")

    async def remember(refused: set[Part]) -> None:
        assert len(refused) < 4 * REFUSED_MAX

    with pytest.raises(ClickHouseError):
        await store_parts(
            pa.table({"n": list(range(90))}),
            token="t",
            refused=set(),
            insert=insert,
            remember=remember,
        )


async def test_a_refused_event_is_shown_and_the_rest_of_its_batch_is_stored(
    rt: Runtime, seen: Ingestion, clock: Any, monkeypatch: Any
) -> None:
    honest = rt.ch.insert_arrow

    async def insert(table: str, arrow: pa.Table, **more: Any) -> int:
        if table == "events" and "poison" in arrow["message_id"].to_pylist():
            raise ClickHouseError(INCORRECT_DATA, "Cannot parse JSON object")
        return await honest(table, arrow, **more)

    monkeypatch.setattr(rt.ch, "insert_arrow", insert)
    await seen.put(*[track(f"u{i % 4}", messageId=f"m{i}") for i in range(9)])
    await seen.put(track(messageId="poison"), track(messageId="after"))
    heard: list[str] = []
    publish = rt.bus.publish

    async def listen(tx: Any, news: Any) -> None:
        if isinstance(news, EventsStored) and news.workspace_id == seen.workspace_id:
            heard.extend(news.events.message_ids)
        await publish(tx, news)

    monkeypatch.setattr(rt.bus, "publish", listen)
    for _ in range(5):
        await seen.drain()
        clock.move(seconds=61)
    assert [row[0] for row in await seen.stored()] == ["after", *[f"m{i}" for i in range(9)]]
    assert [b.state for b in await seen.batches()] == ["done"]
    rejects = await seen.rejects()
    assert [(r.code, r.message_id, r.detail) for r in rejects] == [
        ("refused_by_store", "poison", "Cannot parse JSON object")
    ]
    assert '"messageId":"poison"' in rejects[0].body
    assert sorted(heard) == ["after", *[f"m{i}" for i in range(9)]]
