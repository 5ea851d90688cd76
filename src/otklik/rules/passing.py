"""Whether one value, one count or one amount passes a test."""

from __future__ import annotations

from decimal import Decimal
from typing import assert_never
from zoneinfo import ZoneInfo

from otklik.rules import tree
from otklik.rules.facts import Value
from otklik.rules.moments import Frame, interval_of_test, names_zone, parse_moment

MICRO = 1_000_000
COUNTED_MAX = 1e12
"""Numbers of events that are greater in size are not added up: an exact sum has to fit."""


def micro(value: float) -> int:
    """Return a number in whole millionths, rounded to the even one as both evaluators do."""
    return round(value * MICRO)


def micro_of(amount: float) -> int:
    """Return an amount of a definition in whole millionths."""
    return int(decimal_of(amount) * MICRO)


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
            | tree.AgoBetween()
            | tree.InPeriod()
        ):
            return value.type == "date" and _date_passes(test, value, frame)
        case tree.AnniversaryInNext(days=days):
            return value.type == "date" and _day_of(value, frame) in frame.anniversaries(days)
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


def _day_of(value: Value, frame: Frame) -> int:
    """Return the day of a date as month · 100 + day: as written, or in the zone of the workspace
    when the date names one."""
    moment = parse_moment(value.text)
    assert moment is not None, "a value of the type date is one"
    at = moment.at.astimezone(ZoneInfo(frame.zone)) if moment.zoned else moment.at
    return at.month * 100 + at.day


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
