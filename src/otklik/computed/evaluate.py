"""The second evaluator: one person in memory, with the facts behind the value.

It gives the value that the compiled query gives; a property test holds the two together. So what
it shows as the reason adds up to what is stored.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, assert_never
from zoneinfo import ZoneInfo

import msgspec

from otklik.computed import model as m
from otklik.computed.rfm import group_of, scores
from otklik.rules import tree
from otklik.rules.evaluate import filters_pass
from otklik.rules.facts import EventFact, flatten, value_of
from otklik.rules.moments import Frame, epoch_millis, interval_of_window

Json = str | int | float | bool
FACTS_SHOWN = 20


class Event(msgspec.Struct, frozen=True):
    """An event of the person."""

    name: str
    time: datetime
    message_id: str
    properties: Mapping[str, object] = {}


class Line(msgspec.Struct, frozen=True):
    product_id: str
    name: str
    category: str
    vendor: str = ""
    quantity: float = 1.0


class Order(msgspec.Struct, frozen=True):
    order_id: str
    status: str
    placed_at: datetime
    total: Decimal
    lines: tuple[Line, ...] = ()


class Facts(msgspec.Struct, frozen=True):
    events: tuple[Event, ...] = ()
    orders: tuple[Order, ...] = ()


class ComputedFact(msgspec.Struct, frozen=True, kw_only=True):
    """One fact behind a value. `times`: events it stands for. Of a score, `points` are those of
    the day before they fade and `counted` those that count today."""

    what: str
    at: datetime | None = None
    day: date | None = None
    value: Json | None = None
    times: int = 1
    points: float | None = None
    counted: float | None = None


class ComputedWhy(msgspec.Struct, frozen=True):
    """A value and the facts behind it, latest first; `more`: facts that are not shown.

    `value`: a scalar, an object of scalars (scores, RFM), or null for no value."""

    value: Json | dict[str, Json] | None
    facts: list[ComputedFact]
    more: int = 0


NOTHING = ComputedWhy(None, [])


def evaluate(
    definition: m.Definition, facts: Facts, frame: Frame, run: m.RunFacts = m.NO_FACTS
) -> ComputedWhy:
    """Return the person's value now, and why. `run`: the quintiles of RFM."""
    match definition:
        case m.EventTrait():
            return _event(definition, facts, frame)
        case m.OrderTrait():
            return _orders(definition, facts, frame)
        case m.RfmTrait():
            return _rfm(definition, facts, frame, run)
        case m.ScoreTrait():
            return _score(definition, facts, frame)
        case never:
            assert_never(never)


def _chosen(
    facts: Facts,
    event: str,
    filters: tuple[tree.PropertyFilter, ...],
    window: tree.Window,
    frame: Frame,
) -> list[Event]:
    interval = interval_of_window(window, frame)
    return [
        one
        for one in facts.events
        if one.name == event
        and interval.holds(epoch_millis(one.time))
        and filters_pass(filters, EventFact(one.name, one.time, one.properties), frame)
    ]


def _event(trait: m.EventTrait, facts: Facts, frame: Frame) -> ComputedWhy:
    events = _chosen(facts, trait.event, trait.filters, trait.window, frame)
    measure = trait.measure
    times = [one.time for one in events]
    value: Json | None
    match measure:
        case m.EventCount():
            value = len(events)
        case m.FirstAt():
            value = moment_text(min(times)) if times else None
        case m.LastAt():
            value = moment_text(max(times)) if times else None
        case m.DaysSince():
            value = _age(max(times), frame) if times else None
        case m.ActiveDays():
            value = len({_day(one, frame) for one in times})
        case m.PropertySum() | m.PropertyAverage() | m.PropertyMin() | m.PropertyMax():
            return _of_numbers(measure, events)
        case m.FirstValue() | m.LastValue() | m.MostFrequent() | m.UniqueCount():
            return _of_values(measure, events)
        case never:
            assert_never(never)
    if not events:
        return NOTHING
    return _why(value, (ComputedFact(what=one.name, at=one.time) for one in events))


