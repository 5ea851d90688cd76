"""What the engine room holds of a person for a while: facts on their way, answers for repeats."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import zstandard

from otklik.kit.traces import Erased, Traces
from otklik.runtime.context import Runtime
from otklik.runtime.outbox import fact_outbox
from otklik.runtime.postgres import Tx
from otklik.runtime.web.idempotency import idempotency_keys

_AGAIN = timedelta(seconds=3)


async def count_passing(_rt: Runtime, tx: Tx, traces: Traces) -> int:
    """Return how many bundles of facts on their way, and kept answers, name the person."""
    return await _waiting(tx, traces) + len(await _answers(tx, traces))


async def export_passing(_rt: Runtime, _tx: Tx, _traces: Traces) -> AsyncIterator[dict[str, Any]]:
    """Yield nothing: what passes through is handed out where it arrives."""
    nothing: tuple[dict[str, Any], ...] = ()
    for record in nothing:
        yield record


async def erase_passing(rt: Runtime, tx: Tx, traces: Traces) -> Erased:
    """Destroy kept answers that name the person, and wait for facts that are on their way.

    A repeated request whose answer is gone is told so; it is not carried out a second time.
    """
    answers = await _answers(tx, traces)
    if answers:
        await tx.execute(
            idempotency_keys.update()
            .where(idempotency_keys.c.claim.in_(answers))
            .values(status=None, content_type=None, body=None)
        )
    waits = await _waiting(tx, traces)
    return Erased(len(answers), rt.clock() + _AGAIN if waits else None)


async def _answers(tx: Tx, traces: Traces) -> list[bytes]:
    c = idempotency_keys.c
    rows = await tx.stream(
        sa.select(c.claim, c.body).where(c.body.is_not(None), c.created_at <= traces.until)
    )
    return [row.claim async for row in rows if traces.mentioned_in(row.body)]


async def _waiting(tx: Tx, traces: Traces) -> int:
    numbers = "|".join(str(one) for one in traces.profile_ids)
    named = re.compile(rf'"profile_id":({numbers})\b'.encode())
    c = fact_outbox.c
    rows = await tx.stream(sa.select(c.body).where(c.workspace_id == traces.workspace_id))
    return sum([1 async for row in rows if named.search(zstandard.decompress(row.body))])
