"""The figures of a mailing by the values of a trait, against a naive recount."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from otklik.analytics.parts import VALUES_MAX, ByTrait, Part, report_by_trait
from otklik.analytics.public import ArmSpec, GoalSpec, ReportSpec
from otklik.runtime.public import Runtime

from .conftest import START, Store
from .recount import EventRow, FactRow, Person, TraitRow, people_of

ARMS = (ArmSpec("A", "Spring", 5000), ArmSpec("control", "", 5000, is_control=True))
MERGES = {3: 103, 4: 103, 5: 104}
PEOPLE = range(1, 61)


async def mailing(store: Store) -> tuple[ReportSpec, dict[int, Person]]:
    """Store a mailing to sixty people, three of whom are two now, and return who they are."""
    dice = Random(store.workspace_id)
    spec = store.spec(
        arms=ARMS,
        goal=GoalSpec("Order Completed", [], 24, "total"),
        as_of=START + timedelta(days=3),
    )
    facts = [FactRow(i, i, "A" if i % 2 else "control", "assigned", START) for i in PEOPLE]
    for i in PEOPLE:
        if i % 2:
            facts += [FactRow(i, i, "A", "sent", START)]
            facts += [
                FactRow(i, i, "A", fact, START, dice.choice(["person", "machine"]))
                for fact in ("opened", "clicked")
                if dice.random() < 0.5
            ]
    at = START + timedelta(hours=1)
    events = [
        EventRow(i, "Order Completed", at, {"total": 10 + i}) for i in PEOPLE if dice.random() < 0.4
    ]
    await store.facts(facts)
    await store.events(events)
    await store.merges(MERGES)
    return spec, people_of(spec, facts, events, MERGES)


def recount(people: dict[int, Person], ids: set[int]) -> list[tuple[float, ...]]:
    """Count the people of a part in each arm, in the order of PartArm's figures."""
    told = []
    for arm in ARMS:
        mine = [one for person, one in people.items() if person in ids and one.arm == arm.key]

        def did(fact: str, mine: list[Person] = mine) -> int:
            return sum(
                any(row.fact == fact and row.verdict in ("", "person") for row in one.facts)
                for one in mine
            )

        revenue = sum(row.properties["total"] for one in mine for row in one.targets)
        targets = sum(bool(one.targets) for one in mine)
        told.append((len(mine), did("sent"), did("opened"), did("clicked"), targets, revenue))
    return told


def figures(part: Part) -> list[tuple[float, ...]]:
    assert [arm.key for arm in part.arms] == [arm.key for arm in ARMS]
    return [
        (one.assigned, one.delivered, one.opened, one.clicked, one.targets, one.revenue)
        for one in part.arms
    ]


async def by(rt: Runtime, store: Store, spec: ReportSpec, rows: list[TraitRow]) -> ByTrait:
    await store.traits("trait", rows)
    await store.traits("other", [TraitRow(i, "string", "not asked for") for i in PEOPLE])
    elsewhere = Store(rt)
    await elsewhere.traits("trait", [TraitRow(i, "string", "elsewhere") for i in PEOPLE])
    return await report_by_trait(rt, spec, trait="trait")


async def test_texts_stand_by_frequency_with_those_of_nobody_last(
    rt: Runtime, store: Store
) -> None:
    spec, people = await mailing(store)
    cities = {person: "Tver" if person % 3 else "Orel" for person in people if person % 7}
    rows = [TraitRow(i, "string", city, version=2) for i, city in cities.items()]
    # Older values, a value that was taken back, an empty text, and a person who got no letter.
    rows += [TraitRow(i, "string", "Former", version=1) for i in cities]
    rows += [TraitRow(7, "string", "Gone"), TraitRow(7, "null", version=2)]
    rows += [TraitRow(14, "string", ""), TraitRow(999, "string", "Nobody")]
    found = await by(rt, store, spec, rows)
    assert (found.trait, found.type) == ("trait", "other")
    assert [(part.kind, part.value) for part in found.parts] == [
        ("value", "Tver"),
        ("value", "Orel"),
        ("none", ""),
    ]
    for part in found.parts:
        ids = {person for person in people if cities.get(person, "") == part.value}
        assert figures(part) == recount(people, ids)
    assert sum(arm.assigned for part in found.parts for arm in part.arms) == len(people)