def _of_numbers(measure: m.NumberMeasure, events: Sequence[Event]) -> ComputedWhy:
    found = []
    for one in events:
        value = _property(one, measure.property)
        if value is not None and not isinstance(value, str | bool):
            found.append((one, float(value)))
    if isinstance(measure, m.PropertySum | m.PropertyAverage):
        found = [(one, number) for one, number in found if abs(number) <= m.SUMMED_MAX]
    if not found:
        return NOTHING
    numbers = [number for _, number in found]
    micro = sum(round(number * m.MICRO) for number in numbers) if _is_sum(measure) else 0
    match measure:
        case m.PropertySum():
            value = float(micro) / m.MICRO
        case m.PropertyAverage():
            value = float(micro) / m.MICRO / len(numbers)
        case m.PropertyMin():
            value = min(numbers)
        case m.PropertyMax():
            value = max(numbers)
        case never:
            assert_never(never)
    return _why(
        value, (ComputedFact(what=one.name, at=one.time, value=number) for one, number in found)
    )


def _is_sum(measure: m.NumberMeasure) -> bool:
    return isinstance(measure, m.PropertySum | m.PropertyAverage)


def _of_values(measure: m.ValueMeasure, events: Sequence[Event]) -> ComputedWhy:
    found = []
    for one in events:
        value = _property(one, measure.property)
        if value is not None:
            found.append((one, value))
    if not found:
        return NOTHING
    answer: Json
    match measure:
        case m.FirstValue():
            answer = min(found, key=_order)[1]
        case m.LastValue():
            answer = max(found, key=_order)[1]
        case m.UniqueCount():
            answer = len({_key(value) for _, value in found})
        case m.MostFrequent():
            times: dict[tuple[int, str, float], list[datetime]] = defaultdict(list)
            for one, value in found:
                times[_key(value)].append(one.time)
            best = max(times, key=lambda key: (len(times[key]), max(times[key]), key))
            answer = next(value for _, value in found if _key(value) == best)
        case never:
            assert_never(never)
    return _why(
        answer, (ComputedFact(what=one.name, at=one.time, value=value) for one, value in found)
    )


def _order(pair: tuple[Event, Json]) -> tuple[datetime, str, tuple[int, str, float]]:
    event, value = pair
    return event.time, event.message_id, _key(value)


def _property(event: Event, path: str) -> Json | None:
    value = flatten(event.properties).get(path)
    typed = value_of(value)
    match typed.type:
        case "string" | "date":
            return clean(typed.text) or None
        case "number":
            return typed.number
        case "bool":
            return bool(typed.number)
        case _:
            return None


def clean(text: str) -> str:
    """Return a text as it is kept in a trait."""
    return text.replace("\0", "")[: m.TEXT_MAX]


def _key(value: Json) -> tuple[int, str, float]:
    """Return a value as the engine compares it: texts, then numbers, then true and false."""
    match value:
        case bool():
            return (3, "", float(value))
        case str():
            return (1, value, 0.0)
        case _:
            return (2, "", float(value))


def _placed(trait: m.OrderTrait | m.RfmTrait, facts: Facts, frame: Frame) -> list[Order]:
    interval = interval_of_window(trait.window, frame)
    products = set(trait.products) if isinstance(trait, m.OrderTrait) else set()
    categories = set(trait.categories) if isinstance(trait, m.OrderTrait) else set()
    vendors = set(trait.vendors) if isinstance(trait, m.OrderTrait) else set()
    return [
        one
        for one in facts.orders
        if one.status in trait.statuses
        and interval.holds(epoch_millis(one.placed_at))
        and (not products or any(line.product_id in products for line in one.lines))
        and (not categories or any(line.category in categories for line in one.lines))
        and (not vendors or any(line.vendor in vendors for line in one.lines))
    ]


def _orders(trait: m.OrderTrait, facts: Facts, frame: Frame) -> ComputedWhy:
    orders = _placed(trait, facts, frame)
    if not orders:
        return NOTHING
    cents = sum(_cents(one) for one in orders)
    times = [one.placed_at for one in orders]
    value: Json | None
    match trait.measure:
        case "count":
            value = len(orders)
        case "revenue":
            value = cents / 100
        case "average":
            value = _quotient(cents * 2 + len(orders), len(orders) * 2) / 100
        case "first_at":
            value = moment_text(min(times))
        case "last_at":
            value = moment_text(max(times))
        case "days_since":
            value = _age(max(times), frame)
        case "favourite_category":
            value = _favourite(orders, [[line.category for line in one.lines] for one in orders])
        case "favourite_vendor":
            value = _favourite(orders, [[line.vendor for line in one.lines] for one in orders])
        case "favourite_product":
            names = [[line.name or line.product_id for line in one.lines] for one in orders]
            value = _favourite(orders, names)
        case never:
            assert_never(never)
    if value is None:
        return NOTHING
    return _why(value, map(_order_fact, orders))


