"""Writes of a launched campaign: pausing, going on, ending."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from otklik.campaigns.errors import (
    WrongCampaignState,
)
from otklik.campaigns.model import (
    SOURCE_KIND,
    Campaign,
    CampaignState,
)
from otklik.campaigns.queries import campaign_row, get_campaign
from otklik.campaigns.tables import campaigns
from otklik.delivery.public import (
    MailingFinished,
    MailingNotFound,
    pause_mailing,
    resume_mailing,
    stop_mailing,
)
from otklik.runtime.public import Tx


async def pause_campaign(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, now: datetime
) -> Campaign:
    """Hold a running campaign back. Raises: WrongCampaignState."""
    await _turn(tx, workspace_id, campaign_id, CampaignState.PAUSED, now)
    await pause_mailing(tx, workspace_id=workspace_id, source_id=campaign_id)
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


async def resume_campaign(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, now: datetime
) -> Campaign:
    """Let a paused campaign go on. Raises: WrongCampaignState."""
    await _turn(tx, workspace_id, campaign_id, CampaignState.RUNNING, now)
    await resume_mailing(tx, workspace_id=workspace_id, source_id=campaign_id)
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


async def _turn(
    tx: Tx, workspace_id: int, campaign_id: UUID, into: CampaignState, now: datetime
) -> None:
    """Let a launched campaign run or rest; the second time changes nothing."""
    await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    await set_state(
        tx,
        workspace_id,
        campaign_id,
        from_=(CampaignState.RUNNING, CampaignState.PAUSED),
        into=into,
        now=now,
        must=True,
    )


async def finish_campaign(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, now: datetime
) -> Campaign:
    """End a campaign early. Before anything could go out it is cancelled; a running one becomes
    finished as soon as the messages in hand are done and the rest is written off as skipped.

    Raises: WrongCampaignState for a draft.
    """
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    state = CampaignState(row.state)
    if state == CampaignState.DRAFT:
        raise WrongCampaignState(state)
    if state in (CampaignState.SCHEDULED, CampaignState.PREPARING):
        await tx.execute(
            campaigns.update()
            .where(campaigns.c.id == campaign_id, campaigns.c.workspace_id == workspace_id)
            .values(
                state=CampaignState.CANCELLED,
                launch_id=None,
                finished_at=now,
                version=row.version + 1,
                updated_at=now,
            )
        )
    if state in (CampaignState.PREPARING, CampaignState.RUNNING, CampaignState.PAUSED):
        try:
            await stop_mailing(tx, workspace_id=workspace_id, source_id=campaign_id)
        except MailingNotFound:
            # The job that prepares has not begun; it will find the order taken back.
            pass
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


async def on_mailing_finished(event: MailingFinished, tx: Tx) -> None:
    """Subscriber: nothing of the campaign's mailing is left to send."""
    if event.source_kind != SOURCE_KIND:
        return
    await tx.execute(
        campaigns.update()
        .where(
            campaigns.c.id == event.source_id,
            campaigns.c.workspace_id == event.workspace_id,
            campaigns.c.state.in_(
                [CampaignState.PREPARING, CampaignState.RUNNING, CampaignState.PAUSED]
            ),
        )
        .values(
            state=CampaignState.FINISHED,
            finished_at=event.at,
            version=campaigns.c.version + 1,
            updated_at=event.at,
        )
    )


async def set_state(
    tx: Tx,
    workspace_id: int,
    campaign_id: UUID,
    *,
    from_: tuple[CampaignState, ...],
    into: CampaignState,
    now: datetime,
    must: bool = False,
) -> None:
    changed = await tx.execute(
        campaigns.update()
        .where(
            campaigns.c.id == campaign_id,
            campaigns.c.workspace_id == workspace_id,
            campaigns.c.state.in_(from_),
        )
        .values(state=into, updated_at=now, version=campaigns.c.version + 1)
    )
    if must and not changed.rowcount:
        row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id)
        raise WrongCampaignState(CampaignState(row.state))
