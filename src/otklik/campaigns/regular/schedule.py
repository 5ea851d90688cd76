"""The moments of a plan. Pure: days are counted on a calendar, zones turn them into moments.

A time that clocks jump over in spring is the moment of the jump; one that comes twice in autumn is
its first coming. So a plan has exactly one moment for each of its days.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from otklik.campaigns.model import EARLIEST_CLOCK
from otklik.campaigns.regular.model import RegularPlan
from otklik.delivery.public import wall_moment

_DAY = timedelta(days=1)
_DAYS_MAX = 800
EARLY = timedelta(hours=1)
"""A run by people's own clocks is made so long before the first clock on Earth shows its time."""
LATEST_CLOCK = timedelta(hours=12)
"""The zone that is furthest behind, UTC-12, shows every time so long after UTC does."""


class Moment(NamedTuple):
    """`wall`: the time that clocks show; `at`: when the run is made."""

    wall: datetime
    at: datetime


def is_day(plan: RegularPlan, day: date) -> bool:
    """Tell whether the plan names a day."""
    if (plan.first_on and day < plan.first_on) or (plan.last_on and day > plan.last_on):
        return False
    match plan.every:
        case "day":
            return True
        case "week":
            return day.isoweekday() in plan.weekdays
        case "month":
            last = calendar.monthrange(day.year, day.month)[1]
            return day.day == min(plan.month_day, last)


def at_wall(plan: RegularPlan, zone: ZoneInfo, wall: datetime) -> datetime:
    """Return when the run of a time on the wall is made (UTC)."""
    if plan.zone == "own":
        return wall.replace(tzinfo=UTC) - EARLIEST_CLOCK - EARLY
    return wall_moment(zone, wall)


def moments(plan: RegularPlan, zone: ZoneInfo, *, after: datetime) -> Iterator[Moment]:
    """Yield the moments of a plan after a moment, in order; zone: the workspace's."""
    hour, minute = map(int, plan.time.split(":"))
    start = max(after.astimezone(zone).date() - _DAY, plan.first_on or date.min)
    # The calendar ends with the year 9999; a plan may begin on its last day.
    for number in range(min(_DAYS_MAX, (date.max - start).days)):
        day = start + number * _DAY
        if plan.last_on is not None and day > plan.last_on:
            return
        if is_day(plan, day):
            wall = datetime.combine(day, time(hour, minute))
            at = at_wall(plan, zone, wall)
            if at > after:
                yield Moment(wall, at)


def next_moment(plan: RegularPlan, zone: ZoneInfo, *, after: datetime) -> Moment | None:
    """Return the next moment of a plan, None if it has no more."""
    return next(moments(plan, zone, after=after), None)


def first_moments(
    plan: RegularPlan, zone: ZoneInfo, *, after: datetime, count: int
) -> list[Moment]:
    return list(islice(moments(plan, zone, after=after), count))


def wall_of(plan: RegularPlan, zone: ZoneInfo, at: datetime) -> datetime:
    """Return the time on the wall whose run is made at a moment of the plan."""
    found = next_moment(plan, zone, after=at - timedelta(seconds=1))
    if found is not None and found.at == at:
        return found.wall
    if plan.zone == "own":
        return (at + EARLIEST_CLOCK + EARLY).replace(tzinfo=None)
    return at.astimezone(zone).replace(tzinfo=None)


def interval(plan: RegularPlan) -> timedelta:
    """Return the usual time between two runs: what a first run looks back over."""
    match plan.every:
        case "day":
            return _DAY
        case "week":
            days = sorted(set(plan.weekdays))
            if len(days) < 2:
                return 7 * _DAY
            return max(
                ((later - earlier - 1) % 7 + 1) * _DAY
                for earlier, later in zip(days, [*days[1:], days[0]], strict=True)
            )
        case "month":
            return 31 * _DAY


def ends_at(plan: RegularPlan, zone: ZoneInfo, moment: Moment) -> datetime:
    """Return the latest moment at which letters of a run may go: then the next one begins."""
    if plan.zone == "own":
        return moment.wall.replace(tzinfo=UTC) + LATEST_CLOCK + timedelta(hours=6)
    following = next_moment(plan, zone, after=moment.at)
    return following.at if following is not None else moment.at + interval(plan)
