"""From stored events to deliveries: nothing is lost, and nothing costs where nobody forwards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
import zstandard

from otklik.accounts.public import get_workspace
from otklik.exports.forwarding.model import ForwardedEvent
from otklik.exports.forwarding.preparing import prepare_next, put_deliveries
from otklik.exports.tables import forward_captures, forwardings
from otklik.ingestion.public import EventsStored
from otklik.kit.ids import new_id
from otklik.profiles.public import profile_columns
from otklik.rules.evaluate import filters_pass
from otklik.rules.facts import EventFact
from otklik.rules.moments import Frame
from otklik.rules.parse import parse_filters
from otklik.runtime.public import CURRENT_PROFILE, Loop, Runtime, Tx, notify

CHANNEL = "forwarding"
_READ_AT_ONCE = 1_000


class Keys(msgspec.Struct, array_like=True):
    """Where the chosen events of a batch lie in the store."""

    names: list[str]
    profile_ids: list[int]
    times_ms: list[int]
    message_ids: list[str]


async def take_events(news: EventsStored, tx: Tx) -> None:
    """Note which events of a stored batch somebody wants, in the batch's own transaction."""
    c = forwardings.c
    wanting = [
        row
        for row in await tx.execute(
            sa.select(c.forwarding_id, c.names, c.imported).where(
                c.workspace_id == news.workspace_id, c.state != "off"
            )
        )
        if row.names is None or row.names
    ]
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
    """Turn one note of events into deliveries; False when there is none."""
    return await prepare_next(rt, forward_captures, _prepare)


async def _prepare(rt: Runtime, tx: Tx, row: Any, now: datetime) -> None:
    await _expand(rt, tx, row, now)
    await tx.execute(
        forward_captures.delete().where(forward_captures.c.capture_id == row.capture_id)
    )


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
        await put_deliveries(tx, one, chosen, now=now)


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
    people = await customers(tx, workspace_id, {e.profile_id for e in found.values()})
    return [
        msgspec.structs.replace(found[one], customer=people.get(found[one].profile_id))
        for one in dict.fromkeys(keys.message_ids)
        if one in found
    ]


async def customers(tx: Tx, workspace_id: int, ids: set[int]) -> dict[int, dict[str, str | None]]:
    """Return who the living ones of these profiles are, as it goes along with an event."""
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


CAPTURES_LOOP = Loop(
    name="exports.captures", step=step_captures, channel=CHANNEL, idle_s=10.0, copies=1
)
