"""The outbox: facts for ClickHouse, written in the PostgreSQL transaction that makes them true.

A loop carries them over. Rows get a batch id before they travel, and the batch id is ClickHouse's
deduplication token: a batch that is repeated after a crash has the same rows in the same order,
and is stored once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
import zstandard
from sqlalchemy.dialects.postgresql import UUID

from otklik.kit.ids import new_id
from otklik.runtime.loops import Loop
from otklik.runtime.postgres import Tx, metadata, notify

if TYPE_CHECKING:
    from otklik.runtime.context import Runtime

CHANNEL = "outbox"
BATCH_ROWS_MAX = 200_000
_LEASE = timedelta(minutes=2)

fact_outbox = sa.Table(
    "fact_outbox",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("batch_id", UUID(as_uuid=True)),
    sa.Column("leased_until", sa.DateTime(timezone=True)),
    sa.Index("ix_fact_outbox_batch", "batch_id"),
)

_lines = msgspec.json.Encoder(decimal_format="number")


async def put_facts(
    tx: Tx, *, workspace_id: int, table: str, rows: Sequence[dict[str, Any]]
) -> None:
    """Write rows bound for the ClickHouse table `table` as part of `tx`.

    Shapes: a row maps column names to values; `workspace_id` is filled in. Datetimes are aware.
    """
    if not rows:
        return
    body = _lines.encode_lines([{"workspace_id": workspace_id, **row} for row in rows])
    await put_fact_lines(tx, workspace_id=workspace_id, table=table, body=body, rows=len(rows))


async def put_fact_lines(tx: Tx, *, workspace_id: int, table: str, body: bytes, rows: int) -> None:
    """The same for rows that the caller encoded as JSON lines, with their workspace_id."""
    await tx.execute(
        fact_outbox.insert().values(
            workspace_id=workspace_id,
            target=table,
            rows=rows,
            body=zstandard.compress(body, 1),
        )
    )
    await notify(tx, CHANNEL)


async def carry_facts(rt: Runtime) -> bool:
    """Carry one batch to ClickHouse; returns False when nothing is waiting."""
    now = rt.clock()
    async with rt.db.begin() as tx:
        batch = await _expired_batch(tx, now) or await _new_batch(tx, now)
    if batch is None:
        return False
    batch_id, target = batch
    async with rt.db.begin() as tx:
        bodies = (
            await tx.execute(
                sa.select(fact_outbox.c.body)
                .where(fact_outbox.c.batch_id == batch_id)
                .order_by(fact_outbox.c.id)
            )
        ).scalars()
        body = b"".join(zstandard.decompress(part) for part in bodies)
    if body:
        await rt.ch.insert_lines(target, body, token=str(batch_id))
    async with rt.db.begin() as tx:
        await tx.execute(fact_outbox.delete().where(fact_outbox.c.batch_id == batch_id))
    return True


async def waiting_facts(tx: Tx) -> int:
    """Return how many facts have not reached ClickHouse yet."""
    return int(
        (
            await tx.execute(sa.select(sa.func.coalesce(sa.func.sum(fact_outbox.c.rows), 0)))
        ).scalar_one()
    )


async def _expired_batch(tx: Tx, now: Any) -> tuple[Any, str] | None:
    row = (
        await tx.execute(
            sa.select(fact_outbox.c.batch_id, fact_outbox.c.target)
            .where(fact_outbox.c.batch_id.is_not(None), fact_outbox.c.leased_until < now)
            .order_by(fact_outbox.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).first()
    if row is None:
        return None
    # The count of changed rows tells whether another process took the batch a moment ago.
    changed = await tx.execute(
        fact_outbox.update()
        .where(fact_outbox.c.batch_id == row.batch_id, fact_outbox.c.leased_until < now)
        .values(leased_until=now + _LEASE)
    )
    return (row.batch_id, row.target) if changed.rowcount else None


async def _new_batch(tx: Tx, now: Any) -> tuple[Any, str] | None:
    first = (
        await tx.execute(
            sa.select(fact_outbox.c.target)
            .where(fact_outbox.c.batch_id.is_(None))
            .order_by(fact_outbox.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).scalar_one_or_none()
    if first is None:
        return None
    taken = (
        await tx.execute(
            sa.select(fact_outbox.c.id, fact_outbox.c.rows)
            .where(fact_outbox.c.batch_id.is_(None), fact_outbox.c.target == first)
            .order_by(fact_outbox.c.id)
            .limit(2000)
            .with_for_update(skip_locked=True)
        )
    ).all()
    ids: list[int] = []
    total = 0
    for row in taken:
        if ids and total + row.rows > BATCH_ROWS_MAX:
            break
        ids.append(row.id)
        total += row.rows
    batch_id = new_id()
    await tx.execute(
        fact_outbox.update()
        .where(fact_outbox.c.id.in_(ids))
        .values(batch_id=batch_id, leased_until=now + _LEASE)
    )
    return batch_id, first


OUTBOX_LOOP = Loop(
    name="runtime.outbox", step=carry_facts, channel=CHANNEL, idle_s=5.0, gathers_s=0.3
)
