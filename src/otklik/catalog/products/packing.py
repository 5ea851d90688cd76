"""A feed as it came: bare, in gzip or in zip, told by its first bytes and not by its name."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from otklik.catalog.feeds.stream import Source
from otklik.catalog.products.errors import FeedBadArchive

RATIO_MAX: Final = 200
"""How often a file may grow when it is unpacked; a real feed grows 10 to 40 times."""
FREE_BYTES: Final = 64 * 1024**2
"""Up to this size any ratio is harmless."""

DIRECTORY_MAX: Final = 4 * 1024**2
"""Bytes of a zip's list of files; one with 20,000 pictures of 1C has three millions."""
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Guarded(io.BufferedReader):
    """A file that refuses to be read in one huge piece, as a hostile directory of a zip asks for.

    Every entry of a directory becomes an object: one of gigabytes would take all memory.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0 or size > DIRECTORY_MAX:
            size = DIRECTORY_MAX + 1
        data = super().read(size)
        if len(data) > DIRECTORY_MAX:
            raise FeedBadArchive(
                why="it lists far too many files", why_ru="в нём слишком много файлов"
            )
        return data


class Unpacked:
    """Bytes of an archive, with an end to its growth."""

    def __init__(self, source: Source, packed_bytes: int) -> None:
        self._source = source
        self._left = max(packed_bytes * RATIO_MAX, FREE_BYTES)

    def read(self, size: int, /) -> bytes:
        try:
            data = self._source.read(size)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise FeedBadArchive(why="it is damaged", why_ru="он повреждён") from error
        self._left -= len(data)
        if self._left < 0:
            raise FeedBadArchive(
                why=f"unpacked it is over {RATIO_MAX} times as large",
                why_ru=f"распакованный он больше в {RATIO_MAX} с лишним раз",
            )
        return data


@contextmanager
def open_feed(path: Path) -> Iterator[Source]:
    """Lend the bytes of a feed; nothing is unpacked to disk. Raises: FeedBadArchive."""
    size = path.stat().st_size
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        start = file.read(4)
        file.seek(0)
        if start[:2] == b"\x1f\x8b":
            yield Unpacked(stack.enter_context(gzip.GzipFile(fileobj=file)), size)
        elif start == b"PK\x03\x04":
            try:
                guarded = stack.enter_context(Guarded(path.open("rb", buffering=0)))
                archive = stack.enter_context(zipfile.ZipFile(guarded))
                member = stack.enter_context(archive.open(_only(archive)))
            except (zipfile.BadZipFile, RuntimeError, OSError) as error:
                raise FeedBadArchive(
                    why="it is damaged or encrypted", why_ru="он повреждён или зашифрован"
                ) from error
            yield Unpacked(member, size)
        else:
            yield file


def _only(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the member that is the feed: the only one, or the only one that is called so."""
    files = [one for one in archive.infolist()[:1000] if not one.is_dir()]
    named = [one for one in files if one.filename.lower().endswith((".xml", ".yml"))]
    found = named if len(files) > 1 else files
    if len(found) != 1:
        raise FeedBadArchive(
            why=f"it holds {len(found)} feeds instead of one",
            why_ru=f"фидов в нём не один, а {len(found)}",
        )
    if found[0].compress_type not in _METHODS:
        raise FeedBadArchive(
            why="it is packed by a method other than deflate",
            why_ru="он упакован не методом deflate",
        )
    return found[0]
