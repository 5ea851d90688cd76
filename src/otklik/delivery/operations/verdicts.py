"""What a verdict on a message does: the message, its counts, its address, the person's consent.

A refusal at the moment of sending and a mail that comes back days later end in the same functions:
`stop_addresses` and `count_soft` of `stops.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from otklik.accounts.public import get_workspace
from otklik.channels.email.public import (
    Consequence,
    Followed,
    RecipientVerdict,
    ReturnReason,
    ReturnVerdict,
    forget_soft_bounces,
)
from otklik.delivery.facts import FactBatch
from otklik.delivery.model import (
    BLOCK_SIZE,
    BlockState,
    Fact,
    Mailing,
    MessageState,
    Unsubscribed,
    tally_key,
)
from otklik.delivery.operations.blocks import Outcome, recount
from otklik.delivery.operations.stops import SoftBounce, count_soft, stop_addresses
from otklik.delivery.policy.operations import give_back
from otklik.delivery.queries import block_tallies, mailing_by_number
from otklik.delivery.tables import mailings, message_blocks, messages
from otklik.privacy.public import (
    Source,
    SuppressionReason,
    address_hash,
    unsubscribe,
)
from otklik.profiles.public import current_ids
from otklik.runtime.public import Runtime, Tx

RECOUNT_JOB: Final = "delivery.recount_returned"
_RECOUNT_AFTER: Final = timedelta(minutes=2)
SOFT_KINDS: Final = frozenset({"mailbox_full", "mailbox_disabled", "filtered"})
"""Refusals at the moment of sending that speak of the mailbox, and so count in a row."""


NOT_OF_ADDRESS: Final = frozenset(
    {
        ReturnReason.SPAM,
        ReturnReason.POLICY,
        ReturnReason.RATE,
        ReturnReason.TOO_BIG,
        ReturnReason.CONTENT,
        ReturnReason.AUTHENTICATION,
    }
)
"""Soft bounces for which the letter or its sender is to blame: they say nothing of the mailbox, and
a domain that is set up wrongly must not put its whole audience on the stop list."""


async def apply_verdict(
    rt: Runtime, tx: Tx, message: Any, verdict: RecipientVerdict, now: datetime
) -> Followed:
    """Do what follows from a verdict on a message; returns what was done."""
    mailing = await mailing_by_number(tx, mailing_id=message.mailing_id)
    did: list[Consequence] = []
    count: int | None = None
    match verdict.verdict:
        case ReturnVerdict.HARD:
            if await _bounce(rt, tx, mailing, message, verdict, now):
                did.append(Consequence.BOUNCED)
            did.append(Consequence.STOPPED)
            await stop_addresses(
                tx,
                mailing=mailing,
                addresses=[message.address],
                reason=SuppressionReason.HARD_BOUNCE,
                now=now,
            )
        case ReturnVerdict.SOFT if verdict.reason is not ReturnReason.DELAYED:
            bounced = await _bounce(rt, tx, mailing, message, verdict, now)
            if bounced:
                did.append(Consequence.BOUNCED)
            if bounced and verdict.reason not in NOT_OF_ADDRESS:
                bounce = SoftBounce(
                    message_id=message.message_id,
                    profile_id=message.profile_id,
                    address=message.address,
                    sent_at=message.at or now,
                )
                found = await count_soft(rt, tx, mailing=mailing, bounces=[bounce], now=now)
                for one in found.values():
                    did.append(one.became)
                    count = one.count
        case ReturnVerdict.COMPLAINT if verdict.reason is not ReturnReason.AUTH_FAILURE:
            did += await _complain(rt, tx, mailing, message, verdict, now)
        case ReturnVerdict.NONE if verdict.reason is ReturnReason.DELIVERED:
            salt = (await get_workspace(tx, workspace_id=mailing.workspace_id)).salt
            await forget_soft_bounces(
                tx,
                workspace_id=mailing.workspace_id,
                address_hashes=[address_hash(salt, mailing.channel, message.address)],
            )
        case _:
            pass
    return Followed(did=tuple(did), soft_count=count)


async def _bounce(
    rt: Runtime,
    tx: Tx,
    mailing: Mailing,
    message: Any,
    verdict: RecipientVerdict,
    now: datetime,
) -> bool:
    """Turn a sent message into a bounced one, with its fact and its place in the counts.

    False when it is no sent message any more: then nothing changes.
    """
    if message.state not in (MessageState.SENT, MessageState.IN_DOUBT):
        return False
    # `at` stays: it is when the letter was handed over, and hits are judged by its age.
    await tx.execute(
        messages.update()
        .where(messages.c.message_id == message.message_id)
        .values(
            state=MessageState.BOUNCED,
            reason=verdict.reason.value,
            answer=verdict.diagnostic or None,
        )
    )
    facts = FactBatch(mailing)
    facts.add(
        Fact.BOUNCED,
        message_id=message.message_id,
        profile_id=message.profile_id,
        variant=message.variant,
        wave=message.wave,
        verdict=verdict.verdict.value,
        reason=verdict.reason.value,
        at=now,
    )
    await facts.put(tx)
    # What came back was not heard, so it does not count against the frequency rules either.
    await give_back(
        tx,
        workspace_id=mailing.workspace_id,
        messages={message.message_id: message.profile_id},
    )
    await _move_count(
        rt,
        tx,
        message,
        old=tally_key(message.state, message.reason, message.variant),
        new=tally_key(MessageState.BOUNCED, verdict.reason.value, message.variant),
        now=now,
    )
    return True


_MOVE = """
    UPDATE {table}
       SET tally = CASE WHEN coalesce((tally ->> CAST(:old AS text))::int, 0) < 2
                        THEN tally - CAST(:old AS text)
                        ELSE tally || jsonb_build_object(
                                 CAST(:old AS text), (tally ->> CAST(:old AS text))::int - 1)
                   END
                || jsonb_build_object(
                       CAST(:new AS text), coalesce((tally ->> CAST(:new AS text))::int, 0) + 1)
     WHERE {key} = :id AND {when}
