"""People who enter or leave a segment are told of: each once, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Principal
from otklik.exports.forwarding import changes
from otklik.exports.forwarding.changes import change_event_id, step_changes, take_changes
from otklik.exports.forwarding.deliver import step_deliveries
from otklik.exports.forwarding.form import ForwardingChoice
from otklik.exports.forwarding.model import ChosenSegment, ForwardingState
from otklik.exports.forwarding.operations import choose, remove_forwarding, set_state
from otklik.exports.tables import forward_changes, forward_deliveries, forwarding_segments
from otklik.profiles.public import merge_profiles
from otklik.runtime.public import Runtime
from otklik.segments.model import SegmentKind
from otklik.segments.public import (
    SegmentChanged,
    change_members,
    create_segment,
    recorded_people,
)

from .mixpanel_side import MixpanelSide
from .receiver import Receiver, count, health, make
from .test_mixpanel import EU
from .world import START, World


@pytest.fixture(autouse=True)
def heard(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> list[SegmentChanged]:
    """The news of segments, as wiring hands it on."""
    news: list[SegmentChanged] = []

    async def hear(one: SegmentChanged, tx: Any) -> None:
        news.append(one)
        await take_changes(one, tx)

    monkeypatch.setitem(rt.bus._subscribers, SegmentChanged, [hear])
    return news


async def make_segment(world: World, members: Sequence[int]) -> UUID:
    async with world.rt.db.begin() as tx:
        made = await create_segment(
            tx,
            workspace_id=world.workspace_id,
            name="Постоянные",
            kind=SegmentKind.STATIC,
            now=START,
        )
    await change(world, made, add=members)
    return made


async def change(
    world: World, segment_id: UUID, *, add: Sequence[int] = (), remove: Sequence[int] = ()
) -> None:
    clock: Any = world.rt.clock
    clock.move(seconds=1)
    async with world.rt.db.begin() as tx:
        await change_members(
            world.rt,
            tx,
            workspace_id=world.workspace_id,
            segment_id=segment_id,
            add=add,
            remove=remove,
            now=world.rt.clock(),
        )


async def carry(rt: Runtime) -> None:
    while await step_changes(rt):
        pass
    while await step_deliveries(rt):
        pass


async def people(world: World, number: int) -> list[int]:
    return await world.add_people(
        [{"name": f"n{i}", "email": f"{i}@example.org"} for i in range(number)]
    )


async def test_who_enters_and_who_leaves_is_told(
    world: World, receiver: Receiver, principal: Principal, heard: list[SegmentChanged]
) -> None:
    rt = world.rt
    stays, leaves, enters = await people(world, 3)
    segment = await make_segment(world, [stays, leaves])
    forwarding_id, _ = await make(
        rt, principal, names=[], segments=[ChosenSegment(segment_id=segment)], with_customer=True
    )
    await change(world, segment, add=[enters], remove=[leaves])
    assert (await health(world, forwarding_id)).preparing == 2
    await carry(rt)
    told = {body["data"]["event"]: body["data"] for body in receiver.bodies}
    assert set(told) == {"Segment entered", "Segment left"}
    entered = told["Segment entered"]
    assert entered["profile_id"] == enters
    assert entered["user_id"] == "u2"
    assert entered["properties"] == {"segment_id": str(segment), "segment_name": "Постоянные"}
    assert entered["customer"]["email"] == "2@example.org"
    assert entered["source"] == "segments"
    at = heard[-1].at
    assert entered["id"] == str(change_event_id(segment, at, "entered", enters))
    assert told["Segment left"]["profile_id"] == leaves
    view = await health(world, forwarding_id)
    assert (view.delivered_hour, view.preparing) == (2, 0)
    assert await count(rt, forward_changes) == 0


async def test_only_what_was_chosen_is_told(
    world: World, elsewhere: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    first, second = await people(world, 2)
    chosen, other = [await make_segment(world, [first]) for _ in range(2)]
    await make(rt, principal, names=[], segments=[ChosenSegment(segment_id=chosen, left=False)])
    (foreign,) = await people(elsewhere, 1)
    their_segment = await make_segment(elsewhere, [foreign])
    await change(elsewhere, their_segment, remove=[foreign])
    await change(world, other, add=[second])
    await change(world, chosen, remove=[first])
    assert await count(rt, forward_changes) == 0
    await change(world, chosen, add=[first])
    await carry(rt)
    assert [body["data"]["profile_id"] for body in receiver.bodies] == [first]


async def test_a_large_change_is_read_by_pages_and_no_faster_than_it_is_taken(
    world: World, receiver: Receiver, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    monkeypatch.setattr(changes, "PAGE", 3)
    monkeypatch.setattr(changes, "WAITING_MAX", 6)
    ids = await people(world, 10)
    segment = await make_segment(world, ids[:1])
    forwarding_id, _ = await make(
        rt, principal, names=[], segments=[ChosenSegment(segment_id=segment)], concurrency=1
    )
    await change(world, segment, add=ids[1:])
    assert await count(rt, forward_changes) == 1, "one row, however many people"
    while await step_changes(rt):
        pass
    assert await count(rt, forward_deliveries) == 6
    assert (await health(world, forwarding_id)).preparing == 3
    for _ in range(3):
        clock.move(seconds=6)
        await carry(rt)
    assert sorted(body["data"]["profile_id"] for body in receiver.bodies) == sorted(ids[1:])
    assert len({body["data"]["id"] for body in receiver.bodies}) == 9


async def test_a_crash_between_two_pages_loses_and_repeats_nobody(
    world: World, receiver: Receiver, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    monkeypatch.setattr(changes, "PAGE", 2)
    ids = await people(world, 6)
    segment = await make_segment(world, ids[:1])
    await make(rt, principal, names=[], segments=[ChosenSegment(segment_id=segment)])
    await change(world, segment, add=ids[1:])
    assert await step_changes(rt)
    with monkeypatch.context() as broken:
        broken.setattr(changes, "put_deliveries", _raise)
        assert await step_changes(rt)
    clock.move(seconds=2)
    await carry(rt)
    assert sorted(body["data"]["profile_id"] for body in receiver.bodies) == sorted(ids[1:])


async def _raise(*_: Any, **__: Any) -> None:
    raise RuntimeError("the process dies here")


async def test_the_same_news_twice_is_one_note(
    world: World, receiver: Receiver, principal: Principal, heard: list[SegmentChanged]
) -> None:
    rt = world.rt
    first, second = await people(world, 2)
    segment = await make_segment(world, [first])
    await make(rt, principal, names=[], segments=[ChosenSegment(segment_id=segment)])
    await change(world, segment, add=[second])
    async with rt.db.begin() as tx:
        await take_changes(heard[-1], tx)
    assert await count(rt, forward_changes) == 1
    await carry(rt)
    assert len(receiver.calls) == 1


async def test_somebody_merged_or_gone_meanwhile_is_the_person_of_today_or_nobody(
    world: World, receiver: Receiver, principal: Principal, heard: list[SegmentChanged]
) -> None:
    rt = world.rt
    first, second, third, gone = await people(world, 4)
    segment = await make_segment(world, [first])
    await make(rt, principal, names=[], segments=[ChosenSegment(segment_id=segment)])
    await change(world, segment, add=[second, third, gone])
    async with rt.db.begin() as tx:
        await merge_profiles(
            tx,
            workspace_id=world.workspace_id,
            from_id=third,
            into_id=second,
            now=rt.clock(),
            bus=rt.bus,
        )
        await tx.execute(
            sa.text("UPDATE profiles SET workspace_id = -1 WHERE profile_id = :id"), {"id": gone}
        )
    await carry(rt)
    assert [body["data"]["profile_id"] for body in receiver.bodies] == [second]
    recorded = await recorded_people(
        rt,
        workspace_id=world.workspace_id,
        segment_id=segment,
        at=heard[-1].at,
        change="entered",
        after=second,
        limit=1,
    )
    assert recorded == [third], "the record itself stays as it was written"


async def test_what_is_not_wanted_any_more_is_not_sent(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    first, second = await people(world, 2)
    segment = await make_segment(world, [first])
    wanted = [ChosenSegment(segment_id=segment)]
    for end in ("off", "unchosen", "removed"):
        forwarding_id, _ = await make(rt, principal, names=["Bought"], segments=wanted)
        await change(world, segment, add=[second])
        async with rt.db.begin() as tx:
            here: dict[str, Any] = {
                "who": principal,
                "forwarding_id": forwarding_id,
                "now": rt.clock(),
            }
            if end == "off":
                await set_state(tx, state=ForwardingState.OFF, **here)
            elif end == "unchosen":
                await choose(tx, data=ForwardingChoice(names=["Bought"]), **here)
            else:
                await remove_forwarding(tx, **here)
        await carry(rt)
        assert receiver.calls == [], end
        assert await count(rt, forward_changes) == 0, end
        await change(world, segment, remove=[second])
    async with rt.db.begin() as tx:
        kept = await tx.execute(sa.select(forwarding_segments.c.segment_id))
    assert len(kept.all()) == 1, "only the one that is off still has its choice"


async def test_mixpanel_takes_them_as_events(
    world: World, receiver: Receiver, side: MixpanelSide, principal: Principal
) -> None:
    rt = world.rt
    first, *others = await people(world, 4)
    segment = await make_segment(world, [first])
    await make(
        rt,
        principal,
        target=EU,
        secret="sesame",
        names=[],
        segments=[ChosenSegment(segment_id=segment)],
    )
    await change(world, segment, add=others)
    await carry(rt)
    assert side.failures == []
    assert len(receiver.calls) == 1, "many people go in one request"
    assert {event["event"] for event in side.events} == {"Segment entered"}
    properties = [event["properties"] for event in side.events]
    assert {one["segment_name"] for one in properties} == {"Постоянные"}
    assert {one["segment_id"] for one in properties} == {str(segment)}
    assert {one["distinct_id"] for one in properties} == {"u1", "u2", "u3"}
    assert len({one["$insert_id"] for one in properties}) == 3


def test_a_part_in_a_change_has_one_id_that_no_other_has() -> None:
    segment = UUID(int=7)
    ids = {
        change_event_id(one, at, kind, person)
        for one in (segment, UUID(int=8))
        for at in (START, START + timedelta(milliseconds=1))
        for kind in ("entered", "left")
        for person in (1, 2)
    }
    assert len(ids) == 16
    assert change_event_id(segment, START, "left", 1) in ids
