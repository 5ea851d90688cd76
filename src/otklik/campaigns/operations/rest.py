"""Writes about the rest of a campaign that went to a part first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.campaigns.errors import WrongCampaignState
from otklik.campaigns.model import Campaign, CampaignState, Choice, First
from otklik.campaigns.queries import campaign_row, get_campaign
from otklik.campaigns.tables import campaigns
from otklik.delivery.public import NothingHeld, choose_variant
from otklik.runtime.public import Tx


class Waiting(msgspec.Struct, frozen=True):
    """A campaign whose rest waits for the rule."""

    workspace_id: int
    id: UUID
    first: First


async def send_rest(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, choice: Choice, now: datetime
) -> Campaign:
    """Let the rest of a campaign have a variant; choosing the same again changes nothing.

    Raises: WrongCampaignState unless it runs or rests; NothingHeld; VariantNotFound.
    """
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    state = CampaignState(row.state)
    if state not in (CampaignState.RUNNING, CampaignState.PAUSED):
        raise WrongCampaignState(state)
    if row.first is None:
        raise NothingHeld()
    await choose_variant(
        tx, workspace_id=workspace_id, source_id=campaign_id, variant=choice.variant
    )
    if row.choice is None:
        await tx.execute(
            campaigns.update()
            .where(campaigns.c.id == campaign_id, campaigns.c.workspace_id == workspace_id)
            .values(choice=msgspec.to_builtins(choice), version=row.version + 1, updated_at=now)
        )
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


async def waiting_for_rule(tx: Tx) -> list[Waiting]:
    """Return running campaigns of all workspaces whose rest waits for the rule."""
    rows = await tx.execute(
        sa.select(campaigns.c.workspace_id, campaigns.c.id, campaigns.c.first).where(
            campaigns.c.state == CampaignState.RUNNING,
            campaigns.c.first["decide"].astext == "winner",
            campaigns.c.choice.is_(None),
        )
    )
    return [Waiting(r.workspace_id, r.id, msgspec.convert(r.first, First)) for r in rows]
