"""Writes of approvals: a second person says yes to a draft before it may be launched."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from otklik.campaigns.errors import ApprovalOutdated, OwnApproval, WrongCampaignState
from otklik.campaigns.marks import marks_of_letters
from otklik.campaigns.model import Approval, Campaign, CampaignState, CampaignVariant
from otklik.campaigns.queries import campaign_row, get_campaign
from otklik.campaigns.tables import campaigns
from otklik.runtime.public import Tx


async def ask_approval(
    tx: Tx,
    *,
    workspace_id: int,
    campaign_id: UUID,
    by: UUID,
    by_name: str,
    note: str,
    now: datetime,
) -> Campaign:
    """Ask for the approval of a draft as it is now. Raises: WrongCampaignState."""
    row = await _draft(tx, workspace_id, campaign_id)
    asked = Approval(
        state="requested",
        version=row.version,
        by=by,
        by_name=by_name,
        at=now,
        note=note,
        letters=await _marks(tx, row),
    )
    return await _keep(tx, row, asked, now)


async def take_back_approval(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, now: datetime
) -> Campaign:
    """Take a request, or its answer, back. Raises: WrongCampaignState."""
    row = await _draft(tx, workspace_id, campaign_id)
    return await _keep(tx, row, None, now)


async def decide_approval(
    tx: Tx,
    *,
    workspace_id: int,
    campaign_id: UUID,
    approve: bool,
    by: UUID,
    by_name: str,
    note: str,
    now: datetime,
) -> Campaign:
    """Approve or reject what was asked for.

    Raises: WrongCampaignState; ApprovalOutdated if nothing was asked for, or the draft or one of
    its letters was changed since; OwnApproval if the same person asked.
    """
    row = await _draft(tx, workspace_id, campaign_id)
    asked = msgspec.convert(row.approval, Approval | None, strict=False)
    if asked is None or asked.state != "requested" or asked.version != row.version:
        raise ApprovalOutdated()
    if approve and asked.letters is not None and asked.letters != await _marks(tx, row):
        raise ApprovalOutdated()
    if asked.by == by:
        raise OwnApproval()
    decided = msgspec.structs.replace(
        asked,
        state="approved" if approve else "rejected",
        decided_by=by,
        decided_by_name=by_name,
        decided_at=now,
        decided_note=note,
    )
    return await _keep(tx, row, decided, now)


async def _draft(tx: Tx, workspace_id: int, campaign_id: UUID) -> Any:
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if row.state != CampaignState.DRAFT:
        raise WrongCampaignState(CampaignState(row.state))
    return row


async def _marks(tx: Tx, row: Any) -> dict[str, str]:
    variants = msgspec.convert(row.variants, list[CampaignVariant], strict=False)
    return await marks_of_letters(tx, workspace_id=row.workspace_id, variants=variants)


async def _keep(tx: Tx, row: Any, approval: Approval | None, now: datetime) -> Campaign:
    # The version stays: it is what was approved.
    await tx.execute(
        campaigns.update()
        .where(campaigns.c.id == row.id, campaigns.c.workspace_id == row.workspace_id)
        .values(
            approval=None if approval is None else msgspec.to_builtins(approval), updated_at=now
        )
    )
    return await get_campaign(tx, workspace_id=row.workspace_id, campaign_id=row.id, now=now)
