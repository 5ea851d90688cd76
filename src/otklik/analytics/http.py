"""Reports over HTTP. What a campaign is, the wiring tells: see `handlers`."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.response import Stream

from otklik.accounts.public import Permission, Principal, requires
from otklik.analytics.export import people_csv, report_csv
from otklik.analytics.model import Report, ReportSpec
from otklik.analytics.public import campaign_report
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime

SpecOf = Callable[[Runtime, int, UUID, datetime, Lang], Awaitable[ReportSpec]]
"""(rt, workspace_id, campaign_id, as_of, lang) → what the report has to know; raises NotFound."""

_CSV = "text/csv; charset=utf-8"


def handlers(spec_of: SpecOf) -> list[Any]:
    """Return the routes of reports; `spec_of` comes from the slice that knows campaigns."""
    guards = [requires(Permission.VIEW)]

    @get(
        "/campaigns/{campaign_id:uuid}/report",
        operation_id="campaign_report",
        tags=["Reports"],
        guards=guards,
    )
    async def report(
        campaign_id: UUID, rt: Runtime, who: Principal, now: datetime, lang: Lang
    ) -> Report:
        """What a campaign changed: groups, comparisons, the verdict in a sentence."""
        spec = await spec_of(rt, who.workspace_id, campaign_id, now, lang)
        return await campaign_report(rt, spec, lang)

    @get(
        "/campaigns/{campaign_id:uuid}/report.csv",
        operation_id="campaign_report_csv",
        tags=["Reports"],
        guards=guards,
        media_type=_CSV,
    )
    async def report_table(
        campaign_id: UUID, rt: Runtime, who: Principal, now: datetime, lang: Lang
    ) -> Response[bytes]:
        """The same as a table."""
        spec = await spec_of(rt, who.workspace_id, campaign_id, now, lang)
        found = await campaign_report(rt, spec, lang)
        return Response(
            report_csv(found, lang), media_type=_CSV, headers=_attachment(f"report-{campaign_id}")
        )

    @get(
        "/campaigns/{campaign_id:uuid}/report/people.csv",
        operation_id="campaign_report_people",
        tags=["Reports"],
        guards=guards,
        media_type=_CSV,
    )
    async def people_table(
        campaign_id: UUID, rt: Runtime, who: Principal, now: datetime, lang: Lang
    ) -> Stream:
        """One line for every person who was assigned: what each figure is made of."""
        spec = await spec_of(rt, who.workspace_id, campaign_id, now, lang)
        return Stream(
            people_csv(rt, spec), media_type=_CSV, headers=_attachment(f"people-{campaign_id}")
        )

    return [report, report_table, people_table]


def _attachment(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": "no-store",
    }
