"""Segments through their door: counting, lists, nesting, use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from otklik.accounts.public import Workspace
from otklik.kit.uses import UseState
from otklik.rules import tree
from otklik.rules.errors import DefinitionInvalid
from otklik.rules.parse import parse
from otklik.runtime.public import Runtime, Tx
from otklik.segments import usage
from otklik.segments.public import (
    NotAList,
    RunReason,
    SegmentCycle,
    SegmentInUse,
    SegmentInvalid,
    SegmentKind,
    SegmentNotFound,
    Use,
    change_members,
    count_definition,
    create_segment,
    delete_segment,
    explain_segment,
    get_segment,
    list_segments,
    members,
    members_of_definition,
    memberships,
    newest_members,
    refresh_segment,
    register_usage,
    size_history,
    stored_members,
    update_segment,
)
from tests.conftest import NOW, Clock
from tests.segments.conftest import World

BOUGHT_3 = {"kind": "orders", "measure": {"kind": "count", "test": {"op": "at_least", "n": 3}}}
NOT_LATELY = {
    "kind": "none",
    "of": [
        {
            "kind": "orders",
            "measure": {"kind": "count", "test": {"op": "at_least", "n": 1}},
            "window": {"kind": "last", "amount": 60, "unit": "days"},
        }
    ],
}
SLEEPING = parse({"kind": "all", "of": [BOUGHT_3, NOT_LATELY]})


def city(name: str) -> tree.Node:
    return tree.TraitCondition(trait="city", test=tree.Eq(value=name))


async def make(
    rt: Runtime, workspace: Workspace, name: str, definition: tree.Node | None, **more: Any
) -> UUID:
    async with rt.db.begin() as tx:
        segment_id = await create_segment(
            tx, workspace_id=workspace.id, name=name, definition=definition, now=NOW, **more
        )
    if definition is not None:
        await refresh(rt, workspace, segment_id)
    return segment_id


async def refresh(rt: Runtime, workspace: Workspace, segment_id: UUID) -> int | None:
    async with rt.db.begin() as tx:
        outcome = await refresh_segment(
            rt,
            tx,
            workspace_id=workspace.id,
            segment_id=segment_id,
            reason=RunReason.REQUESTED,
            now=rt.clock(),
        )
    return outcome.size


async def test_it_finds_who_bought_three_times_but_not_lately(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    asleep, active, rare, _ = await world.people({}, {}, {}, {})
    await world.orders(asleep, 300, 200, 61)
    await world.orders(active, 300, 200, 59)
    await world.orders(rare, 300, 200)
    count = await count_definition(rt, workspace_id=workspace.id, definition=SLEEPING, now=NOW)
    assert (count.count, count.total) == (1, 4)
    ids = await members_of_definition(rt, workspace_id=workspace.id, definition=SLEEPING, now=NOW)
    assert ids.tolist() == [asleep]
    assert ids.dtype == "uint64"


async def test_a_stranger_counts_nobody(
    rt: Runtime, workspace: Workspace, other_workspace: Workspace, world: World
) -> None:
    await world.people({}, {})
    everyone = tree.Everyone()
    mine = await count_definition(rt, workspace_id=workspace.id, definition=everyone, now=NOW)
    theirs = await count_definition(
        rt, workspace_id=other_workspace.id, definition=everyone, now=NOW
    )
    assert (mine.count, theirs.count) == (2, 0)
    segment_id = await make(rt, workspace, "All", everyone)
    with pytest.raises(SegmentNotFound):
        await members(rt, workspace_id=other_workspace.id, segment_id=segment_id, now=NOW)
    stolen = tree.SegmentCondition(segment_id=segment_id)
    with pytest.raises(DefinitionInvalid):
        await make(rt, other_workspace, "Stolen", stolen)
    count = await count_definition(rt, workspace_id=other_workspace.id, definition=stolen, now=NOW)
    assert count.count == 0


async def test_members_are_exact_now_and_stored_ones_are_as_of_their_moment(
    rt: Runtime, clock: Clock, workspace: Workspace, world: World
) -> None:
    first, second = await world.people({"city": "Omsk"}, {"city": "Perm"})
    segment_id = await make(rt, workspace, "Omsk", city("Omsk"))
    (third,) = await world.people({"city": "Omsk"}, start=2)
    where: dict[str, Any] = {"workspace_id": workspace.id, "segment_id": segment_id, "now": NOW}
    # Ids are unique but not in the order of creation: connections take them in portions.
    low, high = sorted((first, third))
    assert (await members(rt, **where)).tolist() == [low, high]
    assert (await stored_members(rt, **where)).tolist() == [first]
    clock.move(minutes=1)
    assert await refresh(rt, workspace, segment_id) == 2
    page = await stored_members(rt, **where, after=low, limit=5)
    assert page.tolist() == [high]
    async with rt.db.begin() as tx:
        segment = await get_segment(tx, workspace_id=workspace.id, segment_id=segment_id)
        points = await size_history(
            tx, workspace_id=workspace.id, segment_id=segment_id, zone="UTC"
        )
    assert segment.count == 2
    assert segment.computed_at == NOW + timedelta(minutes=1)
    assert [point.size for point in points] == [1, 2]
    assert second not in page


async def test_a_list_pages_through_the_newest_members(
    rt: Runtime, workspace: Workspace, other_workspace: Workspace, world: World
) -> None:
    ids = sorted((await world.people(*[{"city": "Omsk"}] * 5, {"city": "Perm"}))[:5])
    segment_id = await make(rt, workspace, "Omsk", city("Omsk"))

    async def page(before: int | None, limit: int | None) -> list[int]:
        found = await newest_members(
            rt,
            workspace_id=workspace.id,
            segment_id=segment_id,
            now=NOW,
            before=before,
            limit=limit,
        )
        return [int(one) for one in found]

    assert await page(None, 2) == ids[3:]
    assert await page(ids[3], 2) == ids[1:3]
    assert await page(ids[1], 2) == ids[:1]
    assert await page(ids[0], 2) == []
    assert await page(None, None) == ids
    assert await page(ids[2], None) == ids[:2]
    with pytest.raises(SegmentNotFound):
        await newest_members(
            rt, workspace_id=other_workspace.id, segment_id=segment_id, now=NOW, limit=2
        )


async def test_a_list_shows_a_segment_that_was_never_computed(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    first, _ = await world.people({"city": "Omsk"}, {"city": "Perm"})
    async with rt.db.begin() as tx:
        segment_id = await create_segment(
            tx, workspace_id=workspace.id, name="Omsk", definition=city("Omsk"), now=NOW
        )
        empty = await create_segment(
            tx, workspace_id=workspace.id, name="List", kind=SegmentKind.STATIC, now=NOW
        )
    for one, wanted in ((segment_id, [first]), (empty, [])):
        found = await newest_members(
            rt, workspace_id=workspace.id, segment_id=one, now=NOW, limit=10
        )
        assert found.tolist() == wanted


async def test_an_unchanged_membership_is_stored_once(
    rt: Runtime, clock: Clock, workspace: Workspace, world: World
) -> None:
    await world.people({"city": "Omsk"})
    segment_id = await make(rt, workspace, "Omsk", city("Omsk"))
    for _ in range(2):
        clock.move(minutes=1)
        assert await refresh(rt, workspace, segment_id) == 1
    rows = await rt.ch.query(
        "SELECT count() FROM segment_memberships WHERE segment_id = {s:UUID}",
        {"s": str(segment_id)},
    )
    assert rows == [(1,)]


async def test_an_empty_segment_has_a_membership_too(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    await world.people({})
    segment_id = await make(rt, workspace, "Nobody", city("Atlantis"))
    async with rt.db.begin() as tx:
        segment = await get_segment(tx, workspace_id=workspace.id, segment_id=segment_id)
    assert segment.count == 0


async def test_a_segment_of_segments_reads_their_memberships(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    omsk, perm, _ = await world.people({"city": "Omsk"}, {"city": "Perm"}, {"city": "Ufa"})
    first = await make(rt, workspace, "Omsk", city("Omsk"))
    second = await make(rt, workspace, "Perm", city("Perm"))
    both = await make(
        rt,
        workspace,
        "Both",
        tree.AnyOf(
            of=(tree.SegmentCondition(segment_id=first), tree.SegmentCondition(segment_id=second))
        ),
    )
    where: dict[str, Any] = {"workspace_id": workspace.id, "segment_id": both, "now": NOW}
    assert (await stored_members(rt, **where)).tolist() == [omsk, perm]
    assert (await members(rt, **where)).tolist() == [omsk, perm]
    outside = tree.SegmentCondition(segment_id=first, member=False)
    count = await count_definition(rt, workspace_id=workspace.id, definition=outside, now=NOW)
    assert count.count == 2
    found = await memberships(rt, workspace_id=workspace.id, profile_id=omsk)
    assert set(found) == {first, both}


async def test_a_segment_cannot_contain_itself(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    first = await make(rt, workspace, "First", city("Omsk"))
    second = await make(rt, workspace, "Second", tree.SegmentCondition(segment_id=first))
    with pytest.raises(SegmentCycle) as caught:
        async with rt.db.begin() as tx:
            await update_segment(
                tx,
                workspace_id=workspace.id,
                segment_id=first,
                definition=tree.NoneOf(of=(tree.SegmentCondition(segment_id=second),)),
                now=NOW,
            )
    assert caught.value.text("en") == (
        "The segment would contain itself: «First» → «Second» → «First»."
    )


async def test_what_is_in_use_cannot_be_deleted(
    rt: Runtime, workspace: Workspace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await make(rt, workspace, "First", city("Omsk"))
    second = await make(rt, workspace, "Second", tree.SegmentCondition(segment_id=first))
    campaign = Use(kind="campaign", id=UUID(int=1), name="Spring")

    async def campaigns(_tx: Tx, _workspace_id: int, _ids: Sequence[UUID]) -> dict[UUID, list[Use]]:
        return {second: [campaign]}

    monkeypatch.setattr(usage, "_lookups", [])
    register_usage(campaigns)
    async with rt.db.begin() as tx:
        segment = await get_segment(tx, workspace_id=workspace.id, segment_id=first)
        assert segment.used_by == [Use(kind="segment", id=second, name="Second")]
        for segment_id, user in ((first, "«Second»"), (second, "«Spring»")):
            with pytest.raises(SegmentInUse) as caught:
                await delete_segment(tx, workspace_id=workspace.id, segment_id=segment_id)
            assert user in caught.value.text("ru")
        # A campaign that is over is told of, and keeps nothing.
        campaign = msgspec.structs.replace(campaign, state=UseState.OVER)
        segment = await get_segment(tx, workspace_id=workspace.id, segment_id=second)
        assert [use.state for use in segment.used_by] == ["over"]
        await delete_segment(tx, workspace_id=workspace.id, segment_id=second)
        await delete_segment(tx, workspace_id=workspace.id, segment_id=first)
        with pytest.raises(SegmentNotFound):
            await get_segment(tx, workspace_id=workspace.id, segment_id=first)


async def test_a_list_is_changed_by_hand(
    rt: Runtime, workspace: Workspace, other_workspace: Workspace, world: World
) -> None:
    one, two, three = await world.people({}, {}, {})
    (stranger,) = await World(rt, other_workspace.id).people({})
    segment_id = await make(rt, workspace, "List", None, kind=SegmentKind.STATIC)
    sizes = []
    for add, remove in (([one, two, stranger, 10**17], []), ([three], [one]), ([], [-1, two])):
        async with rt.db.begin() as tx:
            sizes.append(
                await change_members(
                    rt,
                    tx,
                    workspace_id=workspace.id,
                    segment_id=segment_id,
                    add=add,
                    remove=remove,
                    now=NOW,
                )
            )
    assert sizes == [2, 2, 1]
    where: dict[str, Any] = {"workspace_id": workspace.id, "segment_id": segment_id, "now": NOW}
    assert (await members(rt, **where)).tolist() == [three]


async def test_a_list_keeps_people_whom_the_engine_does_not_know_yet(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    early, late, later = await world.people({}, {}, {}, store=False)
    segment_id = await make(rt, workspace, "List", None, kind=SegmentKind.STATIC)
    for add in ([early, late], [later]):
        async with rt.db.begin() as tx:
            await change_members(
                rt, tx, workspace_id=workspace.id, segment_id=segment_id, add=add, now=NOW
            )
    await world.store()
    where: dict[str, Any] = {"workspace_id": workspace.id, "segment_id": segment_id, "now": NOW}
    assert (await members(rt, **where)).tolist() == [early, late, later]


async def test_a_frozen_segment_stays_as_it_was(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    (one,) = await world.people({"city": "Omsk"})
    segment_id = await make(rt, workspace, "Frozen", city("Omsk"), kind=SegmentKind.STATIC)
    await world.people({"city": "Omsk"}, start=1)
    where: dict[str, Any] = {"workspace_id": workspace.id, "segment_id": segment_id, "now": NOW}
    assert (await members(rt, **where)).tolist() == [one]
    with pytest.raises(SegmentInvalid):
        async with rt.db.begin() as tx:
            await update_segment(
                tx,
                workspace_id=workspace.id,
                segment_id=segment_id,
                definition=city("Perm"),
                now=NOW,
            )


async def test_a_dynamic_segment_cannot_be_changed_by_hand(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    (one,) = await world.people({})
    segment_id = await make(rt, workspace, "Dynamic", city("Omsk"))
    with pytest.raises(NotAList):
        async with rt.db.begin() as tx:
            await change_members(
                rt, tx, workspace_id=workspace.id, segment_id=segment_id, add=[one], now=NOW
            )


async def test_it_explains_each_condition_with_the_fact_behind_it(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    asleep, active = await world.people({"city": "Omsk"}, {"age": 30})
    await world.orders(asleep, 300, 200, 61)
    await world.orders(active, 300, 200, 59)
    definition = tree.AllOf(of=(SLEEPING, city("Omsk")))
    segment_id = await make(rt, workspace, "Asleep", definition)
    for person, is_member, facts in (
        (asleep, True, [3, 0, "Omsk"]),
        (active, False, [3, 1, None]),
    ):
        told = await explain_segment(
            rt,
            workspace_id=workspace.id,
            segment_id=segment_id,
            profile_id=person,
            lang="en",
            now=NOW,
        )
        assert told.member is is_member
        group, in_city = told.explanation.children
        bought, not_lately = group.children
        assert bought.text == "made at least 3 orders"
        assert [bought.fact, not_lately.children[0].fact, in_city.fact] == facts
        assert not_lately.holds is is_member
        assert not_lately.text == "none of these holds"


async def test_names_are_checked(rt: Runtime, workspace: Workspace) -> None:
    for name in ("", "  ", "x" * 201, "a\0b"):
        with pytest.raises(SegmentInvalid) as caught:
            await make(rt, workspace, name, tree.Everyone())
        assert [problem.path for problem in caught.value.problems] == ["$.name"]
    with pytest.raises(SegmentInvalid):
        await make(rt, workspace, "Without conditions", None)


async def test_the_list_of_segments_has_pages_and_search(rt: Runtime, workspace: Workspace) -> None:
    for name in ("One 100%", "Two", "Three"):
        await make(rt, workspace, name, tree.Everyone())
    async with rt.db.begin() as tx:
        first = await list_segments(tx, workspace_id=workspace.id, limit=2)
        second = await list_segments(
            tx, workspace_id=workspace.id, limit=2, cursor=first.next_cursor
        )
        found = await list_segments(tx, workspace_id=workspace.id, search="100%")
    names = [segment.name for segment in (*first.items, *second.items)]
    assert names == ["Three", "Two", "One 100%"]
    assert (first.total, second.next_cursor) == (3, None)
    assert [segment.name for segment in found.items] == ["One 100%"]
