"""The report of the global control group over HTTP."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from otklik.accounts.public import Permission, Who, get_workspace, requires
from otklik.analytics.control.model import ControlSpec, Figure, GlobalControlReport, Side
from otklik.analytics.control.people import (
    ControlPerson,
    control_csv,
    control_people,
    control_people_csv,
)
from otklik.analytics.control.queries import Behind
from otklik.analytics.control.report import global_control_report, no_control_report
from otklik.analytics.errors import NoSuchGroup
from otklik.delivery.public import ControlSpan, control_spans, unsettled_sources
from otklik.kit.pagination import Page
from otklik.runtime.public import Tx
from otklik.runtime.web.providers import Now, ReaderLang, Rt

RegularOf = Callable[[Tx, int], Awaitable[Collection[UUID]]]
"""(tx, workspace_id) → the campaigns that are runs of regular mailings."""

_CSV = "text/csv; charset=utf-8"


class Asked:
    """What is asked for: the group, and all there were; no group: none was ever in force."""

    def __init__(
        self, spec: ControlSpec | None, spans: list[ControlSpan], currency: str | None
    ) -> None:
        self.spec, self.spans, self.currency = spec, spans, currency

    def need(self) -> ControlSpec:
        """Return what is asked for. Raises: NoSuchGroup."""
        if self.spec is None:
            raise NoSuchGroup()
        return self.spec


async def asked_of_control(
    rt: Rt,
    who: Who,
    now: Now,
    regular_of: NamedDependency[RegularOf],
    group: Annotated[datetime | None, QueryParameter()] = None,
    without_outliers: Annotated[bool, QueryParameter()] = False,
) -> Asked:
    """Choose a group by the moment since which it was in force; without one the latest."""
    async with rt.db.begin() as tx:
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        spans = await control_spans(tx, workspace_id=who.workspace_id, now=now)
        unsettled = await unsettled_sources(tx, workspace_id=who.workspace_id)
        regular = await regular_of(tx, who.workspace_id)
    span = next((one for one in spans if group is None or one.since == group), None)
    if span is None:
        if group is not None:
            raise NoSuchGroup()
        return Asked(None, [], workspace.currency)
    spec = ControlSpec(
        workspace_id=who.workspace_id,
        span=span,
        as_of=now,
        unsettled=tuple(map(str, unsettled)),
        regular=tuple(map(str, regular)),
        timezone=workspace.timezone,
        currency=workspace.currency,
        without_outliers=without_outliers,
    )
    return Asked(spec, spans, workspace.currency)


def behind_control(
    figure: Annotated[Figure, QueryParameter()] = "people",
    side: Annotated[Side | None, QueryParameter()] = None,
    month: Annotated[str | None, QueryParameter(pattern=r"^\d{4}-\d{2}$")] = None,
) -> Behind:
    """Choose the people behind one figure."""
    return Behind(figure=figure, side=side, month=month)


class GlobalControlReports(Controller):
    path = "/reports"
    tags = ["Reports"]
    guards = [requires(Permission.VIEW)]
    dependencies = {"asked": Provide(asked_of_control)}

    @get("/global-control", operation_id="global_control_report")
    async def report(
        self, rt: Rt, now: Now, lang: ReaderLang, asked: NamedDependency[Asked]
    ) -> GlobalControlReport:
        """What all mailings together changed: people of the global control group and the rest."""
        if asked.spec is None:
            return no_control_report(currency=asked.currency, as_of=now, lang=lang)
        return await global_control_report(rt, asked.spec, asked.spans, lang)

    @get("/global-control.csv", operation_id="global_control_csv", media_type=_CSV)
    async def table(
        self, rt: Rt, lang: ReaderLang, asked: NamedDependency[Asked]
    ) -> Response[bytes]:
        """The same as a table; 404 if there never was a group."""
        report = await global_control_report(rt, asked.need(), asked.spans, lang)
        return Response(
            control_csv(report, lang), media_type=_CSV, headers=_attachment("global-control")
        )

    @get(
        "/global-control/people",
        operation_id="global_control_people",
        dependencies={"behind": Provide(behind_control, sync_to_thread=False)},
    )
    async def people(
        self,
        *,
        rt: Rt,
        asked: NamedDependency[Asked],
        behind: NamedDependency[Behind],
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[ControlPerson]:
        """The people behind a figure of the report; 404 if there never was a group."""
        return await control_people(rt, asked.need(), behind, cursor=cursor, limit=limit)

    @get(
        "/global-control/people.csv",
        operation_id="global_control_people_csv",
        dependencies={"behind": Provide(behind_control, sync_to_thread=False)},
        media_type=_CSV,
    )
    async def people_table(
        self, rt: Rt, asked: NamedDependency[Asked], behind: NamedDependency[Behind]
    ) -> Stream:
        """One line for every person behind a figure; 404 if there never was a group."""
        return Stream(
            control_people_csv(rt, asked.need(), behind),
            media_type=_CSV,
            headers=_attachment("global-control-people"),
        )


HANDLERS: list[Any] = [GlobalControlReports]


def _attachment(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": "no-store",
    }
