"""Whether a call really comes from the provider that it names; pure but for the asked certificate.

Amazon SNS    docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
Mailgun       documentation.mailgun.com, Webhooks, Securing webhooks
SendGrid      docs.sendgrid.com, Event Webhook Security Features
UniSender Go  godocs.unisender.ru, Webhook: `auth` is the MD5 of the body with the API key in it
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

_SNS_HOST: Final = re.compile(r"sns\.[a-z0-9-]{3,40}\.amazonaws\.com(\.cn)?")
_NOTICE: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION: Final = (
    "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
)  # fmt: skip
_AUTH: Final = re.compile(rb'("auth"\s*:\s*")([0-9a-fA-F]{32})(")')


def is_sns_address(url: str) -> bool:
    """Tell whether an address is one of Amazon SNS: the certificate's, or a confirmation's."""
    try:
        parts = urlsplit(url)
        plain = parts.port in (None, 443) and not parts.username
    except ValueError:
        return False
    return parts.scheme == "https" and plain and bool(_SNS_HOST.fullmatch(parts.hostname or ""))


def is_sns_message(message: Mapping[str, Any], certificate: bytes) -> bool:
    """Tell whether a message of SNS carries the signature of this certificate (PEM)."""
    names = _NOTICE if message.get("Type") == "Notification" else _CONFIRMATION
    lines = [f"{n}\n{message[n]}\n" for n in names if isinstance(message.get(n), str)]
    # Version 1 is SHA-1 with RSA, which Amazon still sends where a topic does not ask for 2.
    version: hashes.HashAlgorithm
    match str(message.get("SignatureVersion")):
        case "1":
            version = hashes.SHA1()  # noqa: S303 -- published so; nobody can choose both texts here
        case "2":
            version = hashes.SHA256()
        case _:
            return False
    try:
        key = x509.load_pem_x509_certificate(certificate).public_key()
        signature = base64.b64decode(str(message.get("Signature")), validate=True)
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        key.verify(signature, "".join(lines).encode(), padding.PKCS1v15(), version)
    except (ValueError, InvalidSignature, binascii.Error):
        return False
    return True


def is_from_mailgun(secret: str, signature: Mapping[str, Any]) -> bool:
    """Tell whether the signature object of a body was made with the signing key."""
    said = f"{signature.get('timestamp')}{signature.get('token')}".encode()
    right = hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()
    return hmac.compare_digest(right.encode(), str(signature.get("signature")).encode())


def is_from_sendgrid(secret: str, timestamp: str, signature: str, body: bytes) -> bool:
    """Tell whether a body was signed; `secret`: the verification key as SendGrid shows it."""
    try:
        key = load_der_public_key(base64.b64decode(secret, validate=True))
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature, binascii.Error):
        return False
    return True


def is_from_unisender_go(secret: str, body: bytes) -> bool:
    """Tell whether `auth` in the body is the MD5 of the body with the API key in its place."""
    match = _AUTH.search(body)
    if match is None:
        return False
    signed = body[: match.start(2)] + secret.encode() + body[match.end(2) :]
    right = hashlib.md5(signed, usedforsecurity=False).hexdigest()
    return hmac.compare_digest(right.encode(), match[2].lower())
