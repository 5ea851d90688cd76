"""The two evaluators give the same answer: compiled queries on the real engine, and Python."""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from otklik.rules import tree
from otklik.rules.compile import Compiler
from otklik.rules.evaluate import explain, matches
from otklik.rules.facts import NULL, EventFact, Facts, OrderFact, value_of
from otklik.rules.moments import Frame
from otklik.rules.plan import plan
from otklik.runtime.public import CURRENT_PROFILE, Runtime
from tests.rules import strategies as some
from tests.rules.world import FIRST_ID, ask, store_people, workspaces

EXAMPLES = int(os.environ.get("OTKLIK_RULES_EXAMPLES", "15"))
"""Each example takes about a fifth of a second; raise it to search longer."""
searching = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


async def compare(
    rt: Runtime,
    people: list[Facts],
    merged: list[bool],
    definitions: list[tree.Node],
    frame: Frame,
) -> None:
    workspace = next(workspaces)
    await store_people(rt, workspace, people, merged)
    found = await ask(rt, workspace, definitions, frame)
    for definition, members in zip(definitions, found, strict=True):
        wanted = [n for n, facts in enumerate(people) if matches(definition, facts, frame)]
        assert members == wanted, definition
        explained = [n for n, facts in enumerate(people) if explain(definition, facts, frame).holds]
        assert explained == wanted, definition


@searching
@given(
    people=st.lists(some.people, min_size=1, max_size=8),
    merged=st.lists(st.booleans(), min_size=8, max_size=8),
    definitions=st.lists(some.definitions, min_size=1, max_size=8),
    frame=some.frames,
)
async def test_random_definitions_hold_for_the_same_random_people(
    rt: Runtime,
    people: list[Facts],
    merged: list[bool],
    definitions: list[tree.Node],
    frame: Frame,
) -> None:
    await compare(rt, people, merged, definitions, frame)


@searching
@given(
    values=st.lists(some.json_values, min_size=5, max_size=25),
    tests=st.lists(some.tests, min_size=3, max_size=12),
    name=st.sampled_from([name for name in some.NAMES if "." not in name]),
    frame=some.frames,
)
async def test_every_test_tells_the_same_values_apart(
    rt: Runtime, values: list[object], tests: list[tree.Test], name: str, frame: Frame
) -> None:
    people = [
        Facts(
            traits={name: value_of(value)} if value_of(value) != NULL else {},
            events=(EventFact(name="Viewed", time=some.NOW, properties={name: value}),),
        )
        for value in values
    ]
    definitions: list[tree.Node] = [tree.TraitCondition(trait=name, test=test) for test in tests]
    definitions += [
        tree.EventCondition(event="Viewed", filters=(tree.PropertyFilter(path=name, test=test),))
        for test in tests
    ]
    await compare(rt, people, [False] * len(people), definitions, frame)


@pytest.mark.parametrize("zone", some.ZONES)
async def test_every_date_meets_every_test_of_dates(rt: Runtime, zone: str) -> None:
    people = [
        Facts(
            traits={"at": value_of(text)},
            events=(EventFact(name="Viewed", time=some.NOW, properties={"at": text}),),
        )
        for text in [*some.DATES, *some.NEARLY_DATES]
    ]
    tests: list[tree.Test] = [tree.Before(at=at) for at in some.DATES]
    tests += [tree.After(at=at) for at in some.DATES]
    tests += [tree.InLast(amount=n) for n in (1, 7)]
    tests += [tree.MoreThanAgo(amount=n, unit="hours") for n in (1, 168)]
    tests += [tree.InNext(amount=n) for n in (1, 7)]
    definitions: list[tree.Node] = [tree.TraitCondition(trait="at", test=test) for test in tests]
    definitions += [
        tree.EventCondition(event="Viewed", filters=(tree.PropertyFilter(path="at", test=test),))
        for test in tests
    ]
    await compare(rt, people, [False] * len(people), definitions, Frame(now=some.NOW, zone=zone))


