"""Campaigns over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, Parameter, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from otklik.accounts.public import (
    Forbidden,
    Permission,
    Principal,
    Who,
    get_workspace,
    requires,
    user_names,
    write_audit,
)
from otklik.campaigns import operations, queries
from otklik.campaigns.audience import audience_view
from otklik.campaigns.checks import gather_materials, run_checks
from otklik.campaigns.errors import BadCalendarSpan
from otklik.campaigns.model import (
    AudienceView,
    Campaign,
    CampaignChanges,
    CampaignState,
    Check,
    Choice,
    Finding,
    NewCampaign,
)
from otklik.delivery.public import MailingNotFound, Progress, Recipient, list_recipients, progress
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

LIVE_EVERY_S = 1.0
CALENDAR_SPAN = timedelta(days=100)
LIVE_MAX_S = 3_600.0
Limit = Annotated[int, Parameter(ge=1, le=200)]


class Launch(msgspec.Struct, forbid_unknown_fields=True):
    """`confirm_count`: the number of people that the launcher saw as `remaining`."""

    confirm_count: Annotated[int, msgspec.Meta(ge=0)]


Note = Annotated[str, msgspec.Meta(max_length=1_000)]


class ApprovalRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`note`: what the second person should know."""

    note: Note = ""


class ApprovalDecision(msgspec.Struct, forbid_unknown_fields=True):
    """`note`: why, for who asked."""

    approve: bool
    note: Note = ""


class RestOrder(msgspec.Struct, forbid_unknown_fields=True):
    """`variant`: the key of the variant that everybody else shall get."""

    variant: Annotated[str, msgspec.Meta(pattern="^[A-Z]$")]


