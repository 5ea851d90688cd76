"""From figures to a report: rates, comparisons, the check of group sizes, the verdict; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from otklik.analytics.comparisons import Pair, adjusted, compare_groups, ratio_of, ratio_view
from otklik.analytics.model import (
    ArmFigures,
    ArmSpec,
    CampaignRef,
    HourPoint,
    LeavingCount,
    LinkClicks,
    Metric,
    Overview,
    Report,
    ReportArm,
    ReportComparison,
    ReportSpec,
    ReportVerdict,
    Rise,
    SeriesPoint,
)
from otklik.analytics.needs_words import what_it_takes
from otklik.analytics.revenue import outliers
from otklik.experiments.public import (
    Finding,
    SampleRatio,
    verdict,
)
from otklik.kit.i18n import Lang, Text

_HOURLY_UP_TO: Final = timedelta(hours=72)
_ONE_GROUP: Final = Text(
    en="Everybody gets this letter, so there is no group to hold the figures against.",
    ru="Это письмо получают все, поэтому сравнивать показатели не с кем.",
)
_POINTS_MAX: Final = 400
"""More than a year of days."""


def build_report(
    spec: ReportSpec,
    *,
    people: Overview,
    figures: dict[str, ArmFigures],
    rises: Sequence[Rise],
    links: Sequence[LinkClicks],
    leaving: Sequence[LeavingCount] = (),
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
    pairs = compare_groups(spec, figures)
    comparisons = adjusted(pairs, lang)
    ratio = ratio_of(spec, figures)
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
        sample_ratio=ratio_view(spec, ratio, lang),
        verdict=_verdict(
            spec,
            pairs,
            comparisons,
            ratio=ratio,
            window_ends_at=window_ends_at,
            first_at=people.first_at,
            lang=lang,
        ),
        series=_series(spec, rises, people, window_ends_at),
        hours=_hours(spec, rises),
        links=list(links),
        skips=people.skips,
        leaving=[*leaving],
        crossed=sum(f.crossed for f in figures.values()),
        messages=people.letters,
        foreign_events=sum(
            one.foreign_events for part in (figures, rest or {}) for one in part.values()
        ),
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


def _verdict(
    spec: ReportSpec,
    pairs: Sequence[Pair],
    comparisons: Sequence[ReportComparison],
    *,
    ratio: SampleRatio | None,
    window_ends_at: datetime | None,
    first_at: datetime | None,
    lang: Lang,
) -> ReportVerdict:
    """Speak of the target action; without a goal of clicks, when there are two letters."""
    if spec.repeated and not pairs:
        return ReportVerdict("nothing_to_compare", _ONE_GROUP.of(lang))
    subject: Metric = "targets" if spec.goal else "clicks"

    def findings(metric: Metric) -> list[Finding]:
        return [
            Finding(
                variant=_said(spec, pair.arm, lang),
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
    needed = what_it_takes(spec, found.code, pairs, comparisons, first_at=first_at, lang=lang)
    return ReportVerdict(found.code, found.text.of(lang), needed)


def _said(spec: ReportSpec, arm: ArmSpec, lang: Lang) -> str:
    """Return what a sentence calls a group: its letter, or the name of all who get one."""
    if not spec.repeated or len(spec.variants) != 1:
        return arm.key
    return f"«{arm.name}»" if lang == "ru" else f"“{arm.name}”"


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