"""
_MOVE_IN_BLOCK = sa.text(
    _MOVE.format(table="message_blocks", key="block_id", when="state <> 'claimed'")
)
_MOVE_IN_MAILING = sa.text(
    _MOVE.format(table="mailings", key="mailing_id", when="tally IS NOT NULL")
)


async def _move_count(
    rt: Runtime, tx: Tx, message: Any, *, old: str, new: str, now: datetime
) -> None:
    """Move one message between two counts of its block and, when it is finished, of its mailing.

    The worker that holds the block keeps its counts in memory; then they are counted anew later.
    """
    block_id = message.message_id // BLOCK_SIZE * BLOCK_SIZE
    given = {"old": old, "new": new}
    moved = await tx.execute(_MOVE_IN_BLOCK, {**given, "id": block_id})
    await tx.execute(_MOVE_IN_MAILING, {**given, "id": message.mailing_id})
    if not moved.rowcount:
        await rt.jobs.defer(
            tx,
            RECOUNT_JOB,
            args={"block_id": block_id},
            at=now + _RECOUNT_AFTER,
            single=f"{RECOUNT_JOB}:{block_id}",
        )


async def recount_returned(rt: Runtime, tx: Tx, *, block_id: int, now: datetime) -> None:
    """Count a block anew, and its mailing if that is finished; later, while a worker holds it."""
    row = (
        await tx.execute(
            sa.select(message_blocks.c.state, message_blocks.c.mailing_id)
            .where(message_blocks.c.block_id == block_id)
            .with_for_update()
        )
    ).one_or_none()
    if row is None:
        return
    if row.state == BlockState.CLAIMED:
        at = now + _RECOUNT_AFTER
        await rt.jobs.defer(tx, RECOUNT_JOB, args={"block_id": block_id}, at=at)
        return
    await recount(tx, block_id=block_id)
    tally = await block_tallies(tx, mailing_id=row.mailing_id)
    await tx.execute(
        mailings.update()
        .where(mailings.c.mailing_id == row.mailing_id, mailings.c.tally.is_not(None))
        .values(tally=sa.cast(tally, JSONB))
    )


async def _complain(
    rt: Runtime,
    tx: Tx,
    mailing: Mailing,
    message: Any,
    verdict: RecipientVerdict,
    now: datetime,
) -> list[Consequence]:
    """Withdraw the consent; a complaint stops the address too, a wish to leave does not."""
    leaves = verdict.reason is ReturnReason.OPT_OUT
    profile_id = await current_profile(tx, mailing.workspace_id, message.profile_id)
    if not leaves:
        await stop_addresses(
            tx,
            mailing=mailing,
            addresses=[message.address],
            reason=SuppressionReason.COMPLAINT,
            now=now,
        )
    await unsubscribe(
        tx,
        workspace_id=mailing.workspace_id,
        profile_id=profile_id,
        channel=mailing.channel,
        topic_id=None,
        source=Source.COMPLAINT,
        now=now,
        proof={
            "feedback_loop": verdict.reason.value,
            "message_id": message.message_id,
            "report": verdict.diagnostic[:200],
        },
    )
    facts = FactBatch(mailing)
    facts.add(
        Fact.UNSUBSCRIBED if leaves else Fact.COMPLAINED,
        message_id=message.message_id,
        profile_id=message.profile_id,
        variant=message.variant,
        wave=message.wave,
        reason="feedback_loop" if leaves else verdict.reason.value,
        verdict="person" if leaves else "",
        at=now,
    )
    await facts.put(tx)
    await rt.bus.publish(
        tx,
        Unsubscribed(
            workspace_id=mailing.workspace_id,
            profile_id=profile_id,
            channel=mailing.channel,
            topic_id=None,
            source_kind=mailing.source_kind,
            source_id=mailing.source_id,
            at=now,
        ),
    )
    return [Consequence.WITHDRAWN] if leaves else [Consequence.STOPPED, Consequence.WITHDRAWN]


async def take_refusals(
    rt: Runtime, tx: Tx, *, mailing: Mailing, outcomes: Sequence[Outcome], now: datetime
) -> None:
    """Do for answers at the moment of sending what a returned mail would do days later.

    A chunk of letters costs the same few statements, however many of them were refused.
    """
    dead = [one.row.address for one in outcomes if one.state == MessageState.BOUNCED]
    await stop_addresses(
        tx, mailing=mailing, addresses=dead, reason=SuppressionReason.HARD_BOUNCE, now=now
    )
    soft = [
        SoftBounce(
            message_id=one.row.message_id,
            profile_id=one.row.profile_id,
            address=one.row.address,
            sent_at=now,
        )
        for one in outcomes
        if one.state == MessageState.FAILED and one.reason in SOFT_KINDS
    ]
    await count_soft(rt, tx, mailing=mailing, bounces=soft, now=now)


async def current_profile(tx: Tx, workspace_id: int, profile_id: int) -> int:
    current = await current_ids(tx, workspace_id=workspace_id, profile_ids=[profile_id])
    return current.get(profile_id, profile_id)
