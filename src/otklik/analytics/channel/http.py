"""All mailings of a period over HTTP; what a campaign is called, the wiring tells."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from otklik.accounts.public import Permission, Who, get_workspace, requires
from otklik.analytics.channel.compared_csv import compared_csv
from otklik.analytics.channel.model import (
    Against,
    Behind,
    Compared,
    Figure,
    MailingsPerson,
    MailingsReport,
    MailingsSpec,
    Model,
    Period,
    SegmentRef,
    SegmentsReport,
    Touch,
)
from otklik.analytics.channel.people import mailings_people, mailings_people_csv
from otklik.analytics.channel.reports import (
    NamesOf,
    compare_campaigns,
    mailings_csv,
    mailings_report,
    segments_csv,
    segments_report,
)
from otklik.analytics.http import SpecOf
from otklik.analytics.model import GoalChoice, ReportSpec
from otklik.analytics.parts import SEGMENTS_MAX
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.runtime.public import Runtime
from otklik.runtime.web.providers import Now, ReaderLang, Rt
from otklik.segments.public import get_segment

COMPARED_MAX = 10
_CSV = "text/csv; charset=utf-8"


async def asked_of_mailings(
    *,
    who: Who,
    rt: Rt,
    since: Annotated[date, QueryParameter()],
    until: Annotated[date, QueryParameter()],
    against: Annotated[Against, QueryParameter()] = "none",
    model: Annotated[Model, QueryParameter()] = "last",
    touch: Annotated[Touch, QueryParameter()] = "clicked",
    window_days: Annotated[int, QueryParameter(ge=1, le=90)] = 7,
) -> MailingsSpec:
    """Choose days of the workspace, `until` included, and the rule that gives orders to letters."""
    period = Period(since, until)
    async with rt.db.begin() as tx:
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
    return MailingsSpec(
        workspace_id=who.workspace_id,
        period=period,
        against=against,
        model=model,
        touch=touch,
        window_days=window_days,
        timezone=workspace.timezone,
        currency=workspace.currency,
    )


async def segment_asked(
    *, who: Who, rt: Rt, segment: Annotated[UUID | None, QueryParameter()] = None
) -> SegmentRef | None:
    """Choose whose figures: of the people of one segment, or of everybody."""
    if segment is None:
        return None
    return (await _segments(rt, who.workspace_id, [segment]))[0]


def behind_mailings(
    figure: Annotated[Figure, QueryParameter()],
    campaign_id: Annotated[UUID | None, QueryParameter()] = None,
    month: Annotated[str | None, QueryParameter(pattern=r"^\d{4}-\d{2}$")] = None,
) -> Behind:
    """Choose the people behind one figure."""
    return Behind(figure=figure, mailing=campaign_id, month=month)


async def _segments(rt: Runtime, workspace_id: int, ids: Sequence[UUID]) -> list[SegmentRef]:
    """Return segments in the order asked for, each once. Raises: SegmentNotFound."""
    async with rt.db.begin() as tx:
        found = [
            await get_segment(tx, workspace_id=workspace_id, segment_id=one)
            for one in dict.fromkeys(ids)
        ]
    return [SegmentRef(one.id, one.name, one.count, one.computed_at) for one in found]


def _of(asked: MailingsSpec, segment: SegmentRef | None) -> MailingsSpec:
    return msgspec.structs.replace(asked, segment_id=segment.id if segment else None)


def handlers(spec_of: SpecOf, names_of: NamesOf) -> list[Any]:
    """Return the routes; what campaigns are comes from the slice that knows them."""

    async def compared(
        rt: Runtime,
        who: Who,
        now: datetime,
        lang: Lang,
        campaign_id: Sequence[UUID],
        among: SegmentRef | None,
    ) -> list[Compared]:
        choice = GoalChoice(segment_id=among.id if among else None)
        specs: list[ReportSpec] = []
        for one in campaign_id:
            spec = await spec_of(rt, who.workspace_id, one, now, lang)
            specs.append(spec.by(choice))
        return await compare_campaigns(rt, specs, lang)

    class MailingsReports(Controller):
        path = "/reports"
        tags = ["Reports"]
        guards = [requires(Permission.VIEW)]
        dependencies = {"asked": Provide(asked_of_mailings), "among": Provide(segment_asked)}

        @get("/mailings", operation_id="mailings_report")
        async def report(
            self,
            rt: Rt,
            asked: NamedDependency[MailingsSpec],
            among: NamedDependency[SegmentRef | None],
        ) -> MailingsReport:
            """All mailings of a period: letters, readers, and the orders they are given by a rule.

            With `segment` only its people count, whoever is in it now.
            """
            return await mailings_report(rt, _of(asked, among), names_of, segment=among)

        @get("/mailings.csv", operation_id="mailings_report_csv", media_type=_CSV)
        async def table(
            self,
            rt: Rt,
            lang: ReaderLang,
            asked: NamedDependency[MailingsSpec],
            among: NamedDependency[SegmentRef | None],
        ) -> Response[bytes]:
            """The same as a table, with the rule in its first line."""
            found = await mailings_report(rt, _of(asked, among), names_of, segment=among)
            return _file(mailings_csv(found, lang), f"mailings-{_days(asked)}")

        @get("/mailings/segments", operation_id="mailings_segments")
        async def segments(
            self,
            rt: Rt,
            who: Who,
            asked: NamedDependency[MailingsSpec],
            segment_id: Annotated[list[UUID], QueryParameter(min_items=1, max_items=SEGMENTS_MAX)],
        ) -> SegmentsReport:
            """Everybody and several segments side by side, in the same figures by the same rule."""
            chosen = await _segments(rt, who.workspace_id, segment_id)
            return await segments_report(rt, asked, chosen)

        @get("/mailings/segments.csv", operation_id="mailings_segments_csv", media_type=_CSV)
        async def segments_table(
            self,
            rt: Rt,
            who: Who,
            lang: ReaderLang,
            asked: NamedDependency[MailingsSpec],
            segment_id: Annotated[list[UUID], QueryParameter(min_items=1, max_items=SEGMENTS_MAX)],
        ) -> Response[bytes]:
            """The same as a table, with the rule in its first line."""
            chosen = await _segments(rt, who.workspace_id, segment_id)
            found = await segments_report(rt, asked, chosen)
            return _file(segments_csv(found, lang), f"segments-{_days(asked)}")

        @get(
            "/mailings/people",
            operation_id="mailings_people",
            dependencies={"behind": Provide(behind_mailings, sync_to_thread=False)},
        )
        async def people(
            self,
            rt: Rt,
            asked: NamedDependency[MailingsSpec],
            among: NamedDependency[SegmentRef | None],
            behind: NamedDependency[Behind],
            cursor: FromQuery[str | None] = None,
            limit: FromQuery[int] = 50,
        ) -> Page[MailingsPerson]:
            """The people behind a figure of all mailings of a period, of a month or a mailing."""
            return await mailings_people(rt, _of(asked, among), behind, cursor=cursor, limit=limit)

        @get(
            "/mailings/people.csv",
            operation_id="mailings_people_csv",
            dependencies={"behind": Provide(behind_mailings, sync_to_thread=False)},
            media_type=_CSV,
        )
        async def people_table(
            self,
            rt: Rt,
            asked: NamedDependency[MailingsSpec],
            among: NamedDependency[SegmentRef | None],
            behind: NamedDependency[Behind],
        ) -> Stream:
            """One line for every person behind a figure."""
            return Stream(
                mailings_people_csv(rt, _of(asked, among), behind),
                media_type=_CSV,
                headers=_attachment(f"people-{_days(asked)}"),
            )

    class ComparedCampaigns(Controller):
        path = "/reports"
        tags = ["Reports"]
        guards = [requires(Permission.VIEW)]
        dependencies = {"among": Provide(segment_asked)}

        @get("/compare", operation_id="compare_campaigns")
        async def compare(
            self,
            rt: Rt,
            who: Who,
            now: Now,
            lang: ReaderLang,
            campaign_id: Annotated[list[UUID], QueryParameter(min_items=1, max_items=COMPARED_MAX)],
            among: NamedDependency[SegmentRef | None],
        ) -> list[Compared]:
            """Several mailings side by side, in the order asked for; with `segment` among the
            people of that segment only."""
            return await compared(rt, who, now, lang, campaign_id, among)

        @get("/compare.csv", operation_id="compare_campaigns_csv", media_type=_CSV)
        async def compare_table(
            self,
            rt: Rt,
            who: Who,
            now: Now,
            lang: ReaderLang,
            campaign_id: Annotated[list[UUID], QueryParameter(min_items=1, max_items=COMPARED_MAX)],
            among: NamedDependency[SegmentRef | None],
        ) -> Response[bytes]:
            """The same as a table: verdicts, groups, lifts."""
            found = await compared(rt, who, now, lang, campaign_id, among)
            return _file(compared_csv(found, lang), "comparison")

    return [MailingsReports, ComparedCampaigns]


def _days(asked: MailingsSpec) -> str:
    return f"{asked.period.since}-{asked.period.until}"


def _file(table: bytes, name: str) -> Response[bytes]:
    return Response(table, media_type=_CSV, headers=_attachment(name))


def _attachment(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": "no-store",
    }
