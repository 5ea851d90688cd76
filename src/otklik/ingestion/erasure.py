"""Raw events, rejects and uploaded rows of one person, in a log that is made to be replayed.

Events of the person are taken out of the chunks they came in; the other events of a chunk keep the
message ids they had, so a replay still recognises every one of them. Chunks that the pipeline has
in its hands are left to it: the erasure comes back when they are done.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio.to_thread
import msgspec
import sqlalchemy as sa

from otklik.ingestion.imports.files import forget, path_of
from otklik.ingestion.log import pack, unpack
from otklik.ingestion.model import Record
from otklik.ingestion.tables import (
    event_batches,
    event_chunks,
    event_rejects,
    import_errors,
    import_files,
    import_lines,
    imports,
)
from otklik.kit.traces import Erased, Traces
from otklik.runtime.public import Runtime, Tx

_PIECE = 50
_BLOCK = 4 * 1024 * 1024
_AGAIN = timedelta(seconds=3)
_IMPORT_AGAIN = timedelta(minutes=1)
_ID_FIELDS = {"user_id": ("userId", "previousId"), "anonymous_id": ("anonymousId", "previousId")}


async def count_raw(rt: Runtime, tx: Tx, traces: Traces) -> int:
    """Return how many chunks, rejects and rows of imports name the person."""
    found = 0
    async for _, body, _ in _chunks(tx, traces):
        found += int(_names(body, traces))
    found += len(await _rejects(tx, traces)) + len(await _error_rows(tx, traces))
    found += len(await _line_rows(tx, traces)) + len(await _files(rt, tx, traces))
    return found


async def export_raw(_rt: Runtime, tx: Tx, traces: Traces) -> AsyncIterator[dict[str, Any]]:
    """Yield events that were put aside and name the person; the accepted ones are in `events`."""
    ids = await _rejects(tx, traces)
    c = event_rejects.c
    rows = await tx.execute(
        sa.select(c.received_at, c.code, c.type, c.body).where(
            c.workspace_id == traces.workspace_id, c.reject_id.in_(ids)
        )
    )
    for row in rows:
        yield dict(row._mapping)


async def erase_raw(rt: Runtime, tx: Tx, traces: Traces) -> Erased:
    """Destroy raw events, rejects, rows of imports and uploaded files of the person. Repeatable."""
    now = rt.clock()
    count, waits = 0, await _in_hand(tx, traces)
    async for chunk_id, body, state in _chunks(tx, traces, lock=True):
        if state not in ("done", "quarantined"):
            waits = waits or await anyio.to_thread.run_sync(_names, body, traces)
            continue
        rest, events, gone = await anyio.to_thread.run_sync(
            without, unpack(body), chunk_id.hex, traces
        )
        if not gone:
            continue
        count += gone
        await tx.execute(
            event_chunks.update()
            .where(
                event_chunks.c.workspace_id == traces.workspace_id,
                event_chunks.c.chunk_id == chunk_id,
            )
            .values(body=pack(rest), events=events, size=sum(len(record.body) for record in rest))
        )
        # What was decided of a quarantined batch counts by places, and these have moved.
        await tx.execute(
            event_batches.update()
            .where(
                event_batches.c.workspace_id == traces.workspace_id,
                event_batches.c.state == "quarantined",
                event_batches.c.batch_id
                == sa.select(event_chunks.c.batch_id)
                .where(
                    event_chunks.c.workspace_id == traces.workspace_id,
                    event_chunks.c.chunk_id == chunk_id,
                )
                .scalar_subquery(),
            )
            .values(outcome=None)
        )
    count += await _erase_rows(tx, traces)
    files, files_wait = await _erase_files(rt, tx, traces)
    until = now + _AGAIN if waits else now + _IMPORT_AGAIN if files_wait else None
    return Erased(count + files, until)


def without(records: list[Record], chunk: str, traces: Traces) -> tuple[list[Record], int, int]:
    """Return the records without the person's events, how many are left, how many went.

    An event without a message id is known by its place in the chunk; when places move it gets
    that id in writing.
    """
    kept: list[tuple[Record, list[tuple[int, dict[str, Any]]]]] = []
    place = left = gone = 0
    for record in records:
        decoded = msgspec.json.decode(record.body)
        items: list[tuple[int, dict[str, Any]]] = []
        for item in decoded if record.kind == "batch" else [decoded]:
            if _is_of(item, record, traces):
                gone += 1
            else:
                items.append((place, item))
                left += 1
            place += 1
        if items:
            kept.append((record, items))
    if not gone:
        return records, left, 0
    rest = []
    for record, placed in kept:
        for at, item in placed:
            if not item.get("messageId"):
                item["messageId"] = f"{chunk}:{at}"
        body = [item for _, item in placed] if record.kind == "batch" else placed[0][1]
        rest.append(msgspec.structs.replace(record, body=msgspec.json.encode(body)))
    return rest, left, gone


def _is_of(item: Any, record: Record, traces: Traces) -> bool:
    if not isinstance(item, dict):
        return False
    for kind, fields in _ID_FIELDS.items():
        values = traces.values(kind)
        if any(str(item[name]) in values for name in fields if item.get(name) is not None):
            return True
    context = {"item": item, "context": record.context}
    return traces.mentioned_in(msgspec.json.encode(context))


def _names(body: bytes, traces: Traces) -> bool:
    return any(_is_of(item, record, traces) for record in unpack(body) for item in _items(record))


def _items(record: Record) -> Iterator[Any]:
    decoded = msgspec.json.decode(record.body)
    yield from decoded if record.kind == "batch" else [decoded]


async def _chunks(
    tx: Tx, traces: Traces, *, lock: bool = False
) -> AsyncIterator[tuple[Any, bytes, str]]:
    """Yield (chunk id, body, state of its batch) of everything that came in before the erasure."""
    c, b = event_chunks.c, event_batches.c
    after: tuple[datetime, Any] | None = None
    while True:
        statement = (
            sa.select(c.chunk_id, c.body, c.received_at, b.state)
            .join_from(event_chunks, event_batches, b.batch_id == c.batch_id, isouter=True)
            .where(c.workspace_id == traces.workspace_id, c.received_at <= traces.until)
            .order_by(c.received_at, c.chunk_id)
            .limit(_PIECE)
        )
        if after is not None:
            statement = statement.where(
                sa.tuple_(c.received_at, c.chunk_id)
                > sa.tuple_(sa.literal(after[0], sa.DateTime(timezone=True)), sa.literal(after[1]))
            )
        if lock:
            statement = statement.with_for_update(of=event_chunks, skip_locked=False)
        rows = (await tx.execute(statement)).all()
        for row in rows:
            yield row.chunk_id, row.body, row.state or "waiting"
        if len(rows) < _PIECE:
            return
        after = (rows[-1].received_at, rows[-1].chunk_id)


async def _in_hand(tx: Tx, traces: Traces) -> bool:
    """Whether the pipeline works on something that it may have identified before the erasure."""
    found = await tx.execute(
        sa.select(sa.literal(1))
        .where(
            event_batches.c.workspace_id == traces.workspace_id,
            event_batches.c.state.in_(("formed", "identified")),
            event_batches.c.created_at <= traces.until,
        )
        .limit(1)
    )
    return found.first() is not None


async def _rejects(tx: Tx, traces: Traces) -> list[Any]:
    c = event_rejects.c
    rows = await tx.stream(
        sa.select(c.reject_id, c.body, c.detail).where(
            c.workspace_id == traces.workspace_id, c.received_at <= traces.until
        )
    )
    return [
        row.reject_id
        async for row in rows
        if traces.mentioned_in(row.body) or traces.mentioned_in(row.detail)
    ]


async def _error_rows(tx: Tx, traces: Traces) -> list[Any]:
    c = import_errors.c
    rows = await tx.stream(
        sa.select(c.import_id, c.line, c.column, c.value)
        .join_from(import_errors, imports, imports.c.import_id == c.import_id)
        .where(
            c.workspace_id == traces.workspace_id,
            imports.c.created_at <= traces.until,
        )
    )
    return [
        (row.import_id, row.line, row.column)
        async for row in rows
        if traces.mentioned_in(row.value)
    ]


async def _line_rows(tx: Tx, traces: Traces) -> list[Any]:
    import zstandard

    c = import_lines.c
    rows = await tx.stream(
        sa.select(c.import_id, c.order_id, c.line, c.body).where(
            c.workspace_id == traces.workspace_id
        )
    )
    found = []
    async for row in rows:
        try:
            text = zstandard.decompress(row.body)
        except zstandard.ZstdError:
            text = row.body
        if traces.mentioned_in(text):
            found.append((row.import_id, row.order_id, row.line))
    return found


async def _erase_rows(tx: Tx, traces: Traces) -> int:
    count = 0
    ws = traces.workspace_id
    rejects = await _rejects(tx, traces)
    if rejects:
        c = event_rejects.c
        await tx.execute(
            event_rejects.delete().where(c.workspace_id == ws, c.reject_id.in_(rejects))
        )
        count += len(rejects)
    errors = await _error_rows(tx, traces)
    if errors:
        e = import_errors.c
        # The row and its reason stay, so that the counts of the import stay true.
        await tx.execute(
            import_errors.update()
            .where(
                e.workspace_id == ws,
                sa.tuple_(e.import_id, e.line, e.column).in_(errors),
            )
            .values(value="")
        )
        count += len(errors)
    lines = await _line_rows(tx, traces)
    if lines:
        n = import_lines.c
        await tx.execute(
            import_lines.delete().where(
                n.workspace_id == ws, sa.tuple_(n.import_id, n.order_id, n.line).in_(lines)
            )
        )
        count += len(lines)
    return count


async def _files(rt: Runtime, tx: Tx, traces: Traces) -> list[Any]:
    """Return the uploaded files that name the person."""
    c = import_files.c
    rows = await tx.execute(
        sa.select(c.file_id).where(
            c.workspace_id == traces.workspace_id, c.created_at <= traces.until
        )
    )
    found = []
    for file_id in rows.scalars():
        path = path_of(rt, workspace_id=traces.workspace_id, file_id=file_id)
        if await anyio.to_thread.run_sync(_names_person, path, traces):
            found.append(file_id)
    return found


def _names_person(path: Path, traces: Traces) -> bool:
    """Whether a file names the person, or what it was made of does: a workbook, an archive."""
    return any(_file_names(part, traces) for part in path.parent.glob(f"{path.stem}.*"))


def _file_names(path: Path, traces: Traces) -> bool:
    rest = b""
    try:
        for block in _blocks(path):
            if traces.mentioned_in(rest + block):
                return True
            rest = block[-512:]
    except (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError):
        # What cannot be looked into may name anybody.
        return True
    except FileNotFoundError:
        # Its import ended a moment ago.
        return False
    return False


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in pieces; of a workbook or an archive, those of its parts."""
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            file.seek(0)
            while block := file.read(_BLOCK):
                yield block
            return
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                with archive.open(member) as part:
                    while block := part.read(_BLOCK):
                        # A table in UTF-16 has a NUL in every Latin letter.
                        yield block.replace(b"\0", b"")


