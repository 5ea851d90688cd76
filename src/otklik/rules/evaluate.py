"""The second evaluator: one profile, in memory.

It gives the same answer as the compiled queries; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import assert_never

import msgspec

from otklik.rules import tree
from otklik.rules.facts import NULL, EventFact, Facts, OrderFact, Value, flatten, value_of
from otklik.rules.moments import (
    Frame,
    epoch_millis,
    interval_of_test,
    interval_of_window,
    names_zone,
)


class Outcome(msgspec.Struct, frozen=True):
    """The answer of one node, with the fact behind it.

    `fact` is what was found: the trait's value, the number of events, a sum, a date, a state.
    Groups have none. `children` are in the order of the definition.
    """

    node: tree.Node
    holds: bool
    fact: object = None
    children: tuple[Outcome, ...] = ()


def matches(node: tree.Node, facts: Facts, frame: Frame) -> bool:
    """Return whether the profile meets the definition at `frame.now`."""
    match node:
        case tree.AllOf(of=of):
            return all(matches(child, facts, frame) for child in of)
        case tree.AnyOf(of=of):
            return any(matches(child, facts, frame) for child in of)
        case tree.NoneOf(of=of):
            return not any(matches(child, facts, frame) for child in of)
        case _:
            return _leaf(node, facts, frame)[0]


def explain(node: tree.Node, facts: Facts, frame: Frame) -> Outcome:
    """Return the answer of every node of the definition."""
    if isinstance(node, tree.Group):
        children = tuple(explain(child, facts, frame) for child in node.of)
        answers = [child.holds for child in children]
        match node:
            case tree.AllOf():
                holds = all(answers)
            case tree.AnyOf():
                holds = any(answers)
            case tree.NoneOf():
                holds = not any(answers)
            case never:
                assert_never(never)
        return Outcome(node=node, holds=holds, children=children)
    holds, fact = _leaf(node, facts, frame)
    return Outcome(node=node, holds=holds, fact=fact)


def _leaf(node: tree.Leaf, facts: Facts, frame: Frame) -> tuple[bool, object]:
    match node:
        case tree.Everyone():
            return True, None
        case tree.TraitCondition(trait=trait, test=test):
            value = facts.traits.get(trait, NULL)
            return passes(test, value, frame), _shown(value)
        case tree.EventCondition():
            count = sum(1 for _ in _events(node, facts, frame))
            return count_passes(node.test, count), count
        case tree.OrdersCondition():
            return _orders(node, facts, frame)
        case tree.ConsentCondition(channel=channel, topic=topic, state=wanted):
            state = facts.consents.get((channel, topic), "none")
            return state == wanted, state
        case tree.IdentifierCondition(identifier=kind, present=present):
            has = (
                bool(facts.identifiers - {"anonymous_id"})
                if kind == "known"
                else kind in facts.identifiers
            )
            return has == present, has
        case tree.SegmentCondition(segment_id=segment_id, member=member):
            inside = segment_id in facts.segments
            return inside == member, inside
        case never:
            assert_never(never)


def _shown(value: Value) -> object:
    match value.type:
        case "string" | "date":
            return value.text
        case "number":
            return int(value.number) if value.number.is_integer() else value.number
        case "bool":
            return bool(value.number)
        case "list":
            return list(value.items)
        case _:
            return None


def _events(node: tree.EventCondition, facts: Facts, frame: Frame) -> Iterable[EventFact]:
    interval = interval_of_window(node.window, frame)
    for event in facts.events:
        if (
            event.name == node.event
            and interval.holds(epoch_millis(event.time))
            and filters_pass(node.filters, event, frame)
        ):
            yield event


def filters_pass(filters: tuple[tree.PropertyFilter, ...], event: EventFact, frame: Frame) -> bool:
    """Return whether the event's properties pass all of the filters."""
    if not filters:
        return True
    # Of objects only their parts have values, in the event store as well as here.
    flat = {k: v for k, v in flatten(event.properties).items() if v != {}}
    return all(passes(item.test, value_of(flat.get(item.path)), frame) for item in filters)


def _orders(node: tree.OrdersCondition, facts: Facts, frame: Frame) -> tuple[bool, object]:
    interval = interval_of_window(node.window, frame)
    orders = [
        order
        for order in facts.orders
        if order.status in node.statuses
        and interval.holds(epoch_millis(order.placed_at))
        and (not node.products or not set(node.products).isdisjoint(order.products))
        and (not node.categories or not set(node.categories).isdisjoint(order.categories))
    ]
    match node.measure:
        case tree.OrderCount(test=count_test):
            return count_passes(count_test, len(orders)), len(orders)
        case tree.OrderSum(test=amount_test):
            total = sum((order.total for order in orders), Decimal(0))
            return amount_passes(amount_test, total, count=1), total
        case tree.OrderAverage(test=amount_test):
            if not orders:
                return False, None
            total = sum((order.total for order in orders), Decimal(0))
            holds = amount_passes(amount_test, total, count=len(orders))
            return holds, (total / len(orders)).quantize(Decimal("0.01"))
        case tree.FirstOrder(test=date_test):
            return _edge(orders, min, date_test, frame)
        case tree.LastOrder(test=date_test):
            return _edge(orders, max, date_test, frame)
        case never:
            assert_never(never)


