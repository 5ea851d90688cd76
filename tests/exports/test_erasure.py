"""Who is erased leaves the queues of forwarding; everybody else's events stay on their way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from otklik.accounts.public import Principal
from otklik.exports.forwarding.capture import step_captures
from otklik.exports.forwarding.deliver import step_deliveries, take
from otklik.exports.forwarding.erasure import (
    count_deliveries,
    erase_deliveries,
    export_deliveries,
)
from otklik.exports.forwarding.preparing import unpack
from otklik.exports.tables import forward_deliveries
from otklik.kit.traces import Erased, Traces
from otklik.runtime.public import Runtime

from .receiver import Receiver, make, store
from .world import World


async def traces_of(world: World, person: int, *identifiers: tuple[str, str]) -> Traces:
    return Traces(
        workspace_id=world.workspace_id,
        profile_ids=(person,),
        identifiers=identifiers,
        words=(),
        until=world.rt.clock(),
    )


async def wait_for(world: World, who: Principal, **more: Any) -> tuple[int, int]:
    """Have an event of each of two people wait; returns the people."""
    rt = world.rt
    anna, boris = await world.add_people(
        [{"name": "Анна", "email": "anna@example.org"}, {"name": "Борис"}]
    )
    await make(rt, who, **more)
    world.people = [anna]
    await store(world, ("Bought", {"sum": 1}), user_id="", prefix="a")
    world.people = [boris]
    await store(world, ("Bought", {"sum": 2}), user_id="", prefix="b")
    while await step_captures(rt):
        pass
    return anna, boris


async def erase(rt: Runtime, traces: Traces) -> Erased:
    async with rt.db.begin() as tx:
        return await erase_deliveries(rt, tx, traces)


async def waiting(rt: Runtime) -> list[list[int]]:
    async with rt.db.begin() as tx:
        bodies = (await tx.execute(sa.select(forward_deliveries.c.body))).scalars().all()
    return sorted([event.profile_id for event in unpack(body)] for body in bodies)


async def test_the_waiting_events_of_the_erased_vanish(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    # The person is known by a number only: nothing in the event names her.
    anna, boris = await wait_for(world, principal)
    traces = await traces_of(world, anna)
    async with rt.db.begin() as tx:
        assert await count_deliveries(rt, tx, traces) == 1
        shown = [one async for one in export_deliveries(rt, tx, traces)]
    assert [(one["state"], one["properties"]) for one in shown] == [("waiting", {"sum": 1})]
    assert await erase(rt, traces) == Erased(1)
    assert await waiting(rt) == [[boris]]
    assert await erase(rt, traces) == Erased(0), "a second time is harmless"
    while await step_deliveries(rt):
        pass
    assert [body["data"]["profile_id"] for body in receiver.bodies] == [boris]


async def test_others_in_the_same_delivery_stay_on_their_way(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    anna, boris = await wait_for(world, principal, batch=10)
    async with rt.db.begin() as tx:
        rows = (await tx.execute(sa.select(forward_deliveries))).mappings().all()
        first = {**rows[0], "events": 2}
        from otklik.exports.forwarding.preparing import pack

        both = [event for row in rows for event in unpack(row["body"])]
        await tx.execute(forward_deliveries.delete())
        await tx.execute(forward_deliveries.insert().values({**first, "body": pack(both)}))
    assert await waiting(rt) == [sorted([anna, boris])]
    assert (await erase(rt, await traces_of(world, anna))).count == 1
    assert await waiting(rt) == [[boris]]
    async with rt.db.begin() as tx:
        assert (await tx.execute(sa.select(forward_deliveries.c.events))).scalar_one() == 1


async def test_who_is_named_in_an_event_of_another_goes_too(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    anna, boris = await wait_for(world, principal)
    world.people = [boris]
    await store(world, ("Invited", {"friend": "anna@example.org"}), prefix="c")
    while await step_captures(rt):
        pass
    traces = await traces_of(world, anna, ("email", "anna@example.org"))
    assert (await erase(rt, traces)).count == 2
    assert await waiting(rt) == [[boris]]


async def test_a_stranger_with_the_same_number_is_not_touched(
    world: World, elsewhere: World, receiver: Receiver, principal: Principal
) -> None:
    anna, _ = await wait_for(world, principal)
    assert (await erase(world.rt, await traces_of(elsewhere, anna))).count == 0
    assert len(await waiting(world.rt)) == 2


async def test_what_is_being_sent_is_looked_at_again(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    anna, boris = await wait_for(world, principal)
    async with rt.db.begin() as tx:
        assert await take(rt, tx, now=rt.clock()) is not None
    traces = await traces_of(world, anna)
    later = await erase(rt, traces)
    assert later.count == 0
    assert later.until is not None
    clock.now = later.until + timedelta(seconds=1)
    assert (await erase(rt, traces)).count == 1
    assert await waiting(rt) == [[boris]]
