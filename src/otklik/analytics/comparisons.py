"""Groups held against each other: shares, means, the check of group sizes; pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from otklik.analytics.methods import method_name
from otklik.analytics.model import (
    ArmFigures,
    ArmSpec,
    Metric,
    ReportAlwaysValid,
    ReportComparison,
    ReportNeeded,
    ReportRatio,
    ReportSpec,
)
from otklik.analytics.needs import needs_of_means, needs_of_shares
from otklik.analytics.revenue import compare_with_history, history_view, sample
from otklik.experiments.public import (
    AlwaysValid,
    Arm,
    Comparison,
    SampleRatio,
    UnableToCompare,
    adjust_p_values,
    always_valid,
    compare_means,
    compare_proportions,
    detectable_difference,
    detectable_lift,
    power_of_means,
    power_of_proportions,
    sample_ratio,
)
from otklik.kit.i18n import Lang

POWER_LIFT: Final = 0.10
"""The lift whose power a report names: one that a marketer would call worth having."""
_POWER: Final = 0.8


class Pair(msgspec.Struct, frozen=True):
    """Two groups that are compared, with the outcomes before the adjustment."""

    metric: Metric
    arm: ArmSpec
    against: ArmSpec
    outcome: Comparison
    power: float | None
    lift: float | None
    early: AlwaysValid | None = None
    with_history: Comparison | None = None
    needed: tuple[ReportNeeded, ...] = ()


def compare_groups(spec: ReportSpec, figures: dict[str, ArmFigures]) -> list[Pair]:
    """Return what is compared: variants with the control group, and with the first variant.

    Letters are compared among variants only: the control group got none.
    """
    first, *others = spec.variants or (None,)
    of_variants = [(other, first) for other in others if first is not None]
    with_control = [(v, spec.control) for v in spec.variants] if spec.control else []
    wanted: list[tuple[Metric, ArmSpec, ArmSpec]] = []
    metrics: list[Metric] = []
    if spec.goal is not None:
        metrics.append("targets")
    if spec.goal is not None and spec.goal.revenue_property is not None:
        metrics.append("revenue_per_person")
    for metric in metrics:
        wanted += [(metric, a, b) for a, b in [*with_control, *of_variants]]
    wanted += [("opens", a, b) for a, b in of_variants]
    wanted += [("clicks", a, b) for a, b in of_variants]
    pairs = []
    everybody = sum(figures.get(one.key, ArmFigures()).assigned for one in spec.arms)
    for metric, arm, against in wanted:
        rivals = sum(m == metric for m, _, _ in wanted)
        pair = _compare(
            spec,
            metric,
            (arm, figures.get(arm.key, ArmFigures())),
            (against, figures.get(against.key, ArmFigures())),
            alpha=(1 - spec.level) / rivals,
            everybody=everybody if against.is_control else None,
        )
        if pair is not None:
            pairs.append(pair)
    return pairs


def _compare(
    spec: ReportSpec,
    metric: Metric,
    arm: tuple[ArmSpec, ArmFigures],
    against: tuple[ArmSpec, ArmFigures],
    *,
    alpha: float,
    everybody: int | None,
) -> Pair | None:
    """Compare two arms; None when there is nothing that could differ.

    `alpha` is shared among the comparisons of the metric, so that power and detectable lift do
    not promise more than the adjusted test can keep. `everybody`: see `needs_of_shares`.
    """
    try:
        if metric == "revenue_per_person":
            return _compare_revenue(spec, arm, against, alpha, everybody)
        return _compare_people(spec, metric, arm, against, alpha, everybody)
    except UnableToCompare:
        return None


def _compare_people(
    spec: ReportSpec,
    metric: Metric,
    arm: tuple[ArmSpec, ArmFigures],
    against: tuple[ArmSpec, ArmFigures],
    alpha: float,
    everybody: int | None,
) -> Pair:
    field = {"targets": "targets", "opens": "opened_person", "clicks": "clicked_person"}[metric]
    variant = Arm(arm[1].assigned, getattr(arm[1], field))
    control = Arm(against[1].assigned, getattr(against[1], field))
    outcome = compare_proportions(control, variant, level=spec.level)
    rate, n0, n1 = control.rate, control.users, variant.users
    power = None
    if 0 < rate * (1 + POWER_LIFT) <= 1:
        power = power_of_proportions(rate, rate * (1 + POWER_LIFT), n0, n1, alpha=alpha)
    lift = detectable_lift(rate, n0, n1, power=_POWER, alpha=alpha)
    early = always_valid(control, variant, level=spec.level)
    needed = needs_of_shares(control, variant, worth=POWER_LIFT, alpha=alpha, everybody=everybody)
    return Pair(metric, arm[0], against[0], outcome, power, lift, early=early, needed=needed)


def _compare_revenue(
    spec: ReportSpec,
    arm: tuple[ArmSpec, ArmFigures],
    against: tuple[ArmSpec, ArmFigures],
    alpha: float,
    everybody: int | None,
) -> Pair:
    variant, control = sample(arm[1]), sample(against[1])
    outcome = compare_means(control, variant, level=spec.level)
    power = lift = None
    # What the variant will be like is not known before the test: both are taken as the control.
    if control.mean > 0 and control.variance > 0:
        power = power_of_means(
            POWER_LIFT * control.mean, control.n, variant.n, variance=control.variance, alpha=alpha
        )
        least = detectable_difference(
            control.n, variant.n, variance=control.variance, power=_POWER, alpha=alpha
        )
        lift = least / control.mean
    adjusted = compare_with_history(against[1], arm[1], level=spec.level)
    return Pair(
        "revenue_per_person",
        arm[0],
        against[0],
        outcome,
        power,
        lift,
        with_history=adjusted,
        needed=needs_of_means(control, variant, worth=POWER_LIFT, alpha=alpha, everybody=everybody),
    )


def adjusted(pairs: Sequence[Pair], lang: Lang) -> list[ReportComparison]:
    """Adjust the p-values of each metric by Holm's method."""
    p_values = _holm(pairs, lambda pair: pair.outcome.p_value)
    early = _holm(pairs, lambda pair: pair.early.p_value if pair.early else None)
    history = _holm(pairs, lambda pair: pair.with_history.p_value if pair.with_history else None)
    rivals = {
        metric: sum(p.metric == metric for p in pairs) for metric in {p.metric for p in pairs}
    }
    comparisons = []
    for i, pair in enumerate(pairs):
        outcome, several = pair.outcome, rivals[pair.metric]
        comparisons.append(
            ReportComparison(
                arm=pair.arm.key,
                against=pair.against.key,
                metric=pair.metric,
                difference=outcome.difference,
                interval=outcome.difference_interval,
                lift=outcome.lift,
                lift_interval=outcome.lift_interval,
                p_value=p_values[i],
                p_value_raw=outcome.p_value,
                significant=p_values[i] < 1 - outcome.level,
                power=pair.power,
                power_lift=POWER_LIFT,
                detectable_lift=pair.lift,
                method=method_name(outcome.method, lang, comparisons=several),
                always_valid=_early_view(pair.early, early[i], outcome.level, lang)
                if pair.early
                else None,
                with_history=history_view(outcome, pair.with_history, p_value=history[i], lang=lang)
                if pair.with_history
                else None,
                needed=[*pair.needed] if p_values[i] >= 1 - outcome.level else [],
            )
        )
    return comparisons


