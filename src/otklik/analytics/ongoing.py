"""Reports of mailings that go on: letters that programs ask for, and series by a plan.

Such a mailing has no end, so its report is of a period. A person may have several letters of it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from otklik.analytics.days import DAYS_MAX, check_days
from otklik.analytics.model import ReportSpec
from otklik.analytics.queries import letter_rows
from otklik.runtime.public import Runtime

EVERYBODY: Final = "all"
"""The key of the group of all who get a letter of such a mailing."""


class Span(msgspec.Struct, frozen=True):
    """From `since` on and before `until`."""

    since: datetime
    until: datetime


class Asked(msgspec.Struct, frozen=True):
    """What a report of such a mailing is asked for; `span` None: of all that there is, `edition`
    None: of all letters."""

    span: Span | None = None
    edition: str | None = None


def span_of(since: date | None, until: date | None, *, zone: str, now: datetime) -> Span | None:
    """Return the moments of days of the workspace's calendar, `until` included; None for none.

    A day that is left out is the day of today, or so many days ago as can be asked for.
    Raises: BadPeriod.
    """
    if since is None and until is None:
        return None
    clock = ZoneInfo(zone)
    last = until or now.astimezone(clock).date()
    check_days(since, last)
    first = since or last - timedelta(days=DAYS_MAX - 1)
    return Span(_midnight(first, clock), _midnight(last + timedelta(days=1), clock))


def _midnight(day: date, clock: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), clock).astimezone(UTC)


class LetterFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The letters of one edition: counts of messages, not of people.

    `first_at` and `last_at`: when its first and last letter of the period was asked for.
    `messages` were made; what became of them as in the groups of a report.
    """

    edition: str
    first_at: datetime
    last_at: datetime
    messages: int
    sent: int
    delivered: int
    bounced: int
    failed: int
    in_doubt: int
    opened_person: int
    opened_machine: int
    clicked_person: int
    clicked_machine: int
    unsubscribed: int
    complained: int


async def letters_by_edition(rt: Runtime, spec: ReportSpec) -> list[LetterFigures]:
    """Return the letters of every edition that went out in the period, the latest first."""
    return [
        LetterFigures(
            edition=edition,
            first_at=first_at,
            last_at=last_at,
            **dict(zip(LetterFigures.__struct_fields__[3:], counts, strict=True)),
        )
        for edition, first_at, last_at, *counts in await letter_rows(rt, spec)
    ]
