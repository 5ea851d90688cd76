"""Sending to a part first: the rest is held until a variant is chosen for it.

freeze ─► first part: ready …            ─► first_done_at
          rest: held ──choose_variant──► ready, with the chosen variant, block after block
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from otklik.delivery.errors import NothingHeld, VariantNotFound
from otklik.delivery.facts import FactBatch
from otklik.delivery.model import CONTROL, Fact, MailingState, Wave
from otklik.delivery.operations.blocks import recount
from otklik.delivery.operations.mailings import CHANNEL
from otklik.delivery.queries import get_mailing, mailing_by_number
from otklik.delivery.tables import mailings
from otklik.runtime.public import Tx, notify

BLOCKS_AT_ONCE = 20
DONE_SHARE = 0.95
"""The first part counts as written to when so many of it are; a few greylisted letters may take
hours more, and nobody waits for them with a decision."""

_HELD = sa.text(
    """
    SELECT b.block_id, b.last_id, b.mailing_id
      FROM mailings m
      JOIN message_blocks b ON b.mailing_id = m.mailing_id AND b.state = 'held'
     WHERE m.state IN ('running', 'stopping') AND m.winner IS NOT NULL
     ORDER BY b.block_id
     LIMIT :limit
       FOR UPDATE OF b SKIP LOCKED
    """
)

_GIVE = sa.text(
    """
    UPDATE messages SET variant = :variant
     WHERE message_id BETWEEN :first_id AND :last_id AND state = 'planned' AND variant = ''
    RETURNING message_id, profile_id
    """
)

_READY = sa.text("UPDATE message_blocks SET state = 'ready', due_at = :now WHERE block_id = :id")

_NOTE_DONE = sa.text(
    """
    UPDATE mailings m SET first_done_at = :now
     WHERE m.state = 'running' AND m.first IS NOT NULL AND m.first_done_at IS NULL
       AND (SELECT coalesce(sum(t.value::bigint) FILTER (WHERE t.key LIKE 'planned|%'), 0)
                   <= coalesce(sum(t.value::bigint) FILTER (WHERE t.key NOT LIKE 'control|%'
                                                            AND t.key NOT LIKE 'skipped|%'), 0)
                      * (1.0 - :share)
              FROM message_blocks b, jsonb_each_text(b.tally) t
             WHERE b.mailing_id = m.mailing_id AND b.state <> 'held')
    """
)


async def choose_variant(tx: Tx, *, workspace_id: int, source_id: UUID, variant: str) -> None:
    """Choose what the rest of a mailing gets; choosing the same again changes nothing.

    Raises: MailingNotFound; VariantNotFound; NothingHeld if it has no rest, another variant was
    chosen, or the mailing is neither running nor paused.
    """
    mailing = await get_mailing(tx, workspace_id=workspace_id, source_id=source_id)
    if variant == CONTROL or variant not in dict(mailing.arms):
        raise VariantNotFound(key=variant)
    chosen = await tx.execute(
        mailings.update()
        .where(
            mailings.c.mailing_id == mailing.mailing_id,
            mailings.c.first.is_not(None),
            mailings.c.state.in_([MailingState.RUNNING, MailingState.PAUSED]),
            sa.or_(mailings.c.winner.is_(None), mailings.c.winner == variant),
        )
        .values(winner=variant)
    )
    if not chosen.rowcount:
        raise NothingHeld()
    await notify(tx, CHANNEL)


async def release_rest(tx: Tx, *, now: datetime) -> int:
    """Give the next held blocks of decided mailings their variant; returns how many blocks.

    A block is given out in one transaction with its facts, so nobody is assigned twice.
    """
    held = (await tx.execute(_HELD, {"limit": BLOCKS_AT_ONCE})).all()
    batches: dict[int, FactBatch] = {}
    winners: dict[int, str] = defaultdict(str)
    for row in held:
        if row.mailing_id not in batches:
            mailing = await mailing_by_number(tx, mailing_id=row.mailing_id)
            assert mailing.winner is not None, "only decided mailings were asked for"
            batches[row.mailing_id] = FactBatch(mailing)
            winners[row.mailing_id] = mailing.winner
        winner = winners[row.mailing_id]
        people = await tx.execute(
            _GIVE, {"variant": winner, "first_id": row.block_id, "last_id": row.last_id}
        )
        for person in people:
            batches[row.mailing_id].add(
                Fact.ASSIGNED,
                message_id=person.message_id,
                profile_id=person.profile_id,
                variant=winner,
                wave=Wave.REST,
                at=now,
            )
        await recount(tx, block_id=row.block_id)
        await tx.execute(_READY, {"id": row.block_id, "now": now})
    for batch in batches.values():
        await batch.put(tx)
    if held:
        await notify(tx, CHANNEL)
    return len(held)


async def note_first_parts(tx: Tx, *, now: datetime) -> None:
    """Note of running mailings that nearly all of the first part have been written to."""
    await tx.execute(_NOTE_DONE, {"now": now, "share": DONE_SHARE})
