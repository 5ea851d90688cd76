"""Uploaded files: streamed to disk, and rewritten where a byte could not be a starting point."""

from __future__ import annotations

import codecs
import re
import shutil
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import anyio.to_thread
import msgspec
import sqlalchemy as sa

from otklik.ingestion.imports import archives, recognise, sources
from otklik.ingestion.imports.errors import (
    BadUpload,
    EmptyFile,
    FileTooLarge,
    FirstLineTooLong,
    NotCsv,
    TooManyColumns,
)
from otklik.ingestion.imports.model import (
    COLUMNS_MAX,
    FILE_BYTES_MAX,
    LINE_BYTES_MAX,
    SAMPLE_BYTES,
    Encoding,
    FileFormat,
    Separator,
    Source,
)
from otklik.ingestion.imports.reader import Row, read_piece
from otklik.ingestion.imports.stored import replacing
from otklik.ingestion.tables import import_files, imports
from otklik.kit.errors import NotFound
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime, Tx

_BLOCK = 1024 * 1024
_PREVIEW_ROWS = 200
_BOOK = ".book"
_EXCEL_HINT = re.compile(rb"(?:\xef\xbb\xbf)?sep=[,;|\t]\r?\n", re.IGNORECASE)
"""A first line by which a spreadsheet program tells itself the separator."""


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that waits to be imported. `rows`: the first ones, as they are in the file."""

    id: UUID
    name: str
    size: int
    form: FileFormat
    rows: list[Row]


def path_of(rt: Runtime, *, workspace_id: int, file_id: UUID, part: str = "") -> Path:
    """Return where the file of an import lies; the name is ours, never the uploader's."""
    folder = rt.settings.data_dir / "imports" / str(workspace_id)
    return folder / f"{file_id}.{part or 'csv'}"


def forget(rt: Runtime, *, workspace_id: int, file_id: UUID) -> None:
    """Delete a file, its other sheets and the workbook that they came from."""
    path = path_of(rt, workspace_id=workspace_id, file_id=file_id)
    for part in path.parent.glob(f"{file_id}.*"):
        part.unlink(missing_ok=True)


async def receive_file(
    rt: Runtime,
    *,
    workspace_id: int,
    blocks: AsyncIterator[bytes],
    name: str,
    now: datetime,
    bytes_max: int = FILE_BYTES_MAX,
) -> StoredFile:
    """Write a stream of bytes to disk and recognise what it is.

    `bytes_max`: of the file as it came, and as it is stored after unpacking.
    Raises: FileTooLarge, UnreadableFile.
    """
    file_id = new_id()
    path = path_of(rt, workspace_id=workspace_id, file_id=file_id)
    await anyio.to_thread.run_sync(lambda: path.parent.mkdir(parents=True, exist_ok=True))
    try:
        await _write(path, blocks, bytes_max)
        form = await anyio.to_thread.run_sync(lambda: prepare(path, bytes_max=bytes_max))
        rows = await anyio.to_thread.run_sync(first_rows, path, form)
    except BaseException:
        forget(rt, workspace_id=workspace_id, file_id=file_id)
        raise
    size = path.stat().st_size
    async with rt.db.begin() as tx:
        await tx.execute(
            import_files.insert().values(
                file_id=file_id,
                workspace_id=workspace_id,
                name=Path(name.replace("\0", "")).name[:200] or "file.csv",
                size=size,
                form=msgspec.to_builtins(form),
                created_at=now,
            )
        )
    return StoredFile(id=file_id, name=Path(name).name[:200], size=size, form=form, rows=rows)


