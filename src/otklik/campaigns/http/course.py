"""The launch of a campaign and what comes after it, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, put
from litestar.params import FromPath, FromQuery, JSONBody, Parameter, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from otklik.accounts.public import (
    Permission,
    Who,
    requires,
)
from otklik.campaigns import operations, queries
from otklik.campaigns.errors import CampaignChanged
from otklik.campaigns.http.common import (
    audit,
    campaign_of,
    examine,
)
from otklik.campaigns.model import (
    Campaign,
    CampaignState,
    Choice,
)
from otklik.delivery.public import MailingNotFound, Progress, Recipient, list_recipients, progress
from otklik.kit.pagination import Page
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

LIVE_EVERY_S = 1.0
LIVE_MAX_S = 3_600.0
Limit = Annotated[int, Parameter(ge=1, le=200)]


class Launch(msgspec.Struct, forbid_unknown_fields=True):
    """`confirm_count`: the number of people that the launcher saw as `remaining`.

    `version`: that of the draft that he saw; another one is not launched.
    """

    confirm_count: Annotated[int, msgspec.Meta(ge=0)]
    version: int | None = None


class RestOrder(msgspec.Struct, forbid_unknown_fields=True):
    """`variant`: the key of the variant that everybody else shall get."""

    variant: Annotated[str, msgspec.Meta(pattern="^[A-Z]$")]


class Course(Controller):
    path = "/campaigns"
    tags = ["Campaigns"]

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
        """Launch now or at the scheduled time; 409 if the audience or the draft is not the one that
        the launcher saw."""
        campaign = await queries.get_campaign(
            tx, workspace_id=who.workspace_id, campaign_id=campaign_id, now=now
        )
        if data.version is not None and data.version != campaign.version:
            raise CampaignChanged()
        checks, remaining = await examine(rt, who, campaign, lang, now)
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
        await audit(tx, who, "launched", campaign_id, now, people=remaining)
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
        await audit(tx, who, "paused", campaign_id, now)
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
        await audit(tx, who, "resumed", campaign_id, now)
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
        await audit(tx, who, "finished", campaign_id, now)
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
        await audit(tx, who, "rest_sent", campaign_id, now, variant=data.variant)
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
        await campaign_of(rt, who, campaign_id, now)
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
