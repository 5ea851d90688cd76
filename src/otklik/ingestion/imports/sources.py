"""What kind of file came, by its bytes and never by its name, and how it becomes a table."""

from __future__ import annotations

import codecs
import gzip
import struct
import zipfile
import zlib
from pathlib import Path

from otklik.ingestion.imports import jsonlines, xlsx
from otklik.ingestion.imports.errors import (
    DamagedFile,
    JsonDocument,
    NotCsv,
    OldExcel,
    ProtectedFile,
    UnpackedTooLarge,
)
from otklik.ingestion.imports.model import SAMPLE_BYTES, Encoding, Source
from otklik.ingestion.imports.recognise import decode_sample, encoding_of
from otklik.ingestion.imports.stored import Table

_BLOCK = 1024 * 1024
_GZIP = b"\x1f\x8b\x08"
_ZIP = b"PK\x03\x04"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Office puts an encrypted workbook into the old container, in a stream of this name ([MS-OFFCRYPTO]
# 2.1); names of streams are UTF-16 and may stand anywhere in the file.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

# What the zip module raises for directories and parts that are not what they say.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,
    OverflowError,
    ValueError,
)


def is_gzip(path: Path) -> bool:
    """Tell whether a file is packed by gzip (RFC 1952)."""
    with path.open("rb") as file:
        return file.read(len(_GZIP)) == _GZIP


def gunzip(source: Path, target: Path, *, bytes_max: int, head: int | None = None) -> None:
    """Unpack a file in bounded memory. `head`: stop there, unless a workbook is inside.

    Raises: UnpackedTooLarge, DamagedFile.
    """
    size = 0
    try:
        with gzip.open(source) as packed, target.open("wb") as out:
            while block := packed.read(_BLOCK):
                if size == 0 and block.startswith(_ZIP):
                    head = None
                size += len(block)
                if head is not None and size >= head:
                    out.write(block[: head - (size - len(block))])
                    return
                if size > bytes_max:
                    raise UnpackedTooLarge(limit=bytes_max)
                out.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DamagedFile() from error


def kind_of(path: Path) -> tuple[Source, Encoding]:
    """Return what a file is, and in which encoding its text is.

    Raises: OldExcel, ProtectedFile, JsonDocument, NotCsv.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    if sample.startswith(_COMPOUND):
        raise ProtectedFile() if _holds(path, _ENCRYPTED) else OldExcel()
    if sample.startswith(_ZIP):
        return "xlsx", "utf-8"
    if sample.startswith(_GZIP):
        # Packed twice: nobody does so by accident more than once.
        raise NotCsv()
    encoding = encoding_of(sample)
    text = decode_sample(sample, encoding, whole=len(sample) < SAMPLE_BYTES)
    if jsonlines.are_json_lines(text):
        return "jsonl", encoding
    if jsonlines.is_json_document(text):
        raise JsonDocument()
    return "csv", encoding


def convert(
    source: Source,
    encoding: Encoding,
    path: Path,
    target: Path,
    *,
    bytes_max: int,
    rows_max: int | None = None,
    sheet: int | None = None,
) -> tuple[list[str], int]:
    """Write the rows of a file of JSON lines or of a workbook to `target`, as a numbered table.

    Returns the names of a workbook's sheets, and the number of the one that was read.
    `rows_max`: only that many, for a look at the file. `sheet`: which one; None: the first that
    holds data.
    Raises: UnreadableFile, UnpackedTooLarge.
    """
    with target.open("wb") as out:
        table = Table(out, bytes_max, rows_max)
        if source == "jsonl" and encoding == "utf-16":
            _from_utf16(path, target.with_suffix(".text"), table)
        elif source == "jsonl":
            jsonlines.convert(path, encoding, table)
        else:
            with target.with_suffix(".strings").open("w+b") as spool:
                Path(spool.name).unlink()
                try:
                    return xlsx.convert(path, spool, table, bytes_max=bytes_max, wanted=sheet)
                except _DAMAGE as error:
                    raise DamagedFile() from error
    return [], 0


def _from_utf16(path: Path, text: Path, table: Table) -> None:
    with path.open("rb") as file:
        marked = file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    try:
        decoder = codecs.getincrementaldecoder("utf-16" if marked else "utf-16-le")("replace")
        with path.open("rb") as file, text.open("wb") as out:
            while block := file.read(_BLOCK):
                out.write(decoder.decode(block).encode("utf-8", "replace"))
        jsonlines.convert(text, "utf-8", table)
    finally:
        text.unlink(missing_ok=True)


def _holds(path: Path, wanted: bytes) -> bool:
    tail = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if wanted in tail + block:
                return True
            tail = block[-len(wanted) :]
    return False
