"""Large checks, what people spent before, and what is certain before the end."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from otklik.analytics.behind import BehindSpec, chosen_of, people_of_figure
from otklik.analytics.public import ArmSpec, GoalSpec, Report, campaign_report, people_csv
from otklik.experiments.public import Metric, Moments, compare_means
from otklik.runtime.public import Runtime

from .conftest import START, Store
from .recount import EventRow, FactRow

ARMS = (ArmSpec("A", "Spring", 5000), ArmSpec("control", "", 5000, is_control=True))
GOAL = GoalSpec("Order Completed", [], 48, "total")
HALF = 300


async def mailing(store: Store, spent: dict[int, float], before: dict[int, float]) -> None:
    """Store people 1…HALF with the letter and as many without, and what they spent."""
    people = range(1, 2 * HALF + 1)
    await store.facts(
        [FactRow(i, i, "A" if i <= HALF else "control", "assigned", START) for i in people]
    )
    at, earlier = START + timedelta(hours=3), START - timedelta(days=20)
    sales = [EventRow(i, "Order Completed", at, {"total": one}) for i, one in spent.items()]
    sales += [EventRow(i, "Order Completed", earlier, {"total": one}) for i, one in before.items()]
    # Longer ago than the history goes, and after the window: neither counts.
    sales += [EventRow(1, "Order Completed", START - timedelta(days=91), {"total": 1e6})]
    sales += [EventRow(1, "Order Completed", START + timedelta(hours=48), {"total": 1e6})]
    await store.events(sales)


async def report(rt: Runtime, store: Store, *, hours: int = 60, cut: bool = False) -> Report:
    spec = store.spec(
        arms=ARMS, goal=GOAL, as_of=START + timedelta(hours=hours), without_outliers=cut
    )
    return await campaign_report(rt, spec, "en")


async def test_a_check_ten_times_the_mean_is_shown_and_cut_when_asked(
    rt: Runtime, store: Store
) -> None:
    # 60 checks of 10 and one of 2,000: the mean is 42.6, the limit 426.
    buyers = [*range(1, 31), *range(HALF + 1, HALF + 31)]
    await mailing(store, {**dict.fromkeys(buyers, 10.0), 31: 2_000.0}, {})
    whole = await report(rt, store)
    mean = 2_600 / 61
    assert whole.outliers is not None
    assert (whole.outliers.mean, whole.outliers.limit) == pytest.approx((mean, 10 * mean))
    assert [(arm.key, arm.checks, arm.revenue) for arm in whole.outliers.arms] == [
        ("A", 1, 2_000.0),
        ("control", 0, 0.0),
    ]
    assert not whole.outliers.cut
    assert [arm.revenue for arm in whole.arms] == [2_300.0, 300.0]
    without = await report(rt, store, cut=True)
    assert without.outliers is not None
    assert without.outliers.cut
    assert [arm.revenue for arm in without.arms] == [300.0, 300.0]
    # The person bought all the same.
    assert [arm.targets for arm in without.arms] == [31, 30]
    revenue = next(c for c in without.comparisons if c.metric == "revenue_per_person")
    assert revenue.difference == pytest.approx(0)
    # Its buyer stands behind it, whether or not the check counts.
    for cut, spent in ((False, 2_000.0), (True, 0.0)):
        spec = store.spec(
            arms=ARMS, goal=GOAL, as_of=START + timedelta(hours=60), without_outliers=cut
        )
        behind = BehindSpec(figure="outliers", arm="A")
        page = await people_of_figure(rt, spec, behind)
        assert [(one.profile_id, one.amount) for one in page.items] == [(31, spent)]
        chosen = await chosen_of(rt, spec, behind)
        table = b"".join([part async for part in people_csv(rt, spec, chosen)])
        assert table.count(b"\r\n") == 2


async def test_equal_checks_have_no_outliers(rt: Runtime, store: Store) -> None:
    await mailing(store, dict.fromkeys(range(1, 20), 10.0), {})
    assert (await report(rt, store)).outliers is None


async def test_the_history_of_people_narrows_the_comparison(rt: Runtime, store: Store) -> None:
    dice = Random(5)
    before = {i: float(dice.choice([0, 10, 50, 200])) for i in range(1, 2 * HALF + 1)}
    spent = {
        i: round(one * 0.8 + dice.random() * 20 + (5 if i <= HALF else 0), 2)
        for i, one in before.items()
    }
    await mailing(store, spent, before)
    revenue = next(
        c for c in (await report(rt, store)).comparisons if c.metric == "revenue_per_person"
    )
    found = revenue.with_history
    assert found is not None
    halves = [range(HALF + 1, 2 * HALF + 1), range(1, HALF + 1)]
    control, variant = (
        Moments.of(now=[spent[i] for i in half], before=[before[i] for i in half])
        for half in halves
    )
    raw = compare_means(control, variant, metric=Metric("now", covariate="before"))
    assert found.difference == pytest.approx(raw.difference)
    assert found.interval == pytest.approx(raw.difference_interval)
    assert found.p_value == pytest.approx(raw.p_value)
    assert found.significant
    assert not revenue.significant
    assert found.narrower > 0.9
    width = revenue.interval[1] - revenue.interval[0]
    assert found.interval[1] - found.interval[0] < width / 3


async def test_nobody_has_a_history(rt: Runtime, store: Store) -> None:
    await mailing(store, {1: 5.0, 2: 6.0, HALF + 1: 7.0}, {})
    revenue = (await report(rt, store)).comparisons[-1]
    assert (revenue.metric, revenue.with_history) == ("revenue_per_person", None)


async def test_what_is_certain_is_said_before_the_end(rt: Runtime, store: Store) -> None:
    await mailing(store, dict.fromkeys([*range(1, 121), HALF + 1, HALF + 2], 5.0), {})
    open_still = await report(rt, store, hours=10)
    assert open_still.verdict.code == "early_better"
    early = open_still.comparisons[0].always_valid
    assert early is not None
    assert early.significant
    assert early.lift == pytest.approx(59)
    assert early.lift_interval[0] > 0
    assert (await report(rt, store)).verdict.code == "better"
