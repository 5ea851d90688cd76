"""People who enter or leave a segment, as events of their own.

A change may have a million people. What is written in its transaction is one row for each
forwarding that wants it; who the people are is read from the store page by page, and no faster than
the receiver takes them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.exports.forwarding.capture import customers
from otklik.exports.forwarding.model import ForwardedEvent
from otklik.exports.forwarding.preparing import prepare_next, put_deliveries
from otklik.exports.tables import (
    forward_changes,
    forward_deliveries,
    forwarding_segments,
    forwardings,
)
from otklik.kit.ids import new_id
from otklik.profiles.public import current_ids, newest_devices
from otklik.runtime.public import Loop, Runtime, Tx, notify
from otklik.segments.public import Change, SegmentChanged, recorded_people, segment_names

CHANNEL = "forwarding.changes"
PAGE: Final = 1_000
WAITING_MAX: Final = 10_000
"""Events that may wait for a receiver before the next page of a change is read for it."""
_PAUSE = timedelta(seconds=5)
SOURCE = "segments"
NAMES: Final[dict[Change, str]] = {"entered": "Segment entered", "left": "Segment left"}


async def take_changes(news: SegmentChanged, tx: Tx) -> None:
    """Note a change of a segment for every forwarding that wants it, in its own transaction."""
    s, f = forwarding_segments.c, forwardings.c
    wanting = (
        await tx.execute(
            sa.select(s.forwarding_id, s.entered, s.left)
            .join(forwardings, f.forwarding_id == s.forwarding_id)
            .where(
                s.workspace_id == news.workspace_id,
                s.segment_id == news.segment_id,
                f.state != "off",
            )
        )
    ).all()
    kinds: tuple[tuple[Change, int], ...] = (("entered", news.entered), ("left", news.left))
    rows = [
        {
            "change_id": new_id(),
            "workspace_id": news.workspace_id,
            "forwarding_id": row.forwarding_id,
            "segment_id": news.segment_id,
            "at": news.at,
            "change": change,
            "people": people,
            "due_at": news.now,
            "created_at": news.now,
        }
        for row in wanting
        for change, people in kinds
        if people and row._mapping[change]
    ]
    if rows:
        await tx.execute(insert(forward_changes).on_conflict_do_nothing(), rows)
        await notify(tx, CHANNEL)


async def step_changes(rt: Runtime) -> bool:
    """Turn the next people of one change into deliveries; False when nothing is due."""
    return await prepare_next(rt, forward_changes, _prepare)


async def _prepare(rt: Runtime, tx: Tx, row: Any, now: datetime) -> None:
    c, f, s = forward_changes.c, forwardings.c, forwarding_segments.c
    mine = c.change_id == row.change_id
    still_chosen = sa.exists().where(
        s.forwarding_id == f.forwarding_id,
        s.segment_id == row.segment_id,
        s.entered if row.change == "entered" else s.left,
    )
    forwarding = (
        await tx.execute(
            sa.select(forwardings).where(
                f.workspace_id == row.workspace_id,
                f.forwarding_id == row.forwarding_id,
                f.state != "off",
                still_chosen,
            )
        )
    ).first()
    name = (await segment_names(tx, workspace_id=row.workspace_id)).get(row.segment_id)
    if forwarding is None or name is None:
        await tx.execute(forward_changes.delete().where(mine))
        return
    if await _waiting(tx, row.forwarding_id) >= WAITING_MAX:
        await tx.execute(forward_changes.update().where(mine).values(due_at=now + _PAUSE))
        return
    ids = await recorded_people(
        rt,
        workspace_id=row.workspace_id,
        segment_id=row.segment_id,
        at=row.at,
        change=row.change,
        after=row.reached,
        limit=PAGE,
    )
    events = await _events(tx, row, ids, name, with_customer=forwarding.with_customer)
    await put_deliveries(tx, forwarding, events, now=now)
    if len(ids) < PAGE:
        await tx.execute(forward_changes.delete().where(mine))
    else:
        await tx.execute(
            forward_changes.update()
            .where(mine)
            .values(reached=ids[-1], done=c.done + len(ids), due_at=now, attempts=0)
        )


async def _waiting(tx: Tx, forwarding_id: UUID) -> int:
    """Return how many events wait for a receiver, counted no further than is asked."""
    d = forward_deliveries.c
    some = (
        sa.select(d.events)
        .where(d.forwarding_id == forwarding_id, d.state == "waiting")
        .limit(WAITING_MAX)
        .subquery()
    )
    found = await tx.execute(sa.select(sa.func.coalesce(sa.func.sum(some.c.events), 0)))
    return int(found.scalar_one())


async def _events(
    tx: Tx, row: Any, ids: list[int], name: str, *, with_customer: bool
) -> list[ForwardedEvent]:
    """Return the events of a page; who was erased since is left out."""
    today = await current_ids(tx, workspace_id=row.workspace_id, profile_ids=ids)
    # Two who were merged since are one person.
    people = list(dict.fromkeys(today[one] for one in ids if one in today))
    known = await customers(tx, row.workspace_id, set(people))
    devices = await newest_devices(
        tx, workspace_id=row.workspace_id, profile_ids=[one for one in people if one in known]
    )
    return [
        ForwardedEvent(
            message_id=str(change_event_id(row.segment_id, row.at, row.change, one)),
            name=NAMES[row.change],
            type="track",
            time=row.at,
            received_at=row.at,
            profile_id=one,
            user_id=known[one]["user_id"] or "",
            anonymous_id=devices.get(one, ""),
            properties={"segment_id": str(row.segment_id), "segment_name": name},
            context={},
            source=SOURCE,
            customer=known[one] if with_customer else None,
        )
        for one in people
        if one in known
    ]


def change_event_id(segment_id: UUID, at: datetime, change: Change, profile_id: int) -> UUID:
    """Name one person's part in one change: the same at every look and for every receiver."""
    return uuid5(segment_id, f"{int(at.timestamp() * 1000)} {change} {profile_id}")


CHANGES_LOOP = Loop(name="exports.changes", step=step_changes, channel=CHANNEL, idle_s=10.0)
