"""One piece of an import: its rows are read and stored together with the place that was reached."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from otklik.ingestion.imports import files
from otklik.ingestion.imports.ending import change, finish
from otklik.ingestion.imports.kinds import (
    put_consents,
    put_customers,
    put_events,
    put_suppressions,
)
from otklik.ingestion.imports.known import Known, known_of
from otklik.ingestion.imports.make import make_rows
from otklik.ingestion.imports.model import (
    ERRORS_KEPT_MAX,
    ImportKind,
    ImportPlan,
    ImportState,
    RowProblem,
)
from otklik.ingestion.imports.order_lines import put_order_rows
from otklik.ingestion.imports.reader import Piece, read_piece
from otklik.ingestion.tables import import_bad_rows, import_errors
from otklik.runtime.public import Runtime, Tx

PIECE_ROWS = 4_000
PIECE_BYTES = 4 * 1024 * 1024
BAD_ROW_CHARS_MAX = 20_000

Found = tuple[list[Any], list[RowProblem]]


async def read_rows(rt: Runtime, tx: Tx, row: Any, plan: ImportPlan, now: datetime) -> None:
    """Read the next rows of the file and keep what they give."""
    path = files.path_of(
        rt, workspace_id=row.workspace_id, file_id=row.file_id, part=plan.form.part
    )
    known = await known_of(tx, workspace_id=row.workspace_id, kind=plan.kind)
    piece, (good, problems) = await asyncio.to_thread(_read_and_make, path, plan, row, known)
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


def _read_and_make(path: Path, plan: ImportPlan, row: Any, known: Known) -> tuple[Piece, Found]:
    piece = read_piece(
        path,
        plan.form,
        offset=row.bytes_done,
        line=row.line_done,
        rows_max=PIECE_ROWS,
        bytes_max=PIECE_BYTES,
    )
    good, problems = make_rows(plan, piece.rows, known)
    return piece, (good, [*piece.problems, *problems])


async def _put(
    tx: Tx, row: Any, plan: ImportPlan, good: list[Any], now: datetime
) -> dict[str, Any]:
    """Store what good rows became; returns the counters of the import that have changed."""
    match plan.kind:
        case ImportKind.CUSTOMERS:
            return await put_customers(tx, row, good, now)
        case ImportKind.ORDERS:
            return await put_order_rows(tx, row, good)
        case ImportKind.EVENTS:
            return await put_events(tx, row, good, now)
        case ImportKind.CONSENTS:
            return await put_consents(tx, row, plan, good, now)
        case ImportKind.SUPPRESSIONS:
            return await put_suppressions(tx, row, good, now)


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
