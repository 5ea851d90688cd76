"""Writes to mailings: create, hold back, go on, stop, finish.

Callers name a mailing by its source; the number inside is delivery's own affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.delivery.errors import BadShares, MailingExists, WrongMailingState
from otklik.delivery.model import (
    SHARES_TOTAL,
    BlockState,
    LetterLinks,
    MailingFinished,
    MailingSpec,
    MailingState,
)
from otklik.delivery.queries import block_tallies, get_mailing
from otklik.delivery.standing.tables import unanswered_requests
from otklik.delivery.tables import (
    mailing_audiences,
    mailing_paces,
    mailing_variants,
    mailings,
    message_blocks,
    rate_slots,
)
from otklik.runtime.public import Bus, Tx, notify

CHANNEL = "delivery"
"""What wakes the sending loops."""


async def create_mailing(
    tx: Tx, *, spec: MailingSpec, links: Sequence[LetterLinks], now: datetime
) -> int:
    """Write down an order to deliver; it is `preparing` until its audience is frozen.

    Shapes: `links[i]` are the links of the letter of variant i, from `letter_links`.
    Raises: MailingExists if the source has one; BadShares if the shares don't add up.
    """
    total = spec.control_share + sum(variant.share for variant in spec.variants)
    if total != SHARES_TOTAL or not spec.variants or any(v.share < 0 for v in spec.variants):
        raise BadShares(total=total)
    mailing_id = (
        await tx.execute(
            insert(mailings)
            .values(
                workspace_id=spec.workspace_id,
                source_kind=spec.source_kind,
                source_id=spec.source_id,
                name=spec.name,
                channel=spec.channel,
                topic_id=spec.topic_id,
                sender_id=spec.sender_id,
                state=MailingState.PREPARING,
                rate_per_s=spec.rate_per_s,
                priority=spec.priority,
                service=spec.service,
                until=spec.until,
                own_time=spec.own_time,
                spread_minutes=spec.spread_minutes,
                first=None if spec.first is None else msgspec.to_builtins(spec.first),
                arms=[list(arm) for arm in spec.arms()],
                created_at=now,
            )
            .on_conflict_do_nothing()
            .returning(mailings.c.mailing_id)
        )
    ).scalar_one_or_none()
    if mailing_id is None:
        raise MailingExists()
    await tx.execute(
        mailing_variants.insert(),
        [
            {
                "mailing_id": mailing_id,
                "position": position,
                "workspace_id": spec.workspace_id,
                "key": variant.key,
                "name": variant.name,
                "letter": msgspec.to_builtins(variant.letter),
                "links": list(links[position].addresses),
                "links_tracked": links[position].tracked,
            }
            for position, variant in enumerate(spec.variants)
        ],
    )
    return int(mailing_id)


async def pause_mailing(tx: Tx, *, workspace_id: int, source_id: UUID) -> None:
    """Hold a running mailing back; letters that are on their way now are finished.

    Raises: WrongMailingState unless it is running or paused.
    """
    await _move(
        tx, workspace_id, source_id, into=MailingState.PAUSED, from_=(MailingState.RUNNING,)
    )


async def resume_mailing(tx: Tx, *, workspace_id: int, source_id: UUID) -> None:
    """Let a paused mailing go on. Raises: WrongMailingState unless it is paused or running."""
    await _move(
        tx, workspace_id, source_id, into=MailingState.RUNNING, from_=(MailingState.PAUSED,)
    )
    await tx.execute(
        mailings.update()
        .where(mailings.c.workspace_id == workspace_id, mailings.c.source_id == source_id)
        .values(trouble=None, trouble_at=None)
    )


async def stop_mailing(tx: Tx, *, workspace_id: int, source_id: UUID) -> None:
    """End a mailing early: what was not sent yet is skipped as `campaign_stopped`.

    The state becomes `stopping` at once, so nothing more goes out; the sending loops then pass the
    rest through the gate, whose first step skips it, and the mailing becomes `finished`.
    """
    await _move(
        tx,
        workspace_id,
        source_id,
        into=MailingState.STOPPING,
        from_=(MailingState.PREPARING, MailingState.RUNNING, MailingState.PAUSED),
        may_be=(MailingState.FINISHED,),
    )
    await hurry_stopping(tx)


async def hurry_stopping(tx: Tx) -> None:
    """Make blocks of stopping mailings due that wait for a retry: there is nothing to wait for.

    Neither is there for a rest that no variant was chosen for.
    """
    await tx.execute(
        message_blocks.update()
        .where(
            message_blocks.c.mailing_id == mailings.c.mailing_id,
            sa.or_(
                message_blocks.c.state == BlockState.HELD,
                sa.and_(
                    message_blocks.c.state == BlockState.READY,
                    message_blocks.c.due_at > mailings.c.created_at,
                ),
            ),
            mailings.c.state == MailingState.STOPPING,
        )
        .values(state=BlockState.READY, due_at=mailings.c.created_at)
    )


async def change_rate(
    tx: Tx, *, workspace_id: int, source_id: UUID, rate_per_s: int | None
) -> None:
    """Set the limit of a mailing, messages per second over all workers; None = no limit."""
    mailing = await get_mailing(tx, workspace_id=workspace_id, source_id=source_id)
    await tx.execute(
        mailings.update()
        .where(mailings.c.mailing_id == mailing.mailing_id)
        .values(rate_per_s=rate_per_s)
    )
    await notify(tx, CHANNEL)


async def note_trouble(tx: Tx, *, mailing_id: int, text: str | None, now: datetime) -> None:
    """Keep what holds a mailing up, as the relay said it; None when it moves again."""
    await tx.execute(
        mailings.update()
        .where(mailings.c.mailing_id == mailing_id, mailings.c.trouble.is_distinct_from(text))
        .values(trouble=text, trouble_at=now if text else None)
    )


async def finish_done_mailings(tx: Tx, bus: Bus, *, now: datetime) -> int:
    """Finish every live mailing that has no block left to work on; returns how many."""
    open_block = (
        sa.select(message_blocks.c.block_id)
        .where(
            message_blocks.c.mailing_id == mailings.c.mailing_id,
            message_blocks.c.state != BlockState.DONE,
        )
        .exists()
    )
    done = (
        await tx.execute(
            sa.select(mailings)
            .where(
                mailings.c.state.in_([MailingState.RUNNING, MailingState.STOPPING]),
                # A standing mailing ends when it is closed and nobody waits for its message.
                ~mailings.c.standing
                | ((mailings.c.state == MailingState.STOPPING) & ~unanswered_requests()),
                # A mailing that is stopped before its audience is complete has nothing to send.
                ~open_block,
            )
            .order_by(mailings.c.mailing_id)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for row in done:
        await tx.execute(
            mailings.update()
            .where(mailings.c.mailing_id == row.mailing_id)
            .values(
                state=MailingState.FINISHED,
                finished_at=now,
                trouble=None,
                trouble_at=None,
                tally=await block_tallies(tx, mailing_id=row.mailing_id),
            )
        )
        await tx.execute(
            mailing_audiences.delete().where(mailing_audiences.c.mailing_id == row.mailing_id)
        )
        await tx.execute(mailing_paces.delete().where(mailing_paces.c.mailing_id == row.mailing_id))
        await tx.execute(rate_slots.delete().where(rate_slots.c.key == f"mailing:{row.mailing_id}"))
        await bus.publish(
            tx,
            MailingFinished(
                workspace_id=row.workspace_id,
                source_kind=row.source_kind,
                source_id=row.source_id,
                at=now,
            ),
        )
    return len(done)


async def _move(
    tx: Tx,
    workspace_id: int,
    source_id: UUID,
    *,
    into: MailingState,
    from_: tuple[MailingState, ...],
    may_be: tuple[MailingState, ...] = (),
) -> None:
    """Change the state by one guarded UPDATE; being there already is no error."""
    changed = await tx.execute(
        mailings.update()
        .where(
            mailings.c.workspace_id == workspace_id,
            mailings.c.source_id == source_id,
            mailings.c.state.in_(from_),
        )
        .values(state=into)
    )
    if not changed.rowcount:
        mailing = await get_mailing(tx, workspace_id=workspace_id, source_id=source_id)
        if mailing.state not in (into, *may_be):
            raise WrongMailingState(state=mailing.state.value)
    await notify(tx, CHANNEL)
