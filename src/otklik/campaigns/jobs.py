"""Background work of campaigns: the launch itself."""

from __future__ import annotations

from uuid import UUID

from otklik.campaigns.audience import audience_ids
from otklik.campaigns.operations import (
    START_JOB,
    begin_launch,
    note_failed_launch,
    note_running,
    order_mailing,
)
from otklik.delivery.public import freeze_audience
from otklik.kit.errors import OtklikError
from otklik.runtime.public import EngineUnavailable, Runtime, job


@job(START_JOB, queue="mailings", retries=20)
async def start_campaign(
    rt: Runtime, *, workspace_id: int, campaign_id: str, launch_id: str
) -> None:
    """Make the mailing, find the audience, freeze it; repeated after a crash at any place."""
    campaign, launch = UUID(campaign_id), UUID(launch_id)
    now = rt.clock()
    try:
        async with rt.db.begin() as tx:
            found = await begin_launch(
                tx, workspace_id=workspace_id, campaign_id=campaign, launch_id=launch, now=now
            )
        if found is None:
            return
        ids = await audience_ids(rt, workspace_id=workspace_id, campaign=found, now=now)
        async with rt.db.begin() as tx:
            ordered = await order_mailing(
                tx, workspace_id=workspace_id, campaign_id=campaign, launch_id=launch, now=now
            )
    except EngineUnavailable:
        raise
    except OtklikError as error:
        # What a person must mend (a removed segment, a broken letter) does not heal by itself.
        async with rt.db.begin() as tx:
            await note_failed_launch(
                tx,
                workspace_id=workspace_id,
                campaign_id=campaign,
                error=error,
                now=rt.clock(),
            )
        return
    if ordered and await freeze_audience(
        rt, workspace_id=workspace_id, source_id=campaign, ids=ids
    ):
        async with rt.db.begin() as tx:
            await note_running(tx, workspace_id=workspace_id, campaign_id=campaign, now=rt.clock())
