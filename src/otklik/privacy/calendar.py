"""The Russian working calendar, and terms counted by it or by plain days and months.

Days off are Saturdays, Sundays and the holidays of article 112 of the Labour Code. A holiday on a
day off moves to the next working day, January's excepted; the Government moves days otherwise by a
decree each year. The decrees known when this was written are here; later ones, and the company's
own days, an administrator adds by hand.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

HOLIDAYS = (
    *((1, day) for day in range(1, 9)),
    (2, 23),
    (3, 8),
    (5, 1),
    (5, 9),
    (6, 12),
    (11, 4),
)

DECREES: dict[int, dict[date, bool]] = {
    # Decree 1335 of 4 October 2024 and 1466 of 24 September 2025: True makes a day a working one.
    2025: {
        date(2025, 5, 2): False,
        date(2025, 5, 8): False,
        date(2025, 6, 13): False,
        date(2025, 11, 1): True,
        date(2025, 11, 3): False,
        date(2025, 12, 31): False,
    },
    2026: {
        date(2026, 1, 9): False,
        date(2026, 3, 9): False,
        date(2026, 5, 11): False,
        date(2026, 12, 31): False,
    },
}


@lru_cache(maxsize=32)
def days_moved(year: int) -> Mapping[date, bool]:
    """Return the days of a year that a decree, or the rule of the law, made off or working."""
    if year in DECREES:
        return DECREES[year]
    moved: dict[date, bool] = {}
    for month, day in HOLIDAYS:
        holiday = date(year, month, day)
        if month == 1 or holiday.weekday() < 5:
            continue
        following = holiday + timedelta(days=1)
        while _plainly_off(following) or following in moved:
            following += timedelta(days=1)
        moved[following] = False
    return moved


def is_working(day: date, own: Mapping[date, bool]) -> bool:
    """Return whether a day is a working one. `own`: the workspace's days, which win."""
    if day in own:
        return own[day]
    moved = days_moved(day.year)
    return moved[day] if day in moved else not _plainly_off(day)


def add_working_days(start: date, days: int, own: Mapping[date, bool]) -> date:
    """Return the last day of a term of working days; it begins on the day after `start`."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= is_working(day, own)
    return day


def working_days_between(today: date, last: date, own: Mapping[date, bool]) -> int:
    """Return how many working days are left after today; negative: since when it is over."""
    if last < today:
        return -working_days_between(last, today, own)
    return sum(
        is_working(today + timedelta(days=n), own) for n in range(1, (last - today).days + 1)
    )


def add_months(start: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day."""
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def _plainly_off(day: date) -> bool:
    return day.weekday() >= 5 or (day.month, day.day) in HOLIDAYS
