"""Reports over HTTP. What a campaign is, the wiring tells: see `handlers`."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, cast, get_args
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from otklik.accounts.public import Permission, Who, requires
from otklik.analytics.behind import BehindSpec, Figure, PersonBehind, people_of_figure
from otklik.analytics.clickmap import ClickMap, click_map, click_rows
from otklik.analytics.errors import NothingToTellApart
from otklik.analytics.export import people_csv, report_csv, table_csv
from otklik.analytics.goals import GoalReport, report_goals
from otklik.analytics.hits import HitGroup, report_hits
from otklik.analytics.model import By, Dimension, GoalChoice, Part, Report, ReportSpec
from otklik.analytics.parts import SEGMENTS_MAX, ReportParts, report_by
from otklik.analytics.public import campaign_report
from otklik.kit.errors import NotFound
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.runtime.public import Runtime
from otklik.runtime.web.providers import Now, ReaderLang, Rt

SpecOf = Callable[[Runtime, int, UUID, datetime, Lang], Awaitable[ReportSpec]]
"""(rt, workspace_id, campaign_id, as_of, lang) → what the report has to know; raises NotFound."""

_CSV = "text/csv; charset=utf-8"


def goal_choice(
    goal: Annotated[int | None, QueryParameter(ge=0, le=100)] = None,
    event: Annotated[str | None, QueryParameter(min_length=1, max_length=200)] = None,
    window_hours: Annotated[int | None, QueryParameter(ge=1, le=8760)] = None,
    revenue_property: Annotated[str | None, QueryParameter(min_length=1, max_length=200)] = None,
    without_outliers: Annotated[bool, QueryParameter()] = False,
    part: Annotated[Part, QueryParameter()] = "first",
) -> GoalChoice:
    """Look at the mailing by another target action than its own, or without its largest checks."""
    return GoalChoice(
        goal=goal,
        event=event,
        window_hours=window_hours,
        revenue_property=revenue_property,
        without_outliers=without_outliers,
        part=part,
    )


def behind_figure(
    figure: Annotated[Figure, QueryParameter()] = "assigned",
    arm: Annotated[str | None, QueryParameter(max_length=50)] = None,
    url: Annotated[str | None, QueryParameter(min_length=1, max_length=4000)] = None,
    link: Annotated[int | None, QueryParameter(ge=0, le=65_535)] = None,
) -> BehindSpec:
    """Choose the people behind one figure."""
    return BehindSpec(figure=figure, arm=arm, url=url, link=link)


def told_apart_by(
    dimension: FromPath[str],
    trait: Annotated[str, QueryParameter(max_length=500)] = "",
    segment_id: Annotated[list[UUID] | None, QueryParameter(max_items=SEGMENTS_MAX)] = None,
) -> By:
    """Choose what people are told apart by."""
    if dimension not in get_args(Dimension):
        raise NotFound(what=f"report by {dimension}")
    by = By(cast("Dimension", dimension), trait, tuple(segment_id or ()))
    if (by.dimension == "trait" and not by.trait) or (
        by.dimension == "segment" and not by.segment_ids
    ):
        raise NothingToTellApart(dimension=dimension)
    return by


def handlers(spec_of: SpecOf) -> list[Any]:
    """Return the routes of reports; `spec_of` comes from the slice that knows campaigns."""
    guards = [requires(Permission.VIEW)]

    async def chosen(
        campaign_id: FromPath[UUID],
        rt: Rt,
        who: Who,
        now: Now,
        lang: ReaderLang,
        choice: NamedDependency[GoalChoice],
    ) -> ReportSpec:
        return (await spec_of(rt, who.workspace_id, campaign_id, now, lang)).by(choice)

    dependencies = {
        "choice": Provide(goal_choice, sync_to_thread=False),
        "spec": Provide(chosen),
    }

    @get(
        "/campaigns/{campaign_id:uuid}/report",
        operation_id="campaign_report",
        tags=["Reports"],
        guards=guards,
        dependencies=dependencies,
    )
    async def report(*, rt: Rt, lang: ReaderLang, spec: NamedDependency[ReportSpec]) -> Report:
        """What a campaign changed: groups, comparisons, the verdict in a sentence.

        With `event` the mailing is looked at by that target action instead of its own.
        """
        return await campaign_report(rt, spec, lang)

    @get(
        "/campaigns/{campaign_id:uuid}/report/goals",
        operation_id="campaign_report_goals",
        tags=["Reports"],
        guards=guards,
        dependencies=dependencies,
    )
    async def goals(
        *, rt: Rt, lang: ReaderLang, spec: NamedDependency[ReportSpec]
    ) -> list[GoalReport]:
        """All target actions of the mailing side by side, the main one first."""
        return await report_goals(rt, spec, lang)

    @get(
        "/campaigns/{campaign_id:uuid}/report/by/{dimension:str}",
        operation_id="campaign_report_by",
        tags=["Reports"],
        guards=guards,
        dependencies={**dependencies, "by": Provide(told_apart_by, sync_to_thread=False)},
    )
    async def by_dimension(
        *, rt: Rt, spec: NamedDependency[ReportSpec], by: NamedDependency[By]
    ) -> ReportParts:
        """The figures of the groups apart for people with different values of a trait (computed
        ones too), domains, devices, or in different segments."""
        return await report_by(rt, spec, by)

    @get(
        "/campaigns/{campaign_id:uuid}/report/people",
        operation_id="campaign_report_behind",
        tags=["Reports"],
        guards=guards,
        dependencies={**dependencies, "behind": Provide(behind_figure, sync_to_thread=False)},
    )
    async def behind_figure_page(
        *,
        rt: Rt,
        spec: NamedDependency[ReportSpec],
        behind: NamedDependency[BehindSpec],
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[PersonBehind]:
        """The people behind a figure of the report."""
        return await people_of_figure(rt, spec, behind, cursor=cursor, limit=limit)

    @get(
        "/campaigns/{campaign_id:uuid}/report.csv",
        operation_id="campaign_report_csv",
        tags=["Reports"],
        guards=guards,
        dependencies=dependencies,
        media_type=_CSV,
    )
    async def report_table(
        *, campaign_id: FromPath[UUID], rt: Rt, lang: ReaderLang, spec: NamedDependency[ReportSpec]
    ) -> Response[bytes]:
        """The same as a table."""
        found = await campaign_report(rt, spec, lang)
        return Response(
            report_csv(found, lang), media_type=_CSV, headers=_attachment(f"report-{campaign_id}")
        )

    @get(
        "/campaigns/{campaign_id:uuid}/report/people.csv",
        operation_id="campaign_report_people",
        tags=["Reports"],
        guards=guards,
        dependencies={**dependencies, "behind": Provide(behind_figure, sync_to_thread=False)},
        media_type=_CSV,
    )
    async def people_table(
        *,
        campaign_id: FromPath[UUID],
        rt: Rt,
        spec: NamedDependency[ReportSpec],
        behind: NamedDependency[BehindSpec],
    ) -> Stream:
        """One line for every person who was assigned, or of those behind one figure."""
        return Stream(
            people_csv(rt, spec, behind.chosen),
            media_type=_CSV,
            headers=_attachment(f"people-{campaign_id}"),
        )

    @get(
        "/campaigns/{campaign_id:uuid}/report/clicks",
        operation_id="campaign_click_map",
        tags=["Reports"],
        guards=guards,
        dependencies=dependencies,
    )
    async def clicks(
        *,
        rt: Rt,
        lang: ReaderLang,
        spec: NamedDependency[ReportSpec],
        variant: Annotated[str | None, QueryParameter(min_length=1, max_length=50)] = None,
    ) -> ClickMap:
        """The letter of a variant as it went out, and who followed which place in it."""
        return await click_map(rt, spec, variant=variant, lang=lang)

    @get(
        "/campaigns/{campaign_id:uuid}/report/hits",
        operation_id="campaign_report_hits",
        tags=["Reports"],
        guards=guards,
        dependencies=dependencies,
    )
    async def hits(
        *, rt: Rt, lang: ReaderLang, spec: NamedDependency[ReportSpec]
    ) -> list[HitGroup]:
        """Openings and clicks of people, mailboxes and scanners apart, each with its reason."""
        return await report_hits(rt, spec, lang)

    @get(
        "/campaigns/{campaign_id:uuid}/report/clicks.csv",
        operation_id="campaign_click_map_csv",
        tags=["Reports"],
        guards=guards,
        dependencies=dependencies,
        media_type=_CSV,
    )
    async def clicks_table(
        *,
        campaign_id: FromPath[UUID],
        rt: Rt,
        lang: ReaderLang,
        spec: NamedDependency[ReportSpec],
        variant: Annotated[str | None, QueryParameter(min_length=1, max_length=50)] = None,
    ) -> Response[bytes]:
        """The same as a table."""
        found = await click_map(rt, spec, variant=variant, lang=lang)
        return Response(
            table_csv(click_rows(found, lang)),
            media_type=_CSV,
            headers=_attachment(f"clicks-{campaign_id}"),
        )

    return [
        report,
        goals,
        by_dimension,
        behind_figure_page,
        report_table,
        people_table,
        clicks,
        clicks_table,
        hits,
    ]


def _attachment(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": "no-store",
    }
