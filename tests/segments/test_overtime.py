"""Flows, overlaps, who came and who left: the same as sets of ids in plain Python say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.accounts.public import Workspace
from otklik.profiles.public import merge_profiles
from otklik.rules import tree
from otklik.runtime.public import Runtime
from otklik.segments.model import RunReason, SegmentKind
from otklik.segments.operations.pieces import cut_into_pieces
from otklik.segments.operations.recalculate import recalculate_due
from otklik.segments.overtime.changes import changed_people, changes_by_day
from otklik.segments.overtime.errors import MomentsTurned, NoSuchPart, WrongChoice
from otklik.segments.overtime.flows import flows, people_of_link
from otklik.segments.overtime.keeping import keep_people
from otklik.segments.overtime.model import OUTSIDE, Change, SegmentChanged
from otklik.segments.overtime.overlap import _regions, overlap, people_of_region
from otklik.segments.public import (
    SegmentNotFound,
    change_members,
    create_segment,
    membership_history,
    memberships,
    refresh_segment,
    stored_members,
)
from tests.conftest import NOW, Cast, Clock
from tests.segments.conftest import World

LATER = NOW + timedelta(days=7)


@given(st.lists(st.sets(st.integers(0, 30)), min_size=2, max_size=6))
def test_inclusion_and_exclusion_count_every_region(sets: list[set[int]]) -> None:
    common = [0]
    for mask in range(1, 1 << len(sets)):
        chosen = [one for place, one in enumerate(sets) if mask >> place & 1]
        common.append(len(set.intersection(*chosen)))
    told = {tuple(region.inside): region.count for region in _regions(common, len(sets))}
    plain: dict[tuple[int, ...], int] = {}
    for person in set().union(*sets):
        inside = tuple(place for place, one in enumerate(sets) if person in one)
        plain[inside] = plain.get(inside, 0) + 1
    assert told == plain


async def make_list(
    rt: Runtime, workspace: Workspace, name: str, before: list[int], after: list[int]
) -> UUID:
    """Make a list that had the people `before` at NOW, and has those of `after` at LATER."""
    async with rt.db.begin() as tx:
        made = await create_segment(
            tx, workspace_id=workspace.id, name=name, kind=SegmentKind.STATIC, now=NOW
        )
        await change_members(
            rt, tx, workspace_id=workspace.id, segment_id=made, add=before, now=NOW
        )
    async with rt.db.begin() as tx:
        await change_members(
            rt,
            tx,
            workspace_id=workspace.id,
            segment_id=made,
            add=sorted(set(after) - set(before)),
            remove=sorted(set(before) - set(after)),
            now=LATER,
        )
    return made


async def test_flows_are_those_of_the_sets(rt: Runtime, workspace: Workspace, world: World) -> None:
    people = await world.people(*({} for _ in range(24)))
    past = [people[0:10], people[6:14], people[12:18]]
    present = [people[4:9], people[0:3] + people[8:16], people[16:22]]
    made = [await make_list(rt, workspace, f"list {n}", past[n], present[n]) for n in range(3)]
    before, after = NOW + timedelta(hours=1), LATER + timedelta(hours=1)
    async with rt.db.begin() as tx:
        told = await flows(
            rt, tx, workspace_id=workspace.id, segment_ids=made, before=before, after=after
        )

    def place(person: int, sets: list[list[int]]) -> int:
        return next((n for n, one in enumerate(sets) if person in one), OUTSIDE)

    plain: dict[tuple[int, int], list[int]] = {}
    for person in people:
        link = (place(person, past), place(person, present))
        if link != (OUTSIDE, OUTSIDE):
            plain.setdefault(link, []).append(person)
    assert {(link.source, link.target): link.count for link in told.links} == {
        link: len(found) for link, found in plain.items()
    }
    assert [moment.size for moment in told.before] == [10, 8, 6]
    assert [moment.size for moment in told.after] == [5, 11, 6]
    for (source, target), found in plain.items():
        part = people_of_link(
            workspace_id=workspace.id,
            segment_ids=made,
            before=before,
            after=after,
            source=source,
            target=target,
        )
        assert (await part.newest(rt, before=None, limit=None)).tolist() == sorted(found)
        paged = await part.newest(rt, before=max(found), limit=2)
        assert paged.tolist() == sorted(found)[:-1][-2:]
    async with rt.db.begin() as tx:
        kept = await keep_people(
            rt, tx, workspace_id=workspace.id, name="moved", people=part, now=LATER
        )
    ids = await stored_members(rt, workspace_id=workspace.id, segment_id=kept, now=LATER)
    assert ids.tolist() == sorted(found)
    # Before the first membership a segment is known to be nothing.
    async with rt.db.begin() as tx:
        early = await flows(
            rt,
            tx,
            workspace_id=workspace.id,
            segment_ids=made,
            before=NOW - timedelta(days=1),
            after=before,
        )
    assert [moment.at for moment in early.before] == [None, None, None]
    assert {link.source for link in early.links} == {OUTSIDE}


async def test_the_overlap_is_that_of_the_sets(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    people = await world.people(*({} for _ in range(20)))
    sets = [people[n : n + 8] for n in (0, 3, 6, 9, 0, 12)]
    made = [await make_list(rt, workspace, f"list {n}", one, one) for n, one in enumerate(sets)]
    async with rt.db.begin() as tx:
        told = await overlap(rt, tx, workspace_id=workspace.id, segment_ids=made)
    plain: dict[tuple[int, ...], list[int]] = {}
    for person in people:
        inside = tuple(place for place, one in enumerate(sets) if person in one)
        if inside:
            plain.setdefault(inside, []).append(person)
    assert {tuple(region.inside): region.count for region in told.regions} == {
        inside: len(found) for inside, found in plain.items()
    }
    assert told.union == sum(map(len, plain.values()))
    assert [moment.size for moment in told.segments] == [8] * 6
    for inside, found in plain.items():
        part = people_of_region(workspace_id=workspace.id, segment_ids=made, inside=inside)
        assert (await part.newest(rt, before=None, limit=None)).tolist() == sorted(found)


async def test_merged_people_have_not_moved(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    first, second, third = await world.people({}, {}, {})
    made = await make_list(rt, workspace, "list", [first, third], [first, third])
    async with rt.db.begin() as tx:
        await merge_profiles(
            tx, workspace_id=workspace.id, from_id=first, into_id=second, now=LATER, bus=rt.bus
        )
    await world.store()
    async with rt.db.begin() as tx:
        told = await flows(
            rt,
            tx,
            workspace_id=workspace.id,
            segment_ids=[made],
            before=NOW + timedelta(hours=1),
            after=LATER + timedelta(hours=1),
        )
    assert [(link.source, link.target, link.count) for link in told.links] == [(0, 0, 2)]


async def test_who_entered_and_who_left_is_told_once(
    rt: Runtime, workspace: Workspace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    news: list[SegmentChanged] = []

    async def hear(one: SegmentChanged, _: Any) -> None:
        if one.workspace_id == workspace.id:
            news.append(one)

    monkeypatch.setitem(rt.bus._subscribers, SegmentChanged, [hear])
    leaves, stays, enters = await world.people({}, {}, {})
    await world.event(leaves, "Viewed", at=NOW - timedelta(days=6))
    await world.event(stays, "Viewed", at=NOW)
    lately = tree.EventCondition(event="Viewed", window=tree.Last(amount=7))
    async with rt.db.begin() as tx:
        made = await create_segment(
            tx, workspace_id=workspace.id, name="viewers", definition=lately, now=NOW
        )
    await recalculate_due(rt, workspace_id=workspace.id, now=NOW)
    assert news == []  # Nobody entered what was not there.

    await world.event(enters, "Viewed", at=NOW)
    two_days_on = NOW + timedelta(days=2)
    for hours in (0, 2):
        await _recount(rt, workspace, made, two_days_on + timedelta(hours=hours))
    assert [(one.entered, one.left) for one in news] == [(1, 1)]
    told: dict[Change, list[int]] = {"entered": [enters], "left": [leaves]}
    for change, people in told.items():
        found = await changed_people(
            rt,
            workspace_id=workspace.id,
            segment_id=made,
            change=change,
            since=NOW,
            until=LATER,
        )
        assert found.tolist() == people
    days = await changes_by_day(
        rt, workspace_id=workspace.id, segment_id=made, zone="UTC", days=3, now=two_days_on
    )
    assert [(day.entered, day.left) for day in days] == [(0, 0), (0, 0), (1, 1)]


async def test_a_stop_before_the_news_is_told_loses_none(
    rt: Runtime, workspace: Workspace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[SegmentChanged] = []

    async def breaks(one: SegmentChanged, _: Any) -> None:
        raise ConnectionError

    async def hear(one: SegmentChanged, _: Any) -> None:
        heard.append(one)

    first, second = await world.people({}, {})
    async with rt.db.begin() as tx:
        made = await create_segment(
            tx,
            workspace_id=workspace.id,
            name="viewers",
            definition=tree.EventCondition(event="Viewed"),
            now=NOW,
        )
    await world.event(first, "Viewed")
    await _recount(rt, workspace, made, NOW)
    await world.event(second, "Viewed")
    monkeypatch.setitem(rt.bus._subscribers, SegmentChanged, [breaks])
    with pytest.raises(ConnectionError):
        await _recount(rt, workspace, made, NOW + timedelta(hours=1))
    monkeypatch.setitem(rt.bus._subscribers, SegmentChanged, [hear])
    for hours in (2, 3):
        await _recount(rt, workspace, made, NOW + timedelta(hours=hours))
    assert [(one.entered, one.left) for one in heard] == [(1, 0)]


async def _recount(rt: Runtime, workspace: Workspace, segment_id: UUID, now: Any) -> None:
    async with rt.db.begin() as tx:
        await refresh_segment(
            rt,
            tx,
            workspace_id=workspace.id,
            segment_id=segment_id,
            reason=RunReason.REQUESTED,
            now=now,
        )


async def test_what_can_not_be_asked_is_refused(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    made = [await make_list(rt, workspace, f"list {n}", [], []) for n in range(2)]
    span: dict[str, Any] = {"before": NOW, "after": LATER}
    async with rt.db.begin() as tx:
        for chosen in ([], [made[0], made[0]], made * 5):
            with pytest.raises(WrongChoice):
                await flows(rt, tx, workspace_id=workspace.id, segment_ids=chosen, **span)
        with pytest.raises(WrongChoice, match="from 2 to 6"):
            await overlap(rt, tx, workspace_id=workspace.id, segment_ids=made[:1])
        with pytest.raises(MomentsTurned):
            await flows(
                rt, tx, workspace_id=workspace.id, segment_ids=made, before=LATER, after=NOW
            )
        with pytest.raises(SegmentNotFound):
            await overlap(rt, tx, workspace_id=workspace.id, segment_ids=[made[0], UUID(int=1)])
    for source, target in ((OUTSIDE, OUTSIDE), (2, 0), (0, -2)):
        with pytest.raises(NoSuchPart):
            people_of_link(
                workspace_id=workspace.id,
                segment_ids=made,
                source=source,
                target=target,
                **span,
            )
    for inside in ([], [2], [-1]):
        with pytest.raises(NoSuchPart):
            people_of_region(workspace_id=workspace.id, segment_ids=made, inside=inside)


async def test_a_stranger_sees_nothing_of_it(cast: Cast, clock: Clock) -> None:
    made = []
    for name in ("one", "two"):
        answer = await cast.owner.post(
            "/api/v1/segments", json={"name": name, "kind": "static", "profile_ids": []}
        )
        made.append(answer.json()["id"])
    span = {"before": "2026-06-01T00:00:00Z", "after": "2026-06-15T00:00:00Z"}
    flow = {"segment_ids": made, **span}
    assert (await cast.owner.post("/api/v1/segments/flows", json=flow)).status_code == 200
    both = {"segment_ids": made}
    assert (await cast.owner.post("/api/v1/segments/overlap", json=both)).status_code == 200
    part = {**flow, "source": 0, "target": 1}
    region = {**both, "inside": [0, 1]}
    asked = [
        ("flows", flow),
        ("flows/people", part),
        ("flows/list", {**part, "name": "x"}),
        ("overlap", both),
        ("overlap/people", region),
        ("overlap/list", {**region, "name": "x"}),
    ]
    for path, body in asked:
        answer = await cast.stranger.post(f"/api/v1/segments/{path}", json=body)
        assert answer.status_code == 404, path
    for path in (
        "changes",
        "changes/people?change=left&day=2026-06-14",
    ):
        answer = await cast.stranger.get(f"/api/v1/segments/{made[0]}/{path}")
        assert answer.status_code == 404, path
    kept = await cast.owner.post("/api/v1/segments/overlap/list", json={**region, "name": "Both"})
    assert kept.status_code == 201
    assert kept.json()["count"] == 0


async def test_a_card_tells_when_somebody_came_and_went(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    stays, comes, goes, never, apart = await world.people(*({} for _ in range(5)))
    made = await make_list(rt, workspace, "list", [stays, goes, apart], [stays, comes])

    async def told(person: int) -> list[tuple[Any, Any]]:
        found = await membership_history(
            rt, workspace_id=workspace.id, profile_id=person, now=LATER + timedelta(days=1)
        )
        assert {one.segment_id for one in found} <= {made}
        return [(one.entered_at, one.left_at) for one in found]

    assert await told(stays) == [(None, None)]
    assert await told(comes) == [(LATER, None)]
    assert await told(goes) == [(None, LATER)]
    assert await told(never) == []
    again = LATER + timedelta(hours=3)
    async with rt.db.begin() as tx:
        await change_members(
            rt,
            tx,
            workspace_id=workspace.id,
            segment_id=made,
            add=[goes],
            remove=[comes],
            now=again,
        )
    assert await told(goes) == [(again, None), (None, LATER)]
    assert await told(comes) == [(LATER, again)]
    async with rt.db.begin() as tx:
        await merge_profiles(
            tx, workspace_id=workspace.id, into_id=never, from_id=goes, now=again, bus=rt.bus
        )
    await world.store()
    assert await told(never) == [(again, None), (None, LATER)]


async def test_pieces_hold_what_the_whole_holds(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    """Ids are set by hand: people are numbered one after the other, and pieces are wide."""
    edges = [1, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 5 << 18, (9 << 18) + 7]
    segments = [UUID(int=workspace.id * 100 + n) for n in range(4)]
    sets: list[list[int]] = [edges, edges[1:3], [], edges[5:]]
    later = [[edges[0]], edges[1:3], [], []]
    for moment, each in ((NOW, sets), (LATER, later)):
        await rt.ch.command(
            "INSERT INTO segment_memberships (workspace_id, segment_id, computed_at, members, size)"
            " SELECT {workspace:UInt32}, one.1, {at:DateTime64(3, 'UTC')},"
            " bitmapBuild(CAST(one.2, 'Array(UInt64)')), length(one.2)"
            " FROM (SELECT arrayJoin(arrayZip({segments:Array(UUID)}, {sets:Array(Array(UInt64))}))"
            " AS one)",
            {
                "workspace": workspace.id,
                "at": moment,
                "segments": [str(one) for one in segments],
                "sets": each,
            },
        )
        # Memberships that are not cut yet are read whole; of these, some are.
        cut = segments if moment == LATER else segments[:2]
        await cut_into_pieces(rt, workspace_id=workspace.id, segment_ids=cut)
        if moment == NOW:
            await _forget_the_end_of_a_cut(rt, segments[0])
        for person in [*edges, 2, 1 << 19]:
            found = await memberships(rt, workspace_id=workspace.id, profile_id=person)
            assert set(found) == {
                segment for segment, ids in zip(segments, each, strict=True) if person in ids
            }


async def _forget_the_end_of_a_cut(rt: Runtime, segment_id: UUID) -> None:
    """Leave what an engine leaves that dies in the middle of writing the pieces."""
    await rt.ch.command(
        "DELETE FROM segment_people WHERE segment_id = {segment:UUID} AND piece > 0",
        {"segment": str(segment_id)},
    )
