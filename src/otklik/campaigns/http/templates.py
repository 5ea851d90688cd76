"""Templates of mailings over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import Permission, Principal, Who, requires, write_audit
from otklik.campaigns.http.common import audit, audit_service
from otklik.campaigns.model import Campaign, Name
from otklik.campaigns.templates import (
    CampaignTemplate,
    Description,
    TemplateChanges,
    campaign_from_template,
    change_template,
    delete_template,
    get_template,
    list_templates,
    save_template,
)
from otklik.runtime.public import Tx
from otklik.runtime.web.providers import Now, OpenTx


class NewTemplate(msgspec.Struct, forbid_unknown_fields=True):
    """`campaign_id`: the mailing whose content is kept; everything but its moment and result."""

    campaign_id: UUID
    name: Name
    description: Description = ""


class FromTemplate(msgspec.Struct, forbid_unknown_fields=True):
    """`name`: what the new draft is called; null: as the template."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class Templates(Controller):
    path = "/campaign-templates"
    tags = ["Campaigns"]

    @get("/", operation_id="list_campaign_templates", guards=[requires(Permission.VIEW)])
    async def list_templates(self, tx: OpenTx, who: Who) -> list[CampaignTemplate]:
        """Templates by name."""
        return await list_templates(tx, workspace_id=who.workspace_id)

    @post("/", operation_id="save_campaign_template", guards=[requires(Permission.EDIT)])
    async def save_template(
        self, data: JSONBody[NewTemplate], tx: OpenTx, who: Who, now: Now
    ) -> CampaignTemplate:
        """Keep what a mailing is made of, to begin others with."""
        saved = await save_template(
            tx,
            workspace_id=who.workspace_id,
            campaign_id=data.campaign_id,
            name=data.name,
            description=data.description,
            now=now,
        )
        await _audit(tx, who, "created", saved.id, now)
        return saved

    @get(
        "/{template_id:uuid}",
        operation_id="get_campaign_template",
        guards=[requires(Permission.VIEW)],
    )
    async def get_template(
        self, template_id: FromPath[UUID], tx: OpenTx, who: Who
    ) -> CampaignTemplate:
        """One template."""
        return await get_template(tx, workspace_id=who.workspace_id, template_id=template_id)

    @patch(
        "/{template_id:uuid}",
        operation_id="change_campaign_template",
        guards=[requires(Permission.EDIT)],
    )
    async def change_template(
        self,
        template_id: FromPath[UUID],
        data: JSONBody[TemplateChanges],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> CampaignTemplate:
        """Rename, describe, or take the content of another mailing."""
        changed = await change_template(
            tx,
            workspace_id=who.workspace_id,
            template_id=template_id,
            changes=data,
            now=now,
        )
        await _audit(tx, who, "changed", template_id, now)
        return changed

    @delete(
        "/{template_id:uuid}",
        operation_id="delete_campaign_template",
        guards=[requires(Permission.EDIT)],
    )
    async def delete_template(
        self, template_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> None:
        """Remove a template; mailings made from it stay."""
        await delete_template(tx, workspace_id=who.workspace_id, template_id=template_id)
        await _audit(tx, who, "removed", template_id, now)

    @post(
        "/{template_id:uuid}/campaigns",
        operation_id="create_campaign_from_template",
        guards=[requires(Permission.EDIT)],
    )
    async def create_from_template(
        self,
        template_id: FromPath[UUID],
        data: JSONBody[FromTemplate],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> Campaign:
        """Make a draft of a template."""
        made = await campaign_from_template(
            tx,
            workspace_id=who.workspace_id,
            template_id=template_id,
            name=data.name,
            now=now,
            may_be_service=who.may(Permission.MANAGE),
        )
        await audit(tx, who, "created", made.id, now)
        await audit_service(tx, who, made, before=False, now=now)
        return made


async def _audit(tx: Tx, who: Principal, action: str, template_id: UUID, now: datetime) -> None:
    await write_audit(
        tx,
        who=who,
        action=action,
        object_kind="campaign_template",
        object_id=template_id,
        now=now,
        detail={},
    )
