"""The certificate with which the server for returned mail speaks TLS (STARTTLS, RFC 3207).

Certificates are renewed every few weeks by a program of their own, so the files are looked at
before a conversation is encrypted, and read anew when they have changed.
"""

from __future__ import annotations

import ssl
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography import x509

from otklik.runtime.public import log


class BadCertificate(Exception):
    """The files can't be used; the text says why."""


class CertificateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a certificate says of itself. `names`: the hosts that it is for."""

    names: list[str]
    ends_at: datetime


class TlsFiles:
    """The two files of the settings, PEM: the certificate with its chain, and its key."""

    def __init__(self, certificate: str, key: str) -> None:
        self.certificate, self.key = Path(certificate), Path(key)
        self._context: ssl.SSLContext | None = None
        self._seen: tuple[tuple[int, int, int], ...] = ()

    def context(self) -> ssl.SSLContext:
        """Return what to encrypt with now. Raises: BadCertificate, if no pair ever fitted.

        A pair that doesn't fit while it is being renewed is left alone: the old one goes on.
        """
        try:
            seen = (_mark(self.certificate), _mark(self.key))
            if self._context is not None and seen == self._seen:
                return self._context
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(self.certificate, self.key)
        except (OSError, ValueError) as error:
            if self._context is None:
                raise BadCertificate(_said(error)) from error
            log.warning("the certificate for returned mail was not read anew", error=_said(error))
            return self._context
        self._context, self._seen = context, seen
        return context

    def facts(self) -> CertificateFacts:
        """Return whom the certificate is for, and until when. Raises: BadCertificate."""
        self.context()
        try:
            found = x509.load_pem_x509_certificate(self.certificate.read_bytes())
            return certificate_facts(found)
        except (OSError, ValueError) as error:
            raise BadCertificate(_said(error)) from error


def certificate_facts(certificate: x509.Certificate) -> CertificateFacts:
    """Return whom a certificate is for, and until when. Raises: ValueError (broken inside)."""
    try:
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = [str(name) for name in named.value.get_values_for_type(x509.DNSName)]
    except x509.ExtensionNotFound:
        names = []
    return CertificateFacts(names=names, ends_at=certificate.not_valid_after_utc)


def covers(names: list[str], host: str) -> bool:
    """Tell whether a certificate for `names` is one for `host` (RFC 6125: a star is one label)."""
    wanted = host.rstrip(".").lower()
    return any(
        name.lower() == wanted
        or (name.startswith("*.") and wanted.partition(".")[2] == name[2:].lower())
        for name in names
    )


def _mark(file: Path) -> tuple[int, int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"the certificate and the key don't fit, or are no PEM files ({error.reason})"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    return str(error)
