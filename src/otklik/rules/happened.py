"""What one person's events say, in memory: counts and measures, sequences, visits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import assert_never
from zoneinfo import ZoneInfo

from otklik.rules import tree
from otklik.rules.facts import EventFact, Facts, Value, flatten, number_text, value_of
from otklik.rules.moments import (
    Frame,
    epoch_millis,
    interval_of_test,
    interval_of_window,
    millis_of,
    times_hold,
)
from otklik.rules.negation import positive
from otklik.rules.passing import (
    COUNTED_MAX,
    MICRO,
    amount_passes,
    count_passes,
    micro,
    passes,
)


def events_of(
    node: tree.EventCondition | tree.EventMeasureCondition | tree.UnfollowedCondition,
    facts: Facts,
    frame: Frame,
) -> list[EventFact]:
    """Return the events that the condition counts."""
    interval = interval_of_window(node.window, frame)
    times = None if isinstance(node, tree.UnfollowedCondition) else node.times
    return [
        event
        for event in facts.events
        if event.name == node.event
        and interval.holds(epoch_millis(event.time))
        and (times is None or times_hold(times, event.time, frame.zone))
        and filters_pass(node.filters, event, frame)
    ]


def filters_pass(filters: tuple[tree.PropertyFilter, ...], event: EventFact, frame: Frame) -> bool:
    """Return whether the event's properties pass all of the filters."""
    return not filters or all(
        passes(item.test, property_of(event, item.path), frame) for item in filters
    )


def property_of(event: EventFact, path: str) -> Value:
    """Return the typed value of a property."""
    # Of objects only their parts have values, in the event store as well as here.
    value = flatten(event.properties).get(path)
    return value_of(None if value == {} else value)


def measure_of_events(
    measure: tree.EventMeasure, events: list[EventFact], frame: Frame
) -> tuple[bool, object]:
    """Return whether the measure passes, and the measure itself."""
    match measure:
        case tree.EventSum(path=path, test=test):
            total = Decimal(sum(micro(one) for one in _numbers(events, path))) / MICRO
            return amount_passes(test, total, count=1), total
        case tree.EventAverage(path=path, test=test):
            counted = list(_numbers(events, path))
            if not counted:
                return False, None
            total = Decimal(sum(micro(one) for one in counted)) / MICRO
            holds = amount_passes(test, total, count=len(counted))
            return holds, (total / len(counted)).quantize(Decimal("0.000001"))
        case tree.EventSmallest(path=path, test=test):
            return _extreme(events, path, test, min)
        case tree.EventLargest(path=path, test=test):
            return _extreme(events, path, test, max)
        case tree.EventDays(test=count_test):
            days = {event.time.astimezone(ZoneInfo(frame.zone)).date() for event in events}
            return count_passes(count_test, len(days)), len(days)
        case tree.EventValues(path=path, test=count_test):
            texts = {text for event in events if (text := _text(property_of(event, path)))}
            return count_passes(count_test, len(texts)), len(texts)
        case tree.EventFirst(test=date):
            return _edge(events, min, date, frame)
        case tree.EventLast(test=date):
            return _edge(events, max, date, frame)
        case never:
            assert_never(never)


def _numbers(events: Iterable[EventFact], path: str, *, limit: float = COUNTED_MAX) -> list[float]:
    values = [property_of(event, path) for event in events]
    return [one.number for one in values if one.type == "number" and abs(one.number) <= limit]


def _extreme(
    events: list[EventFact],
    path: str,
    test: tree.AmountTest,
    pick: Callable[[Iterable[float]], float],
) -> tuple[bool, object]:
    numbers = _numbers(events, path)
    if not numbers:
        return False, None
    found = pick(numbers)
    total = Decimal(micro(found)) / MICRO
    return amount_passes(test, total, count=1), found


def _text(value: Value) -> str:
    match value.type:
        case "string" | "date":
            return value.text
        case "number":
            return number_text(value.number)
        case _:
            return ""


def _edge(
    events: list[EventFact],
    pick: Callable[[Iterable[datetime]], datetime],
    test: tree.DateTest,
    frame: Frame,
) -> tuple[bool, object]:
    if not events:
        return False, None
    at = pick(event.time for event in events)
    return interval_of_test(test, frame).holds(epoch_millis(at)), at


def funnel(node: tree.SequenceCondition, facts: Facts, frame: Frame) -> list[EventFact]:
    """Return the longest beginning of the sequence that happened: all of its steps if it holds.

    For each number of steps the chain with the latest start is the one that has most time left,
    so one of each is enough. Events of one millisecond are not after each other.
    """
    interval = interval_of_window(node.window, frame)
    within = None if node.within is None else millis_of(node.within)
    events = sorted(
        (event for event in facts.events if interval.holds(epoch_millis(event.time))),
        key=lambda event: epoch_millis(event.time),
    )
    chains: dict[int, list[EventFact]] = {0: []}
    for at, together in groupby(events, key=lambda event: epoch_millis(event.time)):
        before = dict(chains)
        for event in together:
            for place, step in enumerate(node.steps):
                chain = before.get(place)
                if (
                    chain is not None
                    and event.name == step.event
                    and filters_pass(step.filters, event, frame)
                    and (not chain or within is None or at - epoch_millis(chain[0].time) <= within)
                ):
                    chains[place + 1] = [*chain, event]
        if len(node.steps) in chains:
            break
    return chains[max(chains)]


def unfollowed(node: tree.UnfollowedCondition, facts: Facts, frame: Frame) -> list[EventFact]:
    """Return the events after which the other one did not happen."""
    later = [
        epoch_millis(event.time)
        for event in facts.events
        if event.name == node.next.event and filters_pass(node.next.filters, event, frame)
    ]
    within = None if node.within is None else millis_of(node.within)
    now = epoch_millis(frame.now)
    found = []
    for event in events_of(node, facts, frame):
        at = epoch_millis(event.time)
        if within is not None and at + within > now:
            continue
        if not any(at < one and (within is None or one <= at + within) for one in later):
            found.append(event)
    return found


def visit_of(
    node: tree.VisitCondition, facts: Facts, frame: Frame
) -> tuple[bool, object, list[EventFact]]:
    """Return whether the condition holds, the value that was looked at, and the event it is of."""
    interval = interval_of_window(node.window, frame)
    visits = [
        event
        for event in facts.events
        if event.context.get(node.field) and interval.holds(epoch_millis(event.time))
    ]

    def key(event: EventFact) -> tuple[int, bytes]:
        # Of several values in one millisecond the alphabet decides, as it does in the engine.
        return epoch_millis(event.time), event.context[node.field].encode()

    if node.touch == "any":
        return _any_visit(node, visits, frame)
    if not visits:
        return passes(node.test, value_of(None), frame), None, []
    event = min(visits, key=key) if node.touch == "first" else max(visits, key=key)
    value = event.context[node.field]
    return passes(node.test, Value(type="string", text=value), frame), value, [event]


def _any_visit(
    node: tree.VisitCondition, visits: list[EventFact], frame: Frame
) -> tuple[bool, object, list[EventFact]]:
    test, opposite = positive(node.test)
    found = [
        event
        for event in visits
        if passes(test, Value(type="string", text=event.context[node.field]), frame)
    ]
    values = sorted({event.context[node.field] for event in found or visits})
    return bool(found) != opposite, values[:5] or None, found
