"""Days, moments and windows: what a date in a definition means at a given `now` and zone.

Every condition about time becomes one half-open interval of milliseconds `[low, high)`.
A bound is kept twice: as an instant, and as the reading of a wall clock in the workspace's zone.
Values that name no zone ("1990-05-12") are compared by the wall clock, all others by the instant,
so a birthday is the same day everywhere.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from otklik.rules import tree

YEAR_MIN, YEAR_MAX = 1900, 2200  # the years that DateTime64 holds, less a margin for zones
MOMENT_PATTERN = (
    r"^(19|20|21)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?"
    r"(Z|[+-](0\d|1[0-4]):?[0-5]\d)?)?$"
)
"""ISO 8601 as RFC 3339 profiles it, with the time and the zone left out at will."""
ZONED_PATTERN = r"[T ].*(Z|[+-]\d\d(:?\d\d)?)$"
_ZONED = re.compile(ZONED_PATTERN, re.ASCII)
_MOMENT = re.compile(MOMENT_PATTERN, re.ASCII)
_PARTS = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_DAY_LENGTH = 10


class Moment(msgspec.Struct, frozen=True):
    """A parsed date: `at` is naive wall time, or an instant in UTC when `zoned`."""

    at: datetime
    zoned: bool
    is_day: bool

    @property
    def millis(self) -> int:
        """Milliseconds since 1970; for a value without a zone as if the wall clock were UTC."""
        return epoch_millis(self.at if self.zoned else self.at.replace(tzinfo=UTC))


def epoch_millis(at: datetime) -> int:
    """Return whole milliseconds since 1970, rounded down."""
    delta = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def parse_moment(text: str) -> Moment | None:
    """Return the day or moment that the text names, or None when it is not one."""
    if not _MOMENT.match(text) or text.endswith("\n"):
        return None
    parts = _PARTS.fullmatch(text)
    assert parts is not None, "the second pattern accepts all that the first does"
    day_text, clock_text, seconds, fraction, zone = parts.groups()
    try:
        day = date.fromisoformat(day_text)
    except ValueError:  # the 31st of February
        return None
    if clock_text is None:
        return Moment(at=datetime.combine(day, time()), zoned=False, is_day=True)
    clock = time(int(clock_text[:2]), int(clock_text[3:]), int(seconds or 0))
    millis = int((fraction or "").ljust(3, "0")[:3])
    at = datetime.combine(day, clock) + timedelta(milliseconds=millis)
    if zone is None:
        return Moment(at=at, zoned=False, is_day=False)
    return Moment(at=(at - _offset(zone)).replace(tzinfo=UTC), zoned=True, is_day=False)


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return timedelta(minutes=-minutes if zone[0] == "-" else minutes)


def names_zone(text: str) -> bool:
    """Return whether the text of a date says in which zone it is meant."""
    return _ZONED.search(text) is not None


class Bound(msgspec.Struct, frozen=True):
    """One end of an interval, in milliseconds: as an instant and on the wall clock."""

    instant: int
    wall: int


class Interval(msgspec.Struct, frozen=True):
    """From `low` (included) to `high` (not included); None is open."""

    low: Bound | None = None
    high: Bound | None = None

    def holds(self, millis: int) -> bool:
        """Return whether an instant lies in the interval."""
        return not (self.low and millis < self.low.instant) and not (
            self.high and millis >= self.high.instant
        )

    def holds_wall(self, millis: int) -> bool:
        """Return whether the reading of a wall clock, as if it were UTC, lies in the interval."""
        return not (self.low and millis < self.low.wall) and not (
            self.high and millis >= self.high.wall
        )


class Frame(msgspec.Struct, frozen=True):
    """The moment and the zone in which a definition is read."""

    now: datetime
    zone: str = "UTC"

    def of_instant(self, at: datetime, *, plus_ms: int = 0) -> Bound:
        local = at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=UTC)
        return Bound(instant=epoch_millis(at) + plus_ms, wall=epoch_millis(local) + plus_ms)

    def of_day(self, day: datetime) -> Bound:
        start = day.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)
        return Bound(instant=epoch_millis(start), wall=epoch_millis(day.replace(tzinfo=UTC)))

    def start(self, text: str) -> Bound:
        """Return where the day or moment begins."""
        moment = _must_parse(text)
        if moment.is_day:
            return self.of_day(moment.at)
        return self.of_instant(self._instant(moment))

    def end(self, text: str) -> Bound:
        """Return the first millisecond after the day or moment."""
        moment = _must_parse(text)
        if moment.is_day:
            return self.of_day(moment.at + timedelta(days=1))
        return self.of_instant(self._instant(moment), plus_ms=1)

    def ago(self, amount: int, unit: tree.Unit) -> Bound:
        return self.of_instant(self.now - span_of(amount, unit))

    def ahead(self, amount: int, unit: tree.Unit) -> Bound:
        return self.of_instant(self.now + span_of(amount, unit), plus_ms=1)

    @property
    def today(self) -> date:
        """The day of `now` in the zone."""
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    def period(self, which: Literal["this", "last", "next"], unit: tree.CalendarUnit) -> Interval:
        """Return a period of the calendar: the one that holds today, or its neighbour."""
        first = _first_day(self.today, unit)
        by = {"this": 0, "last": -1, "next": 1}[which]
        return Interval(
            low=self.of_day(_midnight(_shifted(first, unit, by))),
            high=self.of_day(_midnight(_shifted(first, unit, by + 1))),
        )

    def anniversaries(self, days: int) -> tuple[int, ...]:
        """Return today and so many days after it as month · 100 + day; where a year has no
        29 February, its 28th stands for both."""
        found = set()
        for ahead in range(days + 1):
            day = self.today + timedelta(days=ahead)
            found.add(day.month * 100 + day.day)
            if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
                found.add(229)
        return tuple(sorted(found))

    def _instant(self, moment: Moment) -> datetime:
        if moment.zoned:
            return moment.at
        return moment.at.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)


def span_of(amount: int, unit: tree.Unit) -> timedelta:
    """Return a length of time; a day is 24 hours."""
    match unit:
        case "minutes":
            return timedelta(minutes=amount)
        case "hours":
            return timedelta(hours=amount)
        case "days":
            return timedelta(hours=24 * amount)


def millis_of(period: tree.Period) -> int:
    return span_of(period.amount, period.unit) // timedelta(milliseconds=1)


def _first_day(day: date, unit: tree.CalendarUnit) -> date:
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)


def _shifted(first: date, unit: tree.CalendarUnit, by: int) -> date:
    """Return the first day of the period that is `by` periods after the one of `first`."""
    days = {"day": 1, "week": 7}.get(unit)
    if days is not None:
        return first + timedelta(days=by * days)
    months = {"month": 1, "quarter": 3, "year": 12}[unit] * by + first.year * 12 + first.month - 1
    return date(months // 12, months % 12 + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def minutes_of(clock: str) -> int:
    """Return the minutes since midnight of "HH:MM"; "24:00" is the end of the day."""
    return int(clock[:2]) * 60 + int(clock[3:])


def times_hold(times: tree.WeekTimes, at: datetime, zone: str) -> bool:
    """Return whether a moment lies on one of the days of the week and in the time of the day."""
    local = at.astimezone(ZoneInfo(zone))
    if times.days and local.isoweekday() not in times.days:
        return False
    start, end = minutes_of(times.start), minutes_of(times.end)
    minute = local.hour * 60 + local.minute
    return start <= minute < end if start < end else minute >= start or minute < end


def _must_parse(text: str) -> Moment:
    moment = parse_moment(text)
    if moment is None:
        raise ValueError(f"not a moment: {text!r}; only parsed trees may be used")
    return moment


def interval_of_test(test: tree.DateTest, frame: Frame) -> Interval:
    """Return the interval that a date must be in to pass the test."""
    match test:
        case tree.Before(at=at):
            return Interval(high=frame.start(at))
        case tree.After(at=at):
            return Interval(low=frame.end(at))
        case tree.BetweenDates(start=start, end=end):
            return Interval(low=frame.start(start), high=frame.end(end))
        case tree.InLast(amount=amount, unit=unit):
            return Interval(
                low=frame.ago(amount, unit), high=frame.of_instant(frame.now, plus_ms=1)
            )
        case tree.MoreThanAgo(amount=amount, unit=unit):
            return Interval(high=frame.ago(amount, unit))
        case tree.InNext(amount=amount, unit=unit):
            return Interval(low=frame.of_instant(frame.now), high=frame.ahead(amount, unit))
        case tree.AgoBetween(low=low, high=high, unit=unit):
            return Interval(low=frame.ago(high, unit), high=frame.ago(low, unit))
        case tree.InPeriod(which=which, unit=period):
            return frame.period(which, period)


def interval_of_window(window: tree.Window, frame: Frame) -> Interval:
    """Return the interval in which facts are counted."""
    match window:
        case tree.AllTime():
            return Interval()
        case tree.Last(amount=amount, unit=unit):
            return interval_of_test(tree.InLast(amount=amount, unit=unit), frame)
        case tree.WindowBetween(start=start, end=end):
            return interval_of_test(tree.BetweenDates(start=start, end=end), frame)
        case tree.WindowBefore(at=at):
            return interval_of_test(tree.Before(at=at), frame)
        case tree.WindowAfter(at=at):
            return interval_of_test(tree.After(at=at), frame)
        case tree.WindowAgo(low=low, high=high, unit=unit):
            return Interval(low=frame.ago(high, unit), high=frame.ago(low, unit))
        case tree.WindowPeriod(which=which, unit=period):
            return frame.period(which, period)
