"""The condition tree: what a definition of a segment may say, as a closed set of structs.

The JSON form is the form of these structs: `kind` names a node, `op` names a test. Anything else
is refused by `otklik.rules.parse`; only trees that it returned may be compiled or evaluated.
The meaning of each word is in docs/reference/segments.md.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

DEPTH_MAX = 10
NODES_MAX = 200
FILTERS_MAX = 20
VALUES_MAX = 1000
TEXT_MAX = 1000
VALUES_TEXT_MAX = 20_000  # of all values of a list together: a server takes 128 KB a parameter
NAME_MAX = 200
NUMBER_MAX = 2**53  # beyond it a double no longer tells neighbouring whole numbers apart
AMOUNT_MAX = 10**12
COUNT_MAX = 10**9
HOURS_MAX = 24 * 36_500

Scalar = str | int | float | bool
Unit = Literal["hours", "days"]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A struct that refuses fields it does not know: a misspelt field must not be lost."""


class TestBase(Strict, frozen=True, tag_field="op"):
    """A question asked of one value."""

    __test__ = False  # the word is the domain's; test collectors must not take it for theirs


class Eq(TestBase, frozen=True, tag="eq"):
    value: Scalar


class Neq(TestBase, frozen=True, tag="neq"):
    value: Scalar


class In(TestBase, frozen=True, tag="in"):
    values: tuple[Scalar, ...]


class NotIn(TestBase, frozen=True, tag="not_in"):
    values: tuple[Scalar, ...]


class Contains(TestBase, frozen=True, tag="contains"):
    value: str


class StartsWith(TestBase, frozen=True, tag="starts_with"):
    value: str


class EndsWith(TestBase, frozen=True, tag="ends_with"):
    value: str


class Gt(TestBase, frozen=True, tag="gt"):
    value: int | float


class Gte(TestBase, frozen=True, tag="gte"):
    value: int | float


class Lt(TestBase, frozen=True, tag="lt"):
    value: int | float


class Lte(TestBase, frozen=True, tag="lte"):
    value: int | float


class Between(TestBase, frozen=True, tag="between"):
    """From `low` to `high`, both included."""

    low: int | float
    high: int | float


class IsSet(TestBase, frozen=True, tag="is_set"):
    pass


class IsNotSet(TestBase, frozen=True, tag="is_not_set"):
    pass


class IsTrue(TestBase, frozen=True, tag="is_true"):
    pass


class IsFalse(TestBase, frozen=True, tag="is_false"):
    pass


class Before(TestBase, frozen=True, tag="before"):
    """Earlier than the moment; earlier than the whole day when `at` is a day."""

    at: str


class After(TestBase, frozen=True, tag="after"):
    """Later than the moment; later than the whole day when `at` is a day."""

    at: str


class BetweenDates(TestBase, frozen=True, tag="between_dates"):
    """From `start` to `end`, both included; a day counts as the whole day."""

    start: str
    end: str


class InLast(TestBase, frozen=True, tag="in_last"):
    """At most so long ago, and not in the future."""

    amount: int
    unit: Unit = "days"


class MoreThanAgo(TestBase, frozen=True, tag="more_than_ago"):
    """Earlier than so long ago."""

    amount: int
    unit: Unit = "days"


class InNext(TestBase, frozen=True, tag="in_next"):
    """Now or later, at most so far ahead."""

    amount: int
    unit: Unit = "days"


class HasAny(TestBase, frozen=True, tag="has_any"):
    """The list has at least one of the values."""

    values: tuple[str, ...]


class HasNone(TestBase, frozen=True, tag="has_none"):
    values: tuple[str, ...]


DateTest = Before | After | BetweenDates | InLast | MoreThanAgo | InNext
ListTest = HasAny | HasNone
NumberTest = Gt | Gte | Lt | Lte | Between
TextTest = Contains | StartsWith | EndsWith
Test = (
    Eq
    | Neq
    | In
    | NotIn
    | Contains
    | StartsWith
    | EndsWith
    | Gt
    | Gte
    | Lt
    | Lte
    | Between
    | IsSet
    | IsNotSet
    | IsTrue
    | IsFalse
    | Before
    | After
    | BetweenDates
    | InLast
    | MoreThanAgo
    | InNext
    | HasAny
    | HasNone
)


