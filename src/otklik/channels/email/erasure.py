"""Letters in the catcher that were written to one person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from otklik.channels.email.tables import caught_letters
from otklik.kit.traces import Erased, Traces
from otklik.runtime.public import Runtime, Tx


def _mine(traces: Traces) -> sa.ColumnElement[bool]:
    c = caught_letters.c
    return sa.and_(
        c.workspace_id == traces.workspace_id,
        sa.func.lower(c.envelope_to).in_([one.lower() for one in traces.values("email")]),
        c.caught_at <= traces.until,
    )


async def count_person_letters(_rt: Runtime, tx: Tx, traces: Traces) -> int:
    """Return how many letters of the catcher went to the person."""
    found = await tx.execute(sa.select(sa.func.count()).where(_mine(traces)))
    return int(found.scalar_one())


async def export_letters(_rt: Runtime, tx: Tx, traces: Traces) -> AsyncIterator[dict[str, Any]]:
    """Yield the letters by subject and moment."""
    c = caught_letters.c
    rows = await tx.execute(
        sa.select(c.caught_at, c.from_shown, c.to_shown, c.subject)
        .where(_mine(traces))
        .order_by(c.id)
    )
    for row in rows:
        yield dict(row._mapping)


async def erase_letters(_rt: Runtime, tx: Tx, traces: Traces) -> Erased:
    """Destroy the letters. Repeatable."""
    return Erased((await tx.execute(caught_letters.delete().where(_mine(traces)))).rowcount)


async def count_old_letters(tx: Tx, *, workspace_id: int, before: datetime) -> int:
    """Return how many letters were caught before a moment."""
    c = caught_letters.c
    found = await tx.execute(
        sa.select(sa.func.count()).where(c.workspace_id == workspace_id, c.caught_at < before)
    )
    return int(found.scalar_one())


async def erase_old_letters(tx: Tx, *, workspace_id: int, before: datetime) -> int:
    """Delete the letters that were caught before a moment; returns how many."""
    c = caught_letters.c
    result = await tx.execute(
        caught_letters.delete().where(c.workspace_id == workspace_id, c.caught_at < before)
    )
    return result.rowcount
