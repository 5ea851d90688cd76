"""Taking a file's bytes, so that it appears whole or not at all."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, Protocol
from uuid import UUID

from otklik.exports.errors import NoRoom
from otklik.exports.schedules.destinations import (
    S3,
    Destination,
    Download,
    ExportFolder,
    export_root,
    inside,
    object_key,
    store_of,
)
from otklik.exports.schedules.s3 import PART, PARTS_MAX, Store
from otklik.runtime.public import Runtime

_CHECKED_EVERY: Final = 16 * 1024**2
"""Bytes after which the room on the disk is looked at again."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class Sink(Protocol):
    """Takes a file's bytes. What is not committed leaves nothing behind that looks finished."""

    async def write(self, body: bytes) -> None: ...

    async def commit(self) -> None: ...

    async def abort(self) -> None: ...


def data_file(rt: Runtime, workspace_id: int, export_id: UUID) -> Path:
    return rt.settings.data_dir / "exports" / str(workspace_id) / f"{export_id}.out"


def check_room(folder: Path, kept_free: int) -> None:
    """Refuse to write where less than `kept_free` bytes are left. Raises: NoRoom."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < kept_free:
        raise NoRoom(free_mb=free // 1024**2, kept_mb=kept_free // 1024**2)


@contextmanager
def _told(folder: Path, kept_free: int) -> Iterator[None]:
    """Say of a disk that is full already what is said of one that is nearly full."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        check_room(folder, kept_free)
        raise NoRoom(free_mb=0, kept_mb=kept_free // 1024**2) from error


def open_sink(
    rt: Runtime,
    destination: Destination,
    *,
    workspace_id: int,
    export_id: UUID,
    file_name: str,
    secret: str | None,
) -> Sink:
    """Return where to write a file. `secret`: the store's secret key, opened."""
    kept_free = rt.settings.exports.free_bytes_min
    match destination:
        case Download():
            return FileSink(data_file(rt, workspace_id, export_id), kept_free=kept_free)
        case ExportFolder(path=path):
            file = inside(export_root(rt, workspace_id), path) / file_name
            return FileSink(file, kept_free=kept_free)
        case S3():
            store = store_of(rt, destination, secret or "")
            return ObjectSink(store, object_key(destination, file_name))


class FileSink:
    """Writes beside the final name and takes it at the end, so nobody sees half a file."""

    def __init__(self, file: Path, *, kept_free: int) -> None:
        self._file = file
        self._draft = file.with_name(f".{file.name}.part")
        self._out: BinaryIO | None = None
        self._kept_free, self._unchecked = kept_free, 0

    async def write(self, body: bytes) -> None:
        await asyncio.to_thread(self._write, body)

    def _write(self, body: bytes) -> None:
        self._unchecked += len(body)
        if self._out is None or self._unchecked >= _CHECKED_EVERY:
            check_room(self._file.parent, self._kept_free)
            self._unchecked = 0
        with _told(self._file.parent, self._kept_free):
            if self._out is None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                self._out = self._draft.open("wb")
            self._out.write(body)

    async def commit(self) -> None:
        await asyncio.to_thread(self._commit)

    def _commit(self) -> None:
        self._write(b"")
        assert self._out is not None
        with _told(self._file.parent, self._kept_free):
            self._out.flush()
            os.fsync(self._out.fileno())
            self._out.close()
        self._draft.replace(self._file)

    async def abort(self) -> None:
        if self._out is not None:
            # A full disk may refuse even this; the half file goes all the same.
            with suppress(OSError):
                self._out.close()
        with suppress(FileNotFoundError):
            await asyncio.to_thread(self._draft.unlink)


class ObjectSink:
    """Uploads in parts as bytes come; what fits into one part is put at once.

    The object appears whole or not at all: that is what a store promises of both ways.
    """

    def __init__(self, store: Store, key: str) -> None:
        self._store, self._key = store, key
        self._held = bytearray()
        self._upload: str | None = None
        self._tags: list[str] = []

    async def write(self, body: bytes) -> None:
        self._held += body
        # Parts grow, so that 10,000 of them are never too few.
        while len(self._held) >= (size := PART * (1 + 4 * len(self._tags) // PARTS_MAX)):
            await self._send(bytes(self._held[:size]))
            del self._held[:size]

    async def _send(self, part: bytes) -> None:
        if self._upload is None:
            self._upload = await self._store.begin(self._key)
        number = len(self._tags) + 1
        self._tags.append(await self._store.part(self._key, self._upload, number, part))

    async def commit(self) -> None:
        if self._upload is None:
            await self._store.put(self._key, bytes(self._held))
            return
        if self._held:
            await self._send(bytes(self._held))
        await self._store.complete(self._key, self._upload, self._tags)

    async def abort(self) -> None:
        if self._upload is not None:
            # The parts of a broken upload cost money until they are given up.
            with suppress(Exception):
                await self._store.abort(self._key, self._upload)


async def fill(
    sink: Sink, pieces: AsyncIterator[bytes], *, check: Callable[[], None] = lambda: None
) -> None:
    """Write every piece and commit; give up whatever was begun when anything fails."""
    try:
        async for piece in pieces:
            check()
            if piece:
                await sink.write(piece)
        await sink.commit()
    except BaseException:
        await sink.abort()
        raise
