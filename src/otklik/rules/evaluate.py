"""The second evaluator: one profile, in memory.

It gives the same answer as the compiled queries; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal, assert_never
from uuid import UUID

import msgspec

from otklik.rules import tree
from otklik.rules.desugar import desugared, domains_of, said_at
from otklik.rules.facts import NULL, EventFact, Facts, LineFact, MessageFact, OrderFact, Value
from otklik.rules.happened import (
    events_of,
    filters_pass,
    funnel,
    measure_of_events,
    unfollowed,
    visit_of,
)
from otklik.rules.moments import Frame, epoch_millis, interval_of_test, interval_of_window
from otklik.rules.negation import positive
from otklik.rules.passing import (
    MICRO,
    amount_passes,
    count_passes,
    decimal_of,
    micro,
    passes,
)
from otklik.rules.plan import JUDGED

__all__ = [
    "Evidence",
    "Outcome",
    "amount_passes",
    "decimal_of",
    "explain",
    "filters_pass",
    "matches",
]

EVIDENCE_MAX = 3
MACHINES = ("machine", "scanner")


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One fact behind an answer. `values`: what was looked at."""

    kind: Literal["event", "order", "message"]
    at: datetime
    name: str
    values: Mapping[str, object] = {}


class Outcome(msgspec.Struct, frozen=True):
    """The answer of one node, with the fact behind it.

    `fact` is what was found: the trait's value, the number of events, a sum, a date, a state.
    `evidence`: the newest of the events, orders or messages that were counted.
    Groups have none. `children` are in the order of the definition.
    """

    node: tree.Node
    holds: bool
    fact: object = None
    children: tuple[Outcome, ...] = ()
    evidence: tuple[Evidence, ...] = ()


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
    holds, fact, evidence = _leaf(node, facts, frame)
    return Outcome(node=node, holds=holds, fact=fact, evidence=evidence)


Answer = tuple[bool, object, tuple[Evidence, ...]]


def _leaf(node: tree.Leaf, facts: Facts, frame: Frame) -> Answer:
    match node:
        case tree.Everyone():
            return True, None, ()
        case tree.TraitCondition(trait=trait, test=test):
            value = facts.traits.get(trait, NULL)
            return passes(test, value, frame), shown(value), ()
        case tree.EventCondition():
            found = events_of(node, facts, frame)
            return count_passes(node.test, len(found)), len(found), _events(found, node.filters)
        case tree.EventMeasureCondition(measure=measure):
            found = events_of(node, facts, frame)
            holds, fact = measure_of_events(measure, found, frame)
            return holds, fact, _events(found, node.filters, getattr(measure, "path", None))
        case tree.SequenceCondition(steps=steps):
            chain = funnel(node, facts, frame)
            return len(chain) == len(steps), len(chain), _events(chain, ())
        case tree.UnfollowedCondition():
            found = unfollowed(node, facts, frame)
            return bool(found), len(found), _events(found, node.filters)
        case tree.OrdersCondition():
            return _orders(node, facts, frame)
        case tree.ConsentCondition(channel=channel, topic=topic, state=wanted, purpose=purpose):
            key = (channel, topic, purpose) if purpose else (channel, topic)
            state = facts.consents.get(key, "none")
            return state == wanted, state, ()
        case tree.MessageCondition():
            messages = _messages(node, facts, frame)
            count = len({one.message_id for one in messages})
            return count_passes(node.test, count), count, _message_evidence(messages)
        case tree.VisitCondition():
            holds, value_of_visit, visit = visit_of(node, facts, frame)
            return holds, value_of_visit, _events(visit, ())
        case tree.IdentifierCondition(identifier=kind, present=present):
            has = (
                bool(facts.identifiers - {"anonymous_id"})
                if kind == "known"
                else kind in facts.identifiers
            )
            return has == present, has, ()
        case tree.SeenCondition(which=which, test=date):
            at = facts.first_seen if which == "first" else facts.last_seen
            holds = at is not None and interval_of_test(date, frame).holds(epoch_millis(at))
            return holds, at, ()
        case tree.SegmentCondition(segment_id=segment_id, member=member):
            inside = segment_id in facts.segments
            return inside == member, inside, ()
        case tree.ProductCondition():
            outcome = explain(desugared(node), facts, frame)
            return outcome.holds, outcome.fact, outcome.evidence
        case tree.EmailDomainCondition():
            there = facts.email_domains.intersection(domains_of(node))
            said = [_leaf(one, facts, frame) for one in said_at(node)]
            holds = bool(there) or any(answer[0] for answer in said)
            return holds, sorted(there or facts.email_domains) or said[0][1], ()
        case never:
            assert_never(never)


