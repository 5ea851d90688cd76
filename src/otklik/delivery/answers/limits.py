"""How often one letter may be answered, over all web processes."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from otklik.runtime.public import Tx

BURST = 10
REFILL = timedelta(seconds=6)
_LOST = timedelta(minutes=2)
"""A slot further ahead than this was never given: the clock was set back."""

# The generic cell rate algorithm, as in operations/pace.py: a row holds until when its letter has
# answered; old rows go with the others of the table (the job delivery.forget_slots).
_TAKE = sa.text(
    """
    INSERT INTO rate_slots AS s (key, workspace_id, free_at)
    VALUES (:key, :workspace_id, CAST(:now AS timestamptz) + :refill)
    ON CONFLICT (key) DO UPDATE
       SET free_at = CASE WHEN s.free_at > CAST(:lost AS timestamptz) THEN CAST(:now AS timestamptz)
                          ELSE greatest(s.free_at, CAST(:now AS timestamptz)) END + :refill
     WHERE s.free_at <= CAST(:last AS timestamptz) OR s.free_at > CAST(:lost AS timestamptz)
    RETURNING 1
    """
)


async def may_answer(tx: Tx, *, workspace_id: int, message_id: int, now: datetime) -> bool:
    """Take one answer of a letter; False when there is none: ten, then one in six seconds.

    Mail services ask from few addresses for all their readers, so the address says nothing; an
    address of a letter is its reader's own. One statement, one row for each letter that is
    answered within a day.
    """
    ahead = (BURST - 1) * REFILL
    taken = await tx.execute(
        _TAKE,
        {
            "key": f"answer:{message_id}",
            "workspace_id": workspace_id,
            "now": now,
            "refill": REFILL,
            "last": now + ahead,
            "lost": now + ahead + REFILL + _LOST,
        },
    )
    return taken.first() is not None
