"""Archives with one or several tables, as mailing services hand out a whole list.

Mailchimp gives one ZIP with a file each of subscribed, unsubscribed and cleaned contacts. Nothing
is written to disk under a name out of the archive; the tables are chosen between like the sheets of
a workbook, the largest first.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from otklik.ingestion.imports.errors import (
    DamagedFile,
    NotCsv,
    ProtectedFile,
    UnpackedTooLarge,
    UnsafeFile,
)
from otklik.ingestion.imports.guarded import Guarded

TABLES_MAX = 50
MEMBERS_MAX = 1_000
_TABLES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")
_WORKBOOK = ("xl/", "[content_types].xml")
_ZIP = b"PK\x03\x04"
_BLOCK = 1024 * 1024
_RATIO_MAX = 250
_RATIO_FROM = 16 * 1024 * 1024
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
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


def is_archive(path: Path) -> bool:
    """Tell whether a file is a ZIP that is no workbook. Raises: DamagedFile."""
    with path.open("rb") as file:
        if file.read(len(_ZIP)) != _ZIP:
            return False
    with _opened(path) as archive:
        return not any(
            member.filename.lower().startswith(_WORKBOOK) for member in archive.infolist()
        )


def tables_of(path: Path) -> tuple[list[str], int]:
    """Return the names of the tables in an archive, and which is the largest.

    Raises: NotCsv (there is none), UnsafeFile (too many), DamagedFile.
    """
    with _opened(path) as archive:
        found = _tables(archive)
    names = [member.filename.replace("\\", "/").rsplit("/", 1)[-1][:200] for member in found]
    sizes = [member.file_size for member in found]
    return names, sizes.index(max(sizes))


def extract(
    path: Path, number: int, target: Path, *, bytes_max: int, head: int | None = None
) -> None:
    """Unpack one table in bounded memory. `head`: stop after so many bytes.

    Raises: UnpackedTooLarge, UnsafeFile (it grows out of all proportion), ProtectedFile,
    DamagedFile.
    """
    size = 0
    with _opened(path) as archive, target.open("wb") as out:
        member = _tables(archive)[number]
        if member.flag_bits & 1:
            raise ProtectedFile()
        if member.compress_type not in _METHODS:
            raise DamagedFile()
        with archive.open(member) as part:
            while block := part.read(_BLOCK):
                size += len(block)
                if size > bytes_max:
                    raise UnpackedTooLarge(limit=bytes_max)
                if size > _RATIO_FROM and size > _RATIO_MAX * max(member.compress_size, 1):
                    raise UnsafeFile()
                out.write(block)
                if head is not None and size >= head:
                    return


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with (
            path.open("rb", buffering=0) as raw,
            Guarded(raw) as file,
            zipfile.ZipFile(file) as archive,
        ):
            if len(archive.infolist()) > MEMBERS_MAX:
                raise UnsafeFile()
            yield archive
    except _DAMAGE as error:
        raise DamagedFile() from error


def _tables(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    found = [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and member.filename.lower().endswith(_TABLES)
        # What a Mac puts beside every file.
        and not member.filename.startswith("__MACOSX/")
        and member.file_size
    ]
    if not found:
        raise NotCsv()
    if len(found) > TABLES_MAX:
        raise UnsafeFile()
    return found