def shown(value: Value) -> object:
    """Return a typed value as plain JSON."""
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


def _events(
    found: Iterable[EventFact],
    filters: tuple[tree.PropertyFilter, ...],
    path: str | None = None,
) -> tuple[Evidence, ...]:
    newest = sorted(found, key=lambda event: event.time, reverse=True)[:EVIDENCE_MAX]
    paths = [item.path for item in filters] + ([path] if path else [])
    return tuple(
        Evidence(
            kind="event",
            at=event.time,
            name=event.name,
            values={key: at_path(event.properties, key) for key in paths},
        )
        for event in newest
    )


def at_path(properties: Mapping[str, object], path: str) -> object:
    """Return the value at a dotted path, or None."""
    value: object = properties
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _messages(node: tree.MessageCondition, facts: Facts, frame: Frame) -> list[MessageFact]:
    interval = interval_of_window(node.window, frame)
    return [
        one
        for one in facts.messages
        if one.fact == node.fact
        and interval.holds(epoch_millis(one.at))
        and (not node.channel or one.channel == node.channel)
        and (not node.sources or one.source_id in node.sources)
        and node.link in one.url
        and (
            node.fact not in JUDGED
            or node.by == "anybody"
            or (one.verdict in MACHINES if node.by == "machine" else one.verdict == "person")
        )
    ]


def _message_evidence(messages: list[MessageFact]) -> tuple[Evidence, ...]:
    newest = sorted(messages, key=lambda one: one.at, reverse=True)[:EVIDENCE_MAX]
    return tuple(
        Evidence(
            kind="message",
            at=one.at,
            name=one.fact,
            values={"source_id": one.source_id, **({"url": one.url} if one.url else {})},
        )
        for one in newest
    )


def _orders(node: tree.OrdersCondition, facts: Facts, frame: Frame) -> Answer:
    interval = interval_of_window(node.window, frame)
    asks_lines = bool(
        node.products
        or node.categories
        or node.vendors
        or node.price
        or any(item.level == "line" for item in node.fields)
    )
    orders = [
        order
        for order in facts.orders
        if order.status in node.statuses
        and interval.holds(epoch_millis(order.placed_at))
        and (not asks_lines or any(line_passes(node, line, frame) for line in order.lines))
        and all(
            field_passes(item, order.fields, frame) for item in node.fields if item.level == "order"
        )
    ]
    lines = [line for order in orders for line in order.lines if line_passes(node, line, frame)]
    holds, fact = _measured(node.measure, orders, lines, frame)
    newest = sorted(orders, key=lambda order: order.placed_at, reverse=True)[:EVIDENCE_MAX]
    evidence = tuple(
        Evidence(
            kind="order",
            at=order.placed_at,
            name=order.order_id,
            values={"total": order.total, "status": order.status},
        )
        for order in newest
    )
    return holds, fact, evidence


def line_passes(node: tree.OrdersCondition, line: LineFact, frame: Frame) -> bool:
    """Return whether a line of an order is one of those that the condition asks for."""
    return (
        (not node.products or line.product in node.products)
        and (not node.categories or line.category in node.categories)
        and (not node.vendors or line.vendor in node.vendors)
        and (node.price is None or number_passes(node.price, line.price))
        and all(
            field_passes(item, line.fields, frame) for item in node.fields if item.level == "line"
        )
    )