async def _erase_files(rt: Runtime, tx: Tx, traces: Traces) -> tuple[int, bool]:
    """Delete whole files that name the person; one that is being read is waited for."""
    count, waits = 0, False
    for file_id in await _files(rt, tx, traces):
        needed = await tx.execute(
            sa.select(sa.literal(1)).where(
                imports.c.workspace_id == traces.workspace_id,
                imports.c.file_id == file_id,
                imports.c.state.in_(("queued", "running")),
            )
        )
        if needed.first() is not None:
            waits = True
            continue
        await tx.execute(
            import_files.delete().where(
                import_files.c.workspace_id == traces.workspace_id,
                import_files.c.file_id == file_id,
            )
        )
        forget(rt, workspace_id=traces.workspace_id, file_id=file_id)
        count += 1
    return count, waits


async def count_old_files(tx: Tx, *, workspace_id: int, before: datetime) -> int:
    """Return how many uploaded files of before a moment no open import needs."""
    found = await tx.execute(
        sa.select(sa.func.count()).select_from(import_files).where(_idle(workspace_id, before))
    )
    return int(found.scalar_one())


async def erase_old_files(rt: Runtime, tx: Tx, *, workspace_id: int, before: datetime) -> int:
    """Delete them; returns how many."""
    rows = await tx.execute(
        import_files.delete().where(_idle(workspace_id, before)).returning(import_files.c.file_id)
    )
    ids = list(rows.scalars())
    for file_id in ids:
        forget(rt, workspace_id=workspace_id, file_id=file_id)
    return len(ids)


def _idle(workspace_id: int, before: datetime) -> sa.ColumnElement[bool]:
    needed = sa.select(imports.c.file_id).where(
        imports.c.workspace_id == workspace_id, imports.c.state.in_(("queued", "running"))
    )
    return sa.and_(
        import_files.c.workspace_id == workspace_id,
        import_files.c.created_at < before,
        import_files.c.file_id.not_in(needed),
    )


async def count_old_rejects(tx: Tx, *, workspace_id: int, before: datetime) -> int:
    """Return how many events were put aside before a moment."""
    c = event_rejects.c
    found = await tx.execute(
        sa.select(sa.func.count()).where(c.workspace_id == workspace_id, c.received_at < before)
    )
    return int(found.scalar_one())


async def erase_old_rejects(tx: Tx, *, workspace_id: int, before: datetime) -> int:
    """Delete them; returns how many."""
    c = event_rejects.c
    result = await tx.execute(
        event_rejects.delete().where(c.workspace_id == workspace_id, c.received_at < before)
    )
    return result.rowcount
