"""The two evaluators give the same values: compiled queries on the real engine, and Python."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from otklik.computed import model as m
from otklik.computed.evaluate import Facts, evaluate
from otklik.computed.queries.values import run_facts
from otklik.computed.rfm import quintiles
from otklik.rules.moments import Frame
from otklik.runtime.public import Runtime
from tests.computed import world as some

EXAMPLES = int(os.environ.get("OTKLIK_RULES_EXAMPLES", "12"))
"""Each example takes about a quarter of a second; raise it to search longer."""
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
    definitions: list[m.Definition],
    frame: Frame,
) -> None:
    workspace = next(some.workspaces)
    people = some.numbered(people)
    await some.store(rt, workspace, people, merged)
    for definition in definitions:
        run = await run_facts(
            rt, workspace_id=workspace, definition=definition, frame=frame, limit_s=10
        )
        if isinstance(definition, m.RfmTrait) and definition.bounds is None:
            assert run.bounds == bounds_of(definition, people, frame)
        found = await some.ask(rt, workspace, definition, frame, run)
        wanted: dict[int, Any] = {}
        for number, facts in enumerate(people):
            value = evaluate(definition, facts, frame, run).value
            if value is not None:
                wanted[some.FIRST_ID + number] = value
        assert found == wanted, definition


def bounds_of(trait: m.RfmTrait, people: list[Facts], frame: Frame) -> m.RfmBounds:
    """Work the quintiles out from single people."""

    def of(measure: m.OrderMeasure) -> list[float]:
        one = m.OrderTrait(measure=measure, statuses=trait.statuses, window=trait.window)
        found = [evaluate(one, facts, frame).value for facts in people]
        return [float(value) for value in found if isinstance(value, int | float)]

    return m.RfmBounds(
        recency=quintiles(of("days_since")),
        frequency=quintiles(of("count")),
        monetary=quintiles(of("revenue")),
    )


@searching
@given(
    people=st.lists(some.facts, min_size=1, max_size=8),
    merged=st.lists(st.booleans(), min_size=8, max_size=8),
    definitions=st.lists(some.definitions, min_size=4, max_size=10),
    frame=some.frames,
)
async def test_random_definitions_give_random_people_the_same_values(
    rt: Runtime,
    people: list[Facts],
    merged: list[bool],
    definitions: list[m.Definition],
    frame: Frame,
) -> None:
    await compare(rt, people, merged, definitions, frame)


@searching
@given(
    values=st.lists(some.values, min_size=4, max_size=30),
    measure=some.event_measures,
)
async def test_every_measure_takes_properties_of_mixed_types(
    rt: Runtime, values: list[Any], measure: m.EventMeasure
) -> None:
    person = Facts(
        events=tuple(
            some.Event(name="Viewed", time=some.NOW, message_id="", properties={"price": value})
            for value in values
        )
    )
    if hasattr(measure, "property"):
        measure = type(measure)(property="price")
    definition = m.EventTrait(event="Viewed", measure=measure)
    await compare(rt, [person], [True], [definition], Frame(now=some.NOW, zone="Europe/Moscow"))


@pytest.mark.parametrize("zone", some.ZONES)
async def test_days_begin_at_midnight_of_the_workspace(rt: Runtime, zone: str) -> None:
    hours = [some.NOW - some.timedelta(hours=n) for n in range(0, 200, 3)]
    people = [Facts(events=(some.Event("Viewed", at, ""),)) for at in hours]
    definitions: list[m.Definition] = [
        m.EventTrait(event="Viewed", measure=m.DaysSince()),
        m.ScoreTrait(actions=(m.ScoreAction(event="Viewed", points=7),), half_life_days=3),
    ]
    for start in range(0, len(people), 60):
        group = people[start : start + 60]
        await compare(rt, group, [False] * len(group), definitions, Frame(now=some.NOW, zone=zone))


def test_a_score_halves_with_every_half_life() -> None:
    score = m.ScoreTrait(actions=(m.ScoreAction(event="Viewed", points=8),), half_life_days=10)
    frame = Frame(now=some.NOW)
    for days, points in ((0, 8), (10, 4), (20, 2), (5, 5.66), (200, 0)):
        at = some.NOW - some.timedelta(days=days)
        why = evaluate(score, Facts(events=(some.Event("Viewed", at, "a"),)), frame)
        assert why.value == {"points": points}


def test_the_lines_of_a_score_add_up_to_it() -> None:
    score = m.ScoreTrait(
        actions=(
            m.ScoreAction(event="Viewed", points=5, day_cap=12, cap=20),
            m.ScoreAction(event="Купил", points=-3),
        ),
        half_life_days=30,
    )
    events = [
        some.Event(name, some.NOW - some.timedelta(hours=9 * n), str(n))
        for n in range(8)
        for name in ("Viewed", "Viewed", "Купил")
    ]
    why = evaluate(score, Facts(events=tuple(events)), Frame(now=some.NOW))
    assert not why.more
    assert isinstance(why.value, dict)
    total = sum(Decimal(str(fact.counted)) for fact in why.facts)
    assert why.value["points"] == float(round(total, 2))
    assert any(fact.times == 0 and (fact.counted or 0) < 0 for fact in why.facts), "the cap shows"
