"""Who goes into which group: a keyed hash, so nobody has to remember it.

SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012) of the
profile id under a key made of the workspace's salt and the experiment's id. Without the salt
nobody can tell or choose his group; with it the answer is the same on every machine, on every
day, in any order, for one person or for a million.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import ArrayLike, NDArray

from otklik.experiments.errors import UnableToAssign

WHOLE: Final = 10_000
"""Shares are whole numbers in 1/10000; those of one experiment add up to this."""

_ARMS_MAX = 127
_MASK = 0xFFFF_FFFF_FFFF_FFFF
_START = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_BLOCK = 1 << 16

Words: TypeAlias = NDArray[np.uint64]


def assign(
    profile_ids: ArrayLike, *, salt: bytes, experiment: UUID, shares: Sequence[int]
) -> NDArray[np.int8]:
    """Return the arm of every profile as its position in `shares`.

    `shares` are in 1/10000 and add up to 10000; an arm with share 0 gets nobody. The point of a
    profile on the line from 0 to 10000 depends on the salt, the experiment and its id only, so
    changing the shares moves just those between the old and the new border.
    Two experiments (two ids) are independent of each other. A million ids take about 0.1 s.
    Raises: UnableToAssign for shares that do not add up, more than 127 arms or an empty salt.
    """
    borders = _borders(shares)
    ids = _as_ids(profile_ids)
    arms = np.empty(ids.shape, dtype=np.int8)
    key = experiment_key(salt, experiment)
    flat_ids, flat_arms = ids.reshape(-1), arms.reshape(-1)
    # In blocks that stay in the cache; a million at once would be four times slower.
    for start in range(0, flat_ids.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        flat_arms[part] = np.searchsorted(borders, _points(flat_ids[part], key), side="right")
    return arms


def assign_one(profile_id: int, *, salt: bytes, experiment: UUID, shares: Sequence[int]) -> int:
    """Return the arm of one profile; always the same as `assign` gives it among others."""
    borders = _borders(shares)
    key = experiment_key(salt, experiment)
    point = siphash_2_4(key, int(profile_id).to_bytes(8, "little")) % WHOLE
    return int(np.searchsorted(borders, point, side="right"))


def divide_shares(weights: Sequence[float]) -> list[int]:
    """Return whole shares in 1/10000 as near as possible to `weights`, adding up to 10000.

    Largest remainders get the last units; three equal variants become 3334, 3333, 3333.
    Raises: UnableToAssign when no weight is positive or one is negative.
    """
    whole = sum(weights)
    if not weights or not 0 < whole < float("inf") or any(not w >= 0 for w in weights):
        raise UnableToAssign(
            why_en="no share is positive.", why_ru="нет ни одной доли больше нуля."
        )
    exact = [weight * WHOLE / whole for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (shares[i] - exact[i], i))
    for i in by_remainder[: WHOLE - sum(shares)]:
        shares[i] += 1
    return shares


def experiment_key(salt: bytes, experiment: UUID) -> bytes:
    """Return the 16-byte key of one experiment in one workspace (keyed BLAKE2b, RFC 7693)."""
    if not salt:
        raise UnableToAssign(why_en="the workspace has no salt.", why_ru="у пространства нет соли.")
    secret = hashlib.blake2b(salt).digest()
    return hashlib.blake2b(
        experiment.bytes, key=secret, digest_size=16, person=b"otklik.assign"
    ).digest()


def siphash_2_4(key: bytes, message: bytes) -> int:
    """Return SipHash-2-4 of any message under a 16-byte key, with plain whole numbers."""
    v0, v1, v2, v3 = _keyed(key)
    padded = message + b"\0" * (7 - len(message) % 8) + bytes([len(message) & 0xFF])
    for start in range(0, len(padded), 8):
        word = int.from_bytes(padded[start : start + 8], "little")
        v3 ^= word
        for _ in range(2):
            v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        v0 ^= word
    v2 ^= 0xFF
    for _ in range(4):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ v1 ^ v2 ^ v3


def siphash_2_4_words(key: bytes, ids: Words) -> Words:
    """Return SipHash-2-4 of many 8-byte messages at once (each number in little-endian order)."""
    v0, v1, v2, v3 = (np.full(ids.shape, word, dtype=np.uint64) for word in _keyed(key))
    length = np.uint64(8 << 56)
    v3 ^= ids
    _rounds(v0, v1, v2, v3, 2)
    v0 ^= ids
    v3 ^= length
    _rounds(v0, v1, v2, v3, 2)
    v0 ^= length
    v2 ^= np.uint64(0xFF)
    _rounds(v0, v1, v2, v3, 4)
    v0 ^= v1
    v2 ^= v3
    v0 ^= v2
    return v0


def _points(ids: Words, key: bytes) -> Words:
    return np.asarray(siphash_2_4_words(key, ids) % np.uint64(WHOLE))


def _borders(shares: Sequence[int]) -> Words:
    if len(shares) > _ARMS_MAX:
        raise UnableToAssign(
            why_en=f"at most {_ARMS_MAX} groups.", why_ru=f"не больше {_ARMS_MAX} групп."
        )
    if any(share < 0 or share != int(share) for share in shares) or sum(shares) != WHOLE:
        raise UnableToAssign(
            why_en=f"the shares {list(shares)} must be whole, not negative, and add up to {WHOLE}.",
            why_ru=f"доли {list(shares)} должны быть целыми, не меньше нуля и в сумме {WHOLE}.",
        )
    return np.cumsum(np.asarray(shares, dtype=np.uint64), dtype=np.uint64)


def _as_ids(profile_ids: ArrayLike) -> Words:
    ids = np.asarray(profile_ids)
    if ids.size and (not np.issubdtype(ids.dtype, np.integer) or ids.min() < 0):
        raise UnableToAssign(
            why_en="profile ids must be whole numbers from 0.",
            why_ru="номера профилей должны быть целыми, от нуля.",
        )
    return ids.astype(np.uint64)


def _keyed(key: bytes) -> tuple[int, int, int, int]:
    if len(key) != 16:
        raise UnableToAssign(why_en="a key has 16 bytes.", why_ru="в ключе 16 байт.")
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    return _START[0] ^ k0, _START[1] ^ k1, _START[2] ^ k0, _START[3] ^ k1


def _rotate(x: int, by: int) -> int:
    return (x << by | x >> (64 - by)) & _MASK


def _round(v0: int, v1: int, v2: int, v3: int) -> tuple[int, int, int, int]:
    v0 = (v0 + v1) & _MASK
    v1 = _rotate(v1, 13) ^ v0
    v0 = _rotate(v0, 32)
    v2 = (v2 + v3) & _MASK
    v3 = _rotate(v3, 16) ^ v2
    v0 = (v0 + v3) & _MASK
    v3 = _rotate(v3, 21) ^ v0
    v2 = (v2 + v1) & _MASK
    v1 = _rotate(v1, 17) ^ v2
    v2 = _rotate(v2, 32)
    return v0, v1, v2, v3


def _rounds(v0: Words, v1: Words, v2: Words, v3: Words, times: int) -> None:
    """The same as `_round` for whole arrays, in place."""
    for _ in range(times):
        v0 += v1
        _rotate_words(v1, 13)
        v1 ^= v0
        _rotate_words(v0, 32)
        v2 += v3
        _rotate_words(v3, 16)
        v3 ^= v2
        v0 += v3
        _rotate_words(v3, 21)
        v3 ^= v0
        v2 += v1
        _rotate_words(v1, 17)
        v1 ^= v2
        _rotate_words(v2, 32)


def _rotate_words(x: Words, by: int) -> None:
    high = x << np.uint64(by)
    x >>= np.uint64(64 - by)
    x |= high