class Campaigns(Controller):
    path = "/campaigns"
    tags = ["Campaigns"]

    @get("/", operation_id="list_campaigns", guards=[requires(Permission.VIEW)])
    async def list_campaigns(
        self,
        *,
        tx: OpenTx,
        who: Who,
        now: Now,
        lang: ReaderLang,
        campaign_state: Annotated[CampaignState | None, QueryParameter(name="state")] = None,
        search: FromQuery[str] = "",
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[Campaign]:
        """Campaigns with their counts, the newest first."""
        return await queries.list_campaigns(
            tx,
            workspace_id=who.workspace_id,
            state=campaign_state,
            search=search,
            cursor=cursor,
            limit=limit,
            now=now,
            lang=lang,
        )

    @post("/", operation_id="create_campaign", guards=[requires(Permission.EDIT)])
    async def create_campaign(
        self, data: JSONBody[NewCampaign], tx: OpenTx, who: Who, now: Now
    ) -> Campaign:
        """Make a draft."""
        _allow_service(who, data.service)
        campaign = await operations.create_campaign(
            tx, workspace_id=who.workspace_id, new=data, now=now
        )
        await _audit(tx, who, "created", campaign.id, now)
        await _audit_service(tx, who, campaign, before=False, now=now)
        return campaign

    @get("/{campaign_id:uuid}", operation_id="get_campaign", guards=[requires(Permission.VIEW)])
    async def get_campaign(
        self, campaign_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now, lang: ReaderLang
    ) -> Campaign:
        """One campaign."""
        return await queries.get_campaign(
            tx, workspace_id=who.workspace_id, campaign_id=campaign_id, now=now, lang=lang
        )

    @patch(
        "/{campaign_id:uuid}", operation_id="change_campaign", guards=[requires(Permission.EDIT)]
    )
    async def change_campaign(
        self,
        *,
        campaign_id: FromPath[UUID],
        data: JSONBody[CampaignChanges],
        tx: OpenTx,
        who: Who,
        now: Now,
        lang: ReaderLang,
    ) -> Campaign:
        """Change a draft; of a running campaign only the name and the rate.

        With `version`, a change on top of somebody else's newer one is refused with 409.
        """
        before = await queries.get_campaign(
            tx, workspace_id=who.workspace_id, campaign_id=campaign_id, now=now
        )
        if data.service is not msgspec.UNSET and data.service != before.service:
            _allow_service(who, data.service)
        changed = await operations.change_campaign(
            tx,
            workspace_id=who.workspace_id,
            campaign_id=campaign_id,
            changes=data,
            now=now,
            lang=lang,
        )
        await _audit_service(tx, who, changed, before=before.service, now=now)
        return changed

    @delete(
        "/{campaign_id:uuid}", operation_id="delete_campaign", guards=[requires(Permission.EDIT)]
    )
    async def delete_campaign(
        self, campaign_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> None:
        """Remove a draft."""
        await operations.delete_campaign(tx, workspace_id=who.workspace_id, campaign_id=campaign_id)
        await _audit(tx, who, "removed", campaign_id, now)

    @post(
        "/{campaign_id:uuid}/duplicate",
        operation_id="duplicate_campaign",
        guards=[requires(Permission.EDIT)],
    )
    async def duplicate(
        self, campaign_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now, lang: ReaderLang
    ) -> Campaign:
        """Make a draft with the same content."""
        copy = await operations.duplicate_campaign(
            tx,
            workspace_id=who.workspace_id,
            campaign_id=campaign_id,
            lang=lang,
            now=now,
            may_be_service=who.may(Permission.MANAGE),
        )
        await _audit_service(tx, who, copy, before=False, now=now)
        return copy

    @get(
        "/{campaign_id:uuid}/audience",
        operation_id="get_campaign_audience",
        guards=[requires(Permission.VIEW)],
    )
    async def audience(
        self, campaign_id: FromPath[UUID], rt: Rt, who: Who, now: Now, lang: ReaderLang
    ) -> AudienceView:
        """Who would get it now: what each exclusion takes away, skips by reason, arms."""
        campaign = await _campaign(rt, who, campaign_id, now)
        return await audience_view(
            rt, workspace_id=who.workspace_id, campaign=campaign, lang=lang, now=now
        )

    @get(
        "/{campaign_id:uuid}/checks",
        operation_id="get_campaign_checks",
        guards=[requires(Permission.VIEW)],
    )
    async def checks(
        self, campaign_id: FromPath[UUID], rt: Rt, who: Who, now: Now, lang: ReaderLang
    ) -> list[Check]:
        """What blocks a launch, what only deserves a look, and what is in order."""
        campaign = await _campaign(rt, who, campaign_id, now)
        findings, _ = await _examine(rt, who, campaign, lang, now)
        return [finding.said(lang) for finding in findings]

    @get("/calendar", operation_id="get_campaign_calendar", guards=[requires(Permission.VIEW)])
    async def calendar(
        self, *, tx: OpenTx, who: Who, since: FromQuery[datetime], until: FromQuery[datetime]
    ) -> list[queries.PlannedCampaign]:
        """What went out and what is planned between two moments, at most 100 days apart."""
        if not since < until <= since + CALENDAR_SPAN:
            raise BadCalendarSpan(days=CALENDAR_SPAN.days)
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        return await queries.campaign_calendar(
            tx,
            workspace_id=who.workspace_id,
            since=since,
            until=until,
            timezone=workspace.timezone,
        )

    @put(
        "/{campaign_id:uuid}/approval",
        operation_id="ask_campaign_approval",
        guards=[requires(Permission.EDIT)],
    )
    async def ask_approval(
        self,
        *,
        campaign_id: FromPath[UUID],
        data: JSONBody[ApprovalRequest],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> Campaign:
        """Ask a second person to approve the draft as it is now."""
        by, name = await _person(tx, who)
        asked = await operations.ask_approval(
            tx,
            workspace_id=who.workspace_id,
            campaign_id=campaign_id,
            by=by,
            by_name=name,
            note=data.note,
            now=now,
        )
        await _audit(tx, who, "approval_asked", campaign_id, now)
        return asked

    @delete(
        "/{campaign_id:uuid}/approval",
        operation_id="take_back_campaign_approval",
        guards=[requires(Permission.EDIT)],
        status_code=200,
    )
    async def take_back_approval(
        self, campaign_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> Campaign:
        """Take the request for an approval, or the approval, back."""
        changed = await operations.take_back_approval(
            tx, workspace_id=who.workspace_id, campaign_id=campaign_id, now=now
        )
        await _audit(tx, who, "approval_taken_back", campaign_id, now)
        return changed

    @put(
        "/{campaign_id:uuid}/approval/decision",
        operation_id="decide_campaign_approval",
        guards=[requires(Permission.SEND)],
    )
    async def decide_approval(
        self,
        *,
        campaign_id: FromPath[UUID],
        data: JSONBody[ApprovalDecision],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> Campaign:
        """Approve or reject; 403 for who asked, 409 if the draft was changed since."""
        by, name = await _person(tx, who)
        decided = await operations.decide_approval(
            tx,
            workspace_id=who.workspace_id,
            campaign_id=campaign_id,
            approve=data.approve,
            by=by,
            by_name=name,
            note=data.note,
            now=now,
        )
        await _audit(tx, who, "approved" if data.approve else "rejected", campaign_id, now)
        return decided

    @put(
        "/{campaign_id:uuid}/launch",
        operation_id="launch_campaign",
        guards=[requires(Permission.SEND)],
    )
    async def launch(
        self,
        *,
        campaign_id: FromPath[UUID],
        data: JSONBody[Launch],
        rt: Rt,
        tx: OpenTx,
        who: Who,
        now: Now,
        lang: ReaderLang,
    ) -> Campaign:
        """Launch now or at the scheduled time; 409 if the audience is not the confirmed one."""
        campaign = await queries.get_campaign(
            tx, workspace_id=who.workspace_id, campaign_id=campaign_id, now=now
        )
        checks, remaining = await _examine(rt, who, campaign, lang, now)
        launched = await operations.order_launch(
            tx,
            rt.jobs,
            workspace_id=who.workspace_id,
            campaign_id=campaign_id,
            checks=checks,
            confirmed=data.confirm_count,
            actual=remaining,
            now=now,
            version=campaign.version,
        )
        await _audit(tx, who, "launched", campaign_id, now, people=remaining)
        return launched

    @put(
        "/{campaign_id:uuid}/pause",
        operation_id="pause_campaign",
        guards=[requires(Permission.SEND)],
    )
    async def pause(self, campaign_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> Campaign:
        """Hold a running campaign back; nothing new goes out after a second."""
        paused = await operations.pause_campaign(
            tx, workspace_id=who.workspace_id, campaign_id=campaign_id, now=now
        )
        await _audit(tx, who, "paused", campaign_id, now)
        return paused

    @delete(
        "/{campaign_id:uuid}/pause",
        operation_id="resume_campaign",
        guards=[requires(Permission.SEND)],
        status_code=200,
    )
    async def resume(self, campaign_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> Campaign:
        """Let a paused campaign go on."""
        resumed = await operations.resume_campaign(
            tx, workspace_id=who.workspace_id, campaign_id=campaign_id, now=now
        )
        await _audit(tx, who, "resumed", campaign_id, now)
        return resumed

    @put(
        "/{campaign_id:uuid}/finish",
        operation_id="finish_campaign",
        guards=[requires(Permission.SEND)],
    )
    async def finish(self, campaign_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> Campaign:
        """End a campaign early; who has not got the letter is skipped as `campaign_stopped`."""
        finished = await operations.finish_campaign(
            tx, workspace_id=who.workspace_id, campaign_id=campaign_id, now=now
        )
        await _audit(tx, who, "finished", campaign_id, now)
        return finished

    @put(
        "/{campaign_id:uuid}/rest",
        operation_id="send_campaign_rest",
        guards=[requires(Permission.SEND)],
    )
    async def send_rest(
        self,
        *,
        campaign_id: FromPath[UUID],
        data: JSONBody[RestOrder],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> Campaign:
        """Send one variant to the rest of a campaign that went to a part first."""
        changed = await operations.send_rest(
            tx,
            workspace_id=who.workspace_id,
            campaign_id=campaign_id,
            choice=Choice(variant=data.variant, by="hand", at=now),
            now=now,
        )
        await _audit(tx, who, "rest_sent", campaign_id, now, variant=data.variant)
        return changed

    @get(
        "/{campaign_id:uuid}/progress",
        operation_id="get_campaign_progress",
        guards=[requires(Permission.VIEW)],
    )
    async def get_progress(
        self, campaign_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> Progress:
        """How far the sending is; all zero before the launch."""
        return await _progress(tx, who.workspace_id, campaign_id, now)

    @get(
        "/{campaign_id:uuid}/progress/live",
        operation_id="watch_campaign_progress",
        guards=[requires(Permission.VIEW)],
    )
    async def watch_progress(
        self, campaign_id: FromPath[UUID], rt: Rt, who: Who, now: Now
    ) -> ServerSentEvent:
        """Progress as server-sent events, one whenever it changed; ends when the campaign does."""
        await _campaign(rt, who, campaign_id, now)
        return ServerSentEvent(_changes(rt, who.workspace_id, campaign_id))

    @get(
        "/{campaign_id:uuid}/recipients",
        operation_id="list_campaign_recipients",
        guards=[requires(Permission.VIEW)],
    )
    async def recipients(
        self,
        *,
        campaign_id: FromPath[UUID],
        tx: OpenTx,
        who: Who,
        now: Now,
        lang: ReaderLang,
        message_state: Annotated[str | None, QueryParameter(name="state")] = None,
        reason: FromQuery[str | None] = None,
        variant: FromQuery[str | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[Recipient]:
        """The people of a campaign with the fate of their message; empty before the launch."""
        await queries.get_campaign(
            tx, workspace_id=who.workspace_id, campaign_id=campaign_id, now=now
        )
        try:
            return await list_recipients(
                tx,
                workspace_id=who.workspace_id,
                source_id=campaign_id,
                lang=lang,
                state=message_state,
                reason=reason,
                variant=variant,
                cursor=cursor,
                limit=limit,
            )
        except MailingNotFound:
            return Page([])


HANDLERS: list[Any] = [Campaigns]


async def _person(tx: Tx, who: Principal) -> tuple[UUID, str]:
    """Return who calls, and how he is called; a key stands for itself."""
    if who.user_id is None:
        assert who.key_id is not None, "a caller is a user or a key"
        return who.key_id, "API"
    names = await user_names(tx, user_ids=[who.user_id])
    return who.user_id, names.get(who.user_id, "")


def _allow_service(who: Principal, wanted: bool) -> None:
    """Service messages pass by the sending policy, so only who may change that may make them."""
    if wanted and not who.may(Permission.MANAGE):
        raise Forbidden(role=who.role.value)


async def _audit_service(
    tx: Tx, who: Principal, campaign: Campaign, *, before: bool, now: datetime
) -> None:
    if campaign.service != before:
        action = "service_on" if campaign.service else "service_off"
        await _audit(tx, who, action, campaign.id, now)


async def _campaign(rt: Runtime, who: Principal, campaign_id: UUID, now: datetime) -> Campaign:
    async with rt.db.begin() as tx:
        return await queries.get_campaign(
            tx, workspace_id=who.workspace_id, campaign_id=campaign_id, now=now
        )


async def _examine(
    rt: Runtime, who: Principal, campaign: Campaign, lang: Lang, now: datetime
) -> tuple[list[Finding], int]:
    """Return the checks of a campaign and how many people would be assigned now."""
    audience = await audience_view(
        rt, workspace_id=who.workspace_id, campaign=campaign, lang=lang, now=now
    )
    async with rt.db.begin() as tx:
        materials = await gather_materials(
            tx,
            workspace_id=who.workspace_id,
            campaign=campaign,
            audience=audience,
            development=rt.settings.development,
            now=now,
        )
    return run_checks(materials), audience.remaining


async def _progress(tx: Tx, workspace_id: int, campaign_id: UUID, now: datetime) -> Progress:
    campaign = await queries.get_campaign(
        tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now
    )
    try:
        found = await progress(tx, workspace_id=workspace_id, source_id=campaign_id, now=now)
    except MailingNotFound:
        found = Progress()
    return msgspec.structs.replace(found, state=campaign.state.value)


async def _changes(
    rt: Runtime, workspace_id: int, campaign_id: UUID
) -> AsyncIterator[ServerSentEventMessage]:
    last: Progress | None = None
    ends = asyncio.get_running_loop().time() + LIVE_MAX_S
    while asyncio.get_running_loop().time() < ends:
        async with rt.db.begin() as tx:
            found = await _progress(tx, workspace_id, campaign_id, rt.clock())
        if found != last:
            last = found
            yield ServerSentEventMessage(data=msgspec.json.encode(found).decode(), event="progress")
        else:
            # A line that clients pass over; it keeps proxies from closing a quiet connection.
            yield ServerSentEventMessage(comment="still here")
        if found.state in (CampaignState.FINISHED, CampaignState.CANCELLED):
            return
        await asyncio.sleep(LIVE_EVERY_S)


async def _audit(
    tx: Tx, who: Principal, action: str, campaign_id: UUID, now: datetime, **detail: object
) -> None:
    await write_audit(
        tx,
        who=who,
        action=action,
        object_kind="campaign",
        object_id=campaign_id,
        now=now,
        detail=detail,
    )
