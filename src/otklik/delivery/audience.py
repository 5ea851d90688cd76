"""The frozen audience as bytes: sorted profile ids, as differences, compressed.

A million neighbouring ids take about a megabyte. Storing the set once makes the freezing
repeatable: a segment that changes between two attempts does not change who was chosen.
"""

from __future__ import annotations

import numpy as np
import zstandard
from numpy.typing import NDArray

Ids = NDArray[np.uint64]


def pack_ids(ids: Ids) -> bytes:
    """Return sorted, unique ids as bytes; the order and uniqueness are made sure of here."""
    steps = np.diff(sorted_unique(ids), prepend=np.uint64(0))
    # Planes of bytes compress several times better than whole numbers: most high bytes are zero.
    planes = steps.astype("<u8").view(np.uint8).reshape(-1, 8).T.tobytes()
    return zstandard.compress(planes, 3)


def unpack_ids(packed: bytes) -> Ids:
    planes = np.frombuffer(zstandard.decompress(packed), dtype=np.uint8)
    steps = np.ascontiguousarray(planes.reshape(8, -1).T).view("<u8").reshape(-1)
    return np.cumsum(steps, dtype=np.uint64)


def combine(include: list[Ids], exclude: list[Ids]) -> Ids:
    """Return the union of `include` without everything in `exclude`, sorted."""
    empty = np.empty(0, dtype=np.uint64)
    taken = sorted_unique(np.concatenate(include)) if include else empty
    for removed in exclude:
        taken = np.setdiff1d(taken, removed, assume_unique=True)
    return taken


def sorted_unique(ids: Ids) -> Ids:
    """Return ids in order, each once; sorting is several times faster than numpy's hash table."""
    ranked = np.sort(ids.astype(np.uint64, copy=False), kind="stable")
    first = np.ones(len(ranked), dtype=np.bool_)
    first[1:] = ranked[1:] != ranked[:-1]
    return ranked[first]
