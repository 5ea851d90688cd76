"""Takes a letter apart for the page of the mail catcher."""

from __future__ import annotations

import email
import email.policy
from datetime import datetime
from email.header import decode_header, make_header
from email.message import EmailMessage, Message

import msgspec
import zstandard

SOURCE_BYTES_MAX = 32 * 1024 * 1024
_SHOWN_SOURCE_MAX = 512 * 1024


class CaughtLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A caught letter. `html` is data from outside: show it in a sandboxed frame only."""

    id: int
    at: datetime
    envelope_from: str
    envelope_to: str
    from_: str = msgspec.field(name="from")
    to: str
    subject: str
    headers: list[tuple[str, str]]
    html: str
    text: str
    amp: str
    source: str
    size_bytes: int


class Summary(msgspec.Struct, frozen=True):
    """What the catcher reads of a letter while it takes it."""

    from_: str
    to: str
    subject: str


def summarise(source: bytes) -> Summary:
    """Return the three headers of the list, decoded; only the head of the letter is read."""
    end = source.find(b"\r\n\r\n")
    head = source[: end if end >= 0 else len(source)][: 64 * 1024]
    found: dict[str, bytes] = {}
    for line in head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n"):
        name, _, value = line.partition(b":")
        key = name.lower()
        if key in (b"from", b"to", b"subject"):
            found.setdefault(key.decode(), value.strip())
    return Summary(
        from_=_decoded(found.get("from", b"")),
        to=_decoded(found.get("to", b"")),
        subject=_decoded(found.get("subject", b"")),
    )


def read_letter(
    packed: bytes, *, letter_id: int, caught_at: datetime, envelope_from: str, envelope_to: str
) -> CaughtLetter:
    """Unpack and parse a stored letter; a broken one is shown by its source."""
    source = zstandard.ZstdDecompressor().decompress(packed, max_output_size=SOURCE_BYTES_MAX)
    message = email.message_from_bytes(source, policy=email.policy.default)
    headers = [(name, _clean(_header_text(value))) for name, value in message.raw_items()]
    summary = summarise(source)
    return CaughtLetter(
        id=letter_id,
        at=caught_at,
        envelope_from=envelope_from,
        envelope_to=envelope_to,
        from_=summary.from_,
        to=summary.to or envelope_to,
        subject=summary.subject,
        headers=headers,
        html=_part(message, "html"),
        text=_part(message, "plain"),
        amp=_amp(message),
        source=source[:_SHOWN_SOURCE_MAX].decode("utf-8", "replace"),
        size_bytes=len(source),
    )


def _part(message: EmailMessage, kind: str) -> str:
    try:
        return _body(message.get_body((kind,)))
    except (LookupError, ValueError, KeyError, AttributeError):
        # A letter may be malformed in any way; its source is shown all the same.
        return ""


def _amp(message: EmailMessage) -> str:
    """Return the AMP part, which stands beside text and HTML."""
    found = (one for one in message.walk() if one.get_content_type() == "text/x-amp-html")
    return _body(next(found, None))


def _body(body: Message | None) -> str:
    if body is None:
        return ""
    try:
        content = body.get_payload(decode=True)
        charset = body.get_content_charset("utf-8")
        data = content if isinstance(content, bytes) else b""
        return _clean(data.decode(charset, "replace").replace("\r\n", "\n"))
    except (LookupError, ValueError, KeyError, AttributeError):
        # A letter may be malformed in any way; its source is shown all the same.
        return ""


def _decoded(value: bytes) -> str:
    return _clean(_header_text(value.decode("utf-8", "replace")))[:1000]


def _header_text(value: object) -> str:
    text = str(value)
    try:
        text = str(make_header(decode_header(text))) if "=?" in text else text
    except (LookupError, ValueError):
        pass
    return " ".join(text.split())


def _clean(text: str) -> str:
    # PostgreSQL and JSON take neither NUL nor lone surrogates.
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
