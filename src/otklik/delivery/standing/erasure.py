"""Old requests: their data are values of people and go with the addresses of old messages."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from otklik.delivery.model import MessageState
from otklik.delivery.standing.tables import message_requests
from otklik.delivery.tables import messages
from otklik.runtime.public import Runtime, Tx

_PART = 10_000


def _old(workspace_id: int, before: datetime) -> sa.Select[tuple[int]]:
    # A message that still waits needs its data, however long ago it was asked for.
    return (
        sa.select(message_requests.c.message_id)
        .join(messages, messages.c.message_id == message_requests.c.message_id)
        .where(
            message_requests.c.workspace_id == workspace_id,
            message_requests.c.asked_at < before,
            messages.c.state != MessageState.PLANNED,
        )
    )


async def count_old_requests(tx: Tx, *, workspace_id: int, before: datetime) -> int:
    """Return how many requests are older than a moment, and over."""
    old = _old(workspace_id, before).subquery()
    return int((await tx.execute(sa.select(sa.func.count()).select_from(old))).scalar_one())


async def erase_old_requests(rt: Runtime, *, workspace_id: int, before: datetime) -> int:
    """Delete them, and empty the addresses of their messages, ten thousand in a transaction."""
    count = 0
    while True:
        async with rt.db.begin() as tx:
            gone = (
                (
                    await tx.execute(
                        message_requests.delete()
                        .where(
                            message_requests.c.message_id.in_(
                                _old(workspace_id, before).limit(_PART)
                            )
                        )
                        .returning(message_requests.c.message_id)
                    )
                )
                .scalars()
                .all()
            )
            await tx.execute(
                messages.update()
                .where(messages.c.message_id.in_(gone))
                .values(address="", answer=None)
            )
        count += len(gone)
        if len(gone) < _PART:
            return count
