"""From figures to a report: rates, comparisons, the check of group sizes, the verdict; pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from otklik.analytics.methods import method_name
from otklik.analytics.model import (
    ArmFigures,
    ArmSpec,
    CampaignRef,
    HourPoint,
    LinkClicks,
    Metric,
    Overview,
    Report,
    ReportAlwaysValid,
    ReportArm,
    ReportComparison,
    ReportRatio,
    ReportSpec,
    ReportVerdict,
    Rise,
    SeriesPoint,
    SkipCount,
)
from otklik.analytics.revenue import compare_with_history, history_view, outliers, sample
from otklik.experiments.public import (
    AlwaysValid,
    Arm,
    Comparison,
    Finding,
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
    verdict,
)
from otklik.kit.i18n import Lang

POWER_LIFT: Final = 0.10
"""The lift whose power a report names: one that a marketer would call worth having."""
_POWER: Final = 0.8
_HOURLY_UP_TO: Final = timedelta(hours=72)
_POINTS_MAX: Final = 400
"""More than a year of days."""


class _Pair(msgspec.Struct, frozen=True):
    """Two groups that are compared, with the outcomes before the adjustment."""

    metric: Metric
    arm: ArmSpec
    against: ArmSpec
    outcome: Comparison
    power: float | None
    lift: float | None
    early: AlwaysValid | None = None
    with_history: Comparison | None = None


def build_report(
    spec: ReportSpec,
    *,
    people: Overview,
    figures: dict[str, ArmFigures],
    rises: Sequence[Rise],
    links: Sequence[LinkClicks],
    leaving: Sequence[SkipCount] = (),
    window_ends_at: datetime | None,
    check_limit: float | None = None,
    rest: Mapping[str, ArmFigures] | None = None,
    lang: Lang,
) -> Report:
    """Put a report together from the figures of its arms.

    `check_limit`: above which a check is an outlier, when one is. `rest`: figures of those who were
    written to after the first part.
    """
    arms = [_arm(spec, arm, figures.get(arm.key, ArmFigures())) for arm in spec.arms]
    pairs = _pairs(spec, figures)
    comparisons = _adjusted(pairs, lang)
    ratio = _ratio(spec, figures)
    complete = people.assigned > 0 and (window_ends_at is None or spec.as_of >= window_ends_at)
    return Report(
        campaign=CampaignRef(
            spec.source_id, spec.name, spec.goal, spec.launched_at, spec.currency, [*spec.goals]
        ),
        as_of=spec.as_of,
        window_ends_at=window_ends_at,
        complete=complete,
        arms=arms,
        rest=[_arm(spec, arm, rest[arm.key]) for arm in spec.arms if rest and arm.key in rest],
        comparisons=comparisons,
        sample_ratio=_ratio_view(spec, ratio, lang),
        verdict=_verdict(
            spec, pairs, comparisons, ratio=ratio, window_ends_at=window_ends_at, lang=lang
        ),
        series=_series(spec, rises, people, window_ends_at),
        hours=_hours(spec, rises),
        links=list(links),
        skips=people.skips,
        leaving=[*leaving],
        crossed=sum(f.crossed for f in figures.values()),
        outliers=outliers(spec, figures, check_limit),
    )


def _arm(spec: ReportSpec, arm: ArmSpec, f: ArmFigures) -> ReportArm:
    rates: dict[str, float] = {}
    for name, part, whole in (
        ("delivered", f.delivered, f.sent),
        ("bounced", f.bounced, f.sent),
        ("opened", f.opened_person, f.delivered),
        ("clicked", f.clicked_person, f.delivered),
        ("click_to_open", f.clicked_person, f.opened_person),
        ("unsubscribed", f.unsubscribed, f.delivered),
        ("complained", f.complained, f.delivered),
        ("targets", f.targets, f.assigned if spec.goal else 0),
        (
            "revenue_per_person",
            f.revenue,
            f.assigned if spec.goal and spec.goal.revenue_property else 0,
        ),
    ):
        if whole:
            rates[name] = part / whole
    counts = {
        name: getattr(f, name)
        for name in ArmFigures.__struct_fields__
        if name in ReportArm.__struct_fields__
    }
    return ReportArm(
        key=arm.key,
        name=arm.name,
        is_control=arm.is_control,
        share=arm.share,
        rates=rates,
        **counts,
    )


def _pairs(spec: ReportSpec, figures: dict[str, ArmFigures]) -> list[_Pair]:
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
    for metric, arm, against in wanted:
        rivals = sum(m == metric for m, _, _ in wanted)
        pair = _compare(
            spec,
            metric,
            (arm, figures.get(arm.key, ArmFigures())),
            (against, figures.get(against.key, ArmFigures())),
            alpha=(1 - spec.level) / rivals,
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
) -> _Pair | None:
    """Compare two arms; None when there is nothing that could differ.

    `alpha` is shared among the comparisons of the metric, so that power and detectable lift do
    not promise more than the adjusted test can keep.
    """
    try:
        if metric == "revenue_per_person":
            return _compare_revenue(spec, arm, against, alpha)
        return _compare_people(spec, metric, arm, against, alpha)
    except UnableToCompare:
        return None


def _compare_people(
    spec: ReportSpec,
    metric: Metric,
    arm: tuple[ArmSpec, ArmFigures],
    against: tuple[ArmSpec, ArmFigures],
    alpha: float,
) -> _Pair:
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
    return _Pair(metric, arm[0], against[0], outcome, power, lift, early=early)


def _compare_revenue(
    spec: ReportSpec,
    arm: tuple[ArmSpec, ArmFigures],
    against: tuple[ArmSpec, ArmFigures],
    alpha: float,
) -> _Pair:
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
    return _Pair(
        "revenue_per_person", arm[0], against[0], outcome, power, lift, with_history=adjusted
    )


def _adjusted(pairs: Sequence[_Pair], lang: Lang) -> list[ReportComparison]:
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
            )
        )
    return comparisons


def _holm(pairs: Sequence[_Pair], p_value_of: Callable[[_Pair], float | None]) -> dict[int, float]:
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


def _ratio(spec: ReportSpec, figures: dict[str, ArmFigures]) -> SampleRatio | None:
    arms = [arm for arm in spec.arms if arm.share > 0]
    try:
        return sample_ratio(
            [figures.get(arm.key, ArmFigures()).assigned for arm in arms],
            [arm.share for arm in arms],
        )
    except UnableToCompare:
        return None


def _ratio_view(spec: ReportSpec, ratio: SampleRatio | None, lang: Lang) -> ReportRatio | None:
    if ratio is None:
        return None
    keys = [arm.key for arm in spec.arms if arm.share > 0]
    return ReportRatio(
        ratio.p_value,
        ratio.ok,
        dict(zip(keys, ratio.observed, strict=True)),
        dict(zip(keys, ratio.expected, strict=True)),
        method_name(ratio.method, lang),
    )


def _verdict(
    spec: ReportSpec,
    pairs: Sequence[_Pair],
    comparisons: Sequence[ReportComparison],
    *,
    ratio: SampleRatio | None,
    window_ends_at: datetime | None,
    lang: Lang,
) -> ReportVerdict:
    """Speak of the target action; without a goal of clicks, when there are two letters."""
    subject: Metric = "targets" if spec.goal else "clicks"

    def findings(metric: Metric) -> list[Finding]:
        return [
            Finding(
                variant=pair.arm.key,
                against=None if pair.against.is_control else pair.against.key,
                comparison=pair.outcome,
                p_value=comparison.p_value,
                detectable_lift=pair.lift,
                early=msgspec.structs.replace(pair.early, p_value=comparison.always_valid.p_value)
                if pair.early and comparison.always_valid
                else None,
            )
            for pair, comparison in zip(pairs, comparisons, strict=True)
            if pair.metric == metric
        ]

    found = verdict(
        findings(subject),
        ratio=ratio,
        open_for=window_ends_at - spec.as_of if window_ends_at else None,
        subject="targets" if spec.goal else "clicks",
        revenue=findings("revenue_per_person"),
    )
    return ReportVerdict(found.code, found.text.of(lang))


def _series(
    spec: ReportSpec,
    rises: Sequence[Rise],
    people: Overview,
    window_ends_at: datetime | None,
) -> list[SeriesPoint]:
    """Add the rises up, with a point for every hour or day, so that a line has no holes.

    It goes on to the end of the window and to the last rise; over three days it goes by days.
    """
    if people.first_at is None:
        return []
    until = max([rise.at for rise in rises], default=people.first_at)
    if window_ends_at is not None:
        until = max(until, min(spec.as_of, window_ends_at))
    hourly = until - people.first_at <= _HOURLY_UP_TO
    zone = ZoneInfo(spec.timezone)
    edges = [people.first_at]
    while edges[-1] <= until and len(edges) < _POINTS_MAX:
        edges.append(_next_edge(edges[-1], zone, hourly=hourly))
    if edges[-1] <= until:
        # A line longer than can be drawn ends with everything that came later.
        edges[-1] = spec.as_of
    points = []
    by_arm: dict[str, list[Rise]] = {}
    for rise in rises:
        by_arm.setdefault(rise.arm, []).append(rise)
    for arm in spec.arms:
        waiting = sorted(by_arm.get(arm.key, []), key=lambda rise: rise.at)
        targets = opens = clicks = 0
        for i, edge in enumerate(edges):
            while i and waiting and (waiting[0].at < edge or i == len(edges) - 1):
                rise = waiting.pop(0)
                targets += rise.targets
                opens += rise.opens
                clicks += rise.clicks
            points.append(SeriesPoint(min(edge, spec.as_of), arm.key, targets, opens, clicks))
    return points


def _hours(spec: ReportSpec, rises: Sequence[Rise]) -> list[HourPoint]:
    """Add the rises up by the hour of the day; hours in which nothing happened are left out."""
    zone = ZoneInfo(spec.timezone)
    found: dict[tuple[int, str], list[int]] = {}
    for rise in rises:
        counts = found.setdefault((rise.at.astimezone(zone).hour, rise.arm), [0, 0, 0])
        for place, count in enumerate((rise.targets, rise.opens, rise.clicks)):
            counts[place] += count
    return [HourPoint(hour, arm, *counts) for (hour, arm), counts in sorted(found.items())]


def _next_edge(at: datetime, zone: ZoneInfo, *, hourly: bool) -> datetime:
    """Return where the hour or the day of the workspace ends in which the moment lies."""
    local = at.astimezone(zone)
    if hourly:
        # Half-hour zones have their hours at the half: the local clock decides, not that of UTC.
        return (
            at
            + timedelta(hours=1)
            - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        )
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return (midnight + timedelta(days=1)).astimezone(UTC)
