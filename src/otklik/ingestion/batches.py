"""Batches: which chunks are worked on together, by whom, and until when.

A batch is made once and keeps its chunks for ever, so a repeat after a crash has exactly the same
composition. A worker holds it by a lease; `fence` counts the leases, and whoever comes with an
older number has lost the batch.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.ingestion.errors import LostLease
from otklik.ingestion.model import RejectCode
from otklik.ingestion.tables import event_batches, event_chunks, event_rejects
from otklik.kit.ids import new_id
from otklik.runtime.public import Tx

LEASE = timedelta(seconds=60)
SPLIT_AFTER = 3
QUARANTINE_AFTER = 6
BYTES_MAX = 24 * 1024 * 1024
_CHUNKS_MAX = 4_000
_FORMING_LOCK = 0x0F08_1DE7


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """The right to work on one batch."""

    batch_id: UUID
    workspace_id: int
    attempt: int
    fence: int
    state: str
    events: int
    outcome: bytes | None


async def take(tx: Tx, *, events_max: int, now: datetime) -> Lease | None:
    """Lease the batch of a worker that is gone, or else make one of the oldest waiting chunks."""
    return await _take_over(tx, now) or await _form(tx, events_max, now)


async def hold(tx: Tx, lease: Lease) -> Any:
    """Lock the batch for the rest of the transaction and return its row.

    Raises: LostLease if somebody else has it now.
    """
    row = (
        await tx.execute(
            sa.select(event_batches.c.state, event_batches.c.outcome)
            .where(
                event_batches.c.workspace_id == lease.workspace_id,
                event_batches.c.batch_id == lease.batch_id,
                event_batches.c.fence == lease.fence,
                event_batches.c.state.in_(("formed", "identified")),
            )
            .with_for_update()
        )
    ).first()
    if row is None:
        raise LostLease(batch_id=lease.batch_id)
    return row


async def extend(tx: Tx, lease: Lease, *, now: datetime) -> bool:
    """Prolong the lease; False when it is lost."""
    changed = await tx.execute(
        event_batches.update()
        .where(
            event_batches.c.workspace_id == lease.workspace_id,
            event_batches.c.batch_id == lease.batch_id,
            event_batches.c.fence == lease.fence,
        )
        .values(lease_until=now + LEASE)
    )
    return bool(changed.rowcount)


async def change(tx: Tx, lease: Lease, **values: Any) -> None:
    """Write the next state of a batch that `hold` has locked."""
    await tx.execute(
        event_batches.update()
        .where(
            event_batches.c.workspace_id == lease.workspace_id,
            event_batches.c.batch_id == lease.batch_id,
        )
        .values(**values)
    )


async def chunks_of(tx: Tx, lease: Lease) -> list[tuple[UUID, bytes]]:
    """Return ids and bodies of the batch's chunks, always in the same order."""
    rows = await tx.execute(
        sa.select(event_chunks.c.chunk_id, event_chunks.c.body)
        .where(
            event_chunks.c.workspace_id == lease.workspace_id,
            event_chunks.c.batch_id == lease.batch_id,
        )
        .order_by(event_chunks.c.received_at, event_chunks.c.chunk_id)
    )
    return [(row.chunk_id, row.body) for row in rows]


async def put_back(tx: Tx, lease: Lease, *, error: str, counts: bool, now: datetime) -> str:
    """Let go of a batch whose work failed; returns what became of it.

    `counts`: False when an engine was away, which says nothing about the batch. A batch that fails
    again and again is first split into its chunks, so that one bad chunk does not hold the others;
    a chunk that still fails is quarantined and shown.
    """
    await hold(tx, lease)
    if counts and lease.attempt >= SPLIT_AFTER and lease.state == "formed":
        chunks = list(
            (
                await tx.execute(
                    sa.select(event_chunks.c.chunk_id, event_chunks.c.events).where(
                        event_chunks.c.workspace_id == lease.workspace_id,
                        event_chunks.c.batch_id == lease.batch_id,
                    )
                )
            ).all()
        )
        if len(chunks) > 1:
            await _split(tx, lease, chunks, now)
            return "split"
    if counts and lease.attempt >= QUARANTINE_AFTER:
        await change(tx, lease, state="quarantined", error=error[:2000], finished_at=now)
        await tx.execute(
            event_rejects.insert().values(
                reject_id=new_id(),
                workspace_id=lease.workspace_id,
                received_at=now,
                code=RejectCode.BATCH_REFUSED.value,
                detail=f"{lease.events}; {error[:400]}",
                type="batch",
                message_id=str(lease.batch_id),
                body="",
                source="pipeline",
            )
        )
        return "quarantined"
    pause = timedelta(seconds=min(60, 2**lease.attempt) if counts else 1)
    # A pause without an attempt on the record: the count comes back with the next lease.
    attempts = lease.attempt if counts else lease.attempt - 1
    await change(tx, lease, lease_until=now + pause, error=error[:2000], attempts=attempts)
    return "again"


