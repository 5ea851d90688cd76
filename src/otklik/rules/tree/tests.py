"""Tests: questions asked of one value, of a count and of an amount."""

from __future__ import annotations

from typing import Literal

from otklik.rules.tree.limits import CalendarUnit, Scalar, Strict, Unit


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


class AgoBetween(TestBase, frozen=True, tag="ago_between"):
    """From `high` units of time ago (included) to `low` ago (not included)."""

    low: int
    high: int
    unit: Unit = "days"


class InPeriod(TestBase, frozen=True, tag="in_period"):
    """In this, the last or the next day, week (from Monday), month, quarter or year of the
    calendar, in the zone of the workspace."""

    which: Literal["this", "last", "next"]
    unit: CalendarUnit


class AnniversaryInNext(TestBase, frozen=True, tag="anniversary_in_next"):
    """The day and the month come again today or within so many days; 29 February counts as
    28 February in a year that has none."""

    days: int


class HasAny(TestBase, frozen=True, tag="has_any"):
    """The list has at least one of the values."""

    values: tuple[str, ...]


class HasNone(TestBase, frozen=True, tag="has_none"):
    values: tuple[str, ...]


DateTest = Before | After | BetweenDates | InLast | MoreThanAgo | InNext | AgoBetween | InPeriod
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
    | AgoBetween
    | InPeriod
    | AnniversaryInNext
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
