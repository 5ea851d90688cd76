"""Files of feeds on disk: their names are ours, never a stranger's."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final, Protocol
from uuid import UUID

import msgspec

from otklik.catalog.products.errors import FeedTooLarge
from otklik.runtime.public import Runtime

BYTES_MAX: Final = 4 * 1024**3
_BLOCK: Final = 1024 * 1024


class Written(msgspec.Struct, frozen=True):
    """A file that came whole. `digest`: of its bytes as they came."""

    size: int
    digest: bytes


def file_path(rt: Runtime, *, workspace_id: int, file_id: UUID) -> Path:
    return rt.settings.data_dir / "feeds" / str(workspace_id) / f"{file_id}.feed"


def room(rt: Runtime, bytes_max: int = BYTES_MAX) -> int:
    """Return how large a file may be: its limit, or half of what the disk has left."""
    folder = rt.settings.data_dir
    return min(bytes_max, shutil.disk_usage(folder).free // 2)


async def write_file(path: Path, blocks: AsyncIterator[bytes], *, bytes_max: int) -> Written:
    """Write a stream to disk, or leave nothing there. Raises: FeedTooLarge and what it raises."""
    digest = hashlib.blake2b(digest_size=16)
    taken = 0
    waiting = bytearray()
    await asyncio.to_thread(lambda: path.parent.mkdir(parents=True, exist_ok=True))
    try:
        with await asyncio.to_thread(path.open, "wb") as file:
            async for block in blocks:
                taken += len(block)
                if taken > bytes_max:
                    raise FeedTooLarge(mb=bytes_max // 1024**2)
                waiting += block
                if len(waiting) >= _BLOCK:
                    await asyncio.to_thread(_put, file, digest, bytes(waiting))
                    waiting.clear()
            await asyncio.to_thread(_put, file, digest, bytes(waiting))
    except BaseException:
        await asyncio.to_thread(path.unlink, missing_ok=True)
        raise
    return Written(taken, digest.digest())


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...


def _put(file: IO[bytes], digest: _Digest, data: bytes) -> None:
    file.write(data)
    digest.update(data)


def sweep(rt: Runtime, *, kept: set[UUID], now: datetime, age: timedelta) -> int:
    """Delete files that no run waits for and that are older than `age`; returns how many."""
    folder = rt.settings.data_dir / "feeds"
    gone = 0
    if not folder.exists():
        return gone
    for path in folder.glob("*/*.feed"):
        try:
            is_kept = UUID(path.stem) in kept
            is_old = path.stat().st_mtime < (now - age).timestamp()
        except (ValueError, FileNotFoundError):
            continue
        if is_old and not is_kept:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
