"""What the checks look at, read beforehand, so that they are pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from otklik.accounts.public import get_workspace
from otklik.campaigns.checks.gaps import LetterGap
from otklik.campaigns.model import AudienceView, Campaign
from otklik.channels.email.public import SenderIdentity, SenderNotFound, sender_identity
from otklik.content.public import (
    KnownVariables,
    Letter,
    LetterNotFound,
    get_letter,
    letter_names,
)
from otklik.delivery.public import quiet_until, sending_policy
from otklik.privacy.public import Topic, TopicNotFound, get_topic
from otklik.runtime.public import Tx


class Materials(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the checks look at, read beforehand, so that they are pure."""

    campaign: Campaign
    letters: dict[str, Letter | None]
    sender: SenderIdentity | None
    topic: Topic | None
    known: KnownVariables
    audience: AudienceView
    development: bool
    now: datetime
    quiet_until: datetime | None = None
    """The end of the quiet hours in the workspace's zone, if the launch falls into them."""
    zone: str = "UTC"
    approval_required: bool = False
    gaps: Mapping[str, Sequence[LetterGap]] = {}
    """By the key of the variant: what would stay empty in how many of its letters."""


async def gather_materials(
    tx: Tx,
    *,
    workspace_id: int,
    campaign: Campaign,
    audience: AudienceView,
    development: bool,
    now: datetime,
) -> Materials:
    """Read what the checks look at."""
    workspace = await get_workspace(tx, workspace_id=workspace_id)
    policy = await sending_policy(tx, workspace_id=workspace_id)
    launch = campaign.schedule.begins() or now
    return Materials(
        campaign=campaign,
        letters={
            variant.key: await _letter(tx, workspace_id, variant.letter_id)
            for variant in campaign.variants
            if variant.letter_id is not None
        },
        sender=await _sender(tx, workspace_id, campaign.sender_id),
        topic=await _topic(tx, workspace_id, campaign.topic_id),
        known=await letter_names(tx, workspace_id=workspace_id),
        audience=audience,
        development=development,
        now=now,
        quiet_until=None
        if campaign.service or campaign.schedule.kind == "own"
        else quiet_until(policy, workspace.timezone, launch),
        zone=workspace.timezone,
        approval_required=policy.approval_required,
    )


async def _letter(tx: Tx, workspace_id: int, letter_id: UUID | None) -> Letter | None:
    try:
        assert letter_id is not None
        return await get_letter(tx, workspace_id=workspace_id, letter_id=letter_id)
    except LetterNotFound:
        return None


async def _sender(tx: Tx, workspace_id: int, sender_id: UUID | None) -> SenderIdentity | None:
    if sender_id is None:
        return None
    try:
        return await sender_identity(tx, workspace_id=workspace_id, sender_id=sender_id)
    except SenderNotFound:
        return None


async def _topic(tx: Tx, workspace_id: int, topic_id: UUID | None) -> Topic | None:
    if topic_id is None:
        return None
    try:
        return await get_topic(tx, workspace_id=workspace_id, topic_id=topic_id)
    except TopicNotFound:
        return None
