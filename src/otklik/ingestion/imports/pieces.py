"""One piece of an import: what its rows put into the event log, and where the next one begins."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from otklik.ingestion.imports import files
from otklik.ingestion.imports.model import (
    ERRORS_KEPT_MAX,
    ImportKind,
    ImportPlan,
    ImportState,
    RowProblem,
)
from otklik.ingestion.imports.reader import Piece, read_piece
from otklik.ingestion.imports.rows import Customer, OrderRow, is_refund, make_rows, order_call
from otklik.ingestion.log import append_in
from otklik.ingestion.model import Record
from otklik.ingestion.tables import import_errors, import_keys, import_lines, imports
from otklik.profiles.public import known_identifiers
from otklik.runtime.public import Runtime, Tx, driver

PIECE_ROWS = 4_000
PIECE_BYTES = 4 * 1024 * 1024
ORDER_ROWS = 10_000

_encode = msgspec.json.Encoder(decimal_format="number").encode
_encode_line = msgspec.msgpack.Encoder().encode
_decode_line = msgspec.msgpack.Decoder(OrderRow).decode

Found = tuple[list[Any], list[RowProblem]]


async def read_rows(rt: Runtime, tx: Tx, row: Any, plan: ImportPlan, now: datetime) -> None:
    """Read the next rows of the file and keep what they give."""
    path = files.path_of(rt, workspace_id=row.workspace_id, file_id=row.file_id)
    piece, (good, problems) = await asyncio.to_thread(_read_and_make, path, plan, row)
    counts: dict[str, Any] = {
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
    if plan.kind is ImportKind.CUSTOMERS:
        created = await _customers(tx, row, good, now)
        counts |= {
            "created": row.created + created,
            "updated": row.updated + len(good) - created,
        }
    else:
        counts |= await _order_rows(tx, row, good)
    await change(tx, row, **counts)
    if piece.ended:
        if plan.kind is ImportKind.ORDERS:
            await change(tx, row, phase="emit", bytes_done=row.bytes_total)
        else:
            await finish(rt, tx, row, ImportState.DONE, now)


def _read_and_make(path: Path, plan: ImportPlan, row: Any) -> tuple[Piece, Found]:
    piece = read_piece(
        path,
        plan.form,
        offset=row.bytes_done,
        line=row.line_done,
        rows_max=PIECE_ROWS,
        bytes_max=PIECE_BYTES,
    )
    good, problems = make_rows(plan, piece.rows)
    return piece, (good, [*piece.problems, *problems])


async def _customers(tx: Tx, row: Any, good: Sequence[Customer], now: datetime) -> int:
    """Put the identify calls of a piece into the log; returns how many people were not known."""
    if not good:
        return 0
    known = await known_identifiers(
        tx,
        workspace_id=row.workspace_id,
        kind=good[0].kind,
        values=list({customer.key for customer in good}),
    )
    fresh = {_hash(c.key) for c in good if c.key not in known}
    created = await _remember(tx, row, fresh)
    if not row.dry_run:
        said = row.created_at.isoformat()
        calls = [
            {
                **customer.call,
                "messageId": f"import:{row.import_id}:{customer.line}",
                "timestamp": said,
            }
            for customer in good
        ]
        await _append(tx, row, calls, now)
    return created


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


async def _remember(tx: Tx, row: Any, keys: set[str]) -> int:
    """Remember people of this import; returns how many of them it had not met before."""
    if not keys:
        return 0
    result = await tx.execute(
        sa.text(
            """
            INSERT INTO import_keys (import_id, key, workspace_id)
            SELECT :import_id, key, :workspace_id FROM unnest(CAST(:keys AS uuid[])) AS key
            ON CONFLICT DO NOTHING
            """
        ),
        {
            "import_id": row.import_id,
            "workspace_id": row.workspace_id,
            # One text: the driver needs microseconds for each element of a list.
            "keys": "{" + ",".join(sorted(keys)) + "}",
        },
    )
    return int(getattr(result, "rowcount", 0))


async def _put_problems(tx: Tx, row: Any, problems: Sequence[RowProblem]) -> None:
    room = max(0, ERRORS_KEPT_MAX - row.rows_failed)
    kept = {(p.line, p.column): p for p in problems[:room]}
    if kept:
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
        path = files.path_of(rt, workspace_id=row.workspace_id, file_id=row.file_id)
        path.unlink(missing_ok=True)


async def change(tx: Tx, row: Any, **values: Any) -> None:
    """Write columns of an import that the transaction holds."""
    await tx.execute(
        imports.update()
        .where(imports.c.import_id == row.import_id, imports.c.workspace_id == row.workspace_id)
        .values(**values)
    )


def _hash(key: str) -> str:
    return hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()