def _holm(pairs: Sequence[Pair], p_value_of: Callable[[Pair], float | None]) -> dict[int, float]:
    """Return the adjusted p-values by the place of their pair; pairs without one are left out."""
    adjusted: dict[int, float] = {}
    for metric in dict.fromkeys(pair.metric for pair in pairs):
        raw = {
            i: p
            for i, pair in enumerate(pairs)
            if pair.metric == metric and (p := p_value_of(pair)) is not None
        }
        values = adjust_p_values(list(raw.values()), method="holm")
        adjusted.update(zip(raw, values, strict=True))
    return adjusted


def _early_view(early: AlwaysValid, p_value: float, level: float, lang: Lang) -> ReportAlwaysValid:
    low, high = early.lift_interval
    return ReportAlwaysValid(
        lift=early.lift,
        lift_interval=(low, high if math.isfinite(high) else None),
        p_value=p_value,
        significant=p_value < 1 - level,
        method=method_name(early.method, lang),
    )


def ratio_of(spec: ReportSpec, figures: dict[str, ArmFigures]) -> SampleRatio | None:
    """Return the check of group sizes; None where there is nothing to check.

    Of a mailing that went to a part first only the variants are looked at: its control group is
    of the whole audience.
    """
    arms = _drawn_together(spec)
    try:
        return sample_ratio(
            [figures.get(arm.key, ArmFigures()).assigned for arm in arms],
            [arm.share for arm in arms],
        )
    except UnableToCompare:
        return None


def ratio_view(spec: ReportSpec, ratio: SampleRatio | None, lang: Lang) -> ReportRatio | None:
    if ratio is None:
        return None
    keys = [arm.key for arm in _drawn_together(spec)]
    return ReportRatio(
        ratio.p_value,
        ratio.ok,
        dict(zip(keys, ratio.observed, strict=True)),
        dict(zip(keys, ratio.expected, strict=True)),
        method_name(ratio.method, lang),
    )


def _drawn_together(spec: ReportSpec) -> list[ArmSpec]:
    return [arm for arm in spec.arms if arm.share > 0 and not (spec.in_parts and arm.is_control)]
