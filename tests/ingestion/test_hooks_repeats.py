"""A call that comes again, at once, later, or after a kill, counts once."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from otklik.ingestion.hooks import queries, work
from otklik.ingestion.hooks.model import (
    HookMapping,
)
from tests.conftest import Clock
from tests.ingestion.hooking import EMAIL, FORM, Hook
from tests.ingestion.support import Ingestion


async def test_a_repeat_is_counted_and_costs_no_query(
    hook: Hook, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hook.send(data=FORM)
    opened = 0
    begin = hook.rt.db.begin

    def counting() -> Any:
        nonlocal opened
        opened += 1
        return begin()

    monkeypatch.setattr(hook.rt.db, "begin", counting)
    answers = await asyncio.gather(*(hook.send(data=FORM) for _ in range(1_000)))
    assert {answer.status_code for answer in answers} == {200}
    assert opened == 0
    monkeypatch.undo()
    await hook.api.flush()
    (row,) = await hook.rows()
    assert row.repeats == 1_000


async def test_a_repeat_is_known_to_another_process_and_forgotten_after_its_window(
    hook: Hook, clock: Clock
) -> None:
    await hook.send(data=FORM)
    clock.move(seconds=500)
    hook.api._recent.clear()
    await hook.send(data=FORM)
    assert [row.repeats for row in await hook.rows()] == [1]
    clock.move(seconds=700)
    await hook.send(data=FORM)
    assert len(await hook.rows()) == 2


async def test_calls_of_one_moment_are_stored_once(hook: Hook) -> None:
    answers = await asyncio.gather(*(hook.send(data=FORM) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    await hook.api.flush()
    (row,) = await hook.rows()
    assert row.repeats == 19


async def test_a_number_of_the_call_tells_repeats_for_ever(hook: Hook, clock: Clock) -> None:
    await hook.change(id_path=["tranid"])
    await hook.send(data={**FORM, "tranid": "1"})
    clock.move(days=3)
    hook.api._recent.clear()
    await hook.send(data={**FORM, "tranid": "1", "extra": "x"})
    await hook.send(data={**FORM, "tranid": "2"})
    assert [row.repeats for row in await hook.rows()] == [1, 0]


async def test_without_a_window_every_call_counts(hook: Hook) -> None:
    await hook.change(repeat_window_s=0)
    for _ in range(3):
        await hook.send(data=FORM)
    assert len(await hook.rows()) == 3


async def test_a_replay_never_doubles_an_event(hook: Hook, seen: Ingestion, clock: Clock) -> None:
    await hook.map()
    await hook.send(data=FORM)
    await hook.drain()
    for days in (0, 1, 10):
        clock.move(days=days)
        assert await hook.replay() == 1
        await hook.drain()
        await seen.drain()
    assert len(await seen.stored()) == 2
    # A changed mapping adds to the person, and only to him.
    await hook.map(HookMapping(event="Form Submitted", rules=[EMAIL]))
    await hook.replay()
    await hook.drain()
    await seen.drain()
    names = [name for (name,) in await seen.stored("name")]
    assert sorted(names) == ["Form Submitted", "Identified", "Identified"]


async def test_a_kill_between_accepting_and_mapping_loses_and_doubles_nothing(
    hook: Hook, seen: Ingestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hook.map()
    await hook.send(data=FORM)

    async def killed(*_: Any, **__: Any) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(queries, "finish_calls", killed)
    with pytest.raises(asyncio.CancelledError):
        await work.step_hooks(hook.rt)
    assert await seen.logged() == 0
    assert [row.state for row in await hook.rows()] == ["waiting"]
    monkeypatch.undo()
    await hook.drain()
    await seen.drain()
    assert len(await seen.stored()) == 2


async def test_a_thousand_calls_a_second_give_each_different_one_once_and_cost_little(
    hook: Hook, seen: Ingestion
) -> None:
    await hook.map()
    people = [{**FORM, "Email": f"p{i}@example.com"} for i in range(20)]
    begun = time.process_time()
    answers = await asyncio.gather(*(hook.send(data=people[i % 20]) for i in range(1_000)))
    spent = time.process_time() - begun
    assert {answer.status_code for answer in answers} == {200}
    # Of both sides, and of the process alone, so that a busy machine says nothing.
    assert spent < 5, f"{spent:.2f} s of the processor for 1,000 calls"
    await hook.api.flush()
    assert [row.repeats for row in await hook.rows()] == [49] * 20
    await hook.drain()
    await seen.drain()
    assert len(await seen.stored()) == 40
    assert len(await seen.stored("DISTINCT profile_id")) == 20
