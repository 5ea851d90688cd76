"""Where a finished file goes: the data folder, a folder of the administrator, an S3 store."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, BinaryIO, Protocol
from uuid import UUID

import msgspec

from otklik.exports.errors import BadPath, FolderNotConfigured
from otklik.exports.schedules.s3 import PART, PARTS_MAX, Keys, Place, Store
from otklik.runtime.public import Runtime

_COMPONENT = re.compile(r"[\w][\w .()-]{0,99}\Z")
_DEPTH_MAX = 10


class Download(msgspec.Struct, frozen=True, tag_field="kind", tag="download"):
    """The data folder; people fetch the file by a signed link."""


class ExportFolder(
    msgspec.Struct, frozen=True, tag_field="kind", tag="folder", forbid_unknown_fields=True
):
    """A folder of the workspace below the one of the setting `exports.folder`, which has a folder
    for each workspace, named by its number."""

    path: Annotated[str, msgspec.Meta(max_length=500)] = ""


class S3(msgspec.Struct, frozen=True, tag_field="kind", tag="s3", forbid_unknown_fields=True):
    """A bucket of an S3-compatible store. `prefix` is put before the file's name."""

    endpoint: Annotated[str, msgspec.Meta(max_length=500, pattern=r"^https?://[^/?#\s]+/?$")]
    bucket: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$")]
    access_key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    region: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,50}$")] = "us-east-1"
    prefix: Annotated[str, msgspec.Meta(max_length=500)] = ""


Destination = Download | ExportFolder | S3


class Sink(Protocol):
    """Takes a file's bytes. What is not committed leaves nothing behind that looks finished."""

    async def write(self, body: bytes) -> None: ...

    async def commit(self) -> None: ...

    async def abort(self) -> None: ...


def data_file(rt: Runtime, workspace_id: int, export_id: UUID) -> Path:
    return rt.settings.data_dir / "exports" / str(workspace_id) / f"{export_id}.out"


def inside(root: Path, path: str) -> Path:
    """Return the folder `path` below `root`, and nothing that is not below it.

    Raises: BadPath for anything but plain names joined by slashes, and where a link on the disk
    leads out.
    """
    parts = PurePosixPath(path).parts if path else ()
    if len(parts) > _DEPTH_MAX or any(not _COMPONENT.match(p) or p.endswith(".") for p in parts):
        raise BadPath(
            path=path[:200],
            why="only plain names joined by slashes can be used",
            why_ru="подходят только обычные имена через косую черту",
        )
    real = root.resolve()
    whole = real.joinpath(*parts)
    # A link inside the folder may lead anywhere; what it leads to is what counts.
    if not whole.resolve().is_relative_to(real):
        raise BadPath(
            path=path[:200],
            why="it leads out of the folder for exports",
            why_ru="она ведёт за пределы папки для выгрузок",
        )
    return whole


def check_destination(rt: Runtime, destination: Destination, *, workspace_id: int) -> None:
    """Refuse early what could never work. Raises: BadPath, FolderNotConfigured, OutgoingRefused."""
    match destination:
        case ExportFolder(path=path):
            inside(export_root(rt, workspace_id), path)
        case S3():
            rt.outgoing.check(destination.endpoint)
            if destination.prefix:
                inside(Path("/"), destination.prefix.rstrip("/"))
        case Download():
            pass


def export_root(rt: Runtime, workspace_id: int) -> Path:
    """Return the workspace's own folder: none can write over another's. Raises:
    FolderNotConfigured."""
    if rt.settings.exports.folder is None:
        raise FolderNotConfigured()
    return Path(rt.settings.exports.folder).expanduser() / str(workspace_id)


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
    match destination:
        case Download():
            return _File(data_file(rt, workspace_id, export_id))
        case ExportFolder(path=path):
            return _File(inside(export_root(rt, workspace_id), path) / file_name)
        case S3():
            store = store_of(rt, destination, secret or "")
            return _Object(store, object_key(destination, file_name))


def store_of(rt: Runtime, destination: S3, secret: str) -> Store:
    return Store(
        rt.outgoing,
        Place(destination.endpoint, destination.bucket, destination.region),
        Keys(destination.access_key, secret),
        rt.clock,
    )


def object_key(destination: S3, file_name: str) -> str:
    prefix = destination.prefix.strip("/")
    return f"{prefix}/{file_name}" if prefix else file_name


async def try_destination(
    rt: Runtime, destination: Destination, *, workspace_id: int, secret: str | None
) -> None:
    """Write a small file where exports would go, and take it away again.

    Raises: BadPath, FolderNotConfigured, StoreRefused, OutgoingRefused, OutgoingFailed.
    """
    check_destination(rt, destination, workspace_id=workspace_id)
    name = "otklik-connection-test.txt"
    match destination:
        case ExportFolder(path=path):
            folder = inside(export_root(rt, workspace_id), path)
            await asyncio.to_thread(_try_folder, folder / name, path)
        case S3():
            store = store_of(rt, destination, secret or "")
            key = object_key(destination, name)
            await store.put(key, b"Otklik could write here.\n")
            await store.delete(key)
        case Download():
            pass


def _try_folder(file: Path, path: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"Otklik could write here.\n")
        file.unlink()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BadPath(path=path, why=why, why_ru=why) from error


class _File:
    """Writes beside the final name and takes it at the end, so nobody sees half a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._draft = file.with_name(f".{file.name}.part")
        self._out: BinaryIO | None = None

    async def write(self, body: bytes) -> None:
        await asyncio.to_thread(self._write, body)

    def _write(self, body: bytes) -> None:
        if self._out is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._out = self._draft.open("wb")
        self._out.write(body)

    async def commit(self) -> None:
        await asyncio.to_thread(self._commit)

    def _commit(self) -> None:
        self._write(b"")
        assert self._out is not None
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        self._draft.replace(self._file)

    async def abort(self) -> None:
        if self._out is not None:
            self._out.close()
        with suppress(FileNotFoundError):
            await asyncio.to_thread(self._draft.unlink)


class _Object:
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


_PATTERN = re.compile(r"\{(\w+)\}")
PATTERN_WORDS = ("name", "date", "time", "from", "to", "format")


def named(pattern: str, *, values: dict[str, str], suffix: str) -> str:
    """Return the file name of a run: the pattern's words filled in, made safe, with its suffix.

    Words: {name}, {date} (2026-06-15), {time} (1200), {from} and {to} (of the period), {format}.
    """
    text = _PATTERN.sub(lambda m: values.get(m.group(1), ""), pattern)
    safe = re.sub(r"[^\w.()-]+", "-", text).strip("-.")[:180] or "export"
    return safe if safe.endswith(suffix) else safe + suffix


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d-%H%M}"
