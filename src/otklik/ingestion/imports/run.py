"""Doing an import: one bounded piece per transaction, from where the last one ended.

The counters, the place in the file and what the piece gave are one commit. So a process may be
killed anywhere: the next one goes on from the last commit, and nothing is there twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from otklik.ingestion.imports import files, operations, queries
from otklik.ingestion.imports.fields import make_plan, suggest_all
from otklik.ingestion.imports.model import (
    ERRORS_KEPT_MAX,
    ImportKind,
    ImportOptions,
    ImportPlan,
    ImportState,
    ImportView,
    RowProblem,
)
from otklik.ingestion.imports.reader import Piece, read_piece
from otklik.ingestion.imports.rows import Customer, OrderRow, is_refund, make_rows, order_call
from otklik.ingestion.log import append_in
from otklik.ingestion.model import Record
from otklik.ingestion.pipeline import Pipeline
from otklik.ingestion.tables import (
    import_errors,
    import_keys,
    import_lines,
    imports,
)
from otklik.ingestion.watch import waiting_events
from otklik.profiles.public import known_identifiers
from otklik.runtime.public import EngineUnavailable, Loop, Runtime, Tx, driver, log

PIECE_ROWS = 4_000
PIECE_BYTES = 4 * 1024 * 1024
ORDER_ROWS = 10_000
BACKLOG_MAX = 150_000
"""Events that may wait in the log before an import pauses: visitors' events come first."""
_TRIES = 5

_encode = msgspec.json.Encoder(decimal_format="number").encode
_encode_line = msgspec.msgpack.Encoder().encode
_decode_line = msgspec.msgpack.Decoder(OrderRow).decode

Found = tuple[list[Any], list[RowProblem]]


async def step_imports(rt: Runtime) -> bool:
    """Do one piece of the import that has waited longest; False when there is nothing to do."""
    return await _step(rt, None)


def imports_loop() -> Loop:
    """Return the loop that works on imports; one process at a time works on each."""
    return Loop(name="ingestion.imports", step=step_imports, channel=operations.CHANNEL, idle_s=2.0)


async def import_file(
    rt: Runtime,
    *,
    workspace_id: int,
    kind: ImportKind,
    file: Path,
    mapping: Mapping[str, str] | None = None,
    key: str | None = None,
    options: ImportOptions | None = None,
    dry_run: bool = False,
    carry: bool = False,
    progress: Callable[[ImportView], None] = lambda _: None,
) -> ImportView:
    """Import a file of this machine to its end and return the import as it then is.

    `mapping`: column names to fields, see `fields.py`; columns that it leaves out are guessed, and
    `skip` leaves one out. `carry`: also run the pipeline until everything is in the store (when no
    worker is there to do it). `progress` is called after every piece.
    Raises: what recognising the file and checking the plan raise.
    """
    stored = await _take_file(rt, workspace_id, file)
    guessed = dict(
        zip(stored.form.columns, suggest_all(stored.form, stored.rows, kind), strict=True)
    )
    # A field that the caller gave to one column is not guessed for another.
    given = set((mapping or {}).values())
    guessed = {c: f for c, f in guessed.items() if f not in given}
    plan = make_plan(
        kind=kind,
        form=stored.form,
        mapping={**guessed, **(mapping or {})},
        key=key,
        options=options or ImportOptions(),
    )
    async with rt.db.begin() as tx:
        import_id = await operations.create_import(
            tx,
            workspace_id=workspace_id,
            file=stored,
            plan=plan,
            dry_run=dry_run,
            created_by=None,
            now=rt.clock(),
        )
    pipeline = Pipeline() if carry else None
    while True:
        worked = await _step(rt, import_id)
        if pipeline is not None:
            while await pipeline.step(rt):
                pass
        async with rt.db.begin() as tx:
            view = await queries.get_import(
                tx, workspace_id=workspace_id, import_id=import_id, now=rt.clock()
            )
        progress(view)
        if view.state not in {ImportState.QUEUED, ImportState.RUNNING}:
            return view
        if not worked:
            # Another process has it in hand, or the log is full: look again shortly.
            await asyncio.sleep(0.2)


