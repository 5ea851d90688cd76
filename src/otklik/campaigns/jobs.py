"""Background work of campaigns: the launch itself, and the choice for the rest."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from otklik.campaigns.audience import audience_ids
from otklik.campaigns.operations import (
    START_JOB,
    begin_launch,
    note_failed_launch,
    note_running,
    order_mailing,
    send_rest,
    waiting_for_rule,
)
from otklik.campaigns.operations.rest import Waiting
from otklik.campaigns.parts import choose_winner, decides_at
from otklik.campaigns.regular.freezing import freeze_for_campaign
from otklik.campaigns.results import results
from otklik.delivery.public import NothingHeld, freeze_audience, progress
from otklik.kit.errors import OtklikError
from otklik.runtime.public import EngineUnavailable, Runtime, job, log


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
            if found is not None:
                await freeze_for_campaign(tx, workspace_id=workspace_id, campaign=found)
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


@job("campaigns.choose_variants", cron="* * * * *", retries=0)
async def choose_variants(rt: Runtime, **_: Any) -> None:
    """Choose what the rest of campaigns gets whose first part has had its time."""
    async with rt.db.begin() as tx:
        waiting = await waiting_for_rule(tx)
    for one in waiting:
        try:
            await _choose(rt, one)
        except OtklikError as error:
            # One that can't be decided must not keep the others waiting; it is tried again.
            log.warning("no variant was chosen", campaign=str(one.id), code=error.code)


async def _choose(rt: Runtime, one: Waiting) -> None:
    now = rt.clock()
    async with rt.db.begin() as tx:
        seen = await progress(tx, workspace_id=one.workspace_id, source_id=one.id, now=now)
    if seen.first_done_at is None or now < decides_at(one.first, seen.first_done_at):
        return
    found = await results(rt, workspace_id=one.workspace_id, campaign_id=one.id, now=now)
    choice = choose_winner(found, one.first.metric, now=now)
    async with rt.db.begin() as tx:
        try:
            await send_rest(
                tx, workspace_id=one.workspace_id, campaign_id=one.id, choice=choice, now=now
            )
        except NothingHeld:
            # Somebody chose by hand at this very moment.
            return
