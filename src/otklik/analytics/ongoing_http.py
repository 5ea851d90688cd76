"""Reports of mailings that go on over HTTP; what such a mailing is, the wiring tells."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from otklik.accounts.public import Permission, Who, get_workspace, requires
from otklik.analytics.http import goal_choice, report_routes
from otklik.analytics.model import GoalChoice, ReportSpec
from otklik.analytics.ongoing import Asked, LetterFigures, letters_by_edition, span_of
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime
from otklik.runtime.web.providers import Now, ReaderLang, Rt

OngoingSpecOf = Callable[[Runtime, int, UUID, Asked, datetime, Lang], Awaitable[ReportSpec]]
"""(rt, workspace_id, id, asked, as_of, lang) → what the report has to know; raises NotFound."""


async def asked_of_ongoing(
    *,
    who: Who,
    rt: Rt,
    now: Now,
    since: Annotated[date | None, QueryParameter()] = None,
    until: Annotated[date | None, QueryParameter()] = None,
    edition: Annotated[str | None, QueryParameter(pattern=r"^\d{1,6}$")] = None,
) -> Asked:
    """Days are those of the workspace, `until` is included; without days it is all there is."""
    async with rt.db.begin() as tx:
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
    return Asked(span_of(since, until, zone=workspace.timezone, now=now), edition)


def handlers(*, letter_spec_of: OngoingSpecOf, series_spec_of: OngoingSpecOf) -> list[Any]:
    """Return the routes of the reports of transactional letters and of regular mailings."""

    async def letter_spec(
        *,
        letter_id: FromPath[UUID],
        rt: Rt,
        who: Who,
        now: Now,
        lang: ReaderLang,
        choice: NamedDependency[GoalChoice],
        asked: NamedDependency[Asked],
    ) -> ReportSpec:
        spec = await letter_spec_of(rt, who.workspace_id, letter_id, asked, now, lang)
        return spec.by(choice)

    async def series_spec(
        *,
        regular_id: FromPath[UUID],
        rt: Rt,
        who: Who,
        now: Now,
        lang: ReaderLang,
        choice: NamedDependency[GoalChoice],
        asked: NamedDependency[Asked],
    ) -> ReportSpec:
        spec = await series_spec_of(rt, who.workspace_id, regular_id, asked, now, lang)
        return spec.by(choice)

    asked = {"asked": Provide(asked_of_ongoing)}

    @get(
        "/transactional/{letter_id:uuid}/report/editions",
        operation_id="transactional_report_editions",
        tags=["Reports"],
        guards=[requires(Permission.VIEW)],
        dependencies={
            **asked,
            "choice": Provide(goal_choice),
            "spec": Provide(letter_spec),
        },
    )
    async def editions(*, rt: Rt, spec: NamedDependency[ReportSpec]) -> list[LetterFigures]:
        """The letters of every edition of the period and what became of them, the latest first."""
        return await letters_by_edition(rt, spec)

    return [
        *report_routes("/transactional/{letter_id:uuid}", "transactional", letter_spec, more=asked),
        editions,
        # A series has a letter of its own in every run, whose reports have the map of clicks.
        *report_routes(
            "/regular-mailings/{regular_id:uuid}/series",
            "series",
            series_spec,
            more=asked,
            with_clicks=False,
        ),
    ]
