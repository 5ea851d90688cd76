"""A second way to every figure: plain loops over raw rows, written without a look at the SQL."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from otklik.analytics.model import ArmFigures, ReportSpec


@dataclass
class FactRow:
    message_id: int
    profile_id: int
    variant: str
    fact: str
    at: datetime
    verdict: str = ""
    reason: str = ""
    url: str = ""
    user_agent: str = ""


@dataclass
class EventRow:
    profile_id: int
    name: str
    time: datetime
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass
class OrderRow:
    """An order of which something was given back: shares of its total, and when."""

    order_id: str
    given_back: list[tuple[datetime, float]]


@dataclass
class TraitRow:
    """A value of a person; the highest version counts. `number`: of a date, seconds since 1970."""

    profile_id: int
    type: str
    text: str = ""
    number: float = 0.0
    items: list[str] = field(default_factory=list)
    version: int = 1


@dataclass
class Person:
    arm: str
    assigned_at: datetime
    arms: set[str]
    facts: list[FactRow] = field(default_factory=list)
    targets: list[EventRow] = field(default_factory=list)
    earlier: list[EventRow] = field(default_factory=list)


def people_of(
    spec: ReportSpec,
    facts: list[FactRow],
    events: list[EventRow],
    merges: dict[int, int],
    passes: Callable[[EventRow], bool] = lambda event: True,
) -> dict[int, Person]:
    people: dict[int, Person] = {}
    seen = [fact for fact in facts if fact.at <= spec.as_of]
    for fact in sorted(seen, key=lambda f: (f.at, f.message_id)):
        if fact.fact == "assigned":
            person_id = merges.get(fact.profile_id, fact.profile_id)
            person = people.setdefault(person_id, Person(fact.variant, fact.at, set()))
            person.arms.add(fact.variant)
    for fact in seen:
        person_id = merges.get(fact.profile_id, fact.profile_id)
        if person_id in people and fact.fact != "assigned":
            people[person_id].facts.append(fact)
    for event in events:
        person_id = merges.get(event.profile_id, event.profile_id)
        if spec.goal is None or event.name != spec.goal.event or person_id not in people:
            continue
        start = people[person_id].assigned_at
        end = start + timedelta(hours=spec.goal.window_hours)
        if event.time > spec.as_of or not passes(event):
            continue
        if start <= event.time < end:
            people[person_id].targets.append(event)
        elif start - timedelta(days=90) <= event.time < start:
            people[person_id].earlier.append(event)
    return people


def figures_of(
    spec: ReportSpec,
    people: dict[int, Person],
    orders: Sequence[OrderRow] = (),
    limit: float = math.inf,
) -> dict[str, ArmFigures]:
    kept = {
        order.order_id: 1 - min(1, sum(s for at, s in order.given_back if at <= spec.as_of))
        for order in orders
    }
    counts: dict[str, dict[str, Any]] = defaultdict(lambda: defaultdict(float))
    for person in people.values():
        one = counts[person.arm]
        kinds = {fact.fact for fact in person.facts}
        verdicts = {(fact.fact, fact.verdict == "person") for fact in person.facts}
        handed = bool(kinds & {"sent", "delivered", "bounced", "failed"})
        accepted = bool(kinds & {"sent", "delivered"})
        one["assigned"] += 1
        one["crossed"] += len(person.arms) > 1
        one["sent"] += handed
        one["delivered"] += accepted and "bounced" not in kinds
        one["bounced"] += "bounced" in kinds
        one["failed"] += "failed" in kinds and not accepted and "bounced" not in kinds
        one["in_doubt"] += "in_doubt" in kinds and not handed
        one["skipped"] += "skipped" in kinds and not handed and "in_doubt" not in kinds
        for fact, name in (("opened", "opened"), ("clicked", "clicked")):
            one[f"{name}_person"] += (fact, True) in verdicts
            one[f"{name}_machine"] += (fact, False) in verdicts and (fact, True) not in verdicts
        one["unsubscribed"] += "unsubscribed" in kinds
        one["complained"] += "complained" in kinds
        one["targets"] += bool(person.targets)
        one["target_events"] += len(person.targets)
        checks = [amount_of(spec, event) * kept.get(order_of(event), 1) for event in person.targets]
        before = [amount_of(spec, event) for event in person.earlier]
        outliers = [check for check in checks if check > limit]
        one["checks"] += sum(check > 0 for check in checks)
        one["checks_sum"] += sum(max(check, 0) for check in checks)
        one["largest_check"] = max([one["largest_check"], *checks])
        one["outliers"] += len(outliers)
        one["outlier_revenue"] += sum(outliers)
        spent, spent_before = sum(checks), sum(before)
        if spec.without_outliers:
            spent -= sum(outliers)
            spent_before = sum(check for check in before if check <= limit)
        one["revenue"] += spent
        one["revenue_squares"] += spent * spent
        one["before"] += spent_before
        one["before_squares"] += spent_before**2
        one["before_products"] += spent_before * spent
    return {
        arm: ArmFigures(
            **{
                name: int(value) if isinstance(getattr(ArmFigures(), name), int) else value
                for name, value in one.items()
            }
        )
        for arm, one in counts.items()
    }


def order_of(event: EventRow) -> str:
    told = event.properties.get("order_id", event.properties.get("orderId"))
    return "" if told is None else str(told).strip()


def amount_of(spec: ReportSpec, event: EventRow) -> float:
    assert spec.goal is not None
    value: Any = event.properties
    for key in (spec.goal.revenue_property or "").split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, bool) or value is None:
        return 0.0
    if isinstance(value, str):
        try:
            value = float(value.strip())
        except ValueError:
            return 0.0
    if not isinstance(value, int | float) or not math.isfinite(value):
        return 0.0
    return float(value)


def links_of(
    people: dict[int, Person], facts: list[FactRow], merges: dict[int, int], as_of: datetime
) -> dict[str, tuple[int, int]]:
    by_url: dict[str, dict[int, bool]] = defaultdict(dict)
    for fact in facts:
        if fact.fact == "clicked" and fact.url and fact.at <= as_of:
            person = merges.get(fact.profile_id, fact.profile_id)
            by_url[fact.url][person] = (
                by_url[fact.url].get(person, False) or fact.verdict == "person"
            )
    return {
        url: (sum(seen.values()), sum(not by_person for by_person in seen.values()))
        for url, seen in by_url.items()
    }
