"""Writes of a launch: the order, its beginning, its mailing, its failure."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from otklik.campaigns.errors import (
    AudienceMoved,
    CampaignChanged,
    LaunchBlocked,
    WrongCampaignState,
)
from otklik.campaigns.model import (
    CHANNEL,
    PRIORITIES,
    SOURCE_KIND,
    Campaign,
    CampaignState,
    CampaignVariant,
    Finding,
    First,
    Schedule,
    arm_shares,
    moved_too_far,
)
from otklik.campaigns.operations.course import set_state
from otklik.campaigns.parts import first_part
from otklik.campaigns.problems import facts_of
from otklik.campaigns.queries import campaign_row, get_campaign
from otklik.campaigns.tables import campaigns
from otklik.content.public import get_letter
from otklik.delivery.public import (
    LetterContent,
    MailingExists,
    MailingSpec,
    Variant,
    create_mailing,
    letter_links,
    source_of,
)
from otklik.kit.errors import OtklikError, Problem
from otklik.kit.ids import new_id
from otklik.runtime.public import Jobs, Tx

START_JOB = "campaigns.start"


async def order_launch(
    tx: Tx,
    jobs: Jobs,
    *,
    workspace_id: int,
    campaign_id: UUID,
    checks: list[Finding],
    confirmed: int,
    actual: int,
    now: datetime,
    version: int | None = None,
) -> Campaign:
    """Order the launch, at once or at the scheduled moment; the letters are kept as they are now.

    `confirmed` is the number of people that the launcher saw, `actual` the one counted just now,
    `version` the one that was checked. Raises: WrongCampaignState unless it is a draft;
    CampaignChanged; LaunchBlocked; AudienceMoved.
    """
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if row.state != CampaignState.DRAFT:
        raise WrongCampaignState(CampaignState(row.state))
    if version is not None and version != row.version:
        raise CampaignChanged()
    blocks = [check for check in checks if check.level == "block"]
    if blocks:
        raise LaunchBlocked(
            [Problem(b.section, b.message, code=b.code, line=b.line) for b in blocks]
        )
    if moved_too_far(confirmed, actual):
        raise AudienceMoved(confirmed=confirmed, actual=actual)
    variants = msgspec.convert(row.variants, list[CampaignVariant], strict=False)
    moment = msgspec.convert(row.schedule, Schedule, strict=False).begins()
    if moment is not None and moment <= now:
        moment = None
    launch_id = new_id()
    await tx.execute(
        campaigns.update()
        .where(campaigns.c.id == campaign_id, campaigns.c.workspace_id == workspace_id)
        .values(
            state=CampaignState.SCHEDULED if moment else CampaignState.PREPARING,
            launched_at=None if moment else now,
            snapshot={
                variant.key: msgspec.to_builtins(await _content(tx, workspace_id, variant))
                for variant in variants
            },
            launch_id=launch_id,
            problem=None,
            problem_facts=None,
            version=row.version + 1,
            updated_at=now,
        )
    )
    await jobs.defer(
        tx,
        START_JOB,
        args={
            "workspace_id": workspace_id,
            "campaign_id": str(campaign_id),
            "launch_id": str(launch_id),
        },
        at=moment,
        lock=f"campaign:{campaign_id}",
    )
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


async def begin_launch(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, launch_id: UUID, now: datetime
) -> Campaign | None:
    """Begin an ordered launch; None if the order was taken back meanwhile. Harmless to repeat."""
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if not _ordered(row, launch_id):
        return None
    if row.state == CampaignState.SCHEDULED:
        await tx.execute(
            campaigns.update()
            .where(campaigns.c.id == campaign_id, campaigns.c.workspace_id == workspace_id)
            .values(state=CampaignState.PREPARING, launched_at=now, updated_at=now)
        )
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


async def order_mailing(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, launch_id: UUID, now: datetime
) -> bool:
    """Make the mailing of a launch; False if the order was taken back meanwhile.

    It exists once for a campaign, so repeating is harmless. Raises: LetterBroken.
    """
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if not _ordered(row, launch_id):
        return False
    spec = _spec(workspace_id, row)
    links = [letter_links(source_of(variant.letter)) for variant in spec.variants]
    try:
        async with tx.begin_nested():
            await create_mailing(tx, spec=spec, links=links, now=now)
    except MailingExists:
        pass
    return True


async def note_running(tx: Tx, *, workspace_id: int, campaign_id: UUID, now: datetime) -> None:
    """The audience is frozen and the mailing runs."""
    await set_state(
        tx,
        workspace_id,
        campaign_id,
        from_=(CampaignState.PREPARING,),
        into=CampaignState.RUNNING,
        now=now,
    )


async def note_failed_launch(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, error: OtklikError, now: datetime
) -> None:
    """A launch could not begin: the campaign is a draft again and says why."""
    await tx.execute(
        campaigns.update()
        .where(
            campaigns.c.id == campaign_id,
            campaigns.c.workspace_id == workspace_id,
            campaigns.c.state.in_([CampaignState.SCHEDULED, CampaignState.PREPARING]),
        )
        .values(
            state=CampaignState.DRAFT,
            problem=error.code,
            problem_facts=facts_of(error),
            snapshot=None,
            launch_id=None,
            launched_at=None,
            version=campaigns.c.version + 1,
            updated_at=now,
        )
    )


def _ordered(row: Any, launch_id: UUID) -> bool:
    return row.launch_id == launch_id and row.state in (
        CampaignState.SCHEDULED,
        CampaignState.PREPARING,
    )


async def _content(tx: Tx, workspace_id: int, variant: CampaignVariant) -> LetterContent:
    assert variant.letter_id is not None, "the checks have seen that every variant has a letter"
    letter = await get_letter(tx, workspace_id=workspace_id, letter_id=variant.letter_id)
    return LetterContent(
        kind=letter.kind.value,
        subject=letter.subject,
        source=letter.source,
        preheader=letter.preheader,
        text=letter.text,
        letter_id=letter.id,
        amp=letter.amp,
    )


def _spec(workspace_id: int, row: Any) -> MailingSpec:
    variants = msgspec.convert(row.variants, list[CampaignVariant], strict=False)
    schedule = msgspec.convert(row.schedule, Schedule, strict=False)
    shares = arm_shares(variants, row.control_share)
    assert shares is not None, "the checks have seen that the shares are positive"
    return MailingSpec(
        workspace_id=workspace_id,
        source_kind=SOURCE_KIND,
        source_id=row.id,
        name=row.name,
        channel=CHANNEL,
        topic_id=row.topic_id,
        sender_id=row.sender_id,
        variants=tuple(
            Variant(
                variant.key,
                variant.name,
                share,
                msgspec.convert(row.snapshot[variant.key], LetterContent, strict=False),
            )
            for variant, share in zip(variants, shares[0], strict=True)
        ),
        control_share=shares[1],
        rate_per_s=row.rate_per_s,
        priority=PRIORITIES.index(row.priority),
        service=row.service,
        until=row.until,
        own_time=schedule.wall(),
        spread_minutes=None if schedule.spread_hours is None else schedule.spread_hours * 60,
        first=first_part(msgspec.convert(row.first, First | None)),
    )
