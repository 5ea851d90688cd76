"""Tests, windows and numbers in English: what conditions are said with."""

from __future__ import annotations

from collections.abc import Sequence

from otklik.kit.calendar import MONTHS
from otklik.kit.i18n import group_digits, plural
from otklik.rules import tree
from otklik.rules.moments import parse_moment
from otklik.rules.negation import join_words

SHOWN_MAX = 5
_UNITS: dict[str, tuple[str, str]] = {
    "minutes": ("minute", "minutes"),
    "hours": ("hour", "hours"),
    "days": ("day", "days"),
}
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def tested(test: tree.Test) -> str:
    match test:
        case tree.Eq(value=value):
            return f"equal to {said(value)}"
        case tree.Neq(value=value):
            return f"other than {said(value)} or not set"
        case tree.In(values=values):
            return f"equal to {listed(values)}"
        case tree.NotIn(values=values):
            return f"other than {listed(values)} or not set"
        case tree.Contains(value=text):
            return f"containing {quoted(text)}"
        case tree.StartsWith(value=text):
            return f"starting with {quoted(text)}"
        case tree.EndsWith(value=text):
            return f"ending with {quoted(text)}"
        case tree.Gt(value=number):
            return f"over {numbered(number)}"
        case tree.Gte(value=number):
            return f"of at least {numbered(number)}"
        case tree.Lt(value=number):
            return f"under {numbered(number)}"
        case tree.Lte(value=number):
            return f"of at most {numbered(number)}"
        case tree.Between(low=low, high=high):
            return f"from {numbered(low)} to {numbered(high)}"
        case tree.IsSet():
            return "set"
        case tree.IsNotSet():
            return "not set"
        case tree.IsTrue():
            return "equal to true"
        case tree.IsFalse():
            return "equal to false"
        case tree.HasAny(values=texts):
            return f"listing {listed(texts)}"
        case tree.HasNone(values=texts):
            return f"not listing {listed(texts)}"
        case tree.Before(at=at):
            return f"before {dated(at)}"
        case tree.After(at=at):
            return f"after {dated(at)}"
        case tree.BetweenDates(start=start, end=end):
            return f"from {dated(start)} to {dated(end)}"
        case tree.InLast(amount=amount, unit=unit):
            return f"within the last {period(amount, unit)}"
        case tree.MoreThanAgo(amount=amount, unit=unit):
            return f"more than {period(amount, unit, one=True)} ago"
        case tree.InNext(amount=amount, unit=unit):
            return f"within the next {period(amount, unit)}"
        case tree.AgoBetween(low=low, high=high, unit=unit):
            return _ago(low, high, unit)
        case tree.InPeriod(which=which, unit=calendar):
            return _calendar(which, calendar)
        case tree.AnniversaryInNext(days=0):
            return "with its anniversary today"
        case tree.AnniversaryInNext(days=days):
            return f"with its anniversary within the next {period(days, 'days')}"


def in_window(window: tree.Window) -> str:
    match window:
        case tree.AllTime():
            return ""
        case tree.Last(amount=amount, unit=unit):
            return f" in the last {period(amount, unit)}"
        case tree.WindowBetween(start=start, end=end):
            return f" from {dated(start)} to {dated(end)}"
        case tree.WindowBefore(at=at):
            return f" before {dated(at)}"
        case tree.WindowAfter(at=at):
            return f" after {dated(at)}"
        case tree.WindowAgo(low=low, high=high, unit=unit):
            return f" {_ago(low, high, unit)}"
        case tree.WindowPeriod(which=which, unit=calendar):
            return f" {_calendar(which, calendar)}"


def _ago(low: int, high: int, unit: tree.Unit) -> str:
    return f"from {group_digits('en', low)} to {period(high, unit, one=True)} ago"


def _calendar(which: str, unit: tree.CalendarUnit) -> str:
    if unit == "day":
        return {"this": "today", "last": "yesterday", "next": "tomorrow"}[which]
    return f"{which} {unit}"


def weekly(times: tree.WeekTimes | None) -> str:
    """Return the days of the week and the time of the day, with a space before it."""
    if times is None:
        return ""
    said = ""
    if times.days:
        said = " on " + join_words([_DAYS[day - 1] for day in sorted(set(times.days))], "or")
    if (times.start, times.end) != ("00:00", "24:00"):
        said += f" between {times.start} and {times.end}"
    return said


def period(amount: int, unit: tree.Unit, *, one: bool = False) -> str:
    word = plural("en", amount, en=_UNITS[unit], ru=("", "", ""))
    return word if amount == 1 and not one else f"{group_digits('en', amount)} {word}"


def times(test: tree.CountTest) -> str:
    match test:
        case tree.CountAtLeast(n=n):
            return f"at least {n_times(n)}"
        case tree.CountAtMost(n=n):
            return f"at most {n_times(n)}"
        case tree.CountExactly(n=n):
            return f"exactly {n_times(n)}"
        case tree.CountBetween(low=low, high=high):
            return f"from {group_digits('en', low)} to {n_times(high)}"


def n_times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{group_digits('en', n)} times")


def number_of_orders(test: tree.CountTest) -> str:
    return number_of(test, "order", "orders")


def number_of(test: tree.CountTest, one: str, many: str) -> str:
    """Return a count of things: "at least 3 orders"."""

    def things(n: int) -> str:
        return f"{group_digits('en', n)} {plural('en', n, en=(one, many), ru=('', '', ''))}"

    match test:
        case tree.CountAtLeast(n=n):
            return f"at least {things(n)}"
        case tree.CountAtMost(n=n):
            return f"at most {things(n)}"
        case tree.CountExactly(n=n):
            return f"exactly {things(n)}"
        case tree.CountBetween(low=low, high=high):
            return f"from {group_digits('en', low)} to {things(high)}"


def amounted(test: tree.AmountTest) -> str:
    match test:
        case tree.AmountAtLeast(amount=amount):
            return f"at least {numbered(amount)}"
        case tree.AmountAtMost(amount=amount):
            return f"at most {numbered(amount)}"
        case tree.AmountBetween(low=low, high=high):
            return f"from {numbered(low)} to {numbered(high)}"


def quoted(text: str) -> str:
    return f"“{text}”"


def numbered(value: float) -> str:
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,}"


def said(value: tree.Scalar) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case _:
            return numbered(value)


def listed(values: Sequence[tree.Scalar]) -> str:
    shown = [said(value) for value in values[:SHOWN_MAX]]
    more = len(values) - len(shown)
    if more:
        return f"one of {', '.join(shown)} and {more} more"
    return shown[0] if len(shown) == 1 else join_words(shown, "or")


def dated(text: str) -> str:
    moment = parse_moment(text)
    assert moment is not None, "only parsed trees are described"
    at = moment.at
    day = f"{at.day} {MONTHS['en'][at.month - 1]} {at.year}"
    if moment.is_day:
        return day
    return f"{day} {at:%H:%M}" + (" UTC" if moment.zoned else "")
