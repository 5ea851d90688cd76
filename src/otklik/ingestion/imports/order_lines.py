"""Orders of a file: their lines are put aside until all are read, and then go out whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from otklik.ingestion.imports.calls import append_calls
from otklik.ingestion.imports.ending import change, finish
from otklik.ingestion.imports.model import ImportPlan, ImportState
from otklik.ingestion.imports.rows import OrderRow, is_refund, order_call
from otklik.ingestion.tables import import_lines
from otklik.runtime.public import Runtime, Tx, driver

ORDER_ROWS = 10_000
_encode_line = msgspec.msgpack.Encoder().encode
_decode_line = msgspec.msgpack.Decoder(OrderRow).decode


async def put_order_rows(tx: Tx, row: Any, good: Sequence[OrderRow]) -> dict[str, Any]:
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
        await append_calls(tx, row, calls, now)
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
