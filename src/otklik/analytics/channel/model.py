"""What the report of all mailings is asked for, and what it says."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from otklik.analytics.days import check_days
from otklik.analytics.model import CampaignRef, ReportArm, ReportComparison, ReportVerdict
from otklik.profiles.public import ProfileItem

Model: TypeAlias = Literal["last", "first", "any", "position"]
Touch: TypeAlias = Literal["clicked", "opened", "delivered"]
Against: TypeAlias = Literal["none", "before", "year"]
Figure: TypeAlias = Literal[
    "assigned",
    "sent",
    "delivered",
    "bounced",
    "opened",
    "clicked",
    "unsubscribed",
    "complained",
    "buyers",
    "attributed",
]
"""A figure that people stand behind: `buyers` of all orders, `attributed` those of orders that the
rule gives to letters."""


class Period(msgspec.Struct, frozen=True):
    """Days of the workspace's calendar, `until` included."""

    since: date
    until: date

    def __post_init__(self) -> None:
        check_days(self.since, self.until)

    def before(self) -> Period:
        """Return the period of as many days that ends where this one begins.

        Whole months are held against as many whole months.
        """
        if self.since.day == 1 and (self.until + timedelta(days=1)).day == 1:
            end = self.until + timedelta(days=1)
            months = (end.year - self.since.year) * 12 + end.month - self.since.month
            return Period(_months_later(self.since, -months), self.since - timedelta(days=1))
        length = self.until - self.since
        return Period(self.since - length - timedelta(days=1), self.since - timedelta(days=1))

    def year_before(self) -> Period:
        """Return the same days a year ago; the 29th of February is then the 28th."""
        end = self.until + timedelta(days=1)
        if end.day == 1:
            # A month that ends with its last day, whichever that is.
            return Period(_year_ago(self.since), _year_ago(end) - timedelta(days=1))
        return Period(_year_ago(self.since), _year_ago(self.until))


def _year_ago(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def _months_later(first: date, months: int) -> date:
    place = first.year * 12 + first.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


class MailingsSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. `window_days`: how long before an order a touch counts."""

    workspace_id: int
    period: Period
    against: Against = "none"
    model: Model = "last"
    touch: Touch = "clicked"
    window_days: int = 7
    timezone: str = "UTC"
    currency: str | None = None
    segment_id: UUID | None = None
    """Only people of this segment, as it was last recalculated."""

    @property
    def other_period(self) -> Period | None:
        match self.against:
            case "before":
                return self.period.before()
            case "year":
                return self.period.year_before()
            case _:
                return None


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a period, a month, or one mailing.

    Of letters, what happened in the time counts, each thing once for a letter. `opened` and
    `clicked` by people. `people` were sent something; `buyers` ordered something.
    `orders` and `revenue` (net of what was given back, without cancelled and returned orders) are
    all there were; of a mailing none. `attributed_orders` and `attributed_revenue` are what the
    rule gives to letters; shares of orders may be fractions. Null: it can't be told.
    """

    mailings: int = 0
    assigned: int = 0
    sent: int = 0
    delivered: int = 0
    bounced: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    complained: int = 0
    people: int | None = None
    orders: int | None = None
    revenue: float | None = None
    attributed_orders: float = 0.0
    attributed_revenue: float = 0.0
    buyers: int = 0


class MonthTotals(msgspec.Struct, frozen=True):
    month: str
    totals: Totals


class MailingTotals(msgspec.Struct, frozen=True):
    """A mailing in a period. `name` is null when the mailing was deleted. `sent_at`: its first
    letter of the period; null when only its orders fall into it."""

    id: UUID
    name: str | None
    sent_at: datetime | None
    totals: Totals


class SegmentRef(msgspec.Struct, frozen=True):
    """A segment as it was last recalculated; null for one that never was."""

    id: UUID
    name: str
    count: int | None
    computed_at: datetime | None


class MailingsReport(msgspec.Struct, frozen=True, kw_only=True):
    """Mailings of a period, and of another one to hold them against.

    An order belongs to the month in which it was placed. By the model `any` an order counts for
    every letter that touched it, so mailings add up to more than the whole. `segment`: only its
    people count, whoever is in it now; null: everybody.
    """

    since: date
    until: date
    against: Period | None
    model: Model
    touch: Touch
    window_days: int
    currency: str | None
    totals: Totals
    totals_against: Totals | None
    months: list[MonthTotals]
    months_against: list[MonthTotals]
    mailings: list[MailingTotals]
    segment: SegmentRef | None = None


class SegmentTotals(msgspec.Struct, frozen=True):
    """The figures of the people of one segment; `segment` null: of everybody."""

    segment: SegmentRef | None
    totals: Totals
    totals_against: Totals | None


class SegmentsReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody, then segments in the order asked for: the same figures by the same rule.

    Who is in several segments counts in each, so they don't add up to the first row.
    """

    since: date
    until: date
    against: Period | None
    model: Model
    touch: Touch
    window_days: int
    currency: str | None
    segments: list[SegmentTotals]


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a figure counts: of all mailings or of one, in all months or (2026-05) in one."""

    figure: Figure
    mailing: UUID | None = None
    month: str | None = None


class MailingsPerson(msgspec.Struct, frozen=True, kw_only=True):
    """One of the people of a figure. `person` is null when the profile was erased since.

    `things`: how many letters the figure counts of him, or orders (shares of them may be
    fractions) for `amount`; `at`: when the first of them came about.
    """

    profile_id: int
    person: ProfileItem | None
    things: float
    amount: float
    at: datetime


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One of several mailings held side by side; the fields are those of its report."""

    campaign: CampaignRef
    arms: list[ReportArm]
    comparisons: list[ReportComparison]
    verdict: ReportVerdict
    complete: bool
