"""The events of one person: his copy of them, their destruction, and what reports keep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa
import sqlalchemy as sa

from otklik.events.tables import event_properties
from otklik.kit.traces import Erased, Traces
from otklik.runtime.public import Runtime, Tx, delete_rows

_OF_PERSON = "workspace_id = {ws:UInt32} AND profile_id IN {ids:Array(UInt64)}"
_PIECE = 10_000
_ANONYMOUS = pa.schema(
    [
        ("workspace_id", pa.uint32()),
        ("profile_id", pa.uint64()),
        ("name", pa.string()),
        ("type", pa.string()),
        ("time", pa.timestamp("ms", tz="UTC")),
        ("received_at", pa.timestamp("ms", tz="UTC")),
        ("properties", pa.string()),
        ("context", pa.string()),
        ("source", pa.string()),
    ]
)


async def count_person_events(rt: Runtime, _tx: Tx, traces: Traces) -> int:
    """Return how many events ClickHouse holds of the person."""
    (row,) = await rt.ch.query(f"SELECT count() FROM events WHERE {_OF_PERSON}", _given(traces))
    return int(row[0])


async def export_events(rt: Runtime, _tx: Tx, traces: Traces) -> AsyncIterator[dict[str, Any]]:
    """Yield every event of the person, oldest first, with bounded memory."""
    after: tuple[datetime, str] | None = None
    while True:
        given = _given(traces)
        condition = ""
        if after is not None:
            given |= {"time": after[0], "message": after[1]}
            condition = "AND (time, message_id) > ({time:DateTime64(3, 'UTC')}, {message:String})"
        rows = await rt.ch.query(
            f"""
            SELECT message_id, name, type, time, received_at, user_id, anonymous_id,
                   toString(properties), context, source
            FROM events WHERE {_OF_PERSON} {condition}
            ORDER BY time, message_id LIMIT {_PIECE}
            """,
            given,
        )
        for row in rows:
            yield {
                "message_id": row[0],
                "name": row[1],
                "type": row[2],
                "time": row[3],
                "received_at": row[4],
                "user_id": row[5],
                "anonymous_id": row[6],
                "properties": msgspec.json.decode(row[7]),
                "context": msgspec.json.decode(row[8] or "{}"),
                "source": row[9],
            }
        if len(rows) < _PIECE:
            return
        after = (rows[-1][3], rows[-1][0])


async def erase_events(rt: Runtime, tx: Tx, traces: Traces, *, goals: Sequence[str] = ()) -> Erased:
    """Destroy the person's events, and samples of his values in the registry. Repeatable.

    `goals`: names of events by which reports count. Of these a bare copy stays: the name, the
    time and numbers, under a number that leads to nobody.
    """
    samples = await _forget_samples(tx, traces)
    count = await count_person_events(rt, tx, traces)
    if count:
        await _keep_counts(rt, traces, goals)
        await delete_rows(rt.ch, "events", _OF_PERSON, _given(traces))
    return Erased(count + samples)


async def _keep_counts(rt: Runtime, traces: Traces, goals: Sequence[str]) -> None:
    if not goals or not traces.stand_in:
        return
    rows = await rt.ch.query(
        f"""
        SELECT name, type, time, received_at, toString(properties), message_id
        FROM events WHERE {_OF_PERSON} AND name IN {{goals:Array(String)}}
        ORDER BY time, message_id
        """,
        {**_given(traces), "goals": list(goals)},
    )
    if not rows:
        return
    table = pa.table(
        {
            "workspace_id": [traces.workspace_id] * len(rows),
            "profile_id": [traces.stand_in] * len(rows),
            "name": [row[0] for row in rows],
            "type": [row[1] for row in rows],
            "time": [row[2] for row in rows],
            "received_at": [row[3] for row in rows],
            "properties": [_numbers(row[4]) for row in rows],
            "context": ["{}"] * len(rows),
            "source": ["erased"] * len(rows),
        },
        schema=_ANONYMOUS,
    )
    # The same rows have the same token, so a pass that is repeated after a crash adds nothing.
    last = f"{len(rows)}:{rows[-1][5]}"
    token = f"erasure-{traces.workspace_id}-{traces.stand_in}-{last}"
    await rt.ch.insert_arrow("events", await asyncio.to_thread(table.combine_chunks), token=token)


def _numbers(properties: str) -> str:
    """Return the numbers of an event's properties as JSON; texts may name a person."""
    found = {
        name: value
        for name, value in msgspec.json.decode(properties).items()
        if isinstance(value, int | float)
    }
    return msgspec.json.encode(found).decode()


async def _forget_samples(tx: Tx, traces: Traces) -> int:
    """Empty samples of property values that are the person's own."""
    own = {value.casefold() for _, value in traces.identifiers}
    own |= {word.casefold() for word in traces.words}
    if not own:
        return 0
    c = event_properties.c
    rows = await tx.execute(
        sa.select(c.name, c.path, c.type, c.sample).where(
            c.workspace_id == traces.workspace_id, c.sample.is_not(None)
        )
    )
    hit = [
        row
        for row in rows
        if (text := str(row.sample).casefold()) in own
        or traces.mentioned_in(text)
        or any(len(word) >= 8 and word in text for word in own)
    ]
    for row in hit:
        await tx.execute(
            event_properties.update()
            .where(
                c.workspace_id == traces.workspace_id,
                c.name == row.name,
                c.path == row.path,
                c.type == row.type,
            )
            .values(sample=sa.null())
        )
    return len(hit)


def _given(traces: Traces) -> dict[str, Any]:
    return {"ws": traces.workspace_id, "ids": list(traces.profile_ids)}


async def count_old_events(rt: Runtime, *, workspace_id: int, before: datetime) -> int:
    """Return how many events happened before a moment."""
    (row,) = await rt.ch.query(
        "SELECT count() FROM events WHERE workspace_id = {ws:UInt32}"
        " AND time < {before:DateTime64(3, 'UTC')}",
        {"ws": workspace_id, "before": before},
    )
    return int(row[0])


async def erase_old_events(rt: Runtime, *, workspace_id: int, before: datetime) -> int:
    """Delete the events of before a moment; returns how many there were."""
    return await delete_rows(
        rt.ch,
        "events",
        "workspace_id = {ws:UInt32} AND time < {before:DateTime64(3, 'UTC')}",
        {"ws": workspace_id, "before": before},
    )


async def erase_events_of(rt: Runtime, *, workspace_id: int, profile_ids: Sequence[int]) -> int:
    """Delete the events under profile ids that lead to nobody any more; returns how many."""
    given = {"ws": workspace_id, "ids": list(profile_ids)}
    return await delete_rows(rt.ch, "events", _OF_PERSON, given)
