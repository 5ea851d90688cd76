"""Windows: when facts have to lie in time to be counted."""

from __future__ import annotations

from typing import Literal

from otklik.rules.tree.limits import CalendarUnit, Strict, Unit


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


class WindowAgo(Strict, frozen=True, tag_field="kind", tag="ago"):
    """From `high` units of time ago (included) to `low` ago (not included)."""

    low: int
    high: int
    unit: Unit = "days"


class WindowPeriod(Strict, frozen=True, tag_field="kind", tag="period"):
    """This or the last day, week (from Monday), month, quarter or year of the calendar."""

    which: Literal["this", "last"]
    unit: CalendarUnit


Window = AllTime | Last | WindowBetween | WindowBefore | WindowAfter | WindowAgo | WindowPeriod
ALL_TIME = AllTime()


class Period(Strict, frozen=True):
    """A length of time; a day is 24 hours."""

    amount: int
    unit: Unit = "days"


class WeekTimes(Strict, frozen=True):
    """Days of the week (1 is Monday; none given: all) and times of the day in the zone of the
    workspace, from `start` (included) to `end` (not included); past midnight when `end` is not
    after `start`. The day is that of the moment itself."""

    days: tuple[int, ...] = ()
    start: str = "00:00"
    end: str = "24:00"
