"""Addresses that bring a mail home (variable envelope return paths).

The envelope sender of each letter is `b-<token>@<domain>`; replies go to `r-<token>@<domain>`. The
token names the workspace and the message, or the sender, and carries a short signature, so that
nobody can make one for a message that he did not get. Mail servers may change the case of what is
before the @ (RFC 5321 forbids it, some do), so the token is base32 and read in any case. An address
is at most 40 characters before the @; RFC 5321 section 4.5.3.1.1 allows 64.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from typing import Final, Protocol
from uuid import UUID

import msgspec

_RETURN: Final = "mail.return"
_REPLY: Final = "mail.reply"
_SIGNATURE_BYTES: Final = 8
_ADDRESS: Final = re.compile(r"([br])-([a-z2-7]{13,60})@([a-z0-9.-]{1,253})", re.IGNORECASE)


class Digester(Protocol):
    def digest(self, purpose: str, payload: bytes) -> bytes: ...


class ReturnRef(msgspec.Struct, frozen=True):
    """Which message a return path belongs to."""

    workspace_id: int
    message_id: int


class ReplyRef(msgspec.Struct, frozen=True):
    """Which sender a reply address belongs to."""

    workspace_id: int
    sender_id: UUID


def return_address(signer: Digester, domain: str, *, workspace_id: int, message_id: int) -> str:
    """Return the envelope sender of one message."""
    payload = _number(workspace_id) + _number(message_id)
    return f"b-{_token(signer, _RETURN, payload)}@{domain}"


def reply_address(signer: Digester, domain: str, *, workspace_id: int, sender_id: UUID) -> str:
    """Return the address for replies to one sender."""
    payload = _number(workspace_id) + sender_id.bytes
    return f"r-{_token(signer, _REPLY, payload)}@{domain}"


def read_address(signer: Digester, address: str) -> ReturnRef | ReplyRef | None:
    """Return what an address leads to; None for one that was not made here."""
    match = _ADDRESS.fullmatch(address.strip().strip("<>"))
    if match is None:
        return None
    is_return = match[1] in "bB"
    payload = _payload(signer, _RETURN if is_return else _REPLY, match[2])
    if payload is None:
        return None
    workspace_id, rest = _read_number(payload)
    if is_return:
        message_id, rest = _read_number(rest)
        return ReturnRef(workspace_id, message_id) if not rest else None
    return ReplyRef(workspace_id, UUID(bytes=rest)) if len(rest) == 16 else None


def read_mark(signer: Digester, mark: str) -> ReturnRef | None:
    """Return the message of a return path of which only what is before the @ is known."""
    ref = read_address(signer, f"{mark.strip()}@mark") if mark else None
    return ref if isinstance(ref, ReturnRef) else None


def workspace_of(address: str) -> int:
    """Return the workspace that a return path names, without looking at its signature; 0: none.

    For the mail catcher, which shows a developer his own letters.
    """
    match = _ADDRESS.match(address)
    raw = _decoded(match[2]) if match else None
    return _read_number(raw[_SIGNATURE_BYTES:])[0] if raw else 0


def _token(signer: Digester, purpose: str, payload: bytes) -> str:
    signed = signer.digest(purpose, payload)[:_SIGNATURE_BYTES] + payload
    return base64.b32encode(signed).decode().rstrip("=").lower()


def _payload(signer: Digester, purpose: str, token: str) -> bytes | None:
    raw = _decoded(token)
    if raw is None:
        return None
    signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    right = signer.digest(purpose, payload)[:_SIGNATURE_BYTES]
    return payload if hmac.compare_digest(signature, right) else None


def _decoded(token: str) -> bytes | None:
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except binascii.Error:
        return None
    return raw if len(raw) > _SIGNATURE_BYTES else None


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_number(payload: bytes) -> tuple[int, bytes]:
    value = shift = 0
    for at, byte in enumerate(payload[:10]):
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, payload[at + 1 :]
        shift += 7
    return 0, b""
