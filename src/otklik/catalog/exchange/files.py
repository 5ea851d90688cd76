"""Files of exchanges: their names are checked, and on disk they have names of ours."""

from __future__ import annotations

import re
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import IO, Final
from uuid import UUID

from otklik.catalog.exchange.errors import BadArchive, BadFileName
from otklik.catalog.products.packing import Guarded
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime

PART_MAX: Final = 16 * 1024**2
FILES_MAX: Final = 5_000
SESSION_BYTES_MAX: Final = 4 * 1024**3
RATIO_MAX: Final = 200
FREE_BYTES: Final = 64 * 1024**2
_NAME: Final = re.compile(r"[\w\-.,()+ #~@]{1,150}(/[\w\-.,()+ #~@]{1,150}){0,8}")
_READ: Final = (".xml", ".zip")
_DROPPED: Final = (
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".pdf", ".doc", ".docx", ".xls", ".xlsx",
    ".txt", ".html",
)  # fmt: skip


def clean_name(written: str) -> str:
    """Return the name of a file with plain slashes. Raises: BadFileName."""
    name = written.strip().replace("\\", "/")
    parts = name.split("/")
    if not _NAME.fullmatch(name) or any(part.strip(". ") == "" for part in parts):
        raise BadFileName()
    if not name.lower().endswith((*_READ, *_DROPPED)):
        raise BadFileName()
    return name


def is_read(name: str) -> bool:
    """Say whether a file is kept: pictures and papers of products are not."""
    return name.lower().endswith(_READ)


def is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def folder(rt: Runtime, session_id: UUID) -> Path:
    return rt.settings.data_dir / "exchanges" / str(session_id)


def write_part(rt: Runtime, session_id: UUID, file_id: UUID, offset: int, body: bytes) -> None:
    """Write a part at its place; what a broken request left behind it is cut off."""
    path = folder(rt, session_id) / str(file_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(offset)
        file.truncate()
        file.write(body)


def forget(rt: Runtime, session_id: UUID, file_id: UUID | None = None) -> None:
    """Delete one file of a session, or all of them."""
    if file_id is None:
        shutil.rmtree(folder(rt, session_id), ignore_errors=True)
    else:
        (folder(rt, session_id) / str(file_id)).unlink(missing_ok=True)


def unpack(
    rt: Runtime, session_id: UUID, file_id: UUID, *, room: int
) -> list[tuple[UUID, str, int]]:
    """Unpack the XML files of an archive; returns (file id, name, size) of each.

    Nothing is written under a name out of the archive. `room`: bytes left for the session.
    Raises: BadArchive.
    """
    path = folder(rt, session_id) / str(file_id)
    left = min(max(path.stat().st_size * RATIO_MAX, FREE_BYTES), room)
    found: list[tuple[UUID, str, int]] = []
    try:
        with Guarded(path.open("rb", buffering=0)) as packed, zipfile.ZipFile(packed) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) > 4 * FILES_MAX:
                raise BadArchive(why="it holds too many files", why_ru="в нём слишком много файлов")
            for member in members:
                try:
                    name = clean_name(member.filename)
                except BadFileName as error:
                    raise BadArchive(
                        why="a name in it leads elsewhere or is not allowed",
                        why_ru="имя файла внутри ведёт наружу или не допускается",
                    ) from error
                if not name.lower().endswith(".xml"):
                    continue
                if len(found) >= FILES_MAX:
                    raise BadArchive(
                        why="it holds too many files", why_ru="в нём слишком много файлов"
                    )
                made = new_id()
                with archive.open(member) as source:
                    size = _copy(source, folder(rt, session_id) / str(made), left)
                left -= size
                found.append((made, name, size))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        _drop(rt, session_id, found)
        raise BadArchive(
            why="it is damaged or encrypted", why_ru="он повреждён или зашифрован"
        ) from error
    except BadArchive:
        _drop(rt, session_id, found)
        raise
    return found


def _copy(source: IO[bytes], path: Path, left: int) -> int:
    size = 0
    with path.open("wb") as file:
        while block := source.read(256 * 1024):
            size += len(block)
            if size > left:
                path.unlink(missing_ok=True)
                raise BadArchive(
                    why="unpacked it is far too large", why_ru="распакованный он слишком велик"
                )
            file.write(block)
    return size


def _drop(rt: Runtime, session_id: UUID, found: list[tuple[UUID, str, int]]) -> None:
    for made, _, _ in found:
        forget(rt, session_id, made)
