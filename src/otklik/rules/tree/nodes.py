"""Nodes: groups, and the leaves that ask about one kind of fact."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from otklik.rules.tree.limits import Strict
from otklik.rules.tree.tests import (
    AmountTest,
    CountAtLeast,
    CountTest,
    DateTest,
    Test,
)
from otklik.rules.tree.windows import ALL_TIME, Period, WeekTimes, Window


class PropertyFilter(Strict, frozen=True):
    """A test of one property of an event. `path` names nested properties with dots."""

    path: str
    test: Test


class NodeBase(Strict, frozen=True, tag_field="kind"):
    """A condition that a profile meets or does not meet."""


class AllOf(NodeBase, frozen=True, tag="all"):
    of: tuple[Node, ...]


class AnyOf(NodeBase, frozen=True, tag="any"):
    of: tuple[Node, ...]


class NoneOf(NodeBase, frozen=True, tag="none"):
    of: tuple[Node, ...]


class Everyone(NodeBase, frozen=True, tag="everyone"):
    pass


class TraitCondition(NodeBase, frozen=True, tag="trait"):
    trait: str
    test: Test


class EventCondition(NodeBase, frozen=True, tag="event"):
    """How often the event happened in the window, counting only those that pass all filters."""

    event: str
    test: CountTest = CountAtLeast(n=1)
    window: Window = ALL_TIME
    filters: tuple[PropertyFilter, ...] = ()
    times: WeekTimes | None = None


class EventMeasureBase(Strict, frozen=True, tag_field="kind"):
    """What is computed from the events of a profile."""


class EventSum(EventMeasureBase, frozen=True, tag="sum"):
    """The sum of a property that is a number; 0 for a profile without such events."""

    path: str
    test: AmountTest


class EventAverage(EventMeasureBase, frozen=True, tag="average"):
    """The mean of a property that is a number; without any such value there is none."""

    path: str
    test: AmountTest


class EventSmallest(EventMeasureBase, frozen=True, tag="smallest"):
    path: str
    test: AmountTest


class EventLargest(EventMeasureBase, frozen=True, tag="largest"):
    path: str
    test: AmountTest


class EventDays(EventMeasureBase, frozen=True, tag="days"):
    """On how many different days, in the zone of the workspace."""

    test: CountTest


class EventValues(EventMeasureBase, frozen=True, tag="values"):
    """How many different texts or numbers a property had."""

    path: str
    test: CountTest


class EventFirst(EventMeasureBase, frozen=True, tag="first_at"):
    """When it happened for the first time."""

    test: DateTest


class EventLast(EventMeasureBase, frozen=True, tag="last_at"):
    test: DateTest


EventMeasure = (
    EventSum
    | EventAverage
    | EventSmallest
    | EventLargest
    | EventDays
    | EventValues
    | EventFirst
    | EventLast
)


class EventMeasureCondition(NodeBase, frozen=True, tag="event_measure"):
    """A measure of the events in the window that pass all filters."""

    event: str
    measure: EventMeasure
    window: Window = ALL_TIME
    filters: tuple[PropertyFilter, ...] = ()
    times: WeekTimes | None = None


class Step(Strict, frozen=True):
    """An event that passes all filters."""

    event: str
    filters: tuple[PropertyFilter, ...] = ()


class SequenceCondition(NodeBase, frozen=True, tag="sequence"):
    """The steps happened one after the other, each later than the one before, all of them in the
    window, and the last at most `within` after the first (when given). Other events may lie
    between them."""

    steps: tuple[Step, ...]
    within: Period | None = None
    window: Window = ALL_TIME


class UnfollowedCondition(NodeBase, frozen=True, tag="not_followed"):
    """The event happened in the window, and after it `next` did not happen: not within `within`
    (then only events count whose time is over), or not until now."""

    event: str
    next: Step
    filters: tuple[PropertyFilter, ...] = ()
    within: Period | None = None
    window: Window = ALL_TIME


OrderStatus = Literal["placed", "paid", "cancelled", "returned"]
BOUGHT: tuple[OrderStatus, ...] = ("placed", "paid")


class MeasureBase(Strict, frozen=True, tag_field="kind"):
    """What is computed from the orders of a profile."""


class OrderCount(MeasureBase, frozen=True, tag="count"):
    test: CountTest


class OrderSum(MeasureBase, frozen=True, tag="sum"):
    """The total of all orders; 0 for a profile without orders."""

    test: AmountTest


class OrderAverage(MeasureBase, frozen=True, tag="average"):
    """The mean total of an order; a profile without orders has none."""

    test: AmountTest


class OrderLargest(MeasureBase, frozen=True, tag="largest"):
    """The largest total of an order; a profile without orders has none."""

    test: AmountTest


class OrderUnits(MeasureBase, frozen=True, tag="units"):
    """How many pieces the lines that are asked for have together; 0 without orders."""

    test: AmountTest


class OrderLinesSum(MeasureBase, frozen=True, tag="lines_sum"):
    """What the lines that are asked for cost together; 0 without orders."""

    test: AmountTest


class FirstOrder(MeasureBase, frozen=True, tag="first_at"):
    test: DateTest


class LastOrder(MeasureBase, frozen=True, tag="last_at"):
    test: DateTest


Measure = (
    OrderCount
    | OrderSum
    | OrderAverage
    | OrderLargest
    | OrderUnits
    | OrderLinesSum
    | FirstOrder
    | LastOrder
)


class FieldTest(Strict, frozen=True):
    """A test of a field of the workspace's own: of the order, or of one of its lines."""

    name: str
    test: Test
    level: Literal["order", "line"] = "order"