async def get_file(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    file_id: UUID,
    encoding: Encoding | None = None,
    separator: Separator | None = None,
    header: bool | None = None,
    sheet: int | None = None,
) -> StoredFile:
    """Return a stored file, recognised anew when parts of its form are given.

    `sheet`: of a workbook, as numbered in its form. Raises: NotFound, and what `recognise` raises.
    """
    row = (
        await tx.execute(
            sa.select(import_files).where(
                import_files.c.workspace_id == workspace_id, import_files.c.file_id == file_id
            )
        )
    ).first()
    path = path_of(rt, workspace_id=workspace_id, file_id=file_id)
    if row is None or not path.exists():
        raise NotFound(what="The file of the import")
    form = msgspec.convert(row.form, FileFormat, strict=False)
    size = int(row.size)
    if sheet is not None and sheet != form.sheet:
        if not 0 <= sheet < len(form.sheets):
            raise NotFound(what="The sheet")
        path, form = await anyio.to_thread.run_sync(_of_sheet, path, form, sheet)
        size = path.stat().st_size
    if encoding is not None or separator is not None or header is not None:
        # A file stored as UTF-8 in place of UTF-16 has no other encoding to choose.
        if form.original_encoding == "utf-16":
            encoding = "utf-8"
        chosen = (encoding or form.encoding, separator or form.separator, header, form.source)
        found = await anyio.to_thread.run_sync(lambda: _recognised(path, *chosen))
        form = _with_book(found, form)
    rows = await anyio.to_thread.run_sync(first_rows, path, form)
    return StoredFile(id=file_id, name=row.name, size=size, form=form, rows=rows)


def _of_sheet(path: Path, form: FileFormat, sheet: int) -> tuple[Path, FileFormat]:
    """Make another sheet of a kept workbook readable, once. Blocking."""
    part = f"s{sheet}"
    target, book = path.with_suffix(f".{part}"), path.with_suffix(_BOOK)
    if archives.is_archive(book):
        return _of_archive(path, form, sheet)
    if not target.exists():
        with replacing(target) as fresh:
            sources.convert(
                "xlsx",
                "utf-8",
                book,
                fresh,
                bytes_max=FILE_BYTES_MAX,
                sheet=sheet,
            )
    found = _recognised(target, "utf-8", ",", None, "xlsx")
    return target, msgspec.structs.replace(_with_book(found, form), sheet=sheet, part=part)


def _of_archive(path: Path, form: FileFormat, number: int) -> tuple[Path, FileFormat]:
    """Make another table of a kept archive readable, once. Blocking."""
    text, lines = path.with_suffix(f".s{number}"), path.with_suffix(f".j{number}")
    if text.exists():
        target, found = text, _prepare_text(text)
    elif lines.exists():
        target, found = lines, _recognised(lines, "utf-8", ",", None, "jsonl")
    else:
        fresh = path.with_suffix(f".{new_id().hex[-8:]}")
        try:
            archives.extract(path.with_suffix(_BOOK), number, fresh, bytes_max=FILE_BYTES_MAX)
            found = _prepare_table(fresh, bytes_max=FILE_BYTES_MAX)
            target = fresh.replace(text if found.source == "csv" else lines)
        finally:
            fresh.unlink(missing_ok=True)
    return target, msgspec.structs.replace(
        found, packed=True, sheets=form.sheets, sheet=number, part=target.suffix[1:]
    )


def _with_book(found: FileFormat, form: FileFormat) -> FileFormat:
    """Carry over what a second look at the rows can't tell."""
    return msgspec.structs.replace(
        found,
        packed=form.packed,
        sheets=form.sheets,
        sheet=form.sheet,
        part=form.part,
        original_encoding=(
            form.original_encoding
            if form.original_encoding == "utf-16"
            else found.original_encoding
        ),
    )


async def purge_files(rt: Runtime, tx: Tx, *, before: datetime) -> int:
    """Delete files that were uploaded before a moment and that no open import needs."""
    needed = sa.select(imports.c.file_id).where(imports.c.state.in_(("queued", "running")))
    old = (
        await tx.execute(
            import_files.delete()
            .where(import_files.c.created_at < before, import_files.c.file_id.not_in(needed))
            .returning(import_files.c.workspace_id, import_files.c.file_id)
        )
    ).all()
    for row in old:
        forget(rt, workspace_id=row.workspace_id, file_id=row.file_id)
    return len(old)


