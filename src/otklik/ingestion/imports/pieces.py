"""One piece of an import: what its rows put into the event log, and where the next one begins."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.ingestion.imports import files
from otklik.ingestion.imports.facts import (
    GRANTED,
    WITHDRAWN,
    ConsentMaker,
    ConsentRow,
    EventRow,
    StopRow,
)
from otklik.ingestion.imports.make import make_rows
from otklik.ingestion.imports.model import (
    ERRORS_KEPT_MAX,
    Counts,
    ImportKind,
    ImportPlan,
    ImportState,
    RowProblem,
)
from otklik.ingestion.imports.reader import Piece, read_piece
from otklik.ingestion.imports.rows import (
    Customer,
    OrderRow,
    is_refund,
    order_call,
)
from otklik.ingestion.log import append_in
from otklik.ingestion.model import Record
from otklik.ingestion.tables import (
    import_bad_rows,
    import_errors,
    import_keys,
    import_lines,
    imports,
)
from otklik.privacy.public import (
    Stop,
    SuppressionReason,
    list_topics,
    suppress_many,
    suppressed,
)
from otklik.profiles.public import known_values, text_array
from otklik.runtime.public import Runtime, Tx, driver

PIECE_ROWS = 4_000
PIECE_BYTES = 4 * 1024 * 1024
ORDER_ROWS = 10_000
BAD_ROW_CHARS_MAX = 20_000
_REFUSALS = frozenset({"withdrawn", "unsubscribed", "complaint"})
"""Effects that say a person wants nothing more; an address may be stopped besides."""

_encode = msgspec.json.Encoder(decimal_format="number").encode
_encode_line = msgspec.msgpack.Encoder().encode
_decode_line = msgspec.msgpack.Decoder(OrderRow).decode

Found = tuple[list[Any], list[RowProblem]]


async def read_rows(rt: Runtime, tx: Tx, row: Any, plan: ImportPlan, now: datetime) -> None:
    """Read the next rows of the file and keep what they give."""
    path = files.path_of(
        rt, workspace_id=row.workspace_id, file_id=row.file_id, part=plan.form.part
    )
    topics = await _topics(tx, row, plan)
    piece, (good, problems) = await asyncio.to_thread(_read_and_make, path, plan, row, topics)
    values: dict[str, Any] = {
        "state": "running",
        "started_at": row.started_at or now,
        "touched_at": now,
        "bytes_done": piece.offset,
        "line_done": piece.line,
        "rows_read": row.rows_read + len(piece.rows) + len(piece.problems),
        "rows_failed": row.rows_failed + len({p.line for p in problems}),
        "rows_ok": row.rows_ok + len(good),
    }
    await _put_problems(tx, row, problems)
    values |= await _put(tx, row, plan, good, now)
    await change(tx, row, **values)
    if piece.ended:
        if plan.kind is ImportKind.ORDERS:
            await change(tx, row, phase="emit", bytes_done=row.bytes_total)
        else:
            await finish(rt, tx, row, ImportState.DONE, now)


def _read_and_make(
    path: Path, plan: ImportPlan, row: Any, topics: Mapping[str, UUID]
) -> tuple[Piece, Found]:
    piece = read_piece(
        path,
        plan.form,
        offset=row.bytes_done,
        line=row.line_done,
        rows_max=PIECE_ROWS,
        bytes_max=PIECE_BYTES,
    )
    good, problems = make_rows(plan, piece.rows, topics)
    return piece, (good, [*piece.problems, *problems])


async def _put(
    tx: Tx, row: Any, plan: ImportPlan, good: list[Any], now: datetime
) -> dict[str, Any]:
    """Store what good rows became; returns the counters of the import that have changed."""
    match plan.kind:
        case ImportKind.CUSTOMERS:
            return await _customers(tx, row, good, now)
        case ImportKind.ORDERS:
            return await _order_rows(tx, row, good)
        case ImportKind.EVENTS:
            return await _events(tx, row, good, now)
        case ImportKind.CONSENTS:
            return await _consents(tx, row, plan, good, now)
        case ImportKind.SUPPRESSIONS:
            return await _suppressions(tx, row, good, now)


async def _topics(tx: Tx, row: Any, plan: ImportPlan) -> dict[str, UUID]:
    if plan.kind is not ImportKind.CONSENTS:
        return {}
    return await topics_by_name(tx, workspace_id=row.workspace_id)


async def topics_by_name(tx: Tx, *, workspace_id: int) -> dict[str, UUID]:
    """Return the ids of topics by their names in lower case, as a file may name them."""
    return {
        topic.name.lower(): topic.id for topic in await list_topics(tx, workspace_id=workspace_id)
    }


async def _customers(tx: Tx, row: Any, good: Sequence[Customer], now: datetime) -> dict[str, Any]:
    """Put the identify calls of a piece into the log; counts who was not known."""
    created = await _count_new(tx, row, [(customer.kind, customer.key) for customer in good])
    if not row.dry_run:
        said, prefix = row.created_at.isoformat(), f"import:{row.import_id}:"
        calls = []
        for customer in good:
            call = customer.call
            call["messageId"] = f"{prefix}{customer.line}"
            call["timestamp"] = said
            calls.append(call)
        await _append(tx, row, calls, now)
    return {"created": row.created + created, "updated": row.updated + len(good) - created}


async def _events(tx: Tx, row: Any, good: Sequence[EventRow], now: datetime) -> dict[str, Any]:
    """Put the events of a piece into the log, but for those that were imported before."""
    first: dict[str, EventRow] = {}
    for event in good:
        first.setdefault(event.key, event)
    fresh = [first[key] for key in await _new_events(tx, row, list(first))]
    created = await _count_new(tx, row, [event.people[0] for event in fresh])
    people = len({event.people[0] for event in fresh})
    if not row.dry_run:
        await _append(tx, row, [event.call for event in fresh], now)
    counts = _counts(row)
    counts.events += len(fresh)
    counts.repeats += len(good) - len(fresh)
    return {
        "created": row.created + created,
        "updated": row.updated + people - created,
        "counts": msgspec.to_builtins(counts),
    }


async def _consents(
    tx: Tx, row: Any, plan: ImportPlan, good: Sequence[ConsentRow], now: datetime
) -> dict[str, Any]:
    """Put what people said into the log; addresses that are dead go to the stop list."""
    created = await _count_new(tx, row, [consent.people[0] for consent in good])
    counts = _counts(row)
    said, prefix = row.created_at.isoformat(), f"import:{row.import_id}:"
    agreed = plan.options.agreed_at or row.created_at
    maker = ConsentMaker(plan, {})
    calls, stops = [], []
    for consent in good:
        message_id = f"{prefix}{consent.line}"
        call = consent.identify
        calls.append({**call, "messageId": message_id, "timestamp": said})
        granted = consent.effect == "granted"
        counts.granted += granted
        if granted or consent.effect in _REFUSALS:
            counts.withdrawn += not granted
            at = consent.at or (agreed if granted else row.created_at)
            calls.append(_said_call(call, consent, at, message_id, plan))
        elif consent.effect == "none":
            counts.silent += 1
        stop = maker.stop_row(consent)
        if stop is not None:
            stops.append(stop)
    if not row.dry_run:
        await _append(tx, row, calls, now)
    await _stop(tx, row, stops, counts, now)
    return {
        "created": row.created + created,
        "updated": row.updated + len(good) - created,
        "counts": msgspec.to_builtins(counts),
    }


def _said_call(
    call: dict[str, Any], consent: ConsentRow, at: datetime, message_id: str, plan: ImportPlan
) -> dict[str, Any]:
    """Return the event of a consent or a refusal: by it the ledger learns of it."""
    properties = dict(consent.said)
    if plan.options.note:
        properties.setdefault("note", plan.options.note)
    said: dict[str, Any] = {
        "type": "track",
        "event": GRANTED if consent.effect == "granted" else WITHDRAWN,
        "messageId": f"{message_id}:said",
        "timestamp": at.isoformat(),
        "properties": properties,
    }
    if "userId" in call:
        said["userId"] = call["userId"]
    context = dict(call.get("context", {}))
    known = {name: call["traits"][name] for name in ("email", "phone") if call["traits"].get(name)}
    if known:
        context["traits"] = known
    if context:
        said["context"] = context
    return said


async def _suppressions(
    tx: Tx, row: Any, good: Sequence[list[StopRow]], now: datetime
) -> dict[str, Any]:
    """Put addresses on the stop list. It knows them by a hash, so no profile is made of them."""
    counts = _counts(row)
    await _stop(tx, row, [stop for stops in good for stop in stops], counts, now)
    return {"counts": msgspec.to_builtins(counts)}


async def _stop(tx: Tx, row: Any, stops: Sequence[StopRow], counts: Counts, now: datetime) -> None:
    addresses = {(stop.channel, stop.address) for stop in stops}
    if row.dry_run:
        unseen = await _unseen(tx, row, [f"{channel}:{address}" for channel, address in addresses])
        known = 0
        for channel in {channel for channel, _ in addresses}:
            mine = [a for c, a in addresses if c == channel and f"{c}:{a}" in unseen]
            known += len(
                await suppressed(tx, workspace_id=row.workspace_id, channel=channel, addresses=mine)
            )
        new = len(unseen) - known
    else:
        new = await suppress_many(
            tx,
            workspace_id=row.workspace_id,
            stops=[
                Stop(
                    channel=stop.channel,
                    address=stop.address,
                    reason=SuppressionReason(stop.reason),
                    at=stop.at or row.created_at,
                )
                for stop in stops
            ],
            now=now,
        )
    counts.suppressed += new
    counts.suppressed_known += len(stops) - new


def _counts(row: Any) -> Counts:
    return msgspec.convert(row.counts, Counts)


async def _order_rows(tx: Tx, row: Any, good: Sequence[OrderRow]) -> dict[str, Any]:
    """Put lines of orders aside until the whole file is read: an order's lines may lie apart."""
    if good:
        connection = await driver(tx)
        async with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY import_lines (import_id, order_id, line, workspace_id, body)"
                " FROM STDIN (FORMAT BINARY)"
            ) as copy,
        ):
            copy.set_types(["uuid", "text", "int8", "int4", "bytea"])
            for line in good:
                await copy.write_row(
                    (row.import_id, line.order_id, line.line, row.workspace_id, _encode_line(line))
                )
    return {}


