"""What a reader decides on the page of preferences: topics, a pause, or nothing more at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from otklik.channels.email.public import HitVerdict
from otklik.delivery.facts import FactBatch
from otklik.delivery.model import Fact, LeavingReason, Unsubscribed
from otklik.delivery.operations.tracking import variant_of
from otklik.delivery.queries import mailing_by_number
from otklik.delivery.tokens import MessageRef
from otklik.privacy.public import (
    Action,
    ConsentEntry,
    Sendability,
    Source,
    Topic,
    list_topics,
    pause_channel,
    paused,
    record_consents,
    resume_channel,
    sendable,
)
from otklik.profiles.public import current_ids
from otklik.runtime.public import Bus, Tx

PAUSE = timedelta(days=30)
# Of a refusal and an agreement that is narrower the later one counts.
_BEFORE = timedelta(milliseconds=1)


class TopicChoice(msgspec.Struct, frozen=True):
    """A topic, or a subtopic right after its topic, and whether letters on it come now."""

    topic: Topic
    wanted: bool


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader has chosen. `letters`: anything may come at all."""

    profile_id: int
    channel: str
    letters: bool
    topics: list[TopicChoice]
    paused_until: datetime | None


async def read_preferences(tx: Tx, *, ref: MessageRef, now: datetime) -> Preferences:
    """Return what the reader of a message has chosen. Raises: MailingNotFound."""
    mailing = await mailing_by_number(tx, mailing_id=ref.mailing_id)
    current = await current_ids(tx, workspace_id=ref.workspace_id, profile_ids=[ref.profile_id])
    profile_id = current.get(ref.profile_id, ref.profile_id)

    async def may(topic_id: UUID | None) -> bool:
        verdicts = await sendable(
            tx,
            workspace_id=ref.workspace_id,
            channel=mailing.channel,
            topic_id=topic_id,
            profile_ids=[profile_id],
        )
        return verdicts[profile_id] is Sendability.ALLOWED

    topics = in_order(
        [t for t in await list_topics(tx, workspace_id=ref.workspace_id) if not t.archived]
    )
    choices = [TopicChoice(topic, await may(topic.id)) for topic in topics]
    pauses = await paused(
        tx,
        workspace_id=ref.workspace_id,
        channel=mailing.channel,
        profile_ids=[profile_id],
        now=now,
    )
    return Preferences(
        profile_id=profile_id,
        channel=mailing.channel,
        letters=await may(None) or any(choice.wanted for choice in choices),
        topics=choices,
        paused_until=pauses.get(profile_id),
    )


def in_order(topics: Collection[Topic]) -> list[Topic]:
    """Return topics by name, each with its subtopics behind it."""
    names = {topic.id: topic.name.casefold() for topic in topics}

    def place(topic: Topic) -> tuple[str, bool, str]:
        parent = topic.parent_id if topic.parent_id in names else None
        own = topic.name.casefold()
        return (own, False, "") if parent is None else (names[parent], True, own)

    return sorted(topics, key=place)


async def choose_topics(
    tx: Tx,
    bus: Bus,
    *,
    ref: MessageRef,
    wanted: Collection[UUID],
    ip: str | None,
    now: datetime,
) -> None:
    """Let exactly these topics come; what does not change is not written down."""
    known = await read_preferences(tx, ref=ref, now=now)
    refused = [c.topic for c in known.topics if c.wanted and c.topic.id not in wanted]
    narrowed = {topic.id for topic in refused}
    # Under a topic that is refused now, a subtopic that stays must be agreed to anew.
    agreed = [
        c.topic
        for c in known.topics
        if c.topic.id in wanted and (not c.wanted or c.topic.parent_id in narrowed)
    ]
    entries = [
        ConsentEntry(
            profile_id=known.profile_id,
            channel=known.channel,
            action=action,
            source=Source.PREFERENCES,
            at=at,
            topic_id=topic.id,
            ip=ip,
            proof={"message_id": ref.message_id},
        )
        for topics, action, at in (
            (refused, Action.WITHDRAWN, now - _BEFORE),
            (agreed, Action.GRANTED, now),
        )
        for topic in topics
    ]
    if not entries:
        return
    await record_consents(tx, workspace_id=ref.workspace_id, entries=entries, now=now)
    if refused:
        await _note(tx, ref, Fact.UNSUBSCRIBED, "preferences", now)
    mailing = await mailing_by_number(tx, mailing_id=ref.mailing_id)
    for topic in refused:
        await bus.publish(
            tx,
            Unsubscribed(
                workspace_id=ref.workspace_id,
                profile_id=known.profile_id,
                channel=known.channel,
                topic_id=topic.id,
                source_kind=mailing.source_kind,
                source_id=mailing.source_id,
                at=now,
            ),
        )


async def take_pause(tx: Tx, *, ref: MessageRef, now: datetime) -> datetime:
    """Send the reader nothing for a month; returns until when."""
    known = await read_preferences(tx, ref=ref, now=now)
    until = now + PAUSE
    await pause_channel(
        tx,
        workspace_id=ref.workspace_id,
        profile_id=known.profile_id,
        channel=known.channel,
        until=until,
        now=now,
    )
    return until


async def end_pause(tx: Tx, *, ref: MessageRef, now: datetime) -> None:
    known = await read_preferences(tx, ref=ref, now=now)
    await resume_channel(
        tx, workspace_id=ref.workspace_id, profile_id=known.profile_id, channel=known.channel
    )


async def tell_why(tx: Tx, *, ref: MessageRef, why: LeavingReason, now: datetime) -> None:
    """Keep the reason that a reader gives for leaving; of several the last one counts."""
    await _note(tx, ref, Fact.LEFT_BECAUSE, why.value, now)


async def _note(tx: Tx, ref: MessageRef, fact: Fact, reason: str, now: datetime) -> None:
    mailing = await mailing_by_number(tx, mailing_id=ref.mailing_id)
    variant, wave = await variant_of(tx, message_id=ref.message_id)
    facts = FactBatch(mailing)
    facts.add(
        fact,
        message_id=ref.message_id,
        profile_id=ref.profile_id,
        variant=variant,
        wave=wave,
        reason=reason,
        verdict=HitVerdict.PERSON.value,
        at=now,
    )
    await facts.put(tx)
