"""Regular mailings over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from otklik.accounts.public import (
    Permission,
    Principal,
    Who,
    get_workspace,
    requires,
    write_audit,
)
from otklik.campaigns.errors import ApprovalByProgram
from otklik.campaigns.http.approval import ApprovalDecision, ApprovalRequest
from otklik.campaigns.http.common import calendar_span, person
from otklik.campaigns.model import AudienceView, Check
from otklik.campaigns.regular import operations, queries
from otklik.campaigns.regular.checks import check_regular
from otklik.campaigns.regular.model import (
    NewRegular,
    RegularChanges,
    RegularMailing,
    RegularPlan,
    RegularRun,
)
from otklik.campaigns.regular.person import RegularPreview, preview_regular, try_regular
from otklik.campaigns.regular.report import RegularReport, regular_report
from otklik.campaigns.regular.schedule import first_moments
from otklik.content.public import TrialResult
from otklik.kit.i18n import Lang
from otklik.runtime.public import Tx
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

SHOWN_MOMENTS = 5
Addresses = Annotated[list[str], msgspec.Meta(min_length=1, max_length=10)]


class PlanMoment(msgspec.Struct, frozen=True):
    """`wall`: the time that clocks show; `at`: when the run is made."""

    wall: str
    at: datetime


class RegularCheck(msgspec.Struct, frozen=True):
    """The checks, and who would get it if it went out now."""

    checks: list[Check]
    audience: AudienceView


class RegularTest(msgspec.Struct, forbid_unknown_fields=True):
    """`profile_id`: whose items and values the letter shows; null: of a newcomer."""

    addresses: Addresses
    profile_id: int | None = None


class RegularMailings(Controller):
    path = "/regular-mailings"
    tags = ["Regular mailings"]

    @get("/", operation_id="list_regular_mailings", guards=[requires(Permission.VIEW)])
    async def list_all(
        self, tx: OpenTx, who: Who, now: Now, lang: ReaderLang
    ) -> list[RegularMailing]:
        """Regular mailings with their next moment and last run, the newest first."""
        return await queries.list_regular(tx, workspace_id=who.workspace_id, now=now, lang=lang)

    @post("/", operation_id="create_regular_mailing", guards=[requires(Permission.EDIT)])
    async def create(
        self, data: JSONBody[NewRegular], tx: OpenTx, who: Who, now: Now, lang: ReaderLang
    ) -> RegularMailing:
        """Make a draft."""
        made = await operations.create_regular(tx, workspace_id=who.workspace_id, new=data, now=now)
        await _audit(tx, who, "created", made, now)
        return await _one(tx, who, made, now, lang)

    @post(
        "/moments",
        operation_id="show_regular_moments",
        status_code=200,
        guards=[requires(Permission.VIEW)],
    )
    async def show_moments(
        self, data: JSONBody[RegularPlan], tx: OpenTx, who: Who, now: Now
    ) -> list[PlanMoment]:
        """The next five moments of a plan."""
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        found = first_moments(data, ZoneInfo(workspace.timezone), after=now, count=SHOWN_MOMENTS)
        return [PlanMoment(one.wall.isoformat(timespec="minutes"), one.at) for one in found]

    @get("/calendar", operation_id="list_planned_runs", guards=[requires(Permission.VIEW)])
    async def calendar(
        self,
        *,
        tx: OpenTx,
        who: Who,
        now: Now,
        since: FromQuery[datetime],
        until: FromQuery[datetime],
    ) -> list[queries.PlannedRun]:
        """Moments to come between two moments, at most 100 days apart."""
        since, until = calendar_span(since, until)
        return await queries.planned_runs(
            tx, workspace_id=who.workspace_id, since=since, until=until, now=now
        )

    @get(
        "/{regular_id:uuid}", operation_id="get_regular_mailing", guards=[requires(Permission.VIEW)]
    )
    async def get_one(
        self, regular_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now, lang: ReaderLang
    ) -> RegularMailing:
        """One regular mailing."""
        return await _one(tx, who, regular_id, now, lang)

    @patch(
        "/{regular_id:uuid}",
        operation_id="change_regular_mailing",
        guards=[requires(Permission.EDIT)],
    )
    async def change(
        self,
        *,
        regular_id: FromPath[UUID],
        data: JSONBody[RegularChanges],
        tx: OpenTx,
        who: Who,
        now: Now,
        lang: ReaderLang,
    ) -> RegularMailing:
        """Change it; runs that are under way stay as they are."""
        await operations.change_regular(
            tx, workspace_id=who.workspace_id, regular_id=regular_id, changes=data, now=now
        )
        await _audit(tx, who, "changed", regular_id, now)
        return await _one(tx, who, regular_id, now, lang)

    @delete(
        "/{regular_id:uuid}",
        operation_id="delete_regular_mailing",
        guards=[requires(Permission.EDIT)],
    )
    async def remove(self, regular_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> None:
        """Remove one that never ran."""
        await operations.delete_regular(tx, workspace_id=who.workspace_id, regular_id=regular_id)
        await _audit(tx, who, "removed", regular_id, now)

    @get(
        "/{regular_id:uuid}/checks",
        operation_id="get_regular_checks",
        guards=[requires(Permission.VIEW)],
    )
    async def checks(
        self, regular_id: FromPath[UUID], rt: Rt, who: Who, now: Now, lang: ReaderLang
    ) -> RegularCheck:
        """What blocks the start, what deserves a look, and who would get it now."""
        found, audience = await check_regular(
            rt, workspace_id=who.workspace_id, regular_id=regular_id, now=now, lang=lang
        )
        return RegularCheck([one.said(lang) for one in found], audience)

    @put(
        "/{regular_id:uuid}/start",
        operation_id="start_regular_mailing",
        guards=[requires(Permission.SEND)],
    )
    async def start(
        self,
        *,
        regular_id: FromPath[UUID],
        rt: Rt,
        tx: OpenTx,
        who: Who,
        now: Now,
        lang: ReaderLang,
    ) -> RegularMailing:
        """Let a draft, or a paused one, go out at its moments from now on."""
        found, _ = await check_regular(
            rt, workspace_id=who.workspace_id, regular_id=regular_id, now=now, lang=lang
        )
        await operations.start_regular(
            tx, workspace_id=who.workspace_id, regular_id=regular_id, checks=found, now=now
        )
        await _audit(tx, who, "started", regular_id, now)
        return await _one(tx, who, regular_id, now, lang)

    @put(
        "/{regular_id:uuid}/pause",
        operation_id="pause_regular_mailing",
        guards=[requires(Permission.SEND)],
    )
    async def pause(
        self, regular_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now, lang: ReaderLang
    ) -> RegularMailing:
        """Let no more runs begin; one that is under way goes on."""
        await operations.pause_regular(
            tx, workspace_id=who.workspace_id, regular_id=regular_id, now=now
        )
        await _audit(tx, who, "paused", regular_id, now)
        return await _one(tx, who, regular_id, now, lang)

    @put(
        "/{regular_id:uuid}/finish",
        operation_id="finish_regular_mailing",
        guards=[requires(Permission.SEND)],
    )
    async def finish(
        self, regular_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now, lang: ReaderLang
    ) -> RegularMailing:
        """End it for good."""
        await operations.finish_regular(
            tx, workspace_id=who.workspace_id, regular_id=regular_id, now=now
        )
        await _audit(tx, who, "finished", regular_id, now)
        return await _one(tx, who, regular_id, now, lang)

    @put(
        "/{regular_id:uuid}/skip",
        operation_id="skip_regular_run",
        guards=[requires(Permission.SEND)],
    )
    async def skip(
        self, regular_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now, lang: ReaderLang
    ) -> RegularMailing:
        """Leave the next moment out; what is new waits for the one after it."""
        return await _skip(tx, who, regular_id, now, lang, skip=True)

    @delete(
        "/{regular_id:uuid}/skip",
        operation_id="keep_regular_run",
        guards=[requires(Permission.SEND)],
        status_code=200,
    )
    async def keep(
        self, regular_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now, lang: ReaderLang
    ) -> RegularMailing:
        """Let the next moment be as planned."""
        return await _skip(tx, who, regular_id, now, lang, skip=False)

    @get(
        "/{regular_id:uuid}/runs",
        operation_id="list_regular_runs",
        guards=[requires(Permission.VIEW)],
    )
    async def runs(
        self, regular_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now, lang: ReaderLang
    ) -> list[RegularRun]:
        """The last 100 runs with their counts, the newest first."""
        return await queries.list_runs(
            tx, workspace_id=who.workspace_id, regular_id=regular_id, now=now, lang=lang
        )

    @get(
        "/{regular_id:uuid}/report",
        operation_id="get_regular_report",
        guards=[requires(Permission.VIEW)],
    )
    async def report(
        self, regular_id: FromPath[UUID], rt: Rt, who: Who, now: Now, lang: ReaderLang
    ) -> RegularReport:
        """Opens, clicks and target actions run by run, and the whole series added up."""
        return await regular_report(
            rt, workspace_id=who.workspace_id, regular_id=regular_id, now=now, lang=lang
        )

    @get(
        "/{regular_id:uuid}/preview",
        operation_id="preview_regular_mailing",
        guards=[requires(Permission.VIEW)],
    )
    async def preview(
        self,
        *,
        regular_id: FromPath[UUID],
        rt: Rt,
        who: Who,
        now: Now,
        lang: ReaderLang,
        profile_id: FromQuery[int | None] = None,
    ) -> RegularPreview:
        """What the next run would show a person if it were made now, and why."""
        return await preview_regular(
            rt,
            workspace_id=who.workspace_id,
            regular_id=regular_id,
            profile_id=profile_id,
            now=now,
            lang=lang,
        )

    @post(
        "/{regular_id:uuid}/test",
        operation_id="test_regular_mailing",
        status_code=200,
        guards=[requires(Permission.EDIT)],
    )
    async def test(
        self,
        *,
        regular_id: FromPath[UUID],
        data: JSONBody[RegularTest],
        rt: Rt,
        who: Who,
        now: Now,
        lang: ReaderLang,
    ) -> list[TrialResult]:
        """Send the letter of the next run to at most ten addresses now; no run is made of it."""
        return await try_regular(
            rt,
            workspace_id=who.workspace_id,
            regular_id=regular_id,
            profile_id=data.profile_id,
            addresses=tuple(data.addresses),
            now=now,
            lang=lang,
        )

    @put(
        "/{regular_id:uuid}/approval",
        operation_id="ask_regular_approval",
        guards=[requires(Permission.EDIT)],
    )
    async def ask_approval(
        self,
        *,
        regular_id: FromPath[UUID],
        data: JSONBody[ApprovalRequest],
        tx: OpenTx,
        who: Who,
        now: Now,
        lang: ReaderLang,
    ) -> RegularMailing:
        """Ask a second person to approve this letter for this audience, for all runs."""
        by, name = await person(tx, who)
        await operations.ask_approval(
            tx,
            workspace_id=who.workspace_id,
            regular_id=regular_id,
            by=by,
            by_name=name,
            note=data.note,
            now=now,
        )
        await _audit(tx, who, "approval_asked", regular_id, now)
        return await _one(tx, who, regular_id, now, lang)

    @delete(
        "/{regular_id:uuid}/approval",
        operation_id="take_back_regular_approval",
        guards=[requires(Permission.EDIT)],
        status_code=200,
    )
    async def take_back_approval(
        self, regular_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now, lang: ReaderLang
    ) -> RegularMailing:
        """Take the request for an approval, or the approval, back."""
        await operations.take_back_approval(
            tx, workspace_id=who.workspace_id, regular_id=regular_id
        )
        await _audit(tx, who, "approval_taken_back", regular_id, now)
        return await _one(tx, who, regular_id, now, lang)

    @put(
        "/{regular_id:uuid}/approval/decision",
        operation_id="decide_regular_approval",
        guards=[requires(Permission.SEND)],
    )
    async def decide_approval(
        self,
        *,
        regular_id: FromPath[UUID],
        data: JSONBody[ApprovalDecision],
        tx: OpenTx,
        who: Who,
        now: Now,
        lang: ReaderLang,
    ) -> RegularMailing:
        """Approve or reject; 403 for who asked and for keys, 409 if letter or audience changed."""
        if who.user_id is None:
            raise ApprovalByProgram()
        by, name = await person(tx, who)
        await operations.decide_approval(
            tx,
            workspace_id=who.workspace_id,
            regular_id=regular_id,
            approve=data.approve,
            by=by,
            by_name=name,
            note=data.note,
            now=now,
        )
        await _audit(tx, who, "approved" if data.approve else "rejected", regular_id, now)
        return await _one(tx, who, regular_id, now, lang)


HANDLERS: list[Any] = [RegularMailings]


async def _one(
    tx: Tx, who: Principal, regular_id: UUID, now: datetime, lang: Lang
) -> RegularMailing:
    return await queries.get_regular(
        tx, workspace_id=who.workspace_id, regular_id=regular_id, now=now, lang=lang
    )


async def _skip(
    tx: Tx, who: Principal, regular_id: UUID, now: datetime, lang: Lang, *, skip: bool
) -> RegularMailing:
    await operations.skip_next(
        tx, workspace_id=who.workspace_id, regular_id=regular_id, skip=skip, now=now
    )
    await _audit(tx, who, "next_skipped" if skip else "next_kept", regular_id, now)
    return await _one(tx, who, regular_id, now, lang)


async def _audit(tx: Tx, who: Principal, action: str, regular_id: UUID, now: datetime) -> None:
    await write_audit(
        tx,
        who=who,
        action=f"regular_mailing.{action}",
        object_kind="regular_mailing",
        object_id=regular_id,
        now=now,
    )