def recognise_file(path: Path) -> FileFormat:
    """Say what a file of this machine looks like, by its beginning. Blocking.

    The file is not touched: what must be turned into a table is, with its first rows, in a
    temporary folder.
    Raises: UnreadableFile, UnpackedTooLarge.
    """
    with TemporaryDirectory() as folder:
        if sources.is_gzip(path):
            head = Path(folder) / "unpacked"
            sources.gunzip(path, head, bytes_max=FILE_BYTES_MAX, head=SAMPLE_BYTES)
            path = head
        if archives.is_archive(path):
            head = Path(folder) / "member"
            _, number = archives.tables_of(path)
            archives.extract(path, number, head, bytes_max=FILE_BYTES_MAX, head=SAMPLE_BYTES)
            path = head
        source, encoding = sources.kind_of(path)
        if source != "csv":
            table = Path(folder) / "table"
            sources.convert(
                source, encoding, path, table, bytes_max=FILE_BYTES_MAX, rows_max=_PREVIEW_ROWS
            )
            path = table
        sample = _sample(path)
        return recognise.recognise(sample, whole=len(sample) < SAMPLE_BYTES, source=source)


def prepare(path: Path, *, bytes_max: int = FILE_BYTES_MAX) -> FileFormat:
    """Recognise a file and rewrite it into a form that can be read from any row on. Blocking.

    Packed files are unpacked; JSON lines and workbooks become numbered tables; UTF-16 and lines
    that end in a lone CR are rewritten. `bytes_max`: of everything that is written.
    Raises: UnreadableFile, UnpackedTooLarge.
    """
    packed = sources.is_gzip(path)
    if packed:
        with replacing(path) as part:
            sources.gunzip(path, part, bytes_max=bytes_max)
    if archives.is_archive(path):
        return _prepare_archive(path, bytes_max=bytes_max)
    source, encoding = sources.kind_of(path)
    if source == "csv":
        return msgspec.structs.replace(_prepare_text(path), packed=packed)
    with replacing(path) as part:
        sheets, sheet = sources.convert(source, encoding, path, part, bytes_max=bytes_max)
        if len(sheets) > 1:
            # Another sheet may be asked for.
            path.replace(path.with_suffix(_BOOK))
    sample = _sample(path)
    form = recognise.recognise(sample, whole=len(sample) < SAMPLE_BYTES, source=source)
    return msgspec.structs.replace(
        form, packed=packed, sheets=sheets if len(sheets) > 1 else [], sheet=sheet
    )


def _prepare_archive(path: Path, *, bytes_max: int) -> FileFormat:
    """Make the largest table of an archive readable; the archive is kept where it has others."""
    names, number = archives.tables_of(path)
    with replacing(path) as part:
        archives.extract(path, number, part, bytes_max=bytes_max)
        form = _prepare_table(part, bytes_max=bytes_max)
        if len(names) > 1:
            path.replace(path.with_suffix(_BOOK))
    return msgspec.structs.replace(
        form, packed=True, sheets=names if len(names) > 1 else [], sheet=number
    )


def _prepare_table(path: Path, *, bytes_max: int) -> FileFormat:
    """Prepare what came out of an archive: text or JSON lines, and nothing that is packed again."""
    source, _ = sources.kind_of(path)
    if source == "xlsx":
        raise NotCsv()
    return prepare(path, bytes_max=bytes_max)


