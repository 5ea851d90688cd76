"""What the checks look at, read beforehand, so that they are pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from otklik.accounts.public import get_workspace
from otklik.campaigns.checks.gaps import LetterGap
from otklik.campaigns.model import AudienceView, Campaign
from otklik.campaigns.timing import own_time_rests
from otklik.channels.email.public import (
    SenderIdentity,
    SenderNotFound,
    has_own_relays,
    sender_identity,
)
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
    own_quiet_until: datetime | None = None
    """The same of a launch by people's own clocks: a time on these."""
    zone: str = "UTC"
    approval_required: bool = False
    gaps: Mapping[str, Sequence[LetterGap]] = {}
    """By the key of the variant: what would stay empty in how many of its letters."""

    @property
    def letters_of_variants(self) -> dict[str, Letter | None]:
        """The letters by the keys of all variants."""
        return {one.key: self.letters.get(one.key) for one in self.campaign.variants}


async def gather_materials(
    tx: Tx,
    *,
    workspace_id: int,
    campaign: Campaign,
    audience: AudienceView,
    development: bool,
    now: datetime,
) -> Materials:
    """Read what the checks look at.

    development: the installation has no relay; relays of the workspace may carry the letters still.
    """
    workspace = await get_workspace(tx, workspace_id=workspace_id)
    policy = await sending_policy(tx, workspace_id=workspace_id)
    launch, wall = campaign.schedule.begins() or now, campaign.schedule.wall()
    sender = await _sender(tx, workspace_id, campaign.sender_id)
    return Materials(
        campaign=campaign,
        letters={
            variant.key: await _letter(tx, workspace_id, variant.letter_id)
            for variant in campaign.variants
            if variant.letter_id is not None
        },
        sender=sender,
        topic=await _topic(tx, workspace_id, campaign.topic_id),
        known=await letter_names(tx, workspace_id=workspace_id),
        audience=audience,
        development=development
        and not await has_own_relays(
            tx, workspace_id=workspace_id, domain=sender.domain if sender else None
        ),
        now=now,
        quiet_until=None
        if campaign.service or campaign.schedule.kind == "own"
        else quiet_until(policy, workspace.timezone, launch),
        own_quiet_until=None if campaign.service or wall is None else own_time_rests(policy, wall),
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
