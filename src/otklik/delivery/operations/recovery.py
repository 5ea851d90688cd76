"""Taking back what dead workers held, and what a clock that ran ahead has put off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from otklik.delivery.facts import FactBatch
from otklik.delivery.model import Fact
from otklik.delivery.operations.blocks import LEASE, recount
from otklik.delivery.operations.mailings import CHANNEL
from otklik.delivery.queries import mailing_by_number
from otklik.runtime.public import Tx, notify

_EXPIRED = sa.text(
    """
    SELECT block_id, last_id, mailing_id, workspace_id, handing
      FROM message_blocks
     WHERE state = 'claimed' AND (lease_until < :now OR lease_until > :beyond)
     ORDER BY block_id
     LIMIT 20
       FOR UPDATE SKIP LOCKED
    """
)

_DOUBT = sa.text(
    """
    UPDATE messages SET state = 'in_doubt', reason = 'process_lost', at = :now
     WHERE message_id = ANY(:ids) AND state = 'planned'
    RETURNING message_id, profile_id, variant, wave
    """
)

_FREE = sa.text(
    """
    UPDATE message_blocks
       SET state = 'ready', owner = NULL, lease_until = NULL, handing = '{}', due_at = :now
     WHERE block_id = :block_id
    """
)


BACK_LEAST: Final = timedelta(seconds=60)
"""Clocks are corrected by less all the time, and it does no harm."""

# Planned messages that were last written to at a moment that is yet to come: how long they were to
# wait since then is right, the moment is not.
_AHEAD = sa.text(
    """
    UPDATE messages m
       SET next_at = :now + (m.next_at - m.at), at = :now
      FROM message_blocks b
     WHERE b.state = 'ready' AND b.due_at > :soon
       AND b.mailing_id IN (SELECT mailing_id FROM mailings
                             WHERE state IN ('running', 'paused', 'stopping'))
       AND m.message_id BETWEEN b.block_id AND b.last_id
       AND m.state = 'planned' AND m.at > :soon AND m.next_at IS NOT NULL
    """
)

# A block is due when the first of its planned messages is. What is spread over hours, or waits for
# another attempt, has a moment of its own in each message; what has none is due at once.
_PULL_BACK = sa.text(
    """
    UPDATE message_blocks b
       SET due_at = greatest(first.due_at, CAST(:now AS timestamptz))
      FROM (SELECT w.block_id, min(coalesce(m.next_at, CAST(:now AS timestamptz))) AS due_at
              FROM message_blocks w
              JOIN messages m ON m.message_id BETWEEN w.block_id AND w.last_id
               AND m.state = 'planned'
             WHERE w.state = 'ready' AND w.due_at > :soon
               AND w.mailing_id IN (SELECT mailing_id FROM mailings
                                     WHERE state IN ('running', 'paused', 'stopping'))
             GROUP BY w.block_id) first
     WHERE b.block_id = first.block_id AND b.state = 'ready' AND b.due_at > first.due_at
    """
)


class ClockWatch:
    """Notices, from one beat to the next, that the clock was set back; one for a process.

    The first beat of a process counts too: the clock may have been set back while none ran.
    """

    def __init__(self) -> None:
        self._ahead_s: float | None = None

    def went_back(self, now: datetime, moment: float) -> bool:
        """Tell whether `now` is behind what it was, and time went on.

        moment: seconds of a clock that is never set, such as the event loop's.
        """
        ahead_s = now.timestamp() - moment
        before, self._ahead_s = self._ahead_s, ahead_s
        return before is None or before - ahead_s > BACK_LEAST.total_seconds()


async def pull_back(tx: Tx, *, now: datetime) -> int:
    """Make blocks due when their messages are, if a clock that ran ahead has put them off.

    Returns the number of blocks. It looks at every message of blocks that wait, so it is for the
    moment after a clock was set back; where none was it changes nothing.
    """
    moments = {"now": now, "soon": now + BACK_LEAST}
    await tx.execute(_AHEAD, moments)
    pulled = (await tx.execute(_PULL_BACK, moments)).rowcount
    if pulled:
        await notify(tx, CHANNEL)
    return pulled


async def recover_blocks(tx: Tx, *, now: datetime) -> int:
    """Take back blocks whose worker is gone; what it had in hand becomes in_doubt.

    A lease longer than any worker takes was written before the clock was set back; it would keep
    its block for as long as the clock went back. Returns the number of blocks taken back.
    """
    expired = (await tx.execute(_EXPIRED, {"now": now, "beyond": now + 3 * LEASE})).all()
    for row in expired:
        if row.handing:
            doubted = (await tx.execute(_DOUBT, {"ids": row.handing, "now": now})).all()
            mailing = await mailing_by_number(tx, mailing_id=row.mailing_id)
            facts = FactBatch(mailing)
            for message in doubted:
                facts.add(
                    Fact.IN_DOUBT,
                    message_id=message.message_id,
                    profile_id=message.profile_id,
                    variant=message.variant,
                    wave=message.wave,
                    reason="process_lost",
                    at=now,
                )
            await facts.put(tx)
        await recount(tx, block_id=row.block_id)
        await tx.execute(_FREE, {"block_id": row.block_id, "now": now})
    if expired:
        await notify(tx, CHANNEL)
    return len(expired)
