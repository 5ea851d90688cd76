"""Identifiers: sortable ones for rows, unguessable ones for the public."""

from __future__ import annotations

import os
import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """Return a UUID of version 7 (RFC 9562): sorted by creation, 74 random bits."""
    millis = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (millis & (2**48 - 1)) << 80
    value |= 0x7 << 76 | (random >> 62 & 0xFFF) << 64
    value |= 0b10 << 62 | random & (2**62 - 1)
    return UUID(int=value)


def new_token(bits: int = 192) -> str:
    """Return an unguessable URL-safe token with at least `bits` random bits."""
    return secrets.token_urlsafe(bits // 8)