def _quotient(a: int, b: int) -> int:
    """Divide towards zero, as the engine does."""
    return -(-a // b) if a < 0 else a // b


def _favourite(orders: Sequence[Order], names: Sequence[Sequence[str]]) -> str | None:
    pieces: dict[str, int] = defaultdict(int)
    latest: dict[str, datetime] = {}
    for order, given in zip(orders, names, strict=True):
        for line, raw in zip(order.lines, given, strict=True):
            name = clean(raw)
            if name:
                pieces[name] += round(line.quantity * 1000)
                latest[name] = max(order.placed_at, latest.get(name, order.placed_at))
    if not pieces:
        return None
    return max(pieces, key=lambda name: (pieces[name], latest[name], name.encode()))


def _order_fact(order: Order) -> ComputedFact:
    return ComputedFact(what=order.order_id, at=order.placed_at, value=_cents(order) / 100)


def _cents(order: Order) -> int:
    return int(order.total * 100)


def _rfm(trait: m.RfmTrait, facts: Facts, frame: Frame, run: m.RunFacts) -> ComputedWhy:
    orders = _placed(trait, facts, frame)
    bounds = trait.bounds or run.bounds
    if not orders or bounds is None:
        return NOTHING
    recency, frequency, monetary = scores(
        bounds,
        days=_age(max(one.placed_at for one in orders), frame),
        count=len(orders),
        money=sum(map(_cents, orders)) / 100,
    )
    value: dict[str, Json] = {
        "recency": recency,
        "frequency": frequency,
        "monetary": monetary,
        "group": group_of(recency, frequency),
    }
    return _why(value, map(_order_fact, orders))


def _score(score: m.ScoreTrait, facts: Facts, frame: Frame) -> ComputedWhy:
    shown: list[ComputedFact] = []
    total, any_event = 0, False
    for action in score.actions:
        days: dict[date, int] = defaultdict(int)
        for one in _chosen(facts, action.event, action.filters, score.window, frame):
            days[_day(one.time, frame)] += 1
        any_event = any_event or bool(days)
        micro = 0
        for day, times in days.items():
            points = times * action.points
            if action.day_cap is not None:
                points = max(min(points, action.day_cap), -action.day_cap)
            part = points * m.MICRO
            if score.half_life_days is not None:
                age = max(0, (m.today(frame.now, frame.zone) - day).days)
                fade = 2.0 ** (-float(age) / score.half_life_days)
                part = math.floor(float(points) * m.MICRO * fade + 0.5)
            micro += part
            shown.append(
                ComputedFact(
                    what=action.event,
                    day=day,
                    times=times,
                    points=points,
                    counted=part / m.MICRO,
                )
            )
        if action.cap is not None:
            capped = max(min(micro, action.cap * m.MICRO), -action.cap * m.MICRO)
            if capped != micro:
                # What the cap takes is a line of its own, so that the lines add up.
                shown.append(
                    ComputedFact(what=action.event, times=0, counted=(capped - micro) / m.MICRO)
                )
            micro = capped
        total += micro
    if not any_event:
        return NOTHING
    return _why(scored(score, total), shown)


def scored(score: m.ScoreTrait, micro: int) -> dict[str, Json]:
    """Return the object of a score from the sum of millionths."""
    points = (micro + m.MICRO // 200) // (m.MICRO // 100) / 100
    if score.low is not None:
        points = max(points, float(score.low))
    if score.high is not None:
        points = min(points, float(score.high))
    value: dict[str, Json] = {"points": points}
    reached = [level.name for level in score.levels if points >= level.start]
    if reached:
        value["level"] = reached[-1]
    return value


def _why(value: Json | dict[str, Json] | None, facts: Iterable[ComputedFact]) -> ComputedWhy:
    ordered = sorted(facts, key=_moment_of, reverse=True)
    return ComputedWhy(plain(value), ordered[:FACTS_SHOWN], max(0, len(ordered) - FACTS_SHOWN))


def _moment_of(fact: ComputedFact) -> tuple[date, float]:
    if fact.at is not None:
        return fact.at.date(), fact.at.timestamp()
    return fact.day or date.min, 0.0


def plain(value: Any) -> Any:
    """Return a value as a person reads it: whole numbers without a fraction."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _day(at: datetime, frame: Frame) -> date:
    return at.astimezone(ZoneInfo(frame.zone)).date()


def _age(at: datetime, frame: Frame) -> int:
    return max(0, (m.today(frame.now, frame.zone) - _day(at, frame)).days)


def moment_text(at: datetime) -> str:
    """Return an instant as it is kept in a trait: ISO 8601 in UTC, to the millisecond."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
