"""What of a person is on its way to other services: handed out, counted, destroyed.

Deliveries hold whole events, often of many people; an erasure cuts out those of one and leaves the
others on their way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import sqlalchemy as sa

from otklik.exports.forwarding.model import ForwardedEvent
from otklik.exports.forwarding.preparing import pack, unpack
from otklik.exports.forwarding.webhook import event_body
from otklik.exports.tables import forward_captures, forward_changes, forward_deliveries
from otklik.kit.traces import Erased, Traces
from otklik.runtime.public import Runtime, Tx

_d = forward_deliveries.c


async def export_deliveries(_rt: Runtime, tx: Tx, traces: Traces) -> AsyncIterator[dict[str, Any]]:
    """Yield the person's events that wait or were given up, as they would leave."""
    async for row, theirs in _deliveries(tx, traces):
        for event in theirs:
            yield {"state": row.state, "created_at": row.created_at, **event_body(event)}


async def count_deliveries(_rt: Runtime, tx: Tx, traces: Traces) -> int:
    """Return how many events of the person wait or were given up."""
    return sum([len(theirs) async for _, theirs in _deliveries(tx, traces)])


async def erase_deliveries(rt: Runtime, tx: Tx, traces: Traces) -> Erased:
    """Cut the person's events out of every delivery; one without others goes as a whole.

    A delivery that is being sent at this moment is left to its end, and looked at again.
    """
    await _await_preparing(tx, traces.workspace_id)
    ids = [row.delivery_id async for row, _ in _deliveries(tx, traces)]
    # From here on no worker takes them.
    rows = (
        await tx.execute(
            sa.select(_d.delivery_id, _d.lease_until, _d.body)
            .where(_d.delivery_id.in_(ids))
            .with_for_update()
        )
    ).all()
    now = rt.clock()
    count, again = 0, None
    for row in rows:
        if row.lease_until is not None and row.lease_until > now:
            again = max(filter(None, (again, row.lease_until)))
            continue
        events = unpack(row.body)
        others = [event for event in events if not _is_theirs(event, traces)]
        count += len(events) - len(others)
        mine = _d.delivery_id == row.delivery_id
        if others:
            cut = {"body": pack(others), "events": len(others), "event": others[0].name}
            await tx.execute(forward_deliveries.update().where(mine).values(**cut))
        else:
            await tx.execute(forward_deliveries.delete().where(mine))
    return Erased(count, again)


async def _await_preparing(tx: Tx, workspace_id: int) -> None:
    """Wait for those who prepare deliveries now: they may have read the person already."""
    for table in (forward_captures, forward_changes):
        (key,) = table.primary_key.columns
        await tx.execute(
            sa.select(key).where(table.c.workspace_id == workspace_id).with_for_update(read=True)
        )


async def _deliveries(tx: Tx, traces: Traces) -> AsyncIterator[tuple[Any, list[ForwardedEvent]]]:
    """Yield each delivery that has events of the person, with those events."""
    statement = sa.select(_d.delivery_id, _d.state, _d.created_at, _d.body).where(
        _d.workspace_id == traces.workspace_id
    )
    async with tx.stream(statement) as rows:
        async for row in rows:
            theirs = [event for event in unpack(row.body) if _is_theirs(event, traces)]
            if theirs:
                yield row, theirs


def _is_theirs(event: ForwardedEvent, traces: Traces) -> bool:
    if event.profile_id in traces.profile_ids:
        return True
    # The same identifiers may be somebody new's later; a number never is.
    return event.received_at <= traces.until and traces.mentioned_in(msgspec.json.encode(event))
