"""Passwords: argon2id with the parameters of RFC 9106's second choice."""

from __future__ import annotations

import asyncio

import argon2

from otklik.accounts.errors import WeakPassword

LENGTH_MIN = 10
LENGTH_MAX = 1024
_COMMON = frozenset(
    {"password12", "1234567890", "qwertyuiop", "passwordpassword", "0123456789", "йцукенгшщз"}
)
_hasher = argon2.PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
# Checked when the address is unknown, so that the answer takes as long as for a known one.
_NOBODY = _hasher.hash("a password that nobody has")


def check_strength(password: str) -> None:
    """Raise WeakPassword for a short, endless or well-known password."""
    if (
        not LENGTH_MIN <= len(password) <= LENGTH_MAX
        or password.lower() in _COMMON
        or len(set(password)) < 4
    ):
        raise WeakPassword(least=LENGTH_MIN)


async def hash_password(password: str) -> str:
    return await asyncio.to_thread(_hasher.hash, password)


async def password_matches(password_hash: str | None, password: str) -> bool:
    """Compare in a thread: one check takes about 50 ms of a core on purpose."""
    if len(password) > LENGTH_MAX:
        return False
    try:
        await asyncio.to_thread(_hasher.verify, password_hash or _NOBODY, password)
    except argon2.exceptions.VerificationError:
        return False
    return password_hash is not None
