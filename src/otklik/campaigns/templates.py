"""Templates of mailings: what a mailing is made of, kept under a name to begin others with.

A template keeps everything but the moment and what became of the mailing. What it names (segments,
letters, a sender) may be gone when it is used: the checks of the new draft say so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.campaigns.errors import TemplateNotFound
from otklik.campaigns.model import (
    Audience,
    Campaign,
    CampaignVariant,
    Name,
    NewCampaign,
    Schedule,
)
from otklik.campaigns.operations.drafts import create_campaign
from otklik.campaigns.queries import get_campaign
from otklik.campaigns.tables import campaign_templates as table
from otklik.kit.ids import new_id
from otklik.runtime.public import Tx

TEMPLATES_MAX = 500
Description = Annotated[str, msgspec.Meta(max_length=1_000)]


class CampaignTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A template as the list shows it: what is in it, without the names of things."""

    id: UUID
    name: str
    description: str
    audience: Audience
    variants: list[CampaignVariant]
    control_share: float
    service: bool
    created_at: datetime
    updated_at: datetime


class TemplateChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields to change; what is left out stays. `campaign_id`: take the content of this mailing."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    description: Description | msgspec.UnsetType = msgspec.UNSET
    campaign_id: UUID | msgspec.UnsetType = msgspec.UNSET


async def list_templates(tx: Tx, *, workspace_id: int) -> list[CampaignTemplate]:
    """Return the templates of a workspace by name; at most TEMPLATES_MAX."""
    rows = await tx.execute(
        sa.select(table)
        .where(table.c.workspace_id == workspace_id)
        .order_by(sa.func.lower(table.c.name), table.c.id)
        .limit(TEMPLATES_MAX)
    )
    return [_template(row) for row in rows]


async def get_template(tx: Tx, *, workspace_id: int, template_id: UUID) -> CampaignTemplate:
    """Return a template; raises TemplateNotFound."""
    return _template(await _row(tx, workspace_id, template_id))


async def save_template(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, name: str, description: str, now: datetime
) -> CampaignTemplate:
    """Keep what a campaign, in whatever state, is made of. Raises: CampaignNotFound."""
    content = await _content(tx, workspace_id, campaign_id, now)
    template_id = new_id()
    await tx.execute(
        table.insert().values(
            id=template_id,
            workspace_id=workspace_id,
            name=name,
            description=description,
            content=content,
            created_at=now,
            updated_at=now,
        )
    )
    return await get_template(tx, workspace_id=workspace_id, template_id=template_id)


async def change_template(
    tx: Tx, *, workspace_id: int, template_id: UUID, changes: TemplateChanges, now: datetime
) -> CampaignTemplate:
    """Change what is given. Raises: TemplateNotFound, CampaignNotFound."""
    await _row(tx, workspace_id, template_id)
    values: dict[str, Any] = {"updated_at": now}
    for name in ("name", "description"):
        if (value := getattr(changes, name)) is not msgspec.UNSET:
            values[name] = value
    if isinstance(changes.campaign_id, UUID):
        values["content"] = await _content(tx, workspace_id, changes.campaign_id, now)
    await tx.execute(
        table.update()
        .where(table.c.id == template_id, table.c.workspace_id == workspace_id)
        .values(**values)
    )
    return await get_template(tx, workspace_id=workspace_id, template_id=template_id)


async def delete_template(tx: Tx, *, workspace_id: int, template_id: UUID) -> None:
    """Remove a template; mailings made from it stay. Raises: TemplateNotFound."""
    await _row(tx, workspace_id, template_id)
    await tx.execute(
        table.delete().where(table.c.id == template_id, table.c.workspace_id == workspace_id)
    )


async def campaign_from_template(
    tx: Tx,
    *,
    workspace_id: int,
    template_id: UUID,
    name: str | None,
    now: datetime,
    may_be_service: bool = True,
) -> Campaign:
    """Make a draft of a template, called as the template unless `name` says otherwise.

    `may_be_service` False: from a service message an ordinary one is made.
    Raises: TemplateNotFound.
    """
    row = await _row(tx, workspace_id, template_id)
    new = msgspec.convert({**row.content, "name": name or row.name}, NewCampaign, strict=False)
    if not may_be_service:
        new = msgspec.structs.replace(new, service=False)
    return await create_campaign(tx, workspace_id=workspace_id, new=new, now=now)


async def _content(tx: Tx, workspace_id: int, campaign_id: UUID, now: datetime) -> dict[str, Any]:
    found = await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)
    schedule = Schedule(kind=found.schedule.kind, spread_hours=found.schedule.spread_hours)
    new = NewCampaign(
        name=found.name,
        audience=found.audience,
        topic_id=found.topic_id,
        sender_id=found.sender_id,
        variants=found.variants,
        control_share=found.control_share,
        goal=found.goal,
        more_goals=found.more_goals,
        schedule=schedule,
        rate_per_s=found.rate_per_s,
        priority=found.priority,
        service=found.service,
        first=found.first,
    )
    content: dict[str, Any] = msgspec.to_builtins(new)
    for moment in ("name", "until"):
        content.pop(moment)
    return content


async def _row(tx: Tx, workspace_id: int, template_id: UUID) -> Any:
    row = (
        await tx.execute(
            sa.select(table).where(table.c.workspace_id == workspace_id, table.c.id == template_id)
        )
    ).one_or_none()
    if row is None:
        raise TemplateNotFound()
    return row


def _template(row: Any) -> CampaignTemplate:
    content = msgspec.convert({**row.content, "name": row.name}, NewCampaign, strict=False)
    return CampaignTemplate(
        id=row.id,
        name=row.name,
        description=row.description,
        audience=content.audience,
        variants=content.variants,
        control_share=content.control_share,
        service=content.service,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