async def emit_orders(rt: Runtime, tx: Tx, row: Any, plan: ImportPlan, now: datetime) -> None:
    """Put the next orders, whole, into the log, in the order of their numbers."""
    lines, ended = await _next_lines(tx, row)
    orders: dict[str, list[OrderRow]] = {}
    for line in lines:
        orders.setdefault(line.order_id, []).append(line)
    calls = []
    skipped = anonymous = refunds = 0
    for order_id, rows in orders.items():
        nobody = not any(r.user_id or r.email or r.phone for r in rows)
        anonymous += len(rows) if nobody else 0
        call = order_call(rows, plan)
        if call is None:
            skipped += len(rows)
            continue
        refunds += is_refund(call)
        calls.append({**call, "messageId": f"import:{row.import_id}:order:{order_id}"})
    if not row.dry_run:
        await _append(tx, row, calls, now)
    await change(
        tx,
        row,
        touched_at=now,
        emit_after=lines[-1].order_id if lines else row.emit_after,
        orders=row.orders + len(calls) - refunds,
        refunds=row.refunds + refunds,
        rows_skipped=row.rows_skipped + skipped,
        rows_anonymous=row.rows_anonymous + anonymous,
    )
    if ended:
        await finish(rt, tx, row, ImportState.DONE, now)