async def _take_file(rt: Runtime, workspace_id: int, file: Path) -> files.StoredFile:
    async def blocks() -> Any:
        with file.open("rb") as source:
            while block := await asyncio.to_thread(source.read, 1024 * 1024):
                yield block

    return await files.receive_file(
        rt,
        workspace_id=workspace_id,
        blocks=blocks(),
        name=file.name,
        now=rt.clock(),
        bytes_max=max(shutil.disk_usage(file.parent).total, 1),
    )


async def _step(rt: Runtime, only: UUID | None) -> bool:
    now = rt.clock()
    found: list[Any] = []
    try:
        async with rt.db.begin() as tx:
            row = await _take(tx, only)
            if row is None:
                return False
            found.append(row)
            return await _work(rt, tx, row, now)
    except FileNotFoundError:
        await _fail(rt, found, "The uploaded file is gone.", now)
    except (OperationalError, EngineUnavailable):
        # PostgreSQL is away: nothing is wrong with the import, and the loop tries again.
        raise
    except (OSError, ValueError, msgspec.MsgspecError, DBAPIError, psycopg.Error) as error:
        await _count_failure(rt, found, error, now)
    return True


async def _take(tx: Tx, only: UUID | None) -> Any:
    query = sa.select(imports).where(imports.c.state.in_(("queued", "running")))
    if only is not None:
        query = query.where(imports.c.import_id == only)
    return (
        await tx.execute(
            query.order_by(imports.c.touched_at).limit(1).with_for_update(skip_locked=True)
        )
    ).first()


async def _work(rt: Runtime, tx: Tx, row: Any, now: datetime) -> bool:
    if row.cancel_asked:
        await _finish(rt, tx, row, ImportState.CANCELLED, now)
        return True
    plan = msgspec.convert(row.plan, ImportPlan, strict=False)
    if not row.dry_run and await waiting_events(tx, workspace_id=row.workspace_id) > BACKLOG_MAX:
        await _change(tx, row, touched_at=now)
        return False
    if row.phase == "emit":
        await _emit_orders(rt, tx, row, plan, now)
    else:
        await _read_rows(rt, tx, row, plan, now)
    return True


async def _read_rows(rt: Runtime, tx: Tx, row: Any, plan: ImportPlan, now: datetime) -> None:
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
    await _change(tx, row, **counts)
    if piece.ended:
        if plan.kind is ImportKind.ORDERS:
            await _change(tx, row, phase="emit", bytes_done=row.bytes_total)
        else:
            await _finish(rt, tx, row, ImportState.DONE, now)


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


async def _emit_orders(rt: Runtime, tx: Tx, row: Any, plan: ImportPlan, now: datetime) -> None:
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
    await _change(
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
        await _finish(rt, tx, row, ImportState.DONE, now)


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


async def _finish(rt: Runtime, tx: Tx, row: Any, state: ImportState, now: datetime) -> None:
    await _change(tx, row, state=state.value, phase="end", finished_at=now, touched_at=now)
    for table in (import_keys, import_lines):
        await tx.execute(
            table.delete().where(
                table.c.import_id == row.import_id, table.c.workspace_id == row.workspace_id
            )
        )
    if not row.dry_run:
        path = files.path_of(rt, workspace_id=row.workspace_id, file_id=row.file_id)
        path.unlink(missing_ok=True)


async def _change(tx: Tx, row: Any, **values: Any) -> None:
    await tx.execute(
        imports.update()
        .where(imports.c.import_id == row.import_id, imports.c.workspace_id == row.workspace_id)
        .values(**values)
    )


async def _fail(rt: Runtime, found: list[Any], why: str, now: datetime) -> None:
    for row in found:
        async with rt.db.begin() as tx:
            await _change(tx, row, error=why[:1000])
            await _finish(rt, tx, row, ImportState.FAILED, now)


async def _count_failure(rt: Runtime, found: list[Any], error: Exception, now: datetime) -> None:
    log.error("a piece of an import failed", error=type(error).__name__, exc_info=True)
    for row in found:
        if row.failures + 1 >= _TRIES:
            await _fail(rt, [row], f"{type(error).__name__}: {error}".replace("\0", ""), now)
        else:
            async with rt.db.begin() as tx:
                await _change(tx, row, failures=row.failures + 1, touched_at=now)


def _hash(key: str) -> str:
    return hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()
