"""Every figure of a report against a naive recount of the same raw rows."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from otklik.analytics.model import ArmFigures
from otklik.analytics.public import ArmSpec, GoalSpec, campaign_report, people_csv
from otklik.analytics.queries import NO_LIMIT, arm_figures, overview
from otklik.runtime.public import Runtime

from .conftest import START, Store
from .recount import EventRow, FactRow, OrderRow, figures_of, links_of, people_of

ARMS = (
    ArmSpec("A", "Spring", 4000),
    ArmSpec("B", "Sale", 4000),
    ArmSpec("control", "Control group", 2000, is_control=True),
)
GOAL = GoalSpec(
    event="Order Completed",
    filters=[{"path": "total", "test": {"op": "gte", "value": 5}}],
    window_hours=48,
    revenue_property="total",
)
URLS = ("https://shop.test/a", "https://shop.test/b?x=1", "")
LATER = (
    "sent", "delivered", "bounced", "failed", "in_doubt", "skipped",
    "opened", "clicked", "unsubscribed", "complained",
)  # fmt: skip

# Mostly the hours in which windows begin and end, with the millisecond on either side.
HOURS = (*range(4), *range(48, 52), -3, 20, 30, 49, 110)
AMOUNTS = (-20, 4.99, 5, 5.0, 19.9, 60, 199, "12.5", " 7 ", "nan", "inf", "", "x", None, True)
ORDER_IDS = (
    ("order_id", "7"), ("order_id", 7), ("order_id", " № 8 "), ("orderId", "9"),
    ("order_id", None), ("order_id", "unknown"),
)  # fmt: skip


class Dice:
    """Makes up a small campaign in which everything happens to somebody.

    Dense on purpose: lists drawn one by one rarely let two things happen to the same person.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.people = range(1, self.random.choice([3, 8, 20, 20]))

    def moment(self) -> datetime:
        ms = self.random.choice([-1, 0, 0, 0, 1])
        return START + timedelta(hours=self.random.choice(HOURS), milliseconds=ms)

    def arm(self) -> str:
        return self.random.choice(["A", "B", "control"])

    def assigned(self) -> list[FactRow]:
        ids = list(self.people)
        self.random.shuffle(ids)
        return [
            FactRow(1000 + i, profile_id, self.arm(), "assigned", self.start())
            for i, profile_id in enumerate(ids)
            if self.random.random() < 0.9
        ]

    def start(self) -> datetime:
        return START + timedelta(hours=self.random.choice([0, 0, 1, 3]))

    def later(self) -> list[FactRow]:
        rows = []
        for _ in range(6 * len(self.people)):
            profile_id, fact = self.random.choice(self.people), self.random.choice(LATER)
            hit = fact in ("opened", "clicked")
            rows.append(
                FactRow(
                    message_id=1000 + profile_id,
                    profile_id=profile_id,
                    variant=self.arm(),
                    fact=fact,
                    at=self.moment(),
                    verdict=self.random.choice(["person", "machine", "scanner"]) if hit else "",
                    url=self.random.choice(URLS) if fact == "clicked" else "",
                )
            )
        return rows

    def events(self) -> list[EventRow]:
        return [
            EventRow(
                self.random.choice(self.people),
                self.random.choice(["Order Completed", "Order Completed", "Product Viewed"]),
                self.moment(),
                {
                    name: value
                    for name, value in (
                        ("total", self.random.choice(AMOUNTS)),
                        self.random.choice(ORDER_IDS),
                    )
                    if value is not None
                },
            )
            for _ in range(8 * len(self.people))
        ]

    def orders(self) -> list[OrderRow]:
        return [
            OrderRow(
                order_id,
                [
                    (self.moment(), self.random.choice([0.1, 0.25, 0.5, 1.0]))
                    for _ in range(self.random.choice([0, 1, 1, 2]))
                ],
            )
            for order_id in ("7", "№ 8", "9")
            if self.random.random() < 0.7
        ]

    def merges(self) -> dict[int, int]:
        share = self.random.choice([0, 0.3, 0.6])
        return {
            i: self.random.randint(100, 103) for i in self.people if self.random.random() < share
        }


