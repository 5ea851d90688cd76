"""Files that the engines share between processes: private records and exclusive locks."""

from __future__ import annotations

import contextlib
import fcntl
import os
import weakref
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


def write_private(path: Path, value: msgspec.Struct) -> None:
    """Replace `path` by `value` as JSON, readable by the owner alone.

    A reader sees the old file or the new one, never a half of it, also after a crash.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, msgspec.json.encode(value))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)


def read_private(path: Path, kind: type[T]) -> T | None:
    """Return the record written by `write_private`, or None where there is none yet."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


_own: weakref.WeakKeyDictionary[object, int] = weakref.WeakKeyDictionary()


def keep_from_forks(descriptor: int, owner: object) -> None:
    """Close `descriptor` in every process forked from this one, as long as `owner` lives.

    A forked child would otherwise keep a lock or a pipe open after our death.
    """
    _own[owner] = descriptor


def give_to_forks(owner: object) -> None:
    """Take `keep_from_forks` back, before the descriptor is closed here."""
    _own.pop(owner, None)


def _close_own() -> None:
    for descriptor in list(_own.values()):
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _own.clear()


os.register_at_fork(after_in_child=_close_own)


def keep_log_small(path: Path, limit: int = 10_000_000) -> None:
    """Put a log that has grown large aside, in the place of the one put aside before."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists() and path.stat().st_size > limit:
        path.replace(path.with_suffix(".log.1"))


class FileLock:
    """An exclusive lock that the kernel gives back when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def acquire(self) -> bool:
        """Take the lock if it is free; return whether it is ours."""
        if self._descriptor is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        keep_from_forks(descriptor, self)
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            give_to_forks(self)
            os.close(self._descriptor)
            self._descriptor = None
