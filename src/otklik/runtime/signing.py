"""Signed tokens for links in letters: what is inside can be read, but not changed or invented."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from otklik.runtime.errors import BadSignature

_SIGNATURE_BYTES = 16


class Signer:
    """HMAC-SHA-256 cut to 128 bits, with a key of its own for each purpose."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the secret key needs at least 16 bytes")
        self._secret = secret
        self._keys: dict[str, bytes] = {}

    def sign(self, purpose: str, payload: bytes) -> str:
        """Return a URL-safe token that carries `payload`."""
        return _encode(self.digest(purpose, payload)[:_SIGNATURE_BYTES] + payload)

    def verify(self, purpose: str, token: str) -> bytes:
        """Return the payload of a token that `sign` made for the same purpose.

        Raises: BadSignature.
        """
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadSignature() from error
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        # A second spelling of the same bytes is refused, so that a token has one form only.
        if _encode(raw) != token or not hmac.compare_digest(
            signature, self.digest(purpose, payload)[:_SIGNATURE_BYTES]
        ):
            raise BadSignature()
        return payload

    def digest(self, purpose: str, payload: bytes) -> bytes:
        """Return the full keyed hash of `payload`, for values that are compared, not carried."""
        key = self._keys.get(purpose)
        if key is None:
            key = hmac.digest(self._secret, purpose.encode(), hashlib.sha256)
            self._keys[purpose] = key
        return hmac.digest(key, payload, hashlib.sha256)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def secret_from(key: str | None, data_dir: Path) -> bytes:
    """Return the secret of the settings, or the one in the data folder, made at the first start."""
    if key is not None:
        return hashlib.sha256(key.encode()).digest()
    file = data_dir / "secret.key"
    try:
        return bytes.fromhex(file.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        pass
    data_dir.mkdir(parents=True, exist_ok=True)
    fresh = secrets.token_bytes(32)
    draft = file.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(fresh.hex() + "\n", encoding="ascii")
    try:
        # A link fails when another process was first; then its key is the one.
        os.link(draft, file)
    except FileExistsError:
        return bytes.fromhex(file.read_text(encoding="ascii").strip())
    finally:
        draft.unlink()
    return fresh
