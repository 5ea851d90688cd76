"""Runs: what is written, for whom, when, and what is left alone."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.computed import jobs
from otklik.computed import tables as t
from otklik.computed.model import ComputedScope
from otklik.computed.operations import differences
from otklik.computed.public import (
    ComputationTooHeavy,
    ComputedTraitBusy,
    ComputedTraitNotFound,
    delete_trait,
    explain,
    list_traits,
    parse,
    request_run,
    run_trait,
    update_trait,
)
from otklik.profiles.public import Observation, merge_profiles, trait_names, undo_merge
from otklik.profiles.public import list_merges as merges_of
from otklik.rules import parse as rules
from otklik.runtime.public import Runtime
from otklik.segments.public import members_of_definition
from tests.computed.conftest import World
from tests.conftest import NOW

COUNT = {"kind": "event", "event": "Viewed", "measure": {"kind": "count"}}
SCORE = {
    "kind": "score",
    "actions": [
        {"event": "Viewed", "points": 10},
        {"event": "Bought", "points": 40, "day_cap": 40},
    ],
    "half_life_days": 10,
    "levels": [{"name": "cold", "start": 0}, {"name": "hot", "start": 45}],
}
RFM = {"kind": "rfm"}


async def test_values_are_traits_like_any_other(world: World) -> None:
    first, second, third = await world.people({"city": "A"}, {}, {})
    for n in range(3):
        await world.event(first, "Viewed", days_ago=n)
    await world.event(second, "Viewed")
    trait = await world.trait("views", COUNT)
    outcome = await world.run(trait)
    assert outcome is not None
    assert (outcome.scope, outcome.changed, outcome.people) == (ComputedScope.ALL, 2, 2)
    assert [await world.value(one, "views") for one in (first, second, third)] == [3, 1, None]
    assert await world.value(first, "city") == "A"
    found = await members_of_definition(
        world.rt,
        workspace_id=world.workspace_id,
        definition=rules.parse(
            {"kind": "trait", "trait": "views", "test": {"op": "gte", "value": 2}}
        ),
        now=NOW,
    )
    assert found.tolist() == [first]
    async with world.rt.db.begin() as tx:
        names = await trait_names(tx, workspace_id=world.workspace_id)
    assert [(one.type, one.count) for one in names if one.trait == "views"] == [("number", 2)]


async def test_only_what_differs_is_written(world: World) -> None:
    people = await world.people(*[{} for _ in range(25)])
    for one in people:
        await world.event(one, "Viewed")
    trait = await world.trait("views", COUNT)
    first = await world.run(trait)
    assert first is not None
    assert first.changed == 25
    async with world.rt.db.begin() as tx:
        await request_run(world.rt, tx, workspace_id=world.workspace_id, trait_id=trait, now=NOW)
    again = await world.run(trait)
    assert again is not None
    assert (again.changed, again.people) == (0, 25)
    assert await world.run(trait) is None, "nothing is new"


async def test_new_facts_are_computed_for_the_touched_only(world: World) -> None:
    people = await world.people(*[{} for _ in range(5)])
    for one in people:
        await world.event(one, "Viewed")
    trait = await world.trait("views", COUNT)
    await world.run(trait)
    await world.event(people[2], "Viewed")
    await world.event(people[3], "Something else")
    outcome = await world.run(trait)
    assert outcome is not None
    assert (outcome.scope, outcome.changed) == (ComputedScope.TOUCHED, 1)
    # The engine may have put the new row together with old ones already.
    assert outcome.considered in range(1, 6)
    assert outcome.people == 5
    assert await world.value(people[2], "views") == 2
    assert await world.run(trait) is None


async def test_a_value_that_ends_is_taken_away(world: World) -> None:
    (one,) = await world.people({})
    await world.event(one, "Viewed", days_ago=6.5)
    trait = await world.trait(
        "views_of_a_week", {**COUNT, "window": {"kind": "last", "amount": 7, "unit": "days"}}
    )
    await world.run(trait)
    assert await world.value(one, "views_of_a_week") == 1
    outcome = await world.run(trait, now=NOW + timedelta(days=1))
    assert outcome is not None
    assert (outcome.scope, outcome.changed) == (ComputedScope.ALL, 1)
    assert await world.value(one, "views_of_a_week") is None


async def test_a_score_fades_at_midnight_and_its_reasons_add_up(world: World) -> None:
    (one,) = await world.people({})
    await world.event(one, "Viewed", days_ago=10)
    await world.event(one, "Bought")
    await world.event(one, "Bought")
    trait = await world.trait("engagement", SCORE)
    await world.run(trait)
    assert await world.value(one, "engagement") == {"points": 45, "level": "hot"}
    why = await explain(
        world.rt,
        workspace_id=world.workspace_id,
        trait_id=trait,
        profile_id=one,
        now=NOW,
    )
    assert why.stored == why.why.value == {"points": 45, "level": "hot"}
    assert [(fact.what, fact.points, fact.counted) for fact in why.why.facts] == [
        ("Bought", 40, 40.0),
        ("Viewed", 10, 5.0),
    ]
    assert await world.run(trait, now=NOW + timedelta(hours=3)) is None
    outcome = await world.run(trait, now=NOW + timedelta(days=10))
    assert outcome is not None
    assert outcome.changed == 1
    assert await world.value(one, "engagement") == {"points": 22.5, "level": "cold"}


async def test_rfm_rates_buyers_against_each_other(world: World) -> None:
    people = await world.people(*[{} for _ in range(10)])
    for number, one in enumerate(people):
        for n in range(number + 1):
            await world.order(one, f"{10 * (number + 1)}.00", days_ago=100 - 10 * number + n)
    trait = await world.trait("rfm", RFM)
    await world.run(trait)
    best = {"recency": 5, "frequency": 5, "monetary": 5, "group": "champions"}
    assert await world.value(people[-1], "rfm") == best
    worst = {"recency": 1, "frequency": 1, "monetary": 1, "group": "lost"}
    assert await world.value(people[0], "rfm") == worst
    await world.order(people[0], "9000.00")
    assert await world.run(trait, now=NOW + timedelta(seconds=30)) is None, "it rests"
    outcome = await world.run(trait, now=NOW + timedelta(hours=2))
    assert outcome is not None
    assert outcome.scope is ComputedScope.ALL
    assert (await world.value(people[0], "rfm"))["recency"] == 5


async def test_a_merge_brings_the_values_together_and_undoing_it_apart(world: World) -> None:
    first, second = await world.people({}, {})
    for one in (first, first, second):
        await world.event(one, "Viewed")
    trait = await world.trait("views", COUNT)
    await world.run(trait)
    async with world.rt.db.begin() as tx:
        await merge_profiles(
            tx, workspace_id=world.workspace_id, from_id=second, into_id=first, now=NOW
        )
    await world.carry()
    outcome = await world.run(trait)
    assert outcome is not None
    assert (outcome.scope, outcome.people) == (ComputedScope.TOUCHED, 1)
    assert await world.value(first, "views") == 3
    async with world.rt.db.begin() as tx:
        (merge,) = await merges_of(tx, workspace_id=world.workspace_id, profile_id=first)
        await undo_merge(
            tx,
            workspace_id=world.workspace_id,
            profile_id=first,
            merge_id=merge.id,
            now=NOW,
        )
    await world.carry()
    await world.run(trait)
    assert [await world.value(one, "views") for one in (first, second)] == [2, 1]


async def test_an_event_of_the_same_name_does_not_show(world: World) -> None:
    first, second = await world.people({"views": "many"}, {"views": ["a", "list"]})
    await world.event(first, "Viewed")
    trait = await world.trait("views", COUNT)
    await world.run(trait)
    assert [await world.value(one, "views") for one in (first, second)] == [1, None]
    await world.observe(
        Observation(
            index=0, time=NOW + timedelta(days=30), user_id="u0", traits={"views": 999, "age": 5}
        )
    )
    assert await world.value(first, "views") == 1
    assert await world.value(first, "age") == 5


async def test_visitors_have_values_that_stay_when_they_are_known(world: World) -> None:
    found = await world.observe(Observation(index=0, time=NOW, anonymous_id="device-1"))
    (visitor,) = found.profile_ids
    await world.event(visitor, "Viewed")
    trait = await world.trait("views", COUNT)
    await world.run(trait)
    assert await world.value(visitor, "views") == 1
    found = await world.observe(
        Observation(index=0, time=NOW, anonymous_id="device-1", user_id="u77")
    )
    assert await world.value(found.profile_ids[0], "views") == 1


async def test_a_killed_run_is_finished_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await world.people(*[{} for _ in range(30)])
    for one in people:
        await world.event(one, "Viewed")
    trait = await world.trait("views", COUNT)
    whole = differences.store_computed_traits
    done = 0

    async def killed(*args: Any) -> None:
        nonlocal done
        done += 1
        if done == 2:  # PostgreSQL has the batch, ClickHouse does not
            raise KeyboardInterrupt
        await whole(*args)

    monkeypatch.setattr(differences, "store_computed_traits", killed)
    with pytest.raises(KeyboardInterrupt):
        await world.run(trait)
    monkeypatch.setattr(differences, "store_computed_traits", whole)
    outcome = await world.run(trait)
    assert outcome is not None
    assert outcome.people == 30
    assert [await world.value(one, "views") for one in people] == [1] * 30
    left = await world.rt.ch.query(
        "SELECT count() FROM computed_changes WHERE workspace_id = {w:UInt32}",
        {"w": world.workspace_id},
    )
    assert left[0][0] == 0


async def test_two_runs_of_a_trait_never_go_side_by_side(world: World) -> None:
    (one,) = await world.people({})
    await world.event(one, "Viewed")
    trait = await world.trait("views", COUNT)
    async with world.rt.db.begin() as tx:
        await tx.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
            {"name": f"computed:{trait}"},
        )
        with pytest.raises(ComputedTraitBusy):
            await world.run(trait)


async def test_a_new_definition_replaces_all_values(world: World) -> None:
    first, second = await world.people({}, {})
    await world.event(first, "Viewed")
    await world.event(second, "Bought")
    trait = await world.trait("thing", COUNT)
    await world.run(trait)
    async with world.rt.db.begin() as tx:
        await update_trait(
            world.rt,
            tx,
            workspace_id=world.workspace_id,
            trait_id=trait,
            definition=parse({"kind": "score", "actions": [{"event": "Bought", "points": 3}]}),
            now=NOW,
        )
    await world.run(trait)
    assert [await world.value(one, "thing") for one in (first, second)] == [None, {"points": 3}]
    async with world.rt.db.begin() as tx:
        names = await trait_names(tx, workspace_id=world.workspace_id)
    assert [one.trait for one in names if one.trait.startswith("thing")] == ["thing.points"]


async def test_a_removed_trait_leaves_nothing(world: World) -> None:
    (one,) = await world.people({"city": "A"})
    await world.event(one, "Viewed")
    trait = await world.trait("engagement", SCORE)
    await world.run(trait)
    async with world.rt.db.begin() as tx:
        await delete_trait(world.rt, tx, workspace_id=world.workspace_id, trait_id=trait)
    with pytest.raises(ComputedTraitNotFound):
        await world.run(trait)
    await jobs.remove(world.rt, workspace_id=world.workspace_id, trait_id=str(trait))
    assert await world.value(one, "engagement") is None
    assert await world.value(one, "city") == "A"
    async with world.rt.db.begin() as tx:
        names = {one.trait for one in await trait_names(tx, workspace_id=world.workspace_id)}
        assert not await list_traits(tx, workspace_id=world.workspace_id, zone="UTC", now=NOW)
    assert names == {"city"}
    await world.observe(Observation(index=0, time=NOW, user_id="u0", traits={"engagement": 1}))
    assert await world.value(one, "engagement") == 1, "the name is free again"


async def test_one_traits_failure_is_written_down_and_the_others_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = await world.people({})
    await world.event(one, "Viewed")
    await world.trait("bad", COUNT)
    await world.trait("good", COUNT)
    real = differences.store

    async def heavy(*args: Any, **named: Any) -> None:
        if not heavy_seen:
            heavy_seen.append(1)
            raise ComputationTooHeavy(limit_s=1)
        await real(*args, **named)

    heavy_seen: list[int] = []
    monkeypatch.setattr(differences, "store", heavy)
    await jobs.recalculate(world.rt, workspace_id=world.workspace_id)
    assert [await world.value(one, name) for name in ("bad", "good")] == [None, 1]
    async with world.rt.db.begin() as tx:
        traits = await list_traits(tx, workspace_id=world.workspace_id, zone="UTC", now=NOW)
    assert {one.name: one.problem for one in traits} == {
        "good": None,
        "bad": "computation_too_heavy",
    }


async def test_new_facts_wake_one_job_for_a_workspace(world: World) -> None:
    async def waiting() -> int:
        async with world.rt.db.begin() as tx:
            rows = await tx.execute(
                sa.text(
                    "SELECT count(*) FROM procrastinate_jobs"
                    " WHERE task_name = 'computed.recalculate' AND queueing_lock = :mark"
                ),
                {"mark": f"computed:{world.workspace_id}"},
            )
            return int(rows.scalar_one())

    async with world.rt.db.begin() as tx:
        await jobs.note_facts(world.rt, tx, workspace_id=world.workspace_id, now=NOW)
    assert await waiting() == 0, "without computed traits there is nothing to do"
    await world.trait("views", COUNT)
    for _ in range(3):
        async with world.rt.db.begin() as tx:
            await jobs.note_facts(world.rt, tx, workspace_id=world.workspace_id, now=NOW)
    assert await waiting() == 1


async def test_other_workspaces_are_not_touched(
    world: World, other_workspace: Workspace, rt: Runtime
) -> None:
    stranger = World(rt, other_workspace.id)
    (mine,) = await world.people({})
    (theirs,) = await stranger.people({})
    await world.event(mine, "Viewed")
    await stranger.event(theirs, "Viewed")
    trait = await world.trait("views", COUNT)
    await world.run(trait)
    assert await stranger.value(theirs, "views") is None
    with pytest.raises(ComputedTraitNotFound):
        await run_trait(rt, workspace_id=stranger.workspace_id, trait_id=trait, now=NOW)
    async with rt.db.begin() as tx:
        count = await tx.execute(
            sa.select(sa.func.count()).where(t.computed_runs.c.workspace_id == other_workspace.id)
        )
        assert count.scalar_one() == 0


async def test_several_traits_are_computed_side_by_side(world: World) -> None:
    (one,) = await world.people({})
    await world.event(one, "Viewed", price=5)
    traits = [
        await world.trait(f"t{n}", {**COUNT, "measure": {"kind": "sum", "property": f"p{n}"}})
        for n in range(5)
    ] + [await world.trait("total", {**COUNT, "measure": {"kind": "sum", "property": "price"}})]
    await asyncio.gather(*(world.run(trait) for trait in traits))
    assert await world.value(one, "total") == 5
    assert await world.value(one, "t3") is None
