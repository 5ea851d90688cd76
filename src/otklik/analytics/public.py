"""The door of analytics.

spec = ReportSpec(workspace_id=1, source_kind="campaign", source_id=…, name=…, arms=…, goal=…,
                  launched_at=…, as_of=rt.clock(), timezone=workspace.timezone)
report = await campaign_report(rt, spec, "ru")
report_csv(report, "ru")                       # for a spreadsheet
async for part in people_csv(rt, spec): …      # one line per person
"""

from __future__ import annotations

import asyncio

import msgspec

from otklik.analytics.export import people_csv, report_csv
from otklik.analytics.model import (
    ArmSpec,
    GoalSpec,
    LinkClicks,
    Report,
    ReportArm,
    ReportComparison,
    ReportRatio,
    ReportSpec,
    ReportVerdict,
    SeriesPoint,
    SkipCount,
)
from otklik.analytics.queries import leaving_reasons, link_clicks, overview, window_end
from otklik.analytics.report import build_report
from otklik.analytics.revenue import figures_and_limit
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime


async def campaign_report(rt: Runtime, spec: ReportSpec, lang: Lang) -> Report:
    """Return the report of a campaign as of `spec.as_of`, its verdict in `lang`.

    Shapes: figures of people, by arm, in the order of `spec.arms`; before the launch all are zero.
    Raises: DefinitionInvalid for filters that the segment language does not know;
    EngineUnavailable, ClickHouseError.
    """
    people = await overview(rt, spec)
    ends_at = window_end(spec, people.last_at)
    if people.assigned == 0:
        return build_report(
            spec, people=people, figures={}, rises=[], links=[], window_ends_at=None, lang=lang
        )
    rest = msgspec.structs.replace(spec, part="rest")
    (figures, rises, limit), links, leaving = await asyncio.gather(
        figures_and_limit(rt, spec, people), link_clicks(rt, spec), leaving_reasons(rt, spec)
    )
    others = await overview(rt, rest)
    later, _, _ = await figures_and_limit(rt, rest, others) if others.assigned else ({}, [], None)
    return build_report(
        spec,
        people=people,
        figures=figures,
        rises=rises,
        links=links,
        leaving=leaving,
        window_ends_at=ends_at,
        check_limit=limit,
        rest=later,
        lang=lang,
    )


__all__ = [
    "ArmSpec",
    "GoalSpec",
    "LinkClicks",
    "Report",
    "ReportArm",
    "ReportComparison",
    "ReportRatio",
    "ReportSpec",
    "ReportVerdict",
    "SeriesPoint",
    "SkipCount",
    "campaign_report",
    "people_csv",
    "report_csv",
]
