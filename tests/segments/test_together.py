"""Many segments in one statement: the same members as one by one, in an order that is right."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.kit.ids import new_id
from otklik.rules import plan as p
from otklik.rules import tree
from otklik.runtime.public import Runtime
from otklik.segments.model import RunReason, SegmentKind
from otklik.segments.operations.recalculate import recalculate_due
from otklik.segments.operations.together import FRESH_QUESTIONS_MAX, GROUP_MAX, Due, groups
from otklik.segments.public import create_segment, members_of_definition, stored_members
from otklik.segments.queries.records import Record
from tests.conftest import NOW, Clock
from tests.segments.conftest import World


def city(name: str) -> tree.Node:
    return tree.TraitCondition(trait="city", test=tree.Eq(value=name))


def due(definition: tree.Node, segment_id: UUID | None = None) -> Due:
    row = {
        "id": segment_id or new_id(),
        "workspace_id": 1,
        "name": "one",
        "kind": SegmentKind.DYNAMIC,
        "definition": definition,
        "computed_at": None,
        "took_ms": None,
        "stale_since": None,
        "due_at": None,
    }
    known = {name: row.get(name) for name in Record.__struct_fields__}
    return Due(Record(**known), RunReason.CREATED)


def test_a_segment_stands_behind_the_group_of_what_it_contains() -> None:
    inner = due(city("Omsk"))
    middle = due(tree.SegmentCondition(segment_id=inner.record.id))
    outer = due(tree.AllOf(of=(tree.SegmentCondition(segment_id=middle.record.id), city("Perm"))))
    beside = due(city("Omsk"))
    made = list(groups([inner, middle, outer, beside], stored=()))
    at = {one.record.id: place for place, group in enumerate(made) for one in group}
    ids = [one.record.id for one in (inner, middle, outer, beside)]
    assert at[ids[0]] < at[ids[1]] < at[ids[2]]
    assert at[ids[3]] == at[ids[0]]


def test_a_statement_asks_few_questions_anew_and_has_room_for_many_segments() -> None:
    fresh = [due(city(f"city {number}")) for number in range(20)]
    made = list(groups(fresh, stored=()))
    assert max(len(group) for group in made) == FRESH_QUESTIONS_MAX
    assert sum(map(len, made)) == 20
    known = {key for one in fresh for key in p.plan(one.definition).keys}
    assert [len(group) for group in groups(fresh, stored=known)] == [20]
    many = [due(city("Omsk")) for _ in range(GROUP_MAX + 1)]
    assert [len(group) for group in groups(many, stored=())] == [GROUP_MAX, 1]


async def test_many_together_have_the_members_that_each_has_alone(
    rt: Runtime, workspace: Workspace, world: World, clock: Clock
) -> None:
    people = await world.people(*({"city": f"city {n % 4}", "age": n} for n in range(24)))
    for person in people[::3]:
        await world.event(person, "Viewed")
    viewed = tree.EventCondition(event="Viewed")
    definitions: list[tree.Node] = [
        tree.AllOf(of=(city(f"city {n % 4}"), viewed))
        if n % 2
        else tree.NoneOf(of=(city(f"city {n % 4}"), viewed))
        for n in range(12)
    ]
    definitions.append(tree.Everyone())
    definitions.append(city("nowhere"))
    made = []
    async with rt.db.begin() as tx:
        for number, definition in enumerate(definitions):
            made.append(
                await create_segment(
                    tx,
                    workspace_id=workspace.id,
                    name=f"segment {number}",
                    definition=definition,
                    now=NOW,
                )
            )
    assert await recalculate_due(rt, workspace_id=workspace.id, now=NOW) == len(made)
    for segment_id, definition in zip(made, definitions, strict=True):
        alone = await members_of_definition(
            rt, workspace_id=workspace.id, definition=definition, now=NOW
        )
        kept = await stored_members(rt, workspace_id=workspace.id, segment_id=segment_id, now=NOW)
        assert kept.tolist() == alone.tolist(), definition
    # Nothing changed: nothing is stored again, and the moment of each counts on.
    later = clock.move(hours=2)
    async with rt.db.begin() as tx:
        await tx.execute(sa.text("UPDATE segments SET stale_since = :at"), {"at": NOW})
    assert await recalculate_due(rt, workspace_id=workspace.id, now=later) == len(made)
    rows = await rt.ch.query(
        "SELECT segment_id, count() FROM segment_memberships"
        " WHERE workspace_id = {w:UInt32} GROUP BY segment_id",
        {"w": workspace.id},
    )
    assert {count for _, count in rows} == {1}
    # New people change some of them; the newer membership is the one that counts.
    await world.people({"city": "city 1"}, {"city": "nowhere"})
    async with rt.db.begin() as tx:
        await tx.execute(sa.text("UPDATE segments SET stale_since = :at"), {"at": later})
        await tx.execute(sa.text("DELETE FROM segment_answers"))
    much_later = later + timedelta(hours=2)
    await recalculate_due(rt, workspace_id=workspace.id, now=much_later)
    for segment_id, definition in zip(made, definitions, strict=True):
        alone = await members_of_definition(
            rt, workspace_id=workspace.id, definition=definition, now=much_later
        )
        kept = await stored_members(
            rt, workspace_id=workspace.id, segment_id=segment_id, now=much_later
        )
        assert kept.tolist() == alone.tolist(), definition
