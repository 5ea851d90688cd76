"""The e-mail test of Kevin Hillstrom (2008) as a campaign with its facts in the real engine."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from otklik.analytics.public import ArmSpec, GoalSpec, Report, campaign_report
from otklik.runtime.public import Runtime

from .conftest import START, Store
from .recount import EventRow, FactRow

FILE = Path(__file__).resolve().parents[2].parent / "shared/data/hillstrom/hillstrom.csv.gz"
KEYS = {"No E-Mail": "control", "Womens E-Mail": "A", "Mens E-Mail": "B"}
ARMS = (
    ArmSpec("A", "Womens E-Mail", 3334),
    ArmSpec("B", "Mens E-Mail", 3333),
    ArmSpec("control", "No E-Mail", 3333, is_control=True),
)


def people() -> Sequence[dict[str, Any]]:
    if not FILE.exists():
        pytest.skip(f"{FILE} is absent: the data are not in the project")
    with gzip.open(FILE, "rt", encoding="ascii") as lines:
        return list(csv.DictReader(lines))


def by_key(report: Report, field: str) -> dict[str, float]:
    return {arm.key: getattr(arm, field) for arm in report.arms}


async def test_it_finds_the_published_rates_and_effects(rt: Runtime) -> None:
    store, rows = Store(rt), people()
    facts, events = [], []
    for i, row in enumerate(rows, start=1):
        facts.append(FactRow(i, i, KEYS[row["segment"]], "assigned", START))
        later = START + timedelta(days=i % 13, hours=1)
        if row["visit"] == "1":
            events.append(EventRow(i, "Visited", later))
        if row["conversion"] == "1":
            events.append(EventRow(i, "Order", later, {"total": float(row["spend"])}))
    await store.facts(facts)
    await store.events(events)
    two_weeks = 14 * 24

    def asked(event: str, revenue: str | None = None) -> Any:
        goal = GoalSpec(event, [], two_weeks, revenue)
        return store.spec(arms=ARMS, goal=goal, as_of=START + timedelta(days=20))

    visits = await campaign_report(rt, asked("Visited"), "en")
    orders = await campaign_report(rt, asked("Order", "total"), "ru")

    assert by_key(visits, "assigned") == {"A": 21387, "B": 21307, "control": 21306}
    assert by_key(visits, "targets") == {"A": 3238, "B": 3894, "control": 2262}
    assert by_key(orders, "targets") == {"A": 189, "B": 267, "control": 122}
    assert {k: round(v, 2) for k, v in by_key(orders, "revenue").items()} == {
        "A": 23038.11,
        "B": 30311.69,
        "control": 13908.33,
    }
    assert visits.sample_ratio is not None
    assert visits.sample_ratio.ok
    assert visits.verdict.code == orders.verdict.code == "better"

    # The published effects of the mens' letter; ours are score intervals, theirs Wald's.
    seen = {
        (c.metric, c.arm, c.against): c
        for report in (visits, orders)
        for c in report.comparisons
        if report is orders or c.metric == "targets"
    }
    visit = next(c for c in visits.comparisons if (c.arm, c.against) == ("B", "control"))
    assert visit.difference == pytest.approx(0.07658956365153125, rel=1e-9)
    assert visit.interval == pytest.approx((0.0699533792766632, 0.08322574802639929), abs=2e-5)
    assert visit.p_value < 1e-100
    conversion = seen["targets", "B", "control"]
    assert conversion.difference == pytest.approx(0.006805006519615695, rel=1e-9)
    assert conversion.interval == pytest.approx(
        (0.005000138215573684, 0.008609874823657705), abs=4e-5
    )
    assert conversion.p_value_raw == pytest.approx(1.47e-13, rel=0.5)
    spend = seen["revenue_per_person", "B", "control"]
    assert spend.difference == pytest.approx(0.7698271558945364, rel=1e-6)
    assert spend.interval == pytest.approx((0.48513973256840726, 1.0545145792206656), rel=1e-6)
    assert spend.p_value_raw == pytest.approx(1.1638149682254893e-07, rel=1e-5)
