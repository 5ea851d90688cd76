"""Drafts of campaigns over HTTP: from the empty one to the checks before the launch."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, Parameter, QueryParameter

from otklik.accounts.public import (
    Permission,
    Who,
    get_workspace,
    requires,
)
from otklik.campaigns import operations, queries
from otklik.campaigns.audience import audience_view
from otklik.campaigns.http.common import (
    allow_service,
    audit,
    audit_service,
    calendar_span,
    campaign_of,
    examine,
)
from otklik.campaigns.model import (
    AudienceView,
    Campaign,
    CampaignChanges,
    CampaignState,
    Check,
    NewCampaign,
)
from otklik.kit.pagination import Page
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

Limit = Annotated[int, Parameter(ge=1, le=200)]


class Drafts(Controller):
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
        allow_service(who, data.service)
        campaign = await operations.create_campaign(
            tx, workspace_id=who.workspace_id, new=data, now=now
        )
        await audit(tx, who, "created", campaign.id, now)
        await audit_service(tx, who, campaign, before=False, now=now)
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
            allow_service(who, data.service)
        changed = await operations.change_campaign(
            tx,
            workspace_id=who.workspace_id,
            campaign_id=campaign_id,
            changes=data,
            now=now,
            lang=lang,
        )
        await audit_service(tx, who, changed, before=before.service, now=now)
        return changed

    @delete(
        "/{campaign_id:uuid}", operation_id="delete_campaign", guards=[requires(Permission.EDIT)]
    )
    async def delete_campaign(
        self, campaign_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> None:
        """Remove a draft."""
        await operations.delete_campaign(tx, workspace_id=who.workspace_id, campaign_id=campaign_id)
        await audit(tx, who, "removed", campaign_id, now)

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
        await audit_service(tx, who, copy, before=False, now=now)
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
        campaign = await campaign_of(rt, who, campaign_id, now)
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
        campaign = await campaign_of(rt, who, campaign_id, now)
        findings, _ = await examine(rt, who, campaign, lang, now)
        return [finding.said(lang) for finding in findings]

    @get("/calendar", operation_id="get_campaign_calendar", guards=[requires(Permission.VIEW)])
    async def calendar(
        self, *, tx: OpenTx, who: Who, since: FromQuery[datetime], until: FromQuery[datetime]
    ) -> list[queries.PlannedCampaign]:
        """What went out and what is planned between two moments, at most 100 days apart."""
        since, until = calendar_span(since, until)
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        return await queries.campaign_calendar(
            tx,
            workspace_id=who.workspace_id,
            since=since,
            until=until,
            timezone=workspace.timezone,
        )