def _prepare_text(path: Path) -> FileFormat:
    sample = _sample(path)
    if not sample:
        raise EmptyFile()
    if len(sample) == SAMPLE_BYTES and b"\n" not in sample and b"\r" not in sample:
        columns = 1 + max(sample.count(sign) for sign in (b",", b";", b"\t", b"|"))
        if columns > COLUMNS_MAX:
            raise TooManyColumns(count=columns, limit=COLUMNS_MAX)
        raise FirstLineTooLong(limit=SAMPLE_BYTES)
    hint = _EXCEL_HINT.match(sample)
    if hint is not None:
        with replacing(path) as part, path.open("rb") as file, part.open("wb") as out:
            file.seek(hint.end())
            shutil.copyfileobj(file, out)
        sample = _sample(path)
    form = recognise.recognise(sample, whole=len(sample) < SAMPLE_BYTES)
    lone_cr = b"\r" in sample and b"\n" not in sample.replace(b"\n\0", b"\n")
    if form.original_encoding == "utf-16":
        marked = sample.startswith((b"\xff\xfe", b"\xfe\xff"))
        _rewrite(path, "utf-16" if marked else "utf-16-le", lone_cr)
    elif lone_cr:
        _rewrite(path, form.encoding, lone_cr)
        form = msgspec.structs.replace(
            form, encoding="utf-8" if form.encoding == "utf-8-sig" else form.encoding
        )
    with path.open("rb") as file:
        if len(file.readline(LINE_BYTES_MAX)) >= LINE_BYTES_MAX:
            raise FirstLineTooLong(limit=LINE_BYTES_MAX)
    return form


def first_rows(path: Path, form: FileFormat) -> list[Row]:
    """Return the first rows of a file as they are. Blocking."""
    piece = read_piece(path, form, offset=0, line=0, rows_max=_PREVIEW_ROWS, bytes_max=SAMPLE_BYTES)
    return list(piece.rows)


def _recognised(
    path: Path, encoding: Encoding, separator: Separator, header: bool | None, source: Source
) -> FileFormat:
    sample = _sample(path)
    return recognise.recognise(
        sample,
        whole=len(sample) < SAMPLE_BYTES,
        encoding=encoding,
        separator=separator,
        header=header,
        source=source,
    )


def _sample(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SAMPLE_BYTES)


def _rewrite(path: Path, encoding: str, lone_cr: bool) -> None:
    back = "utf-8" if encoding.startswith("utf") else encoding
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    with replacing(path) as part, path.open("rb") as source, part.open("wb") as out:
        while block := source.read(_BLOCK):
            text = decoder.decode(block)
            out.write((text.replace("\r", "\n") if lone_cr else text).encode(back, "replace"))
        out.write(decoder.decode(b"", final=True).encode(back, "replace"))


async def _write(path: Path, blocks: AsyncIterator[bytes], bytes_max: int) -> None:
    size = 0
    async with await anyio.open_file(path, "wb") as file:
        async for block in blocks:
            size += len(block)
            if size > bytes_max:
                raise FileTooLarge(limit=bytes_max)
            await file.write(block)


async def file_part(
    stream: AsyncIterator[bytes], content_type: str
) -> tuple[str, AsyncIterator[bytes]]:
    """Return the name and the bytes of the part `file` of a multipart request, unbuffered.

    Raises: BadUpload when there is no such part.
    """
    from multipart import (  # type: ignore[import-untyped]  # it comes without types
        MultipartError,
        MultipartSegment,
        PushMultipartParser,
        parse_options_header,
    )

    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise BadUpload()
    parser = PushMultipartParser(options["boundary"], max_segment_count=20)

    async def events() -> AsyncIterator[object]:
        try:
            async for block in stream:
                for event in parser.parse(block):
                    yield event
        except MultipartError as error:
            raise BadUpload() from error

    source = events()
    async for event in source:
        if isinstance(event, MultipartSegment) and event.name == "file":
            return event.filename or "file.csv", _body(source)
    raise BadUpload()


async def _body(source: AsyncIterator[object]) -> AsyncIterator[bytes]:
    async for event in source:
        if event is None:
            return
        if isinstance(event, bytes | bytearray):
            yield bytes(event)
    raise BadUpload()
