"""Revenue that is honest about a few large checks and about what people spent before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otklik.analytics.methods import method_name
from otklik.analytics.model import (
    ArmFigures,
    OutlierArm,
    Overview,
    ReportOutliers,
    ReportSpec,
    ReportWithHistory,
    Rise,
)
from otklik.analytics.queries import HISTORY_DAYS, NO_LIMIT, arm_figures
from otklik.experiments.public import (
    Comparison,
    Metric,
    Moments,
    Sample,
    UnableToCompare,
    compare_means,
)
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime

OUTLIER_TIMES: Final = 10
"""A check of more than so many times the mean one is an outlier."""
_WITH_HISTORY: Final = Metric("revenue", covariate="before")


async def figures_and_limit(
    rt: Runtime, spec: ReportSpec, people: Overview
) -> tuple[dict[str, ArmFigures], list[Rise], float | None]:
    """Return the figures of the arms and the limit of a check; None when none is above it.

    The limit is the same for all groups: one that each group had for itself would hide a
    difference between them.
    """
    figures, rises = await arm_figures(rt, spec, people)
    limit = _limit(figures)
    if limit is None:
        return figures, rises, None
    figures, rises = await arm_figures(rt, spec, people, check_limit=limit)
    return figures, rises, limit


async def check_limit(
    rt: Runtime, spec: ReportSpec, people: Overview, *, needed: bool = False
) -> float:
    """Return above which amount a check stands out; NO_LIMIT: none does, or nobody asks.

    It is asked for where such checks are left out of revenue, or (`needed`) looked for.
    """
    if not (needed or spec.without_outliers):
        return NO_LIMIT
    figures, _ = await arm_figures(rt, spec, people)
    return _limit(figures) or NO_LIMIT


def _limit(figures: Mapping[str, ArmFigures]) -> float | None:
    checks = sum(f.checks for f in figures.values())
    if checks == 0:
        return None
    limit = OUTLIER_TIMES * sum(f.checks_sum for f in figures.values()) / checks
    return limit if any(f.largest_check > limit for f in figures.values()) else None


def outliers(
    spec: ReportSpec, figures: Mapping[str, ArmFigures], limit: float | None
) -> ReportOutliers | None:
    """Return how many checks stand out, and what they come to, in each group."""
    if limit is None:
        return None
    return ReportOutliers(
        limit=limit,
        mean=limit / OUTLIER_TIMES,
        cut=spec.without_outliers,
        arms=[
            OutlierArm(arm.key, one.outliers, one.outlier_revenue)
            for arm in spec.arms
            for one in [figures.get(arm.key, ArmFigures())]
        ],
    )


def compare_with_history(
    control: ArmFigures, variant: ArmFigures, *, level: float
) -> Comparison | None:
    """Compare revenue per person by CUPED; None where nobody has a history."""
    if control.before_squares + variant.before_squares <= 0:
        return None
    try:
        return compare_means(
            _moments(control), _moments(variant), metric=_WITH_HISTORY, level=level
        )
    except UnableToCompare:
        return None


def history_view(
    plain: Comparison, adjusted: Comparison, *, p_value: float, lang: Lang
) -> ReportWithHistory:
    """Return a comparison with history as the report shows it."""
    before, after = plain.standard_error, adjusted.standard_error
    narrower = 1 - (after / before) ** 2 if before and after is not None else 0.0
    return ReportWithHistory(
        days=HISTORY_DAYS,
        narrower=max(0.0, narrower),
        difference=adjusted.difference,
        interval=adjusted.difference_interval,
        lift=adjusted.lift,
        lift_interval=adjusted.lift_interval,
        p_value=p_value,
        significant=p_value < 1 - adjusted.level,
        method=method_name(adjusted.method, lang),
    )


def sample(figures: ArmFigures) -> Sample:
    return Sample(figures.assigned, figures.revenue, figures.revenue_squares)


def _moments(f: ArmFigures) -> Moments:
    return Moments.of_sums(
        f.assigned,
        {"revenue": f.revenue, "before": f.before},
        {
            ("revenue", "revenue"): f.revenue_squares,
            ("before", "before"): f.before_squares,
            ("revenue", "before"): f.before_products,
        },
    )
