"""Taking back what dead workers held."""

from __future__ import annotations

from datetime import datetime

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