async def test_a_person_with_a_list_is_in_the_row_of_each_of_its_values(
    rt: Runtime, store: Store
) -> None:
    spec, people = await mailing(store)
    dice = Random(7)
    tags = {i: dice.choices(["a", "b", "c"], k=dice.randint(0, 4)) for i in people}
    found = await by(
        rt, store, spec, [TraitRow(i, "list", items=items) for i, items in tags.items()]
    )
    assert {part.value for part in found.parts} == {"a", "b", "c", ""}
    for part in found.parts:
        ids = {i for i, items in tags.items() if part.value in items or not (part.value or items)}
        assert figures(part) == recount(people, ids)


async def test_values_past_the_most_frequent_share_a_row(rt: Runtime, store: Store) -> None:
    spec, people = await mailing(store)
    names = {i: f"name {i % (VALUES_MAX + 9)}" for i in people}
    found = await by(rt, store, spec, [TraitRow(i, "string", name) for i, name in names.items()])
    frequency = Counter(names.values())
    expected = sorted(frequency, key=lambda name: (-frequency[name], name))[:VALUES_MAX]
    assert [part.value for part in found.parts[:-1]] == expected
    assert found.parts[-1].kind == "rest"
    rest = {i for i, name in names.items() if name not in expected}
    assert figures(found.parts[-1]) == recount(people, rest)


async def test_few_numbers_and_booleans_stand_by_themselves(rt: Runtime, store: Store) -> None:
    spec, people = await mailing(store)
    groups = {i: (i % 4) / 2 for i in people}
    found = await by(
        rt, store, spec, [TraitRow(i, "number", number=one) for i, one in groups.items()]
    )
    assert found.type == "number"
    assert {part.value for part in found.parts} == {"0", "0.5", "1", "1.5"}
    for part in found.parts:
        ids = {i for i, one in groups.items() if one == float(part.value)}
        assert figures(part) == recount(people, ids)
    await store.traits("yes", [TraitRow(i, "bool", number=i % 2) for i in people])
    answers = await report_by_trait(rt, spec, trait="yes")
    assert {part.value for part in answers.parts} == {"true", "false"}


@pytest.mark.parametrize("kind", ["number", "date"])
async def test_many_numbers_and_dates_are_cut_into_fifths(
    rt: Runtime, store: Store, kind: str
) -> None:
    spec, people = await mailing(store)
    base = datetime(2026, 1, 1, tzinfo=UTC).timestamp() if kind == "date" else -10.0
    numbers = {i: base + place**2 * 0.5 for place, i in enumerate(sorted(people))}
    # One in six has a text that is no number.
    rows = [TraitRow(i, kind, number=one) for i, one in numbers.items() if i % 6]
    rows += [TraitRow(i, "string", "unknown") for i in numbers if not i % 6]
    found = await by(rt, store, spec, rows)
    assert found.type == kind
    ranges = [part for part in found.parts if part.kind == "range"]
    assert len(ranges) == 5
    assert (ranges[0].low, ranges[-1].high) == (None, None)
    assert [one.high for one in ranges[:-1]] == [one.low for one in ranges[1:]]
    sizes = []
    for part in ranges:
        low, high = part.low or -1e99, part.high or 1e99
        ids = {i for i, one in numbers.items() if i % 6 and low <= one < high}
        assert figures(part) == recount(people, ids)
        sizes.append(len(ids))
    assert max(sizes) - min(sizes) <= 1
    others = found.parts[5:]
    assert [(part.kind, part.value) for part in others] == [("value", "unknown")]
    assert figures(others[0]) == recount(people, {i for i in people if not i % 6})


async def test_a_trait_that_nobody_has_leaves_one_row(rt: Runtime, store: Store) -> None:
    spec, people = await mailing(store)
    found = await report_by_trait(rt, spec, trait="unheard of")
    assert [part.kind for part in found.parts] == ["none"]
    assert figures(found.parts[0]) == recount(people, set(people))


async def test_a_mailing_without_people_has_no_parts(rt: Runtime, store: Store) -> None:
    spec = store.spec(arms=ARMS, goal=None, as_of=START)
    assert (await report_by_trait(rt, spec, trait="city")).parts == []
