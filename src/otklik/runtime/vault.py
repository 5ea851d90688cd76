"""Secrets of other services at rest: passwords and keys that the program must use again."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from otklik.runtime.errors import BadSeal

_NONCE_BYTES = 12
_VERSION = b"\x01"


class Vault:
    """AES-256-GCM (NIST SP 800-38D) under a key derived from the installation's secret.

    A copy of the database alone therefore opens nothing. Nonces are random: 2**32 seals under one
    key keep the chance of a repeat below 2**-32, far more than any installation makes.
    """

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(hmac.digest(secret, b"vault", hashlib.sha256))

    def seal(self, text: str) -> str:
        """Return `text` in a form that may be stored; two seals of one text differ."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), _VERSION)
        return base64.b64encode(_VERSION + nonce + sealed).decode()

    def open(self, sealed: str) -> str:
        """Return the text that `seal` stored.

        Raises: BadSeal, when the stored value was changed or the secret key is another one.
        """
        try:
            raw = base64.b64decode(sealed, validate=True)
            version, nonce = raw[:1], raw[1 : 1 + _NONCE_BYTES]
            return self._cipher.decrypt(nonce, raw[1 + _NONCE_BYTES :], version).decode()
        except (binascii.Error, InvalidTag, ValueError) as error:
            raise BadSeal() from error