class OrdersCondition(NodeBase, frozen=True, tag="orders"):
    """A measure of the orders with one of the statuses, in the window, with a line that has one
    of the products, one of the categories, one of the vendors and a price that passes (each when
    given)."""

    measure: Measure
    statuses: tuple[OrderStatus, ...] = BOUGHT
    window: Window = ALL_TIME
    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    price: AmountTest | None = None
    fields: tuple[FieldTest, ...] = ()


class ProductCondition(NodeBase, frozen=True, tag="product"):
    """How often the profile bought, viewed or put into the cart a product with one of the ids,
    categories or vendors and a price that passes (each when given)."""

    action: Literal["bought", "viewed", "added"] = "bought"
    test: CountTest = CountAtLeast(n=1)
    window: Window = ALL_TIME
    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    price: AmountTest | None = None


class ConsentCondition(NodeBase, frozen=True, tag="consent"):
    """The recorded state of consent; an empty topic means the channel as a whole, an empty
    purpose advertising. Other purposes go by no channel and no topic."""

    channel: str
    state: Literal["none", "granted", "withdrawn"] = "granted"
    topic: str = ""
    purpose: str = ""


MessageFact = Literal[
    "sent", "delivered", "bounced", "opened", "clicked", "unsubscribed", "complained"
]


class MessageCondition(NodeBase, frozen=True, tag="message"):
    """How many messages had the fact in the window. `by`: who opened or clicked. `sources`: the
    campaigns the messages were of; none given: any. `link`: a part of the clicked address."""

    fact: MessageFact
    by: Literal["person", "machine", "anybody"] = "person"
    channel: str = ""
    sources: tuple[UUID, ...] = ()
    link: str = ""
    test: CountTest = CountAtLeast(n=1)
    window: Window = ALL_TIME


VisitField = Literal[
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "country",
    "city",
    "device",
    "os",
    "browser",
]


class VisitCondition(NodeBase, frozen=True, tag="visit"):
    """What the context of events says: where a visit came from, from which place and device.

    `touch`: of any event in the window that has the field, of the first one or of the last one.
    """

    field: VisitField
    test: Test
    touch: Literal["any", "first", "last"] = "any"
    window: Window = ALL_TIME


class IdentifierCondition(NodeBase, frozen=True, tag="identifier"):
    """Whether the profile has such an identifier; `known`: any but the anonymous one."""

    identifier: Literal["email", "phone", "user_id", "known"]
    present: bool = True


class SeenCondition(NodeBase, frozen=True, tag="seen"):
    """When the profile was seen for the first time or for the last time."""

    which: Literal["first", "last"]
    test: DateTest


class EmailDomainCondition(NodeBase, frozen=True, tag="email_domain"):
    """The profile has an e-mail address at one of the domains: as an identifier or as the trait
    `email`."""

    domains: tuple[str, ...]


class SegmentCondition(NodeBase, frozen=True, tag="segment"):
    segment_id: UUID
    member: bool = True


Group = AllOf | AnyOf | NoneOf
Leaf = (
    Everyone
    | TraitCondition
    | EventCondition
    | EventMeasureCondition
    | SequenceCondition
    | UnfollowedCondition
    | OrdersCondition
    | ProductCondition
    | ConsentCondition
    | MessageCondition
    | VisitCondition
    | IdentifierCondition
    | SeenCondition
    | EmailDomainCondition
    | SegmentCondition
)
Node = (
    AllOf
    | AnyOf
    | NoneOf
    | Everyone
    | TraitCondition
    | EventCondition
    | EventMeasureCondition
    | SequenceCondition
    | UnfollowedCondition
    | OrdersCondition
    | ProductCondition
    | ConsentCondition
    | MessageCondition
    | VisitCondition
    | IdentifierCondition
    | SeenCondition
    | EmailDomainCondition
    | SegmentCondition
)


def segments_of(node: Node) -> frozenset[UUID]:
    """Return the segments that the definition refers to."""
    if isinstance(node, SegmentCondition):
        return frozenset((node.segment_id,))
    if isinstance(node, Group):
        return frozenset().union(*(segments_of(child) for child in node.of))
    return frozenset()


def walk(node: Node, path: str = "$") -> list[tuple[str, Node]]:
    """Return every node with its JSON path, from the root down."""
    found = [(path, node)]
    if isinstance(node, Group):
        for index, child in enumerate(node.of):
            found += walk(child, f"{path}.of[{index}]")
    return found
