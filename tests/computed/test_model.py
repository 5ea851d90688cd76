"""What follows from a definition without any database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.computed import model as m
from otklik.computed.errors import ComputedTraitInvalid
from otklik.computed.parse import of_stored, parse, to_builtins
from otklik.computed.rfm import GROUPS, group_of, quintiles, scores
from otklik.kit.errors import Problem
from otklik.kit.i18n import Text
from otklik.rules import tree
from tests.computed import world as some

patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
COUNT = m.EventTrait(event="Viewed", measure=m.EventCount())
SINCE = m.EventTrait(event="Viewed", measure=m.DaysSince())


def due(
    definition: m.Definition, hours: float, zone: str = "UTC", *, asked: bool = False
) -> object:
    at = NOW - timedelta(hours=hours)
    found = m.due(definition, computed_at=at, whole_at=at, requested=asked, now=NOW, zone=zone)
    return found[0].value if found else None


def test_everybody_is_computed_when_time_can_have_changed_values() -> None:
    assert due(COUNT, 1_000) is None
    assert due(COUNT, 1, asked=True) == "requested"
    assert due(SINCE, 11) is None, "the same day"
    assert due(SINCE, 13) == "time"
    assert due(SINCE, 11, "Pacific/Auckland") == "time", "midnight is the workspace's"
    assert due(m.RfmTrait(), 13) == "time"
    hourly = m.EventTrait(
        event="a", measure=m.EventCount(), window=tree.Last(amount=3, unit="hours")
    )
    assert due(hourly, 0.5) is None
    assert due(hourly, 1.5) == "time"


def test_the_next_time_is_midnight_of_the_workspace() -> None:
    at = m.next_moment(SINCE, whole_at=NOW, now=NOW, zone="Europe/Moscow")
    assert at is not None
    assert at.astimezone(UTC) == datetime(2026, 6, 15, 21, 0, tzinfo=UTC)
    assert m.next_moment(COUNT, whole_at=NOW, now=NOW, zone="UTC") is None


def test_the_groups_cover_the_plane_once() -> None:
    cells = [cell for cells in GROUPS.values() for cell in cells]
    assert len(cells) == len(set(cells)) == 25
    assert group_of(5, 5) == "champions"
    assert group_of(1, 1) == "lost"


@patiently
@given(st.lists(st.integers(0, 50), min_size=5, max_size=60))
def test_scores_go_from_one_to_five_and_follow_the_values(values: list[int]) -> None:
    cut = quintiles([float(value) for value in values])
    bounds = m.RfmBounds(recency=cut, frequency=cut, monetary=cut)
    rated = [scores(bounds, days=one, count=one, money=one) for one in sorted(values)]
    for recency, frequency, monetary in rated:
        assert 1 <= recency <= 5
        assert recency == 6 - frequency
        assert frequency == monetary
    assert [one[1] for one in rated] == sorted(one[1] for one in rated)


@patiently
@given(some.definitions)
def test_definitions_survive_being_stored(definition: m.Definition) -> None:
    assert of_stored(to_builtins(definition)) == definition
    assert parse(to_builtins(definition)) == definition


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kind", "event", "measure", "actions", "window", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@patiently
@given(_json, st.sampled_from(["event", "orders", "rfm", "score", "x"]))
def test_any_json_is_a_definition_or_is_refused_with_a_place(value: object, kind: str) -> None:
    if isinstance(value, dict):
        value = {**value, "kind": kind}
    problems = []
    try:
        parse(value)
    except ComputedTraitInvalid as error:
        problems = error.problems or [Problem("", Text(en="none", ru="none"))]
    assert all(problem.path.startswith("$") for problem in problems)


@pytest.mark.parametrize(
    ("definition", "names"),
    [
        (COUNT, ["t"]),
        (m.RfmTrait(), ["t.recency", "t.frequency", "t.monetary", "t.group"]),
        (m.ScoreTrait(actions=(m.ScoreAction("a", 1),)), ["t.points"]),
        (
            m.ScoreTrait(actions=(m.ScoreAction("a", 1),), levels=(m.Level("hot", 1),)),
            ["t.points", "t.level"],
        ),
    ],
)
def test_a_definition_says_which_traits_it_writes(
    definition: m.Definition, names: list[str]
) -> None:
    assert [m.full_name("t", output) for output in m.outputs_of(definition)] == names
