"""What the report of the global control group is asked for, and what it says."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

import msgspec

from otklik.analytics.model import (
    ArmFigures,
    ArmSpec,
    ReportComparison,
    ReportOutliers,
    ReportRatio,
    ReportVerdict,
)
from otklik.delivery.public import ControlSpan
from otklik.kit.i18n import Lang, Text

Side: TypeAlias = Literal["rest", "kept"]
SIDES: Final[tuple[Side, ...]] = get_args(Side)
Figure: TypeAlias = Literal["people", "buyers", "outliers", "written"]
Kind: TypeAlias = Literal["mass", "regular", "transactional"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
SOURCE_KINDS: Final = ("campaign", "transactional")
"""Of what the gate keeps the group out: everything that is no service message."""


class ControlSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Which group, and as of when. `unsettled`: mailings that tell nothing of it."""

    workspace_id: int
    span: ControlSpan
    as_of: datetime
    unsettled: tuple[str, ...] = ()
    regular: tuple[str, ...] = ()
    """The campaigns that are runs of regular mailings."""
    timezone: str = "UTC"
    currency: str | None = None
    without_outliers: bool = False

    @property
    def until(self) -> datetime:
        """The end of what is counted."""
        return self.as_of if self.span.until is None else min(self.span.until, self.as_of)

    @property
    def is_over(self) -> bool:
        return self.span.until is not None and self.span.until <= self.as_of

    def arms(self, lang: Lang) -> tuple[ArmSpec, ArmSpec]:
        """Return the two sides as the groups of a comparison; the kept out are its control."""
        return (
            ArmSpec("rest", SIDE_NAMES["rest"].of(lang), 10_000 - self.span.share),
            ArmSpec("kept", SIDE_NAMES["kept"].of(lang), self.span.share, is_control=True),
        )


class SideFigures(msgspec.Struct, frozen=True):
    """Figures of one side, as the engine gives them; the order is that of the query.

    `written`: people who got a letter, `letters` in all. The sums after `revenue` are those of
    ArmFigures. `first_at`: when the first of them came in, in milliseconds.
    """

    people: int = 0
    crossed: int = 0
    written: int = 0
    letters: int = 0
    buyers: int = 0
    orders: int = 0
    revenue: float = 0.0
    revenue_squares: float = 0.0
    checks: int = 0
    checks_sum: float = 0.0
    largest_check: float = 0.0
    outliers: int = 0
    outlier_revenue: float = 0.0
    before: float = 0.0
    before_squares: float = 0.0
    before_products: float = 0.0
    first_at: int = 0

    @property
    def as_arm(self) -> ArmFigures:
        """The same in the words of a comparison: the target action is an order."""
        return ArmFigures(
            assigned=self.people,
            crossed=self.crossed,
            targets=self.buyers,
            target_events=self.orders,
            revenue=self.revenue,
            revenue_squares=self.revenue_squares,
            checks=self.checks,
            checks_sum=self.checks_sum,
            largest_check=self.largest_check,
            outliers=self.outliers,
            outlier_revenue=self.outlier_revenue,
            before=self.before,
            before_squares=self.before_squares,
            before_products=self.before_products,
        )


class ControlSide(msgspec.Struct, frozen=True, kw_only=True):
    """Those who were `kept` out, or the `rest`.

    `people` to whom a mailing was meant, of whom `written` got `letters` (of those kept out only
    such as changed sides). `buyers` of `people` placed `orders` for `revenue`, net of what was
    given back; `average_check` and `per_person` (of all people, buyers or not) are null where
    nobody could have one. `share`: as it was ordered, 0 to 1.
    """

    key: Side
    name: str
    share: float
    people: int
    written: int
    letters: int
    buyers: int
    orders: int
    revenue: float
    buyers_share: float | None
    average_check: float | None
    per_person: float | None


class MonthSide(msgspec.Struct, frozen=True, kw_only=True):
    """`people` who had come in by the end of the month, of whom `buyers` bought in it."""

    people: int
    buyers: int
    orders: int
    revenue: float


class ControlMonth(msgspec.Struct, frozen=True, kw_only=True):
    """One month (2026-05). `difference` of the shares of buyers, with its 95 % `interval`."""

    month: str
    rest: MonthSide
    kept: MonthSide
    difference: float | None
    interval: tuple[float, float] | None


class ControlSpanView(msgspec.Struct, frozen=True):
    """A group that was, or is, in force. `share` from 0 to 1; `until` null: it stays."""

    since: datetime
    until: datetime | None
    share: float


class CountedMailings(msgspec.Struct, frozen=True, kw_only=True):
    """What of one kind the comparison rests on.

    `mailings` (letters, of transactional ones) that were meant to `people`, of whom `kept` were
    kept back for the group; the others got `letters`.
    """

    kind: Kind
    mailings: int
    people: int
    kept: int
    letters: int


class GlobalControlReport(msgspec.Struct, frozen=True, kw_only=True):
    """What all mailings together changed while one global control group was in force.

    `spans` are all groups, the latest first; `span` the one reported, null when there never was
    one. Compared are people to whom at least one mailing was meant and whom nothing else held
    back, from then on. `comparisons`: the rest against those kept out, in shares of buyers
    (`targets`) and revenue per person. `days_needed`: how many days more it takes, at the present
    pace, to show a lift of `worth_lift`; null when that is shown already, can't be told, or the
    group ends before. `crossed`: people whose merged profiles were on both sides.
    """

    spans: list[ControlSpanView]
    span: ControlSpanView | None
    as_of: datetime
    complete: bool
    currency: str | None
    sides: list[ControlSide]
    comparisons: list[ReportComparison]
    sample_ratio: ReportRatio | None
    verdict: ReportVerdict
    worth_lift: float
    days_needed: int | None
    months: list[ControlMonth]
    outliers: ReportOutliers | None
    crossed: int
    counted: list[CountedMailings]


SIDE_NAMES: Final[dict[Side, Text]] = {
    "rest": Text(en="The rest", ru="Остальные"),
    "kept": Text(en="Kept out", ru="Контрольная группа"),
}
