"""From stored events to deliveries: nothing is lost, and nothing costs where nobody forwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
import zstandard

from otklik.accounts.public import get_workspace
from otklik.exports.forwarding.model import ForwardedEvent, ForwardingKind
from otklik.exports.tables import forward_captures, forward_deliveries, forwardings
from otklik.ingestion.public import EventsStored
from otklik.kit.ids import new_id
from otklik.profiles.public import profile_columns
from otklik.rules.evaluate import filters_pass
from otklik.rules.facts import EventFact
from otklik.rules.moments import Frame
from otklik.rules.parse import parse_filters
from otklik.runtime.public import CURRENT_PROFILE, Loop, Runtime, Tx, log, notify

CHANNEL = "forwarding"
DELIVERY_CHANNEL = "forwarding.deliver"
_READ_AT_ONCE = 1_000
_MIXPANEL_EVENTS = 1_000
_BYTES_MAX = 4 * 1024 * 1024
"""Bytes of one delivery as it is kept; Mixpanel's form of it stays below the limit of 10 MB."""


class Keys(msgspec.Struct, array_like=True):
    """Where the chosen events of a batch lie in the store."""

    names: list[str]
    profile_ids: list[int]
    times_ms: list[int]
    message_ids: list[str]


async def take_events(news: EventsStored, tx: Tx) -> None:
    """Note which events of a stored batch somebody wants, in the batch's own transaction."""
    c = forwardings.c
    wanting = (
        await tx.execute(
            sa.select(c.forwarding_id, c.names, c.imported).where(
                c.workspace_id == news.workspace_id, c.state != "off"
            )
        )
    ).all()
    if not wanting:
        return
    every = any(row.names is None for row in wanting)
    names = {name for row in wanting for name in row.names or ()}
    imported = any(row.imported for row in wanting)
    events = news.events
    chosen = [
        i
        for i, name in enumerate(events.names)
        if (every or name in names) and (imported or not is_import(events.sources[i]))
    ]
    if not chosen:
        return
    keys = Keys(
        [events.names[i] for i in chosen],
        [events.profile_ids[i] for i in chosen],
        [events.times_ms[i] for i in chosen],
        [events.message_ids[i] for i in chosen],
    )
    await tx.execute(
        forward_captures.insert().values(
            capture_id=new_id(),
            workspace_id=news.workspace_id,
            forwarding_ids=[row.forwarding_id for row in wanting],
            events=len(chosen),
            body=zstandard.compress(msgspec.msgpack.encode(keys), 1),
            due_at=news.now,
            created_at=news.now,
        )
    )
    await notify(tx, CHANNEL)


def is_import(source: str) -> bool:
    return source.startswith("import")