async def _next_lines(tx: Tx, row: Any) -> tuple[list[OrderRow], bool]:
    """Return lines of whole orders after the last one, and whether these are all."""
    table = import_lines.c
    mine = (table.import_id == row.import_id, table.workspace_id == row.workspace_id)
    query = sa.select(table.order_id, table.body).where(*mine)
    if row.emit_after is not None:
        query = query.where(table.order_id > row.emit_after)
    found = (await tx.execute(query.order_by(table.order_id, table.line).limit(ORDER_ROWS))).all()
    if len(found) < ORDER_ROWS:
        return [_decode_line(r.body) for r in found], True
    last = found[-1].order_id
    whole = [r for r in found if r.order_id != last]
    if not whole:
        # One order that is longer than a piece is taken alone and whole.
        whole = list(
            (
                await tx.execute(
                    sa.select(table.order_id, table.body)
                    .where(*mine, table.order_id == last)
                    .order_by(table.line)
                )
            ).all()
        )
    return [_decode_line(r.body) for r in whole], False


async def _append(tx: Tx, row: Any, calls: list[dict[str, Any]], now: datetime) -> None:
    """Put calls into the event log, in records of a bounded size."""
    received_ms = int(now.timestamp() * 1000)
    for begin in range(0, len(calls), PIECE_ROWS):
        part = calls[begin : begin + PIECE_ROWS]
        record = Record("batch", received_ms, "import", None, "", None, _encode(part))
        await append_in(tx, workspace_id=row.workspace_id, records=[record], events=len(part))


async def _count_new(tx: Tx, row: Any, people: Sequence[tuple[str, str]]) -> int:
    """Return how many people nobody has heard of: not in the store, nor earlier in this import."""
    by_kind: dict[str, set[str]] = {}
    for kind, value in people:
        by_kind.setdefault(kind, set()).add(value)
    fresh: list[str] = []
    for kind, values in by_kind.items():
        known = await known_values(tx, workspace_id=row.workspace_id, kind=kind, values=values)
        fresh += [f"{kind}:{value}" for value in values - known]
    return await _remember(tx, row, fresh)