async def release_quarantined(tx: Tx, *, workspace_id: int, batch_id: UUID, now: datetime) -> bool:
    """Try a quarantined batch again, for example after an update; False when there is none."""
    changed = await tx.execute(
        event_batches.update()
        .where(
            event_batches.c.workspace_id == workspace_id,
            event_batches.c.batch_id == batch_id,
            event_batches.c.state == "quarantined",
        )
        .values(
            state=sa.case((event_batches.c.outcome.is_(None), "formed"), else_="identified"),
            attempts=0,
            lease_until=now,
            finished_at=None,
        )
    )
    return bool(changed.rowcount)


async def purge(tx: Tx, *, before: datetime, limit: int = 500) -> int:
    """Delete batches that were done before `before`, with their chunks; returns how many."""
    done = (
        sa.select(event_batches.c.batch_id)
        .where(event_batches.c.state == "done", event_batches.c.finished_at < before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list((await tx.execute(done)).scalars())
    if ids:
        # Housekeeping of every workspace at once: the batch ids name whose chunks these are.
        await tx.execute(event_chunks.delete().where(event_chunks.c.batch_id.in_(ids)))
        await tx.execute(event_batches.delete().where(event_batches.c.batch_id.in_(ids)))
    return len(ids)


async def _take_over(tx: Tx, now: datetime) -> Lease | None:
    oldest = (
        sa.select(event_batches.c.batch_id)
        .where(
            event_batches.c.state.in_(("formed", "identified")),
            event_batches.c.lease_until <= now,
        )
        .order_by(event_batches.c.lease_until)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = (
        await tx.execute(
            event_batches.update()
            .where(event_batches.c.batch_id == oldest)
            .values(
                attempts=event_batches.c.attempts + 1,
                fence=event_batches.c.fence + 1,
                lease_until=now + LEASE,
            )
            .returning(
                event_batches.c.batch_id,
                event_batches.c.workspace_id,
                event_batches.c.attempts,
                event_batches.c.fence,
                event_batches.c.state,
                event_batches.c.events,
                event_batches.c.outcome,
            )
        )
    ).first()
    if row is None:
        return None
    return Lease(
        batch_id=row.batch_id,
        workspace_id=row.workspace_id,
        attempt=row.attempts,
        fence=row.fence,
        state=row.state,
        events=row.events,
        outcome=row.outcome,
    )


async def _form(tx: Tx, events_max: int, now: datetime) -> Lease | None:
    waiting = event_chunks.c.batch_id.is_(None)
    # One worker forms at a time, for milliseconds: with row locks alone the second would find every
    # waiting chunk locked by the first, and go to sleep with work left.
    await tx.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FORMING_LOCK})
    oldest = (
        await tx.execute(
            sa.select(event_chunks.c.workspace_id)
            .where(waiting)
            .order_by(event_chunks.c.received_at, event_chunks.c.chunk_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).scalar_one_or_none()
    if oldest is None:
        return None
    rows = (
        await tx.execute(
            sa.select(event_chunks.c.chunk_id, event_chunks.c.events, event_chunks.c.size)
            .where(waiting, event_chunks.c.workspace_id == oldest)
            .order_by(event_chunks.c.received_at, event_chunks.c.chunk_id)
            .limit(_CHUNKS_MAX)
            .with_for_update(skip_locked=True)
        )
    ).all()
    taken: list[UUID] = []
    events = size = 0
    for row in rows:
        if taken and (events + row.events > events_max or size + row.size > BYTES_MAX):
            break
        taken.append(row.chunk_id)
        events += row.events
        size += row.size
    batch_id = new_id()
    await _insert(
        tx,
        batch_id=batch_id,
        workspace_id=oldest,
        events=events,
        attempts=1,
        until=now + LEASE,
        now=now,
    )
    await tx.execute(
        event_chunks.update()
        .where(event_chunks.c.workspace_id == oldest, event_chunks.c.chunk_id.in_(taken))
        .values(batch_id=batch_id)
    )
    return Lease(
        batch_id=batch_id,
        workspace_id=oldest,
        attempt=1,
        fence=1,
        state="formed",
        events=events,
        outcome=None,
    )


async def _split(tx: Tx, lease: Lease, chunks: list[Any], now: datetime) -> None:
    for chunk in chunks:
        batch_id = new_id()
        await _insert(
            tx,
            batch_id=batch_id,
            workspace_id=lease.workspace_id,
            events=chunk.events,
            attempts=0,
            until=now,
            now=now,
        )
        await tx.execute(
            event_chunks.update()
            .where(
                event_chunks.c.workspace_id == lease.workspace_id,
                event_chunks.c.chunk_id == chunk.chunk_id,
            )
            .values(batch_id=batch_id)
        )
    await tx.execute(
        event_batches.delete().where(
            event_batches.c.workspace_id == lease.workspace_id,
            event_batches.c.batch_id == lease.batch_id,
        )
    )


async def _insert(
    tx: Tx,
    *,
    batch_id: UUID,
    workspace_id: int,
    events: int,
    attempts: int,
    until: datetime,
    now: datetime,
) -> None:
    await tx.execute(
        event_batches.insert().values(
            batch_id=batch_id,
            workspace_id=workspace_id,
            state="formed",
            events=events,
            attempts=attempts,
            fence=attempts,
            lease_until=until,
            created_at=now,
        )
    )
