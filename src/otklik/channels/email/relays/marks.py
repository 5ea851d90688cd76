"""A mark in each letter that a sending service gives back when it reports of it; pure.

A service replaces our Message-ID (Amazon SES, Postmark) or does not tell it (UniSender Go), and
most do not tell the envelope. Each has a header for data of the sender that comes back with every
event. The mark in it is what stands before the @ of the letter's return path, a signed token.

Amazon SES    X-SES-MESSAGE-TAGS, mail.tags (docs.aws.amazon.com/ses/latest/dg,
              "Send email using event publishing"); letters, digits, _ and - only
Mailgun       X-Mailgun-Variables, user-variables (documentation.mailgun.com, "Attaching Metadata
              to Messages")
Postmark      X-PM-Metadata-…, Metadata (postmarkapp.com/support/article/1125-custom-metadata-faq);
              80 characters. X-PM-KeepID keeps our Message-ID, so that replies name the letter
SendGrid      X-SMTPAPI, unique_args at the top of the event (www.twilio.com/docs/sendgrid/
              for-developers/sending-email/unique-arguments)
UniSender Go  X-UNISENDER-GO, metadata (godocs.unisender.ru/smtp-api)

The header is put before a letter when it goes to a server of that service, and to no other. No
signature covers it: the services take it off, and a signature over it would break.
"""

from __future__ import annotations

import re
from typing import Final

from otklik.channels.email.frame import WireLetter
from otklik.channels.email.verdicts.reports import MARK, Provider

_HOSTS: Final[dict[Provider, re.Pattern[str]]] = {
    Provider.SES: re.compile(
        r"(?:vpce-[a-z0-9-]+\.)?email-smtp(?:-fips)?\.[a-z0-9-]+\.(?:vpce\.)?amazonaws\.com(?:\.cn)?"
    ),
    Provider.MAILGUN: re.compile(r"smtp(?:\.eu)?\.mailgun\.org"),
    Provider.POSTMARK: re.compile(r"smtp(?:-broadcasts)?\.postmarkapp\.com"),
    Provider.SENDGRID: re.compile(r"smtp(?:\.eu)?\.sendgrid\.net"),
    Provider.UNISENDER_GO: re.compile(r"smtp\.go\d*\.unisender\.ru"),
}
_HEADERS: Final[dict[Provider, bytes]] = {
    Provider.SES: b"X-SES-MESSAGE-TAGS: %(name)s=%(mark)s\r\n",
    Provider.MAILGUN: b'X-Mailgun-Variables: {"%(name)s": "%(mark)s"}\r\n',
    Provider.POSTMARK: b"X-PM-Metadata-%(name)s: %(mark)s\r\nX-PM-KeepID: true\r\n",
    Provider.SENDGRID: b'X-SMTPAPI: {"unique_args": {"%(name)s": "%(mark)s"}}\r\n',
    Provider.UNISENDER_GO: b'X-UNISENDER-GO: {"global_metadata": {"%(name)s": "%(mark)s"}}\r\n',
}
_MARK: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


def service_of(host: str) -> Provider | None:
    """Return the sending service that a mail server belongs to, by its name; None: it is another's.

    Only names that the services publish count: a header for one must not go to another.
    """
    name = host.strip().rstrip(".").lower()
    return next((one for one, pattern in _HOSTS.items() if pattern.fullmatch(name)), None)


def marked(data: bytes, service: Provider | None, return_path: str) -> bytes:
    """Return a letter as it goes to a service: with its mark; as it is where there is none."""
    mark, at, _ = return_path.partition("@")
    if service is None or not at or not _MARK.fullmatch(mark):
        return data
    header = _HEADERS[service] % {b"name": MARK.encode(), b"mark": mark.encode()}
    # A letter that needs no look at its line ends stays one: the header has none of its own.
    return WireLetter(header + data) if type(data) is WireLetter else header + data
