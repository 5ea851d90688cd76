"""Several target actions of one mailing."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from otklik.analytics.errors import NoSuchGoal
from otklik.analytics.goals import report_goals
from otklik.analytics.model import GoalChoice
from otklik.analytics.public import ArmSpec, GoalSpec, campaign_report
from otklik.experiments.public import adjust_p_values
from otklik.runtime.public import Runtime

from .conftest import START, Store
from .recount import EventRow, FactRow

ARMS = (ArmSpec("A", "", 5000), ArmSpec("control", "", 5000, is_control=True))
GOALS = (
    GoalSpec("Order Completed", [], 48, "total"),
    GoalSpec("Channel Connected", [], 24),
    GoalSpec("Order Completed", [{"path": "total", "test": {"op": "gte", "value": 50}}], 240),
)


async def test_every_target_action_has_its_own_window_and_figures(
    rt: Runtime, store: Store
) -> None:
    dice = Random(11)
    people = range(1, 201)
    await store.facts(
        [FactRow(i, i, "A" if i % 2 else "control", "assigned", START) for i in people]
    )
    events = []
    for i in people:
        for name, chance in (("Order Completed", 0.3), ("Channel Connected", 0.2 + 0.2 * (i % 2))):
            if dice.random() < chance:
                at = START + timedelta(hours=dice.choice([1, 30, 100]))
                events.append(EventRow(i, name, at, {"total": dice.choice([10, 90])}))
    await store.events(events)
    spec = store.spec(arms=ARMS, goal=GOALS[0], goals=GOALS, as_of=START + timedelta(hours=60))
    found = await report_goals(rt, spec, "en")
    assert [one.goal for one in found] == list(GOALS)
    assert [one.is_main for one in found] == [True, False, False]
    assert [one.complete for one in found] == [True, True, False]
    for one in found:
        hours = timedelta(hours=min(one.goal.window_hours, 60))
        for arm in one.arms:
            mine = [
                row
                for row in events
                if row.name == one.goal.event
                and row.time < START + hours
                and (row.properties["total"] >= 50 or not one.goal.filters)
                and (row.profile_id % 2 == 1) == (arm.key == "A")
            ]
            assert (arm.assigned, arm.targets) == (100, len({row.profile_id for row in mine}))
            spent = sum(row.properties["total"] for row in mine)
            assert arm.revenue == (spent if one.goal.revenue_property else 0)
    beside = [c for one in found[1:] for c in one.comparisons if c.metric == "targets"]
    raw = [c.p_value_raw for c in beside]
    assert [c.p_value for c in beside] == pytest.approx(adjust_p_values(raw, method="holm"))
    main = found[0].comparisons[0]
    assert main.p_value == main.p_value_raw

    second = spec.by(GoalChoice(goal=1))
    report = await campaign_report(rt, second, "en")
    assert report.campaign.goal == GOALS[1]
    assert report.campaign.goals == list(GOALS)
    assert [arm.targets for arm in report.arms] == [arm.targets for arm in found[1].arms]
    with pytest.raises(NoSuchGoal):
        spec.by(GoalChoice(goal=3))


async def test_a_mailing_without_target_actions_has_no_such_report(
    rt: Runtime, store: Store
) -> None:
    assert await report_goals(rt, store.spec(arms=ARMS, goal=None, as_of=START), "en") == []