async def test_members_of_a_segment_are_found_under_the_ids_of_today(rt: Runtime) -> None:
    people = [Facts(segments=frozenset(some.SEGMENTS[:n])) for n in range(4)] * 2
    merged = [True] * 4 + [False] * 4
    definitions: list[tree.Node] = [
        tree.SegmentCondition(segment_id=segment_id, member=member)
        for segment_id in some.SEGMENTS
        for member in (True, False)
    ]
    await compare(rt, people, merged, definitions, Frame(now=some.NOW))


async def test_the_edges_of_windows_belong_where_the_reference_says(rt: Runtime) -> None:
    """A window of seven days has both of its ends; one millisecond more is outside."""
    week = tree.Last(amount=7, unit="days")
    people = [
        Facts(
            events=(
                EventFact(name="Viewed", time=some.NOW + timedelta(days=days, milliseconds=ms)),
            )
        )
        for days, ms in ((0, 1), (0, 0), (-7, 1), (-7, 0), (-7, -1))
    ]
    inside: tree.Node = tree.EventCondition(event="Viewed", window=week)
    never: tree.Node = tree.EventCondition(event="Viewed", window=week, test=tree.CountExactly(n=0))
    frame = Frame(now=some.NOW)
    workspace = next(workspaces)
    await store_people(rt, workspace, people, [False] * len(people))
    assert await ask(rt, workspace, [inside, never], frame) == [[1, 2, 3], [0, 4]]
    await compare(rt, people, [False] * len(people), [inside, never], frame)


async def test_facts_of_a_merged_profile_count_for_the_one_it_was_merged_into(
    rt: Runtime,
) -> None:
    events = tuple(EventFact(name="Viewed", time=some.NOW) for _ in range(4))
    orders = tuple(
        OrderFact(order_id="", status="paid", placed_at=some.NOW, total=Decimal(50))
        for _ in range(4)
    )
    people = [Facts(events=events, orders=orders), Facts(events=events[:2], orders=orders[:2])]
    definitions: list[tree.Node] = [
        tree.EventCondition(event="Viewed", test=tree.CountExactly(n=4)),
        tree.OrdersCondition(measure=tree.OrderSum(test=tree.AmountBetween(low=199.99, high=200))),
    ]
    workspace = next(workspaces)
    await store_people(rt, workspace, people, [True, True])
    found = await ask(rt, workspace, definitions, Frame(now=some.NOW))
    assert found == [[0], [0]]
    # An answer that is stored for other segments is under the ids of today as well.
    viewed = plan(tree.EventCondition(event="Viewed"))
    question = Compiler(
        viewed, Frame(now=some.NOW), workspace_id=workspace, current_profile=CURRENT_PROFILE
    ).question(0)
    rows = await rt.ch.query(
        f"SELECT bitmapToArray(members) FROM ({question.sql})", question.parameters
    )
    assert [list(row[0]) for row in rows] == [[FIRST_ID, FIRST_ID + 1]]


async def test_a_query_of_the_largest_size_is_answered(rt: Runtime) -> None:
    """As many conditions as are allowed, with lists as long as are allowed."""
    workspace = next(workspaces)
    people = [Facts(traits={"city": value_of("v5")}), Facts(traits={"city": value_of("w")})]
    await store_people(rt, workspace, people, [False, False])
    lists = [
        tree.TraitCondition(
            trait="city", test=tree.In(values=tuple(f"v{n}" for n in range(start, start + 1000)))
        )
        for start in range(0, 40_000, 1000)
    ]
    events = [
        tree.EventCondition(
            event=f"event {n}",
            window=tree.Last(amount=n + 1),
            test=tree.CountAtLeast(n=2),
            filters=(tree.PropertyFilter(path="price", test=tree.Gt(value=n)),),
        )
        for n in range(70)
    ]
    definition: tree.Node = tree.AnyOf(of=(*lists, *events))
    assert await ask(rt, workspace, [definition], Frame(now=some.NOW)) == [[0]]