def field_passes(item: tree.FieldTest, fields: Mapping[str, str | float], frame: Frame) -> bool:
    """Return whether a field of an order passes. It has a type of its own, which the value does
    not tell: a number may be a number, true or false, or a date."""
    test, opposite = positive(item.test)
    value = fields.get(item.name)
    return (value is not None and _field(test, value, frame)) != opposite


def _field(test: tree.Test, value: str | float, frame: Frame) -> bool:
    if isinstance(value, str):
        return passes(test, Value(type="string", text=value), frame)
    match test:
        case tree.In(values=values):
            return value in [float(one) for one in values if not isinstance(one, str)]
        case tree.AnniversaryInNext(days=days):
            at = datetime.fromtimestamp(value, UTC)
            return at.month * 100 + at.day in frame.anniversaries(days)
        case (
            tree.Before()
            | tree.After()
            | tree.BetweenDates()
            | tree.InLast()
            | tree.MoreThanAgo()
            | tree.InNext()
            | tree.AgoBetween()
            | tree.InPeriod()
        ):
            return interval_of_test(test, frame).holds_wall(round(value * 1000))
        case _:
            return passes(test, Value(type="number", number=value), frame)


def number_passes(test: tree.AmountTest, value: float) -> bool:
    """Compare one number as it is."""
    match test:
        case tree.AmountAtLeast(amount=amount):
            return value >= float(amount)
        case tree.AmountAtMost(amount=amount):
            return value <= float(amount)
        case tree.AmountBetween(low=low, high=high):
            return float(low) <= value <= float(high)


def _measured(
    measure: tree.Measure, orders: list[OrderFact], lines: list[LineFact], frame: Frame
) -> tuple[bool, object]:
    match measure:
        case tree.OrderCount(test=count_test):
            return count_passes(count_test, len(orders)), len(orders)
        case tree.OrderSum(test=amount_test):
            total = sum((order.total for order in orders), Decimal(0))
            return amount_passes(amount_test, total, count=1), total
        case tree.OrderUnits(test=amount_test):
            units = Decimal(sum(micro(line.quantity) for line in lines)) / MICRO
            return amount_passes(amount_test, units, count=1), units
        case tree.OrderLinesSum(test=amount_test):
            spent = Decimal(sum(micro(line.price * line.quantity) for line in lines)) / MICRO
            return amount_passes(amount_test, spent, count=1), spent
        case tree.OrderAverage(test=amount_test):
            if not orders:
                return False, None
            total = sum((order.total for order in orders), Decimal(0))
            holds = amount_passes(amount_test, total, count=len(orders))
            return holds, (total / len(orders)).quantize(Decimal("0.01"))
        case tree.OrderLargest(test=amount_test):
            if not orders:
                return False, None
            largest = max(order.total for order in orders)
            return amount_passes(amount_test, largest, count=1), largest
        case tree.FirstOrder(test=date_test):
            return _edge(orders, min, date_test, frame)
        case tree.LastOrder(test=date_test):
            return _edge(orders, max, date_test, frame)
        case never:
            assert_never(never)


def _edge(
    orders: list[OrderFact],
    pick: Callable[[Iterable[datetime]], datetime],
    test: tree.DateTest,
    frame: Frame,
) -> tuple[bool, object]:
    if not orders:
        return False, None
    at = pick(order.placed_at for order in orders)
    return interval_of_test(test, frame).holds(epoch_millis(at)), at


def sources_of(node: tree.Node) -> frozenset[UUID]:
    """Return the campaigns that message conditions of the definition name."""
    return frozenset(
        source
        for _, one in tree.walk(node)
        if isinstance(one, tree.MessageCondition)
        for source in one.sources
    )