async def _remember(tx: Tx, row: Any, keys: Sequence[str]) -> int:
    """Remember keys of this import; returns how many of them it had not met before."""
    if not keys:
        return 0
    result = await (await driver(tx)).execute(
        """
        INSERT INTO import_keys (import_id, key, workspace_id)
        SELECT DISTINCT %s::uuid, hashtextextended(key, 0), %s::int
        FROM unnest(%s::text[]) AS given (key)
        ON CONFLICT DO NOTHING
        """,
        (row.import_id, row.workspace_id, text_array(keys)),
    )
    return result.rowcount


async def _unseen(tx: Tx, row: Any, keys: Sequence[str]) -> set[str]:
    """Return which keys this import meets for the first time, and remember them."""
    if not keys:
        return set()
    cursor = await (await driver(tx)).execute(
        """
        WITH given AS (
            SELECT key, hashtextextended(key, 0) AS hash FROM unnest(%s::text[]) AS g (key)
        ), fresh AS (
            INSERT INTO import_keys (import_id, key, workspace_id)
            SELECT DISTINCT %s::uuid, hash, %s::int FROM given
            ON CONFLICT DO NOTHING RETURNING key
        )
        SELECT given.key FROM given JOIN fresh ON fresh.key = given.hash
        """,
        (text_array(keys), row.import_id, row.workspace_id),
    )
    return {found[0] for found in await cursor.fetchall()}


async def _new_events(tx: Tx, row: Any, keys: Sequence[str]) -> list[str]:
    """Return which of distinct events no import has brought; a real run remembers them."""
    if not keys:
        return []
    connection = await driver(tx)
    array = "{" + ",".join(sorted(keys)) + "}"
    if row.dry_run:
        cursor = await connection.execute(
            """
            SELECT replace(given.key::text, '-', '') FROM unnest(%s::uuid[]) AS given (key)
            WHERE NOT EXISTS (
                SELECT FROM import_event_keys k WHERE k.workspace_id = %s AND k.key = given.key
            )
            """,
            (array, row.workspace_id),
        )
        new = {found[0] for found in await cursor.fetchall()}
        new = await _unseen(tx, row, sorted(new))
    else:
        cursor = await connection.execute(
            """
            INSERT INTO import_event_keys (workspace_id, key)
            SELECT %s, key FROM unnest(%s::uuid[]) AS given (key)
            ON CONFLICT DO NOTHING RETURNING replace(key::text, '-', '')
            """,
            (row.workspace_id, array),
        )
        new = {found[0] for found in await cursor.fetchall()}
    return [key for key in keys if key in new]


async def _put_problems(tx: Tx, row: Any, problems: Sequence[RowProblem]) -> None:
    room = max(0, ERRORS_KEPT_MAX - row.rows_failed)
    kept = {(p.line, p.column): p for p in problems[:room]}
    if not kept:
        return
    await tx.execute(
        import_errors.insert(),
        [
            {
                "import_id": row.import_id,
                "workspace_id": row.workspace_id,
                "line": p.line,
                "column": p.column,
                "code": p.code,
                "value": p.value.replace("\0", "\ufffd"),
            }
            for p in kept.values()
        ],
    )
    whole = {p.line: p.cells for p in kept.values() if p.cells is not None}
    lines = [
        {
            "import_id": row.import_id,
            "workspace_id": row.workspace_id,
            "line": line,
            "cells": [cell.replace("\0", "\ufffd") for cell in cells],
        }
        for line, cells in whole.items()
        # A row of a megabyte is named, but not kept a second time.
        if sum(map(len, cells)) <= BAD_ROW_CHARS_MAX
    ]
    if lines:
        await tx.execute(import_bad_rows.insert(), lines)


async def finish(rt: Runtime, tx: Tx, row: Any, state: ImportState, now: datetime) -> None:
    """Close an import and delete what it needed only while it went on."""
    await change(tx, row, state=state.value, phase="end", finished_at=now, touched_at=now)
    for table in (import_keys, import_lines):
        await tx.execute(
            table.delete().where(
                table.c.import_id == row.import_id, table.c.workspace_id == row.workspace_id
            )
        )
    if not row.dry_run:
        files.forget(rt, workspace_id=row.workspace_id, file_id=row.file_id)


async def change(tx: Tx, row: Any, **values: Any) -> None:
    """Write columns of an import that the transaction holds."""
    await tx.execute(
        imports.update()
        .where(imports.c.import_id == row.import_id, imports.c.workspace_id == row.workspace_id)
        .values(**values)
    )
