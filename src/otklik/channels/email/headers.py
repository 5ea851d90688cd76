"""Header values for the wire: one line in, folded ASCII out. No value can start a new header."""

from __future__ import annotations

import re
from binascii import b2a_base64
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

# Line breaks of every kind, and control characters that have no place in a header.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LINE_MAX: Final = 76
# 45 bytes are 60 letters of Base64; with "=?utf-8?b?" and "?=" a word has 72 characters at most.
_WORD_BYTES: Final = 45
_NAME_USED: Final = len("Reply-To: ")


def one_line(value: str) -> str:
    """Return `value` as one line: runs of space and control characters become one space."""
    if not value.isprintable():
        value = _UNPRINTABLE.sub(" ", value)
        if _SURROGATE.search(value):
            value = _SURROGATE.sub("\ufffd", value)
    return " ".join(value.split())


def text_value(value: str, *, used: int = 0) -> bytes:
    """Return an unstructured value (Subject), encoded by RFC 2047 where needed, and folded.

    `used` is the number of characters already on the line ("Subject: ").
    """
    value = one_line(value)
    # A value that looks like an encoded word must be encoded, or it would be read as one.
    if value.isascii() and "=?" not in value:
        folded = _fold(value, used)
        if folded is not None:
            return folded
    return _encoded_words(value, used)


def phrase(value: str, *, used: int = 0) -> bytes:
    """Return a display name: bare words, a quoted string, or encoded words."""
    value = one_line(value)
    if value.isascii() and "=?" not in value and len(value) <= 60:
        if _ATOMS.fullmatch(value):
            return value.encode()
        return b'"' + value.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
    return _encoded_words(value, used)


def mailbox(name: str | None, address: str) -> bytes:
    """Return `name <address>`; `address` must have passed `parse_address`."""
    spec = address.encode("ascii")
    shown = phrase(name, used=_NAME_USED) if name else b""
    if not shown:
        return spec
    last_line = len(shown) - shown.rfind(b"\n")
    glue = b"\r\n " if last_line + len(spec) + 12 > _LINE_MAX else b" "
    return shown + glue + b"<" + spec + b">"


@lru_cache(maxsize=8)
def date_value(moment: datetime) -> bytes:
    """Return a Date value; letters of one second share it."""
    return format_datetime(moment).encode()


def _fold(value: str, used: int) -> bytes | None:
    """Break an ASCII value at spaces; None when one word is too long for a line."""
    if used + len(value) <= _LINE_MAX:
        return value.encode()
    lines: list[str] = []
    line = ""
    room = _LINE_MAX - used
    for word in value.split(" "):
        if len(word) > (_LINE_MAX - 2 if line else room):
            return None
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line, room = word, _LINE_MAX - 1
        else:
            line = f"{line} {word}" if line else word
    lines.append(line)
    return "\r\n ".join(lines).encode()


def _encoded_words(value: str, used: int) -> bytes:
    data = value.encode("utf-8", "replace")
    words: list[bytes] = []
    position = 0
    # RFC 2047 section 2: 76 characters a line, and the first one has the header's name on it.
    size = max(6, (_LINE_MAX - used - 12) // 4 * 3)
    while position < len(data):
        end = min(position + min(size, _WORD_BYTES), len(data))
        size = _WORD_BYTES
        # RFC 2047 section 5: a character must not be split between two words.
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        words.append(b"=?utf-8?b?" + b2a_base64(data[position:end], newline=False) + b"?=")
        position = end
    return b"\r\n ".join(words)
