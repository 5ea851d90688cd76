"""Recalculation: only what can have changed, each question once, contained segments first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.rules import plan as p
from otklik.rules import tree
from otklik.runtime.public import Runtime
from otklik.segments import jobs
from otklik.segments.model import News, RunReason, Segment, in_order
from otklik.segments.operations.news import look_at_parts
from otklik.segments.operations.recalculate import note_news, recalculate_due
from otklik.segments.operations.refresh import try_lock
from otklik.segments.public import (
    SegmentBusy,
    create_segment,
    get_segment,
    list_segments,
    refresh_segment,
    stored_members,
    update_segment,
)
from otklik.segments.queries.records import list_runs
from tests.conftest import NOW, Clock
from tests.segments.conftest import World

OMSK = tree.TraitCondition(trait="city", test=tree.Eq(value="Omsk"))
VIEWED = tree.EventCondition(event="Viewed")
VIEWED_LATELY = tree.EventCondition(event="Viewed", window=tree.Last(amount=7))


async def create(rt: Runtime, workspace: Workspace, name: str, definition: tree.Node) -> UUID:
    async with rt.db.begin() as tx:
        return await create_segment(
            tx, workspace_id=workspace.id, name=name, definition=definition, now=NOW
        )


async def recalculate(rt: Runtime, workspace: Workspace) -> int:
    """Do what the jobs do, for one workspace; return how many segments were recalculated."""
    parts = await look_at_parts(rt)
    now = rt.clock()
    async with rt.db.begin() as tx:
        await note_news(rt, tx, workspace_id=workspace.id, parts=parts, now=now)
    return await recalculate_due(rt, workspace_id=workspace.id, now=now)


async def sizes(rt: Runtime, workspace: Workspace) -> dict[str, int | None]:
    async with rt.db.begin() as tx:
        page = await list_segments(tx, workspace_id=workspace.id)
    return {segment.name: segment.count for segment in page.items}


async def one(rt: Runtime, workspace: Workspace, segment_id: UUID) -> Segment:
    async with rt.db.begin() as tx:
        return await get_segment(tx, workspace_id=workspace.id, segment_id=segment_id)


async def last_reason(rt: Runtime, workspace: Workspace, segment_id: UUID) -> RunReason:
    async with rt.db.begin() as tx:
        runs = await list_runs(tx, workspace_id=workspace.id, segment_id=segment_id)
    return runs[0].reason


async def test_new_segments_are_computed_with_contained_ones_first(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    await world.people({"city": "Omsk"}, {"city": "Perm"})
    inner = await create(rt, workspace, "inner", OMSK)
    outer = await create(rt, workspace, "outer", tree.SegmentCondition(segment_id=inner))
    # The contained one is made younger by turning the two round.
    await _redefine(rt, workspace, inner, tree.Everyone())
    await _redefine(rt, workspace, outer, OMSK)
    await _redefine(rt, workspace, inner, tree.SegmentCondition(segment_id=outer))
    assert await recalculate(rt, workspace) == 2
    assert await sizes(rt, workspace) == {"inner": 1, "outer": 1}


async def _redefine(
    rt: Runtime, workspace: Workspace, segment_id: UUID, definition: tree.Node
) -> None:
    async with rt.db.begin() as tx:
        await update_segment(
            tx, workspace_id=workspace.id, segment_id=segment_id, definition=definition, now=NOW
        )


async def test_nothing_is_computed_without_news(
    rt: Runtime, workspace: Workspace, world: World, clock: Clock
) -> None:
    await world.people({"city": "Omsk"})
    await create(rt, workspace, "omsk", OMSK)
    assert await recalculate(rt, workspace) == 1
    clock.move(days=3)
    assert await recalculate(rt, workspace) == 0


async def test_only_segments_that_read_the_news_are_computed(
    rt: Runtime, workspace: Workspace, world: World, clock: Clock
) -> None:
    (person,) = await world.people({"city": "Omsk"})
    omsk = await create(rt, workspace, "omsk", OMSK)
    viewed = await create(rt, workspace, "viewed", VIEWED)
    outer = await create(rt, workspace, "outer", tree.SegmentCondition(segment_id=viewed))
    await recalculate(rt, workspace)
    clock.move(hours=2)
    await world.event(person, "Clicked")
    assert await recalculate(rt, workspace) == 0
    await world.event(person, "Viewed")
    assert await recalculate(rt, workspace) == 2
    assert await sizes(rt, workspace) == {"omsk": 1, "viewed": 1, "outer": 1}
    assert (await one(rt, workspace, omsk)).computed_at == NOW
    assert (await one(rt, workspace, outer)).computed_at == rt.clock()


async def test_news_of_another_workspace_is_no_news(
    rt: Runtime, workspace: Workspace, other_workspace: Workspace, world: World, clock: Clock
) -> None:
    # A merge may put old rows of one workspace and new ones of another into one part; then the
    # segments are recalculated once in vain. Here it is told apart, so nothing is merged.
    tables = ("profiles", "profile_traits", "profile_merges")
    for table in tables:
        await rt.ch.command(f"SYSTEM STOP MERGES {table}")
    try:
        await world.people({"city": "Omsk"})
        await create(rt, workspace, "omsk", OMSK)
        await recalculate(rt, workspace)
        clock.move(hours=2)
        await World(rt, other_workspace.id).people({"city": "Omsk"})
        assert await recalculate(rt, workspace) == 0
    finally:
        for table in tables:
            await rt.ch.command(f"SYSTEM START MERGES {table}")


async def test_a_person_who_was_only_seen_again_is_no_news(
    rt: Runtime, workspace: Workspace, world: World, clock: Clock
) -> None:
    await world.people({"city": "Omsk"})
    await create(rt, workspace, "omsk", OMSK)
    await recalculate(rt, workspace)
    clock.move(hours=2)
    rows = await rt.ch.query(
        "SELECT profile_id, known, has_email, has_phone, has_user_id, is_deleted, version"
        " FROM profiles FINAL WHERE workspace_id = {w:UInt32}",
        {"w": workspace.id},
    )
    await rt.ch.command(
        "INSERT INTO profiles (workspace_id, profile_id, known, has_email, has_phone, has_user_id,"
        " is_deleted, version, last_seen) SELECT {w:UInt32}, {p:UInt64}, {k:UInt8}, {e:UInt8},"
        " {f:UInt8}, {u:UInt8}, {d:UInt8}, {v:UInt64} + 1, now64(3)",
        dict(zip("wpkefudv", (workspace.id, *rows[0]), strict=True)),
    )
    assert await recalculate(rt, workspace) == 0
    await world.people({"city": "Perm"}, start=1)
    assert await recalculate(rt, workspace) == 1


async def test_a_window_moves_with_time(
    rt: Runtime, workspace: Workspace, world: World, clock: Clock
) -> None:
    (person,) = await world.people({})
    await world.event(person, "Viewed", at=NOW - timedelta(days=6, hours=23))
    segment_id = await create(rt, workspace, "lately", VIEWED_LATELY)
    await recalculate(rt, workspace)
    assert await sizes(rt, workspace) == {"lately": 1}
    clock.move(minutes=29)
    assert await recalculate(rt, workspace) == 0
    clock.move(minutes=32)
    assert await recalculate(rt, workspace) == 1
    assert await sizes(rt, workspace) == {"lately": 0}
    assert await last_reason(rt, workspace, segment_id) is RunReason.TIME


async def test_a_question_of_many_segments_is_asked_once(
    rt: Runtime, workspace: Workspace, world: World, clock: Clock
) -> None:
    people = await world.people({"city": "Omsk"}, {"city": "Omsk"}, {"city": "Perm"})
    await world.event(people[0], "Viewed", at=NOW - timedelta(days=1))
    both = await create(rt, workspace, "both", tree.AllOf(of=(OMSK, VIEWED_LATELY)))
    either = await create(rt, workspace, "either", tree.AnyOf(of=(OMSK, VIEWED_LATELY)))
    neither = await create(rt, workspace, "neither", tree.NoneOf(of=(OMSK, VIEWED_LATELY)))
    assert await recalculate(rt, workspace) == 3
    assert await sizes(rt, workspace) == {"both": 1, "either": 2, "neither": 1}
    for segment_id in (both, either, neither):
        async with rt.db.begin() as tx:
            (run,) = await list_runs(tx, workspace_id=workspace.id, segment_id=segment_id)
        assert (run.asked, run.reused) == (0, 2)
    # The answer without a window still holds when the other one is asked again.
    answers = await _answers(rt, workspace)
    assert len(answers) == 1
    clock.move(hours=1)
    assert await recalculate(rt, workspace) == 3
    assert await _answers(rt, workspace) == answers
    await world.people({"city": "Omsk"}, start=3)
    clock.move(hours=1)
    assert await recalculate(rt, workspace) == 3
    assert await _answers(rt, workspace) != answers
    assert await sizes(rt, workspace) == {"both": 1, "either": 3, "neither": 1}


async def _answers(rt: Runtime, workspace: Workspace) -> dict[str, datetime]:
    from otklik.segments.tables import segment_answers

    async with rt.db.begin() as tx:
        rows = await tx.execute(
            sa.select(segment_answers.c.key, segment_answers.c.computed_at).where(
                segment_answers.c.workspace_id == workspace.id
            )
        )
        return {row.key: row.computed_at for row in rows}


async def test_one_recalculation_of_a_segment_at_a_time(
    rt: Runtime, workspace: Workspace, world: World
) -> None:
    await world.people({"city": "Omsk"})
    segment_id = await create(rt, workspace, "omsk", OMSK)
    async with rt.db.begin() as other:
        assert await try_lock(other, segment_id)
        assert await recalculate(rt, workspace) == 0
        with pytest.raises(SegmentBusy):
            async with rt.db.begin() as tx:
                await refresh_segment(
                    rt,
                    tx,
                    workspace_id=workspace.id,
                    segment_id=segment_id,
                    reason=RunReason.REQUESTED,
                    now=NOW,
                )
    assert await recalculate(rt, workspace) == 1


async def test_one_failure_does_not_keep_the_others_from_being_done(
    rt: Runtime, workspace: Workspace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from otklik.segments.errors import DefinitionTooHeavy
    from otklik.segments.operations import together as module

    await world.people({"city": "Omsk"})
    bad = await create(rt, workspace, "bad", OMSK)
    good = await create(rt, workspace, "good", VIEWED)
    compute = module.compute

    async def breaks(rt: Runtime, *, record: Any, **more: Any) -> Any:
        if record.id == bad:
            raise DefinitionTooHeavy(limit_s=1)
        return await compute(rt, record=record, **more)

    async def break_together(*args: Any, **more: Any) -> Any:
        raise DefinitionTooHeavy(limit_s=1)

    monkeypatch.setattr(module, "compute", breaks)
    monkeypatch.setattr(module, "store_many", break_together)
    assert await recalculate(rt, workspace) == 2
    assert (await one(rt, workspace, bad)).problem == "definition_too_heavy"
    assert (await one(rt, workspace, good)).problem is None
    monkeypatch.undo()
    assert await recalculate(rt, workspace) == 1
    assert (await one(rt, workspace, bad)).problem is None


async def test_merged_people_are_one_member(
    rt: Runtime, workspace: Workspace, world: World, clock: Clock
) -> None:
    from otklik.profiles.public import merge_profiles

    first, second = await world.people({}, {})
    for person in (first, second):
        await world.event(person, "Viewed")
    twice = tree.EventCondition(event="Viewed", test=tree.CountAtLeast(n=2))
    segment_id = await create(rt, workspace, "twice", twice)
    once = await create(rt, workspace, "once", VIEWED)
    await recalculate(rt, workspace)
    assert await sizes(rt, workspace) == {"twice": 0, "once": 2}
    async with rt.db.begin() as tx:
        await merge_profiles(
            tx, workspace_id=workspace.id, from_id=second, into_id=first, now=NOW, bus=rt.bus
        )
    await world.store()
    # What was stored before the merge leads to the present profile.
    stored = await stored_members(rt, workspace_id=workspace.id, segment_id=once, now=NOW)
    assert stored.tolist() == [first]
    clock.move(hours=2)
    assert await recalculate(rt, workspace) == 2
    assert await sizes(rt, workspace) == {"twice": 1, "once": 1}
    stored = await stored_members(rt, workspace_id=workspace.id, segment_id=segment_id, now=NOW)
    assert stored.tolist() == [first]


async def test_the_jobs_do_the_whole_round(
    rt: Runtime, workspace: Workspace, world: World, clock: Clock
) -> None:
    await world.people({"city": "Omsk"})
    segment_id = await create(rt, workspace, "omsk", OMSK)
    await jobs.look_for_news(rt)
    async with rt.db.begin() as tx:
        waiting = await tx.execute(
            sa.text(
                "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'segments.recalculate'"
                " AND lock = :lock AND status = 'todo'"
            ),
            {"lock": f"segments:{workspace.id}"},
        )
        assert waiting.scalar_one() == 1
    await jobs.recalculate(rt, workspace_id=workspace.id)
    assert await sizes(rt, workspace) == {"omsk": 1}
    await jobs.refresh(
        rt, workspace_id=workspace.id, segment_id=str(segment_id), reason="requested"
    )
    await jobs.refresh(
        rt, workspace_id=workspace.id, segment_id=str(UUID(int=0)), reason="requested"
    )


async def test_old_memberships_are_thinned_to_one_a_day(
    rt: Runtime, workspace: Workspace, world: World, clock: Clock
) -> None:
    segment_id = await create(rt, workspace, "all", tree.Everyone())
    for number in range(4):
        await world.people({}, start=number)
        clock.move(hours=6)
        async with rt.db.begin() as tx:
            await refresh_segment(
                rt,
                tx,
                workspace_id=workspace.id,
                segment_id=segment_id,
                reason=RunReason.REQUESTED,
                now=rt.clock(),
            )

    async def kept() -> list[int]:
        rows = await rt.ch.query(
            "SELECT size FROM segment_memberships WHERE segment_id = {s:UUID} ORDER BY computed_at",
            {"s": str(segment_id)},
        )
        return [size for (size,) in rows]

    await jobs.thin_history(rt)
    assert await kept() == [1, 2, 3, 4]
    clock.move(days=40)
    await jobs.thin_history(rt)
    assert await kept() == [1, 4]
    clock.move(days=70)
    await jobs.thin_history(rt)
    assert await kept() == [4]
    await jobs.clean_up(rt)
    assert (await one(rt, workspace, segment_id)).count == 4
    async with rt.db.begin() as tx:
        runs = await list_runs(tx, workspace_id=workspace.id, segment_id=segment_id)
    assert [run.size for run in runs] == [4, 1]


def test_contained_segments_come_first() -> None:
    a, b, c, d = (UUID(int=n) for n in range(1, 5))
    order = in_order({a: [b, c], b: [c], c: [d], d: []})
    assert [order.index(x) for x in (d, c, b, a)] == sorted(order.index(x) for x in (d, c, b, a))
    assert set(order) == {a, b, c, d}
    assert in_order({a: [b], b: []}) == [b, a]
    assert in_order({a: [c]}) == [a]


def test_news_touches_the_questions_that_read_it() -> None:
    questions = p.plan(
        tree.AllOf(
            of=(
                OMSK,
                VIEWED,
                tree.ConsentCondition(channel="email"),
                tree.IdentifierCondition(identifier="email"),
            )
        )
    ).questions

    def touched(news: News) -> list[bool]:
        return [news.touches(question) for question in questions]

    assert touched(News(traits=frozenset({"city"}))) == [True, False, False, False]
    assert touched(News(events=frozenset({"Viewed", "x"}))) == [False, True, False, False]
    assert touched(News(consents=True)) == [False, False, True, False]
    assert touched(News(universe=True)) == [False, False, False, True]
    assert touched(News(merges=True)) == [True] * 4
