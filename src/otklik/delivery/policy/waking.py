"""Looking again at messages that wait because of rules that are no longer the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from otklik.delivery.operations.mailings import CHANNEL
from otklik.delivery.policy.model import SendingPolicy
from otklik.runtime.public import Tx, notify

WAKE_JOB: Final = "delivery.wake_waiting"
SECOND_LOOK: Final = timedelta(seconds=30)
"""A worker that read the rules just before they changed has given its block back by then."""

# Blocks that a worker holds are left to the second look. Blocks are locked before their messages,
# as the workers do it.
_WAKE = sa.text(
    """
    WITH waiting AS (
        SELECT b.block_id, b.last_id
          FROM mailings h
          JOIN message_blocks b ON b.mailing_id = h.mailing_id
         WHERE h.workspace_id = :workspace_id AND h.state IN ('running', 'paused')
           AND b.state = 'ready' AND b.due_at > :now
         ORDER BY b.block_id
           FOR UPDATE OF b SKIP LOCKED
    ), woken AS (
        UPDATE messages m
           SET next_at = :now
          FROM waiting w
         WHERE m.message_id BETWEEN w.block_id AND w.last_id
           AND m.state = 'planned' AND m.next_at > :now
           AND m.reason IN ('waits_quiet_hours', 'waits_another_day')
        RETURNING w.block_id
    )
    UPDATE message_blocks b
       SET due_at = :now
      FROM (SELECT DISTINCT block_id FROM woken) w
     WHERE b.block_id = w.block_id
    """
)


def frees(before: SendingPolicy, after: SendingPolicy) -> bool:
    """Tell whether a message that waits by the rules before may go earlier by those after."""
    return (before.quiet_weekdays, before.quiet_weekends, before.holidays) != (
        after.quiet_weekdays,
        after.quiet_weekends,
        after.holidays,
    ) or (before.mass_apart_from_triggered and not after.mass_apart_from_triggered)


async def wake_waiting(tx: Tx, *, workspace_id: int, now: datetime) -> int:
    """Make messages due that wait for an hour or a day; the gate asks the new rules of each.

    Returns the number of blocks. What must still wait is put off again.
    """
    woken = (await tx.execute(_WAKE, {"workspace_id": workspace_id, "now": now})).rowcount
    if woken:
        await notify(tx, CHANNEL)
    return woken
