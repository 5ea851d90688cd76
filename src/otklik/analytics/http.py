"""Reports over HTTP. What a campaign is, the wiring tells: see `handlers`."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, cast, get_args
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from otklik.accounts.public import Permission, Who, requires
from otklik.analytics.behind import (
    BehindSpec,
    Figure,
    PersonBehind,
    Verdict,
    chosen_of,
    people_of_figure,
)
from otklik.analytics.clickmap import ClickMap, click_map, click_rows
from otklik.analytics.errors import NothingToTellApart
from otklik.analytics.export import people_csv, report_csv, table_csv
from otklik.analytics.goals import GoalReport, report_goals
from otklik.analytics.hits import HitGroup, report_hits
from otklik.analytics.model import By, Dimension, GoalChoice, Part, Report, ReportSpec
from otklik.analytics.parts import SEGMENTS_MAX, PartChosen, ReportParts, report_by
from otklik.analytics.parts import Kind as PartKind
from otklik.analytics.public import campaign_report
from otklik.kit.errors import NotFound
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.runtime.public import Runtime
from otklik.runtime.web.providers import Now, ReaderLang, Rt
from otklik.segments.public import get_segment

SpecOf = Callable[[Runtime, int, UUID, datetime, Lang], Awaitable[ReportSpec]]
"""(rt, workspace_id, campaign_id, as_of, lang) → what the report has to know; raises NotFound."""

_CSV = "text/csv; charset=utf-8"


async def goal_choice(
    *,
    rt: Rt,
    who: Who,
    goal: Annotated[int | None, QueryParameter(ge=0, le=100)] = None,
    event: Annotated[str | None, QueryParameter(min_length=1, max_length=200)] = None,
    window_hours: Annotated[int | None, QueryParameter(ge=1, le=8760)] = None,
    revenue_property: Annotated[str | None, QueryParameter(min_length=1, max_length=200)] = None,
    without_outliers: Annotated[bool, QueryParameter()] = False,
    part: Annotated[Part, QueryParameter()] = "first",
    segment: Annotated[UUID | None, QueryParameter()] = None,
) -> GoalChoice:
    """Look at the mailing by another target action than its own, without its largest checks, or
    among the people of one segment (whoever is in it now)."""
    if segment is not None:
        async with rt.db.begin() as tx:
            await get_segment(tx, workspace_id=who.workspace_id, segment_id=segment)
    return GoalChoice(
        goal=goal,
        event=event,
        window_hours=window_hours,
        revenue_property=revenue_property,
        without_outliers=without_outliers,
        part=part,
        segment_id=segment,
    )


def behind_figure(
    figure: Annotated[Figure, QueryParameter()] = "assigned",
    arm: Annotated[str | None, QueryParameter(max_length=50)] = None,
    url: Annotated[str | None, QueryParameter(min_length=1, max_length=4000)] = None,
    link: Annotated[int | None, QueryParameter(ge=0, le=65_535)] = None,
    why: Annotated[str | None, QueryParameter(min_length=1, max_length=50)] = None,
    verdict: Annotated[Verdict | None, QueryParameter()] = None,
    sign: Annotated[str, QueryParameter(max_length=50)] = "",
    hour: Annotated[int | None, QueryParameter(ge=0, le=23)] = None,
    lettered: Annotated[bool, QueryParameter()] = False,
    by: Annotated[Dimension | None, QueryParameter()] = None,
    trait: Annotated[str, QueryParameter(max_length=500)] = "",
    segment_id: Annotated[list[UUID] | None, QueryParameter(max_items=SEGMENTS_MAX)] = None,
    place: Annotated[PartKind, QueryParameter()] = "value",
    value: Annotated[str, QueryParameter(max_length=4000)] = "",
    low: Annotated[float | None, QueryParameter()] = None,
) -> BehindSpec:
    """Choose the people behind one figure: of the whole report, of an hour of the day, or (with
    `by`, and what that report is asked for) of one of its parts."""
    part = None
    if by is not None:
        told_apart = _apart(by, trait, segment_id)
        part = PartChosen(by=told_apart, kind=place, value=value, low=low)
    return BehindSpec(
        figure=figure,
        arm=arm,
        url=url,
        link=link,
        why=why,
        verdict=verdict,
        sign=sign,
        hour=hour,
        lettered=lettered,
        part=part,
    )


def told_apart_by(
    dimension: FromPath[str],
    trait: Annotated[str, QueryParameter(max_length=500)] = "",
    segment_id: Annotated[list[UUID] | None, QueryParameter(max_items=SEGMENTS_MAX)] = None,
) -> By:
    """Choose what people are told apart by."""
    if dimension not in get_args(Dimension):
        raise NotFound(what=f"report by {dimension}")
    return _apart(cast("Dimension", dimension), trait, segment_id)


def _apart(dimension: Dimension, trait: str, segment_id: list[UUID] | None) -> By:
    by = By(dimension, trait, tuple(segment_id or ()))
    if (by.dimension == "trait" and not by.trait) or (
        by.dimension == "segment" and not by.segment_ids
    ):
        raise NothingToTellApart(dimension=dimension)
    return by


def handlers(spec_of: SpecOf) -> list[Any]:
    """Return the routes of reports; `spec_of` comes from the slice that knows campaigns."""

    async def chosen(
        campaign_id: FromPath[UUID],
        rt: Rt,
        who: Who,
        now: Now,
        lang: ReaderLang,
        choice: NamedDependency[GoalChoice],
    ) -> ReportSpec:
        return (await spec_of(rt, who.workspace_id, campaign_id, now, lang)).by(choice)

    return report_routes("/campaigns/{campaign_id:uuid}", "campaign", chosen)


def report_routes(
    base: str,
    name: str,
    spec_of_request: Callable[..., Awaitable[ReportSpec]],
    *,
    more: Mapping[str, Provide] | None = None,
    with_clicks: bool = True,
) -> list[Any]:
    """Return the routes of the reports of one kind of mailing.

    `base`: the path of such a mailing; `name`: with what the ids of operations begin;
    `spec_of_request`: a dependency that may take the `choice` of a target action and `more`.
    `with_clicks` False: there is no one letter to lay a map of clicks over.
    """
    guards = [requires(Permission.VIEW)]
    dependencies = {
        "choice": Provide(goal_choice),
        "spec": Provide(spec_of_request),
        **(more or {}),
    }

    @get(
        f"{base}/report",
        operation_id=f"{name}_report",
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
        f"{base}/report/goals",
        operation_id=f"{name}_report_goals",
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
        f"{base}/report/by/{{dimension:str}}",
        operation_id=f"{name}_report_by",
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
        f"{base}/report/people",
        operation_id=f"{name}_report_behind",
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
        f"{base}/report.csv",
        operation_id=f"{name}_report_csv",
        tags=["Reports"],
        guards=guards,
        dependencies=dependencies,
        media_type=_CSV,
    )
    async def report_table(
        *, rt: Rt, lang: ReaderLang, spec: NamedDependency[ReportSpec]
    ) -> Response[bytes]:
        """The same as a table."""
        found = await campaign_report(rt, spec, lang)
        return Response(
            report_csv(found, lang),
            media_type=_CSV,
            headers=_attachment(f"report-{spec.source_id}"),
        )

    @get(
        f"{base}/report/people.csv",
        operation_id=f"{name}_report_people",
        tags=["Reports"],
        guards=guards,
        dependencies={**dependencies, "behind": Provide(behind_figure, sync_to_thread=False)},
        media_type=_CSV,
    )
    async def people_table(
        *,
        rt: Rt,
        spec: NamedDependency[ReportSpec],
        behind: NamedDependency[BehindSpec],
    ) -> Stream:
        """One line for every person who was assigned, or of those behind one figure."""
        return Stream(
            people_csv(rt, spec, await chosen_of(rt, spec, behind)),
            media_type=_CSV,
            headers=_attachment(f"people-{spec.source_id}"),
        )

    @get(
        f"{base}/report/clicks",
        operation_id=f"{name}_click_map",
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
        f"{base}/report/hits",
        operation_id=f"{name}_report_hits",
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
        f"{base}/report/clicks.csv",
        operation_id=f"{name}_click_map_csv",
        tags=["Reports"],
        guards=guards,
        dependencies=dependencies,
        media_type=_CSV,
    )
    async def clicks_table(
        *,
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
            headers=_attachment(f"clicks-{spec.source_id}"),
        )

    return [
        report,
        goals,
        by_dimension,
        behind_figure_page,
        report_table,
        people_table,
        hits,
        *([clicks, clicks_table] if with_clicks else []),
    ]


def _attachment(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": "no-store",
    }
