"""From a note of what is to be sent to deliveries that wait: what events and changes share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
import zstandard

from otklik.exports.forwarding.model import ForwardedEvent, ForwardingKind
from otklik.exports.tables import forward_deliveries
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime, Tx, log, notify

DELIVERY_CHANNEL = "forwarding.deliver"
_MIXPANEL_EVENTS = 1_000
_BYTES_MAX = 4 * 1024 * 1024
"""Bytes of one delivery as it is kept; Mixpanel's form of it stays below the limit of 10 MB."""

Prepare = Callable[[Runtime, Tx, Any, datetime], Awaitable[None]]
"""Makes deliveries of a row, and deletes it or moves it on."""


async def prepare_next(rt: Runtime, table: sa.Table, prepare: Prepare) -> bool:
    """Turn the next due note of a table into deliveries; False when there is none.

    The row is locked while it is worked on and goes in the transaction that makes its deliveries:
    a process that dies leaves all or nothing.
    """
    now = rt.clock()
    (key,) = table.primary_key.columns
    async with rt.db.begin() as tx:
        row = (
            await tx.execute(
                sa.select(table)
                .where(table.c.due_at <= now)
                .order_by(table.c.due_at, key)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
        ).first()
        if row is None:
            return False
        mine = key == row._mapping[key.name]
        try:
            async with tx.begin_nested():
                await prepare(rt, tx, row, now)
        except Exception as error:
            log.error(
                "something could not be prepared for forwarding",
                table=table.name,
                row=str(row._mapping[key.name]),
                error=type(error).__name__,
                exc_info=True,
            )
            pause = timedelta(seconds=min(600, 2 ** min(row.attempts, 10)))
            await tx.execute(
                table.update().where(mine).values(due_at=now + pause, attempts=row.attempts + 1)
            )
        else:
            await notify(tx, DELIVERY_CHANNEL)
    return True


async def put_deliveries(
    tx: Tx, forwarding: Any, events: list[ForwardedEvent], *, now: datetime
) -> None:
    """Write deliveries that wait, cut to what the receiver takes at once."""
    size = _MIXPANEL_EVENTS if forwarding.kind == ForwardingKind.MIXPANEL else forwarding.batch
    groups = _groups(events, size)
    if not groups:
        return
    await tx.execute(
        forward_deliveries.insert(),
        [
            {
                "delivery_id": new_id(),
                "workspace_id": forwarding.workspace_id,
                "forwarding_id": forwarding.forwarding_id,
                "state": "waiting",
                "event": group[0].name,
                "events": len(group),
                "body": zstandard.compress(body, 1),
                "due_at": now,
                "created_at": now,
            }
            for group, body in groups
        ],
    )


def _groups(
    events: Sequence[ForwardedEvent], size: int
) -> list[tuple[Sequence[ForwardedEvent], bytes]]:
    """Cut events into deliveries, by their number and by their bytes."""
    made: list[tuple[Sequence[ForwardedEvent], bytes]] = []
    waiting = [events[i : i + size] for i in range(0, len(events), size)]
    while waiting:
        group = waiting.pop(0)
        body = _encoded(group)
        if len(body) > _BYTES_MAX and len(group) > 1:
            half = len(group) // 2
            waiting[:0] = [group[:half], group[half:]]
        else:
            made.append((group, body))
    return made


_decoder = msgspec.json.Decoder(list[ForwardedEvent])


def _encoded(events: Sequence[ForwardedEvent]) -> bytes:
    # JSON and not a denser form: properties may hold numbers longer than a machine word.
    return msgspec.json.encode(events)


def pack(events: Sequence[ForwardedEvent]) -> bytes:
    return zstandard.compress(_encoded(events), 1)


def unpack(body: bytes) -> list[ForwardedEvent]:
    return _decoder.decode(zstandard.decompress(body))
