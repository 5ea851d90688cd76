"""What an operator must know of the pipeline: how much waits, and what was set apart."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.ingestion.tables import event_batches, event_chunks
from otklik.runtime.public import Tx


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that failed too often; `release_quarantined` tries it again."""

    batch_id: UUID
    events: int
    error: str
    at: datetime


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """Events accepted and not yet stored; `oldest` is when the first of them came."""

    events: int
    oldest: datetime | None
    quarantined: list[Quarantined]


async def backlog(tx: Tx, *, workspace_id: int) -> Backlog:
    """Return what of a workspace's events waits, and what was set apart."""
    chunks, batches = event_chunks.c, event_batches.c
    waiting = (
        await tx.execute(
            sa.select(
                sa.func.coalesce(sa.func.sum(chunks.events), 0), sa.func.min(chunks.received_at)
            ).where(chunks.workspace_id == workspace_id, chunks.batch_id.is_(None))
        )
    ).one()
    working = (
        await tx.execute(
            sa.select(
                sa.func.coalesce(sa.func.sum(batches.events), 0), sa.func.min(batches.created_at)
            ).where(
                batches.workspace_id == workspace_id,
                batches.state.in_(("formed", "identified")),
            )
        )
    ).one()
    apart = await tx.execute(
        sa.select(batches.batch_id, batches.events, batches.error, batches.finished_at)
        .where(batches.workspace_id == workspace_id, batches.state == "quarantined")
        .order_by(batches.finished_at.desc())
        .limit(100)
    )
    begun = [at for at in (waiting[1], working[1]) if at is not None]
    return Backlog(
        events=int(waiting[0]) + int(working[0]),
        oldest=min(begun, default=None),
        quarantined=[
            Quarantined(
                batch_id=row.batch_id, events=row.events, error=row.error or "", at=row.finished_at
            )
            for row in apart
        ],
    )


async def waiting_events(tx: Tx, *, workspace_id: int) -> int:
    """Return how many accepted events have not been taken into a batch yet."""
    return int(
        (
            await tx.execute(
                sa.select(sa.func.coalesce(sa.func.sum(event_chunks.c.events), 0)).where(
                    event_chunks.c.workspace_id == workspace_id, event_chunks.c.batch_id.is_(None)
                )
            )
        ).scalar_one()
    )