async def step_captures(rt: Runtime) -> bool:
    """Turn one note into deliveries; False when there is none.

    The row is locked while it is worked on, and goes in the transaction that makes its deliveries:
    a process that dies leaves all or nothing.
    """
    now = rt.clock()
    c = forward_captures.c
    async with rt.db.begin() as tx:
        row = (
            await tx.execute(
                sa.select(forward_captures)
                .where(c.due_at <= now)
                .order_by(c.due_at, c.capture_id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
        ).first()
        if row is None:
            return False
        try:
            async with tx.begin_nested():
                await _expand(rt, tx, row, now)
                await tx.execute(forward_captures.delete().where(c.capture_id == row.capture_id))
        except Exception as error:
            log.error(
                "events could not be prepared for forwarding",
                capture=str(row.capture_id),
                error=type(error).__name__,
                exc_info=True,
            )
            pause = timedelta(seconds=min(600, 2 ** min(row.attempts, 10)))
            await tx.execute(
                forward_captures.update()
                .where(c.capture_id == row.capture_id)
                .values(due_at=now + pause, attempts=row.attempts + 1)
            )
        else:
            await notify(tx, DELIVERY_CHANNEL)
    return True


async def _expand(rt: Runtime, tx: Tx, row: Any, now: datetime) -> None:
    c = forwardings.c
    wanting = (
        await tx.execute(
            sa.select(forwardings).where(
                c.workspace_id == row.workspace_id,
                c.forwarding_id.in_(row.forwarding_ids),
                c.state != "off",
            )
        )
    ).all()
    if not wanting:
        return
    keys = msgspec.msgpack.decode(zstandard.decompress(row.body), type=Keys)
    zone = (await get_workspace(tx, workspace_id=row.workspace_id)).timezone
    frame = Frame(now=now, zone=zone)
    events = await read_events(rt, tx, workspace_id=row.workspace_id, keys=keys)
    for one in wanting:
        filters = parse_filters(one.filters)
        names = None if one.names is None else set(one.names)
        chosen = [
            event
            for event in events
            if (names is None or event.name in names)
            and (one.imported or not is_import(event.source))
            and filters_pass(filters, EventFact(event.name, event.time, event.properties), frame)
        ]
        if not one.with_customer:
            chosen = [msgspec.structs.replace(event, customer=None) for event in chosen]
        size = _MIXPANEL_EVENTS if one.kind == ForwardingKind.MIXPANEL else one.batch
        await put_deliveries(tx, one, _groups(chosen, size), now=now)


def _groups(events: list[ForwardedEvent], size: int) -> list[tuple[list[ForwardedEvent], bytes]]:
    """Cut events into deliveries, by their number and by their bytes."""
    made: list[tuple[list[ForwardedEvent], bytes]] = []
    waiting = [events[i : i + size] for i in range(0, len(events), size)]
    while waiting:
        group = waiting.pop(0)
        body = pack(group)
        if len(body) > _BYTES_MAX and len(group) > 1:
            half = len(group) // 2
            waiting[:0] = [group[:half], group[half:]]
        else:
            made.append((group, body))
    return made


async def put_deliveries(
    tx: Tx, row: Any, groups: Sequence[tuple[list[ForwardedEvent], bytes]], *, now: datetime
) -> None:
    """Write deliveries that wait. `row`: of their forwarding."""
    if not groups:
        return
    await tx.execute(
        forward_deliveries.insert(),
        [
            {
                "delivery_id": new_id(),
                "workspace_id": row.workspace_id,
                "forwarding_id": row.forwarding_id,
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


async def read_events(
    rt: Runtime, tx: Tx, *, workspace_id: int, keys: Keys
) -> list[ForwardedEvent]:
    """Return the events of the keys that are in the store, in their order, with their people."""
    found: dict[str, ForwardedEvent] = {}
    for start in range(0, len(keys.names), _READ_AT_ONCE):
        part = slice(start, start + _READ_AT_ONCE)
        rows = await rt.ch.query(
            f"""
            SELECT message_id, name, type, time, received_at,
                   {CURRENT_PROFILE} AS current_id, user_id, anonymous_id,
                   toString(properties), context, source
            FROM events
            WHERE workspace_id = {{workspace_id:UInt32}} AND name IN {{names:Array(String)}}
              AND profile_id IN {{profiles:Array(UInt64)}}
              AND time BETWEEN fromUnixTimestamp64Milli({{first:Int64}}, 'UTC')
                           AND fromUnixTimestamp64Milli({{last:Int64}}, 'UTC')
            """,
            {
                "workspace_id": workspace_id,
                "names": sorted(set(keys.names[part])),
                "profiles": sorted(set(keys.profile_ids[part])),
                "first": min(keys.times_ms[part]),
                "last": max(keys.times_ms[part]),
            },
        )
        wanted = set(keys.message_ids[part])
        for row in rows:
            if row[0] in wanted:
                found[row[0]] = _event(row)
    people = await _customers(tx, workspace_id, {e.profile_id for e in found.values()})
    return [
        msgspec.structs.replace(found[one], customer=people.get(found[one].profile_id))
        for one in dict.fromkeys(keys.message_ids)
        if one in found
    ]


async def _customers(tx: Tx, workspace_id: int, ids: set[int]) -> dict[int, dict[str, str | None]]:
    if not ids:
        return {}
    table = await profile_columns(tx, workspace_id=workspace_id, profile_ids=sorted(ids))
    return {
        row["profile_id"]: {k: row[k] for k in ("name", "email", "phone", "user_id")}
        for row in table.to_pylist()
    }


def _event(row: tuple[Any, ...]) -> ForwardedEvent:
    return ForwardedEvent(
        message_id=row[0],
        name=row[1],
        type=row[2],
        time=row[3].astimezone(UTC),
        received_at=row[4].astimezone(UTC),
        profile_id=int(row[5]),
        user_id=row[6],
        anonymous_id=row[7],
        properties=msgspec.json.decode(row[8] or "{}"),
        context=msgspec.json.decode(row[9] or "{}"),
        source=row[10],
    )


_decoder = msgspec.json.Decoder(list[ForwardedEvent])


def pack(events: list[ForwardedEvent]) -> bytes:
    # JSON and not a denser form: properties may hold numbers longer than a machine word.
    return msgspec.json.encode(events)


def unpack(body: bytes) -> list[ForwardedEvent]:
    return _decoder.decode(zstandard.decompress(body))


CAPTURES_LOOP = Loop(
    name="exports.captures", step=step_captures, channel=CHANNEL, idle_s=10.0, copies=1
)
