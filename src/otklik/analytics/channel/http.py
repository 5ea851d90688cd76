"""All mailings of a period over HTTP; what a campaign is called, the wiring tells."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from otklik.accounts.public import Permission, Who, get_workspace, requires
from otklik.analytics.channel.compared_csv import compared_csv
from otklik.analytics.channel.model import (
    Against,
    Compared,
    MailingsReport,
    MailingsSpec,
    Model,
    Period,
    Touch,
)
from otklik.analytics.channel.reports import (
    NamesOf,
    compare_campaigns,
    mailings_csv,
    mailings_report,
)
from otklik.analytics.http import SpecOf
from otklik.runtime.web.providers import Now, ReaderLang, Rt

COMPARED_MAX = 10


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
    """Days are those of the workspace; `until` is included."""
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


def handlers(spec_of: SpecOf, names_of: NamesOf) -> list[Any]:
    """Return the routes; what campaigns are comes from the slice that knows them."""
    guards = [requires(Permission.VIEW)]
    dependencies = {"asked": Provide(asked_of_mailings)}

    @get(
        "/reports/mailings",
        operation_id="mailings_report",
        tags=["Reports"],
        guards=guards,
        dependencies=dependencies,
    )
    async def mailings(*, rt: Rt, asked: NamedDependency[MailingsSpec]) -> MailingsReport:
        """All mailings of a period: letters, readers, and the orders they are given by a rule."""
        return await mailings_report(rt, asked, names_of)

    @get(
        "/reports/mailings.csv",
        operation_id="mailings_report_csv",
        tags=["Reports"],
        guards=guards,
        dependencies=dependencies,
        media_type="text/csv; charset=utf-8",
    )
    async def mailings_table(
        *, rt: Rt, asked: NamedDependency[MailingsSpec], lang: ReaderLang
    ) -> Response[bytes]:
        """The same as a table, with the rule in its first line."""
        table = mailings_csv(await mailings_report(rt, asked, names_of), lang)
        name = f"mailings-{asked.period.since}-{asked.period.until}.csv"
        return Response(
            table,
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
            },
        )

    @get("/reports/compare", operation_id="compare_campaigns", tags=["Reports"], guards=guards)
    async def compare(
        *,
        rt: Rt,
        who: Who,
        now: Now,
        lang: ReaderLang,
        campaign_id: Annotated[list[UUID], QueryParameter(min_items=1, max_items=COMPARED_MAX)],
    ) -> list[Compared]:
        """Several mailings side by side, in the order asked for."""
        specs = [await spec_of(rt, who.workspace_id, one, now, lang) for one in campaign_id]
        return await compare_campaigns(rt, specs, lang)

    @get(
        "/reports/compare.csv",
        operation_id="compare_campaigns_csv",
        tags=["Reports"],
        guards=guards,
        media_type="text/csv; charset=utf-8",
    )
    async def compare_table(
        *,
        rt: Rt,
        who: Who,
        now: Now,
        lang: ReaderLang,
        campaign_id: Annotated[list[UUID], QueryParameter(min_items=1, max_items=COMPARED_MAX)],
    ) -> Response[bytes]:
        """The same as a table: verdicts, groups, lifts."""
        specs = [await spec_of(rt, who.workspace_id, one, now, lang) for one in campaign_id]
        table = compared_csv(await compare_campaigns(rt, specs, lang), lang)
        return Response(
            table,
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": 'attachment; filename="comparison.csv"',
                "Cache-Control": "no-store",
            },
        )

    return [mailings, mailings_table, compare, compare_table]
