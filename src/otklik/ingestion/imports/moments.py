"""Dates and times as people and programs write them.

Read are: ISO 8601 (2026-04-03, 20260403, with a time and a zone or without), 2026/04/03,
03.04.2026, 03/04/26 in either order of day and month, 3 апреля 2026 г., 3-Apr-26, April 3, 2026,
RFC 5322 (Fri, 03 Apr 2026 10:15:00 +0300), day numbers of spreadsheets (46115.43) and seconds or
milliseconds since 1970; each with times such as 10:15, 10:15:30.250 or 8:26 PM.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import NamedTuple

from otklik.ingestion.imports.model import DateOrder

_TIME = (
    r"(?:(?:\s*[T,]\s*|\s+(?:в\s+|at\s+)?)(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?"
    r"\s*([AaPp]\.?[Mm]\.?)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_NUMERIC = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?:\s?г\.?)?" + _TIME)
_DAY_FIRST = re.compile(
    r"(?:[^\W\d_]{2,12}\.?,?\s+)?(\d{1,2})(?:st|nd|rd|th)?[\s.-]+(?:of\s+)?([^\W\d_]{3,10})\.?,?"
    r"[\s.-]+(\d{4}|\d{2})(?:\s*(?:года|год|г)\.?)?" + _TIME,
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    r"(?:[^\W\d_]{2,12}\.?,?\s+)?([^\W\d_]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})"
    + _TIME,
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d{5,13}(?:[.,]\d{1,12})?")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "янв"),
            ("feb", "фев"),
            ("mar", "мар"),
            ("apr", "апр"),
            ("may", "май", "мая", "мае"),
            ("jun", "июн"),
            ("jul", "июл"),
            ("aug", "авг"),
            ("sep", "сен"),
            ("oct", "окт"),
            ("nov", "ноя"),
            ("dec", "дек"),
        ),
        start=1,
    )
    for name in names
}
_FIRST_DAY = datetime.combine(date(1899, 12, 30), time())
_LAST_SERIAL = 109_575
"""Day number of the end of 2199; above it a number of six digits is no date."""


class Moment(NamedTuple):
    """`at`: without a zone where the text has none; `has_time`: False for a mere day."""

    at: datetime
    has_time: bool


def read_moment(text: str, order: DateOrder) -> Moment:
    """Return the moment that a text names; `order`: of 03.04.2026. Raises: ValueError."""
    found = _NUMERIC.fullmatch(text)
    if found is not None:
        year, month, day = _by_order(found.group(1), found.group(2), found.group(3), order)
        return _with_time(year, month, day, found, 4)
    if _DIGITS.fullmatch(text):
        return _number(text)
    if ":" in text or text[:1].isdigit():
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            return Moment(at, ":" in text or "T" in text)
    found = _DAY_FIRST.fullmatch(text)
    if found is not None:
        day, month, year = int(found.group(1)), _month(found.group(2)), _year(found.group(3))
        return _with_time(year, month, day, found, 4)
    found = _MONTH_FIRST.fullmatch(text)
    if found is not None:
        month, day, year = _month(found.group(1)), int(found.group(2)), int(found.group(3))
        return _with_time(year, month, day, found, 4)
    raise ValueError("no date")


def is_written_date(text: str) -> bool:
    """Tell whether a text is a date that can be nothing else, such as a plain number could."""
    if _DIGITS.fullmatch(text) or not any(map(str.isdigit, text)):
        return False
    for order in ("dmy", "mdy"):
        try:
            year = read_moment(text, order).at.year
        except (ValueError, OverflowError):
            continue
        return 1900 <= year <= 2200
    return False


def numeric_parts(text: str) -> tuple[str, str, str, str] | None:
    """Return the three numbers of a date and their sign, where it is written in numbers."""
    found = _NUMERIC.fullmatch(text)
    if found is None:
        return None
    return found.group(1), found.group(2), found.group(3), text[len(found.group(1))]


def _by_order(a: str, b: str, c: str, order: DateOrder) -> tuple[int, int, int]:
    if len(a) == 4:
        return int(a), int(b), int(c)
    if len(a) > 2 or len(c) not in {2, 4}:
        raise ValueError("no date")
    if order == "mdy":
        return _year(c), int(a), int(b)
    if order == "dmy" or len(c) == 4:
        return _year(c), int(b), int(a)
    raise ValueError("the order of day and month is not known")


def _year(text: str) -> int:
    year = int(text)
    if year < 100:
        year += 2000 if year < 70 else 1900
    return year


def _month(name: str) -> int:
    number = _MONTHS.get(name[:3].lower())
    if number is None:
        raise ValueError("no month")
    return number


def _with_time(year: int, month: int, day: int, found: re.Match[str], first: int) -> Moment:
    hours, minutes, seconds, part, half, zone = (found.group(first + i) for i in range(6))
    if hours is None:
        if zone is not None:
            raise ValueError("a zone without a time")
        return Moment(datetime.combine(date(year, month, day), time()), has_time=False)
    hour = int(hours)
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of half a day")
        hour = hour % 12 + (12 if half[0] in "Pp" else 0)
    micros = int((part or "").ljust(6, "0")[:6])
    clock = time(hour, int(minutes), int(seconds or 0), micros)
    at = datetime.combine(date(year, month, day), clock)
    if zone is not None:
        at = at.replace(tzinfo=_zone(zone))
    return Moment(at, has_time=True)


def _zone(text: str) -> timezone:
    if text[0] not in "+-":
        return UTC
    span = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-span if text[0] == "-" else span)


def _number(text: str) -> Moment:
    """A day number of a spreadsheet, a day without signs, or seconds or milliseconds since 1970."""
    whole, _, part = text.replace(",", ".").partition(".")
    if len(whole) == 8 and not part:
        day = date(int(whole[:4]), int(whole[4:6]), int(whole[6:]))
        return Moment(datetime.combine(day, time()), has_time=False)
    if len(whole) in {10, 13}:
        seconds = int(whole) if len(whole) == 10 else int(whole) / 1000
        return Moment(datetime.fromtimestamp(seconds, UTC), has_time=True)
    if int(whole) > _LAST_SERIAL:
        raise ValueError("no date")
    days = float(f"{whole}.{part or 0}")
    # A spreadsheet keeps a time as a part of a day, which is seldom exact.
    return Moment(_FIRST_DAY + timedelta(seconds=round(days * 86_400)), has_time=bool(part))