class CountAtLeast(TestBase, frozen=True, tag="at_least"):
    n: int


class CountAtMost(TestBase, frozen=True, tag="at_most"):
    n: int


class CountExactly(TestBase, frozen=True, tag="exactly"):
    """Exactly `n` times; 0 means never."""

    n: int


class CountBetween(TestBase, frozen=True, tag="between"):
    low: int
    high: int


CountTest = CountAtLeast | CountAtMost | CountExactly | CountBetween


class AmountAtLeast(TestBase, frozen=True, tag="at_least"):
    amount: int | float


class AmountAtMost(TestBase, frozen=True, tag="at_most"):
    amount: int | float


class AmountBetween(TestBase, frozen=True, tag="between"):
    low: int | float
    high: int | float


AmountTest = AmountAtLeast | AmountAtMost | AmountBetween


class AllTime(Strict, frozen=True, tag_field="kind", tag="all_time"):
    pass


class Last(Strict, frozen=True, tag_field="kind", tag="last"):
    """The last hours or days before now; a day is 24 hours."""

    amount: int
    unit: Unit = "days"


class WindowBetween(Strict, frozen=True, tag_field="kind", tag="between"):
    start: str
    end: str


class WindowBefore(Strict, frozen=True, tag_field="kind", tag="before"):
    at: str


class WindowAfter(Strict, frozen=True, tag_field="kind", tag="after"):
    at: str


Window = AllTime | Last | WindowBetween | WindowBefore | WindowAfter
ALL_TIME = AllTime()


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


class FirstOrder(MeasureBase, frozen=True, tag="first_at"):
    test: DateTest


class LastOrder(MeasureBase, frozen=True, tag="last_at"):
    test: DateTest


Measure = OrderCount | OrderSum | OrderAverage | FirstOrder | LastOrder


class OrdersCondition(NodeBase, frozen=True, tag="orders"):
    """A measure of the orders with one of the statuses, in the window, with one of the products
    (when given) and one of the categories (when given)."""

    measure: Measure
    statuses: tuple[OrderStatus, ...] = BOUGHT
    window: Window = ALL_TIME
    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class ConsentCondition(NodeBase, frozen=True, tag="consent"):
    """The recorded state of consent; an empty topic means the channel as a whole."""

    channel: str
    state: Literal["none", "granted", "withdrawn"] = "granted"
    topic: str = ""


class IdentifierCondition(NodeBase, frozen=True, tag="identifier"):
    """Whether the profile has such an identifier; `known`: any but the anonymous one."""

    identifier: Literal["email", "phone", "user_id", "known"]
    present: bool = True


class SegmentCondition(NodeBase, frozen=True, tag="segment"):
    segment_id: UUID
    member: bool = True


Group = AllOf | AnyOf | NoneOf
Leaf = (
    Everyone
    | TraitCondition
    | EventCondition
    | OrdersCondition
    | ConsentCondition
    | IdentifierCondition
    | SegmentCondition
)
Node = (
    AllOf
    | AnyOf
    | NoneOf
    | Everyone
    | TraitCondition
    | EventCondition
    | OrdersCondition
    | ConsentCondition
    | IdentifierCondition
    | SegmentCondition
)


def segments_of(node: Node) -> frozenset[UUID]:
    """Return the segments that the definition refers to."""
    if isinstance(node, SegmentCondition):
        return frozenset((node.segment_id,))
    if isinstance(node, Group):
        return frozenset().union(*(segments_of(child) for child in node.of))
    return frozenset()


def to_builtins(node: Node) -> dict[str, object]:
    """Return the JSON form with every default written out, as it is stored."""
    result: dict[str, object] = msgspec.to_builtins(node)
    return result
