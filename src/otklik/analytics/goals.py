"""All target actions of a mailing side by side. The main one decides; the others explain."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec

from otklik.analytics.model import GoalSpec, Metric, Report, ReportComparison, ReportSpec
from otklik.analytics.public import campaign_report
from otklik.experiments.public import adjust_p_values
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime

_METRICS: tuple[Metric, ...] = ("targets", "revenue_per_person")


class GoalArm(msgspec.Struct, frozen=True, kw_only=True):
    """People of a group who did one target action, how often, and for how much."""

    key: str
    assigned: int
    targets: int
    target_events: int
    revenue: float


class GoalReport(msgspec.Struct, frozen=True, kw_only=True):
    """One target action of a mailing. `comparisons` are those of people and of revenue per person.

    The p-values of the target actions beside the main one are adjusted for all of these together
    (Holm): with enough of them one differs by chance.
    """

    goal: GoalSpec
    is_main: bool
    complete: bool
    window_ends_at: datetime | None
    arms: list[GoalArm]
    comparisons: list[ReportComparison]


async def report_goals(rt: Runtime, spec: ReportSpec, lang: Lang) -> list[GoalReport]:
    """Return the report of every target action, the main one first."""
    reports = await asyncio.gather(
        *(
            campaign_report(rt, msgspec.structs.replace(spec, goal=goal), lang)
            for goal in spec.goals
        )
    )
    comparisons = [
        [one for one in report.comparisons if one.metric in _METRICS] for report in reports
    ]
    beside = _adjusted(comparisons[1:], spec.level)
    return [
        GoalReport(
            goal=goal,
            is_main=place == 0,
            complete=report.complete,
            window_ends_at=report.window_ends_at,
            arms=_arms(report),
            comparisons=held,
        )
        for place, (goal, report, held) in enumerate(
            zip(spec.goals, reports, [*comparisons[:1], *beside], strict=True)
        )
    ]


def _arms(report: Report) -> list[GoalArm]:
    return [
        GoalArm(
            key=arm.key,
            assigned=arm.assigned,
            targets=arm.targets,
            target_events=arm.target_events,
            revenue=arm.revenue,
        )
        for arm in report.arms
    ]


def _adjusted(
    goals: Sequence[Sequence[ReportComparison]], level: float
) -> list[list[ReportComparison]]:
    """Adjust the p-values of each metric over all of these target actions."""
    adjusted: dict[int, ReportComparison] = {}
    for metric in _METRICS:
        family = [one for goal in goals for one in goal if one.metric == metric]
        values = adjust_p_values([one.p_value_raw for one in family], method="holm")
        for one, value in zip(family, values, strict=True):
            adjusted[id(one)] = msgspec.structs.replace(
                one, p_value=value, significant=value < 1 - level
            )
    return [[adjusted[id(one)] for one in goal] for goal in goals]
