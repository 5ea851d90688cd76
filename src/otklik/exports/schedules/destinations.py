"""Where a finished file may go: the data folder, a folder of the administrator, an S3 store."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path, PurePosixPath
from typing import Annotated

import msgspec

from otklik.exports.errors import BadPath, FolderNotConfigured
from otklik.exports.schedules.s3 import Keys, Place, Store
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
SetUp = ExportFolder | S3
"""What an owner sets up: a place outside the data folder."""

HIDDEN = "••••"


def shown_destination(destination: Destination, *, whole: bool) -> Destination:
    """Return a destination as its reader may see it: the name of a key only to who sets it up."""
    if whole or not isinstance(destination, S3):
        return destination
    return msgspec.structs.replace(destination, access_key=HIDDEN)


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
