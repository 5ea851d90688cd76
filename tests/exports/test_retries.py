"""Deliveries: nothing is lost, nothing is sent twice at once, and receivers are spared."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from otklik.accounts.public import Principal
from otklik.exports.forwarding.capture import step_captures
from otklik.exports.forwarding.deliver import step_deliveries, take
from otklik.exports.forwarding.log import Asked, list_attempts, list_dead
from otklik.exports.forwarding.model import (
    ATTEMPTS_MAX,
    PAUSES,
    TRIP_AFTER,
    AttemptOutcome,
    ForwardingState,
    open_for,
    pause_after,
    retry_after,
)
from otklik.exports.forwarding.operations import (
    replay,
    set_state,
)
from otklik.exports.tables import forward_captures, forward_deliveries
from otklik.runtime.public import Answer, OutgoingFailed

from .receiver import Receiver, carry, count, health, make, store
from .world import World


def test_pauses_grow_over_three_days() -> None:
    assert timedelta(hours=72) < sum(PAUSES, timedelta()) < timedelta(hours=80)
    assert pause_after(1, wait=None, luck=0.5) == timedelta(seconds=5)
    assert pause_after(1, wait=None, luck=0) == timedelta(seconds=4)
    assert pause_after(1, wait=timedelta(minutes=9), luck=1) == timedelta(minutes=9)
    assert pause_after(ATTEMPTS_MAX, wait=None, luck=0) is None
    assert open_for(0) == timedelta(seconds=30)
    assert open_for(40) == timedelta(minutes=15)


def test_retry_after_is_read_in_both_forms() -> None:
    now = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
    assert retry_after("120", now) == timedelta(seconds=120)
    assert retry_after("Mon, 15 Jun 2026 12:05:00 GMT", now) == timedelta(minutes=5)
    assert retry_after("Mon, 15 Jun 2020 12:05:00 GMT", now) == timedelta()
    assert retry_after("9" * 30, now) == timedelta(hours=24)
    assert retry_after("soon", now) is None


async def test_a_failed_delivery_comes_again_with_the_same_id_and_body(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    await make(rt, principal)
    await store(world, ("Bought", {"sum": 1}))
    receiver.answers = [500, OutgoingFailed(reason="timeout", host="h", detail="late")]
    await carry(rt)
    assert len(receiver.calls) == 1
    clock.move(seconds=7)
    await carry(rt)
    clock.move(seconds=40)
    await carry(rt)
    assert len(receiver.calls) == 3
    ids = {headers["webhook-id"] for _, headers, _ in receiver.calls}
    assert len(ids) == 1
    assert len({body for _, _, body in receiver.calls}) == 1
    assert await count(rt, forward_deliveries) == 0


async def test_a_delivery_that_never_succeeds_becomes_a_dead_letter_and_can_be_replayed(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    forwarding_id, _ = await make(rt, principal)
    await store(world, ("Bought", {}), ("Bought", {}))
    receiver.answers = [500] * 1000
    while (await health(world, forwarding_id)).dead < 2:
        await carry(rt)
        clock.move(hours=25)
    assert len(receiver.calls) == 2 * ATTEMPTS_MAX
    async with rt.db.begin() as tx:
        page = await list_dead(
            tx, Asked(workspace_id=world.workspace_id, forwarding_id=forwarding_id)
        )
        log = await list_attempts(
            tx, Asked(workspace_id=world.workspace_id, forwarding_id=forwarding_id)
        )
    first, second = page.items
    assert (first.attempts, first.status, first.error) == (ATTEMPTS_MAX, 500, "HTTP 500")
    assert log.items[0].answer == "said so"
    assert log.items[0].outcome is AttemptOutcome.DEAD
    receiver.answers = []
    receiver.calls.clear()
    async with rt.db.begin() as tx:
        one = await replay(
            tx, who=principal, forwarding_id=forwarding_id, now=rt.clock(), delivery_id=first.id
        )
    assert one == 1
    await carry(rt)
    assert [h["webhook-id"] for _, h, _ in receiver.calls] == [f"msg_{first.id}"]
    async with rt.db.begin() as tx:
        none = await replay(
            tx, who=principal, forwarding_id=forwarding_id, now=rt.clock(), since=rt.clock()
        )
        rest = await replay(tx, who=principal, forwarding_id=forwarding_id, now=rt.clock())
    assert (none, rest) == (0, 1)
    await carry(rt)
    assert receiver.calls[-1][1]["webhook-id"] == f"msg_{second.id}"


async def test_retry_after_holds_for_the_whole_receiver(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    await make(rt, principal)
    await store(world, ("Bought", {}))
    receiver.answers = [Answer(429, {"retry-after": "600"}, b"", 1)]
    await carry(rt)
    await store(world, ("Bought", {}), prefix="n")
    clock.move(seconds=500)
    await carry(rt)
    assert len(receiver.calls) == 1
    clock.move(seconds=200)
    await carry(rt)
    assert len(receiver.calls) == 3


async def test_a_receiver_that_is_gone_is_switched_off(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    forwarding_id, _ = await make(rt, principal)
    await store(world, ("Bought", {}))
    receiver.answers = [410]
    await carry(rt)
    view = await health(world, forwarding_id)
    assert (view.state, view.stopped_by) == (ForwardingState.OFF, "gone")
    await store(world, ("Bought", {}), prefix="n")
    assert await count(rt, forward_captures) == 0, "nothing is collected for it any more"
    assert view.waiting == 1, "what was collected stays, to be sent when it is switched on"


async def test_the_circuit_opens_tries_one_and_closes_by_itself(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    forwarding_id, _ = await make(rt, principal, concurrency=8)
    await store(world, *[("Bought", {})] * 20)
    receiver.answers = [503] * 20
    await carry(rt)
    first = len(receiver.calls)
    view = await health(world, forwarding_id)
    assert first >= TRIP_AFTER
    assert view.open_until is not None
    clock.move(seconds=20)
    await carry(rt)
    assert len(receiver.calls) == first, "it is left alone"
    receiver.answers = [503]
    clock.move(seconds=11)
    await carry(rt)
    assert len(receiver.calls) == first + 1, "one is tried"
    clock.move(minutes=2)
    receiver.answers = []
    await carry(rt)
    view = await health(world, forwarding_id)
    assert (view.waiting, view.open_until, view.failures) == (0, None, 0)


async def test_a_paused_forwarding_collects_and_sends_later(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    forwarding_id, _ = await make(rt, principal)

    async def switch(state: ForwardingState) -> None:
        async with rt.db.begin() as tx:
            await set_state(
                tx, who=principal, forwarding_id=forwarding_id, state=state, now=rt.clock()
            )

    await switch(ForwardingState.PAUSED)
    await store(world, ("Bought", {}))
    await carry(rt)
    assert receiver.calls == []
    await switch(ForwardingState.ON)
    await carry(rt)
    assert len(receiver.calls) == 1


async def test_two_workers_never_send_the_same_at_once(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    await make(rt, principal, concurrency=3)
    await store(world, *[("Bought", {})] * 40)
    while await step_captures(rt):
        pass
    running = most = 0

    async def slow(*_: Any) -> Answer:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return Answer(200, {}, b"", 1)

    receiver.usual = slow

    async def worker() -> None:
        for _ in range(20):
            await step_deliveries(rt)

    await asyncio.gather(*(worker() for _ in range(4)))
    ids = [headers["webhook-id"] for _, headers, _ in receiver.calls]
    assert len(ids) == len(set(ids)) == 40
    assert most <= 3


async def test_what_a_dead_worker_had_is_sent_again_with_its_id(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    await make(rt, principal)
    await store(world, ("Bought", {}))
    await step_captures(rt)
    async with rt.db.begin() as tx:
        hand = await take(rt, tx, now=rt.clock())
    assert hand is not None
    assert not await step_deliveries(rt), "it is in somebody's hands"
    clock.move(minutes=5)
    assert await step_deliveries(rt)
    assert receiver.calls[0][1]["webhook-id"] == f"msg_{hand.sendings[0].id}"


async def test_a_crash_while_preparing_leaves_all_or_nothing(
    world: World, receiver: Receiver, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    await make(rt, principal)
    await store(world, ("Bought", {}))
    with monkeypatch.context() as broken:
        broken.setattr("otklik.exports.forwarding.capture.put_deliveries", _raise, raising=True)
        await step_captures(rt)
    assert await count(rt, forward_captures) == 1
    assert await count(rt, forward_deliveries) == 0
    clock.move(seconds=2)
    await carry(rt)
    assert len(receiver.calls) == 1


async def _raise(*_: Any, **__: Any) -> None:
    raise RuntimeError("the process dies here")
