"""Calls of incoming webhooks that name a person: their bodies are packed, so each is opened.

A call leads to a person by its profile, or by one of his identifiers in what was kept of it. Its
line stays in the log, with nothing of the person in it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import UUID

import anyio.to_thread
import sqlalchemy as sa
import zstandard

from otklik.ingestion.hooks.tables import hook_calls
from otklik.kit.traces import Erased, Traces
from otklik.runtime.public import Runtime, Tx

_PIECE = 200


async def count_calls(_rt: Runtime, tx: Tx, traces: Traces) -> int:
    """Return how many calls lead to the person."""
    return len([row async for row in _calls(tx, traces)])


async def export_calls(_rt: Runtime, tx: Tx, traces: Traces) -> AsyncIterator[dict[str, Any]]:
    """Yield the person's calls: when they came, and what was kept of them."""
    async for row in _calls(tx, traces):
        yield {
            "received_at": row.received_at,
            "ip": row.ip,
            "body": _opened(row.body).decode("utf-8", "replace"),
            "consents": row.consents,
        }


async def erase_calls(_rt: Runtime, tx: Tx, traces: Traces) -> Erased:
    """Destroy what was kept of the person's calls. Repeatable."""
    ids = [row.call_id async for row in _calls(tx, traces)]
    if ids:
        await tx.execute(
            hook_calls.update()
            .where(hook_calls.c.workspace_id == traces.workspace_id, hook_calls.c.call_id.in_(ids))
            .values(
                body=None,
                ip="",
                detail="",
                problems=[],
                consents=[],
                profile_id=None,
                # A call that waited has nothing left to be mapped.
                state=sa.case(
                    (hook_calls.c.state == "waiting", "ignored"), else_=hook_calls.c.state
                ),
            )
        )
    return Erased(count=len(ids))


async def count_old_calls(tx: Tx, *, workspace_id: int, before: datetime) -> int:
    """Return how many calls of before a moment still have what came with them."""
    found = await tx.execute(
        sa.select(sa.func.count()).select_from(hook_calls).where(_old(workspace_id, before))
    )
    return int(found.scalar_one())


async def erase_old_calls(tx: Tx, *, workspace_id: int, before: datetime) -> int:
    """Delete what came with them; their lines stay in the log. Returns how many."""
    result = await tx.execute(
        hook_calls.update()
        .where(_old(workspace_id, before))
        .values(body=None, ip="", detail="", problems=[], consents=[])
    )
    return result.rowcount


def _old(workspace_id: int, before: datetime) -> sa.ColumnElement[bool]:
    c = hook_calls.c
    # One that still waits is about to become events, which have a term of their own.
    return sa.and_(
        c.workspace_id == workspace_id,
        c.received_at < before,
        c.body.is_not(None),
        c.state != "waiting",
    )


async def _calls(tx: Tx, traces: Traces) -> AsyncIterator[Any]:
    c = hook_calls.c
    after = UUID(int=0)
    while True:
        rows = (
            await tx.execute(
                sa.select(c.call_id, c.received_at, c.ip, c.body, c.consents, c.profile_id)
                .where(
                    c.workspace_id == traces.workspace_id,
                    c.received_at <= traces.until,
                    c.call_id > after,
                    sa.or_(c.body.is_not(None), c.profile_id.is_not(None)),
                )
                .order_by(c.call_id)
                .limit(_PIECE)
            )
        ).all()
        if not rows:
            return
        after = rows[-1].call_id
        for row in await anyio.to_thread.run_sync(_named, list(rows), traces):
            yield row


def _named(rows: list[Any], traces: Traces) -> list[Any]:
    own = set(traces.profile_ids)
    return [row for row in rows if row.profile_id in own or traces.mentioned_in(_opened(row.body))]


def _opened(body: bytes | None) -> bytes:
    """Return all that was kept of a call as one text; forms are read as they would be mapped."""
    return _readable(zstandard.decompress(body)) if body else b""


def _readable(packed: bytes) -> bytes:
    # In a form an address stands with %40 for its sign and + for its spaces.
    return packed + b"\n" + unquote_to_bytes(packed.replace(b"+", b" "))
