"""From figures to the report of the global control group; the rules of reading it are pure."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from otklik.analytics.comparisons import (
    POWER_LIFT,
    adjusted,
    compare_groups,
    ratio_of,
    ratio_view,
)
from otklik.analytics.control.model import (
    SIDE_NAMES,
    SIDES,
    ControlMonth,
    ControlSide,
    ControlSpanView,
    ControlSpec,
    CountedMailings,
    GlobalControlReport,
    MonthSide,
    Side,
    SideFigures,
)
from otklik.analytics.control.queries import counted_mailings, month_figures, side_figures
from otklik.analytics.control.verdict import no_group, verdict_of
from otklik.analytics.model import (
    ArmFigures,
    GoalSpec,
    OutlierArm,
    ReportComparison,
    ReportOutliers,
    ReportSpec,
)
from otklik.analytics.queries import NEVER, NO_LIMIT
from otklik.analytics.revenue import OUTLIER_TIMES
from otklik.delivery.public import ControlSpan
from otklik.experiments.public import Arm, UnableToCompare, compare_proportions
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime

_NOBODY: Final = MonthSide(people=0, buyers=0, orders=0, revenue=0.0)
# The target action of this report is an order, whichever way it came.
_ORDER: Final = GoalSpec("order", revenue_property="total")
_NO_SOURCE: Final = UUID(int=0)
DAYS_MAX: Final = 3_650


async def global_control_report(
    rt: Runtime, spec: ControlSpec, spans: Sequence[ControlSpan], lang: Lang
) -> GlobalControlReport:
    """Return what all mailings together changed while one group was in force: mass and regular
    ones, and transactional letters that are no service messages."""
    limit = await check_limit_of(rt, spec)
    sides, months, counted = await asyncio.gather(
        side_figures(rt, spec, check_limit=limit),
        month_figures(rt, spec, check_limit=limit),
        counted_mailings(rt, spec),
    )
    return build_control_report(
        spec, spans, sides=sides, months=months, counted=counted, check_limit=limit, lang=lang
    )


def no_control_report(*, currency: str | None, as_of: datetime, lang: Lang) -> GlobalControlReport:
    """Return the report of a workspace that never had a global control group."""
    return GlobalControlReport(
        spans=[],
        span=None,
        as_of=as_of,
        complete=False,
        currency=currency,
        sides=[],
        comparisons=[],
        sample_ratio=None,
        verdict=no_group(lang),
        worth_lift=POWER_LIFT,
        days_needed=None,
        months=[],
        outliers=None,
        crossed=0,
        counted=[],
    )


async def check_limit_of(rt: Runtime, spec: ControlSpec) -> float:
    """Return above which amount a check is an outlier: ten times the mean one of both sides."""
    figures = (await side_figures(rt, spec)).values()
    checks = sum(f.checks for f in figures)
    limit = OUTLIER_TIMES * sum(f.checks_sum for f in figures) / checks if checks else NO_LIMIT
    return limit if any(f.largest_check > limit for f in figures) else NO_LIMIT


def build_control_report(
    spec: ControlSpec,
    spans: Sequence[ControlSpan],
    *,
    sides: Mapping[Side, SideFigures],
    months: Mapping[str, Mapping[Side, MonthSide]],
    counted: Sequence[CountedMailings] = (),
    check_limit: float,
    lang: Lang,
) -> GlobalControlReport:
    """Put the report together; pure."""
    held = ReportSpec(
        workspace_id=spec.workspace_id,
        source_kind="",
        source_id=_NO_SOURCE,
        name="",
        arms=spec.arms(lang),
        goal=_ORDER,
        launched_at=spec.span.since,
        as_of=spec.as_of,
    )
    figures: dict[str, ArmFigures] = {key: side.as_arm for key, side in sides.items()}
    comparisons = adjusted(compare_groups(held, figures), lang)
    ratio = ratio_of(held, figures)
    days = _days_needed(spec, sides, comparisons)
    return GlobalControlReport(
        spans=[_view(span) for span in spans],
        span=_view(spec.span),
        as_of=spec.as_of,
        complete=spec.is_over,
        currency=spec.currency,
        sides=[_side(spec, key, sides.get(key, SideFigures()), lang) for key in SIDES],
        comparisons=comparisons,
        sample_ratio=ratio_view(held, ratio, lang),
        verdict=verdict_of(
            spec, sides, comparisons, ratio_ok=ratio is None or ratio.ok, days=days, lang=lang
        ),
        worth_lift=POWER_LIFT,
        days_needed=days,
        months=_months(months),
        outliers=_outliers(spec, sides, check_limit),
        crossed=sum(side.crossed for side in sides.values()),
        counted=[*counted],
    )


def _view(span: ControlSpan) -> ControlSpanView:
    return ControlSpanView(span.since, span.until, span.share / 10_000)


def _side(spec: ControlSpec, key: Side, f: SideFigures, lang: Lang) -> ControlSide:
    kept = spec.span.share / 10_000
    return ControlSide(
        key=key,
        name=SIDE_NAMES[key].of(lang),
        share=kept if key == "kept" else 1 - kept,
        people=f.people,
        written=f.written,
        letters=f.letters,
        buyers=f.buyers,
        orders=f.orders,
        revenue=f.revenue,
        buyers_share=f.buyers / f.people if f.people else None,
        average_check=f.checks_sum / f.checks if f.checks else None,
        per_person=f.revenue / f.people if f.people else None,
    )


def _months(months: Mapping[str, Mapping[Side, MonthSide]]) -> list[ControlMonth]:
    """Add up who had come in by the end of each month."""
    came = dict.fromkeys(SIDES, 0)
    found = []
    for month in sorted(months):
        both: dict[Side, MonthSide] = {}
        for key in SIDES:
            one = months[month].get(key, _NOBODY)
            came[key] += one.people
            both[key] = msgspec.structs.replace(one, people=came[key])
        difference, interval = _difference(both["kept"], both["rest"])
        found.append(
            ControlMonth(
                month=month,
                rest=both["rest"],
                kept=both["kept"],
                difference=difference,
                interval=interval,
            )
        )
    return found


def _difference(
    kept: MonthSide, rest: MonthSide
) -> tuple[float | None, tuple[float, float] | None]:
    try:
        held = compare_proportions(Arm(kept.people, kept.buyers), Arm(rest.people, rest.buyers))
    except UnableToCompare:
        return None, None
    return held.difference, held.difference_interval


def _outliers(
    spec: ControlSpec, sides: Mapping[Side, SideFigures], limit: float
) -> ReportOutliers | None:
    if limit == NO_LIMIT:
        return None
    return ReportOutliers(
        limit=limit,
        mean=limit / OUTLIER_TIMES,
        cut=spec.without_outliers,
        arms=[
            OutlierArm(key, one.outliers, one.outlier_revenue)
            for key in SIDES
            for one in [sides.get(key, SideFigures())]
        ],
    )


def _days_needed(
    spec: ControlSpec,
    sides: Mapping[Side, SideFigures],
    comparisons: Sequence[ReportComparison],
) -> int | None:
    """Return how many days more a lift worth having needs, if sides go on as they did.

    The least lift that shows falls with the root of the number of buyers, which grows evenly.
    """
    buyers = next((one for one in comparisons if one.metric == "targets"), None)
    if buyers is None or buyers.detectable_lift is None or spec.is_over:
        return None
    ratio = buyers.detectable_lift / POWER_LIFT
    if ratio <= 1:
        return None
    began = NEVER + timedelta(milliseconds=min(side.first_at for side in sides.values()))
    gone = max((spec.until - began) / timedelta(days=1), 0.0)
    days = math.ceil(gone * (ratio**2 - 1))
    ends = spec.span.until
    if days > DAYS_MAX or (ends is not None and spec.as_of + timedelta(days=days) > ends):
        return None
    return max(days, 1)