def _edge(
    orders: list[OrderFact], pick: Callable[..., object], test: tree.DateTest, frame: Frame
) -> tuple[bool, object]:
    if not orders:
        return False, None
    at = pick(order.placed_at for order in orders)
    millis = pick(epoch_millis(order.placed_at) for order in orders)
    assert isinstance(millis, int)
    return interval_of_test(test, frame).holds(millis), at


def count_passes(test: tree.CountTest, count: int) -> bool:
    match test:
        case tree.CountAtLeast(n=n):
            return count >= n
        case tree.CountAtMost(n=n):
            return count <= n
        case tree.CountExactly(n=n):
            return count == n
        case tree.CountBetween(low=low, high=high):
            return low <= count <= high


def decimal_of(amount: float) -> Decimal:
    """Return an amount of a definition as the decimal that both evaluators compare with."""
    return Decimal(repr(amount)).quantize(Decimal("0.000001"))


def amount_passes(test: tree.AmountTest, total: Decimal, *, count: int) -> bool:
    """Compare `total / count`, without dividing: a quotient would have to be rounded."""
    match test:
        case tree.AmountAtLeast(amount=amount):
            return total >= decimal_of(amount) * count
        case tree.AmountAtMost(amount=amount):
            return total <= decimal_of(amount) * count
        case tree.AmountBetween(low=low, high=high):
            return decimal_of(low) * count <= total <= decimal_of(high) * count


def passes(test: tree.Test, value: Value, frame: Frame) -> bool:
    """Return whether a trait or property passes the test; a missing one has the type null.

    The negative tests (`neq`, `not_in`, `has_none`, `is_not_set`) are the exact opposites of the
    positive ones, so a missing value passes them.
    """
    match test:
        case tree.Eq(value=wanted):
            return _equals(value, wanted)
        case tree.Neq(value=wanted):
            return not _equals(value, wanted)
        case tree.In(values=values):
            return any(_equals(value, wanted) for wanted in values)
        case tree.NotIn(values=values):
            return not any(_equals(value, wanted) for wanted in values)
        case tree.Contains(value=part):
            return _is_text(value) and part in value.text
        case tree.StartsWith(value=part):
            return _is_text(value) and value.text.startswith(part)
        case tree.EndsWith(value=part):
            return _is_text(value) and value.text.endswith(part)
        case tree.Gt(value=limit):
            return value.type == "number" and value.number > float(limit)
        case tree.Gte(value=limit):
            return value.type == "number" and value.number >= float(limit)
        case tree.Lt(value=limit):
            return value.type == "number" and value.number < float(limit)
        case tree.Lte(value=limit):
            return value.type == "number" and value.number <= float(limit)
        case tree.Between(low=low, high=high):
            return value.type == "number" and float(low) <= value.number <= float(high)
        case tree.IsSet():
            return value.type != "null"
        case tree.IsNotSet():
            return value.type == "null"
        case tree.IsTrue():
            return value.type == "bool" and value.number == 1.0
        case tree.IsFalse():
            return value.type == "bool" and value.number == 0.0
        case tree.HasAny(values=texts):
            return value.type == "list" and not set(texts).isdisjoint(value.items)
        case tree.HasNone(values=texts):
            return not (value.type == "list" and not set(texts).isdisjoint(value.items))
        case (
            tree.Before()
            | tree.After()
            | tree.BetweenDates()
            | tree.InLast()
            | tree.MoreThanAgo()
            | tree.InNext()
        ):
            return value.type == "date" and _date_passes(test, value, frame)
        case never:
            assert_never(never)


def _date_passes(test: tree.DateTest, value: Value, frame: Frame) -> bool:
    interval = interval_of_test(test, frame)
    zoned = names_zone(value.text)
    # In seconds, as the value is kept: both sides went through the same division.
    if interval.low is not None:
        low = (interval.low.instant if zoned else interval.low.wall) / 1000
        if value.number < low:
            return False
    if interval.high is not None:
        high = (interval.high.instant if zoned else interval.high.wall) / 1000
        return value.number < high
    return True


def _is_text(value: Value) -> bool:
    return value.type in ("string", "date")


def _equals(value: Value, wanted: tree.Scalar) -> bool:
    match wanted:
        case bool():
            return value.type == "bool" and value.number == float(wanted)
        case int() | float():
            return value.type == "number" and value.number == float(wanted)
        case str():
            return _is_text(value) and value.text == wanted