def passes(event: EventRow) -> bool:
    total = event.properties.get("total")
    return isinstance(total, int | float) and not isinstance(total, bool) and total >= 5


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a seed cannot be made simpler
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32), as_of=st.sampled_from([1, 30, 49, 200]), filtered=st.booleans())
async def test_the_figures_equal_a_recount(
    rt: Runtime, seed: int, as_of: int, filtered: bool
) -> None:
    dice = Dice(seed)
    assigned, later, events, merges = dice.assigned(), dice.later(), dice.events(), dice.merges()
    store = Store(rt)
    goal = GOAL if filtered else GoalSpec("Order Completed", [], 48, "total")
    spec = store.spec(arms=ARMS, goal=goal, as_of=START + timedelta(hours=as_of))
    facts = assigned + later
    if not assigned:
        return
    await store.facts(facts)
    # Rows of another campaign and of another workspace must not be seen.
    await store.facts(facts, source_id="00000000-0000-0000-0000-000000000001")
    await store.facts(facts, source_kind="journey")
    await store.facts(facts, workspace_id=store.workspace_id + 1_000_000)
    if events:
        await store.events(events)
        await store.events(events, workspace_id=store.workspace_id + 1_000_000)
    if merges:
        await store.merges(merges)
    orders = dice.orders()
    if orders:
        await store.orders(orders)
    people = people_of(spec, facts, events, merges, passes if filtered else lambda _: True)
    limit = dice.random.choice([5.0, 20.0, 150.0, NO_LIMIT])
    spec = msgspec.structs.replace(spec, without_outliers=dice.random.random() < 0.5)
    expected = figures_of(spec, people, orders, limit)
    seen = await overview(rt, spec)
    figures, _ = await arm_figures(rt, spec, seen, check_limit=limit)
    assert set(figures) == set(expected)
    for arm, mine in expected.items():
        for name in ArmFigures.__struct_fields__:
            value = getattr(figures[arm], name)
            assert value == pytest.approx(getattr(mine, name), abs=1e-5), (arm, name)
    spec = msgspec.structs.replace(spec, without_outliers=False)
    report = await campaign_report(rt, spec, "en")
    figures, _ = await arm_figures(rt, spec, seen)
    links = {link.url: (link.clicks_person, link.clicks_machine) for link in report.links}
    if people:
        assert links == links_of(people, facts, merges, spec.as_of)
    await the_series_ends_at_the_totals(report)
    await the_export_adds_up(rt, spec, figures)


async def the_series_ends_at_the_totals(report: Any) -> None:
    last: dict[str, Any] = {}
    for point in report.series:
        before = last.get(point.arm)
        if before is not None:
            assert before.at <= point.at
            assert before.targets <= point.targets
        last[point.arm] = point
    for arm in report.arms:
        hours = [point for point in report.hours if point.arm == arm.key]
        assert len({point.hour for point in hours}) == len(hours)
        assert (
            sum(point.targets for point in hours),
            sum(point.opens for point in hours),
            sum(point.clicks for point in hours),
        ) == (arm.targets, arm.opened_person, arm.clicked_person)
        if arm.key in last:
            end = last[arm.key]
            assert (end.targets, end.opens, end.clicks) == (
                arm.targets,
                arm.opened_person,
                arm.clicked_person,
            )


async def the_export_adds_up(rt: Runtime, spec: Any, figures: dict[str, ArmFigures]) -> None:
    body = b"".join([part async for part in people_csv(rt, spec)]).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body)))
    assert len(rows) == sum(f.assigned for f in figures.values())
    assert [int(r["person"]) for r in rows] == sorted(int(r["person"]) for r in rows)
    for arm, expected in figures.items():
        mine = [row for row in rows if row["arm"] == arm]
        for column, name in (
            ("sent", "sent"),
            ("opened_person", "opened_person"),
            ("target", "targets"),
        ):
            assert sum(int(row[column]) for row in mine) == getattr(expected, name)
        total = sum(float(row["revenue"]) for row in mine)
        assert total == pytest.approx(expected.revenue, abs=1e-5)
        for row in mine:
            assert bool(row["first_target_at"]) == (row["target"] == "1")
            if row["first_target_at"]:
                first = datetime.fromisoformat(row["first_target_at"])
                assert first >= datetime.fromisoformat(row["assigned_at"])
