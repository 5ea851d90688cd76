"""A reader of mails that may be broken in any way.

The library's parser keeps what is right; this one keeps what is there. It never fails, goes only
so deep, and looks at only so many bytes, since anybody can send anything to a return address.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from typing import Final

MAIL_BYTES: Final = 4 * 1024 * 1024
PART_CHARS: Final = 128 * 1024
HEADER_BYTES: Final = 128 * 1024
_DEPTH: Final = 8
_PARTS: Final = 64
_HEADERS: Final = 400
_NAME: Final = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")
_PARAMETER: Final = re.compile(
    r';\s*([A-Za-z*0-9-]{1,40})\s*=\s*(?:"([^"]{0,300})"|([^\s;"]{1,300}))'
)
_TAG: Final = re.compile(r"<(/?)([A-Za-z!][A-Za-z0-9]{0,20})[^<>]{0,2000}>")
_UNSEEN: Final = re.compile(r"<(/?)(style|script|head)\b[^<>]{0,2000}>", re.IGNORECASE)
_BREAKS: Final = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "hr"})
_ENTITY: Final = {
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": '"',
    "&nbsp;": " ",
    "&#39;": "'",
    "&#64;": "@",
}
_ENTITIES: Final = re.compile("|".join(_ENTITY))
_BOUNDARY: Final = re.compile(rb"(?:^|\n)--([^\s-][^\n]{3,100}?)[ \t]*\n[Cc]ontent-")
_JIS: Final = re.compile(rb"\x1b[$(][A-Z@]")


class Part:
    """One part of a mail. `children` of a multipart; `inner` of an enclosed message."""

    __slots__ = ("body", "children", "headers", "inner", "params", "type")

    def __init__(self, headers: list[tuple[str, str]], body: bytes) -> None:
        self.headers = headers
        self.body = body
        self.children: list[Part] = []
        self.inner: Part | None = None
        value = self.header("content-type")
        self.type = value.partition(";")[0].strip().lower()
        self.params = {
            m[1].lower(): m[2] if m[2] is not None else m[3]
            for m in _PARAMETER.finditer(value[:4000])
        }

    def header(self, name: str) -> str:
        """Return the first header of a name as it stands there, unfolded; "" without it."""
        return next((value for key, value in self.headers if key == name), "")

    def header_all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def shown(self, name: str) -> str:
        """Return a header with its encoded words read."""
        return decoded_words(self.header(name))

    def text(self) -> str:
        """Return the body as text, whatever the charset says, at most `PART_CHARS` long."""
        return _text(self._content(), self.params.get("charset", ""))[:PART_CHARS]

    def _content(self) -> bytes:
        body = self.body[: PART_CHARS * 3]
        encoding = self.header("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return _base64(body)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(body)
        return body

    def walk(self) -> Iterator[Part]:
        """Yield this part and all under it, without those of enclosed messages."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_mail(data: bytes) -> Part:
    """Take a mail apart; never fails."""
    data = data[:MAIL_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if data.startswith(b"From "):
        data = data.partition(b"\n")[2]
    return _read(data.lstrip(b"\n"), _DEPTH, [_PARTS])


def _read(data: bytes, depth: int, budget: list[int]) -> Part:
    headers, body = _split(data)
    part = Part(headers, body)
    budget[0] -= 1
    if depth <= 0 or budget[0] <= 0:
        return part
    if part.type.startswith("multipart/"):
        pieces = _pieces(body, part.params.get("boundary", "").encode("utf-8", "replace"))
        for piece in pieces:
            if budget[0] <= 0:
                break
            part.children.append(_read(piece, depth - 1, budget))
    elif part.type in ("message/rfc822", "message/global", "message/news"):
        enclosed = part._content() if part.header("content-transfer-encoding") else body
        part.inner = _read(enclosed.lstrip(b"\n"), depth - 1, budget)
    return part


def _split(data: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """Split headers from the body; a body may begin without any header."""
    headers: list[tuple[str, str]] = []
    name, values = "", list[bytes]()
    at, end = 0, min(len(data), HEADER_BYTES)
    while at < end and len(headers) < _HEADERS:
        stop = data.find(b"\n", at, at + HEADER_BYTES)
        stop = len(data) if stop < 0 else stop
        line = data[at:stop]
        if not line.strip():
            at = stop + 1
            break
        if line[:1] in b" \t" and name:
            values.append(line.strip())
        elif match := _NAME.match(line):
            if name:
                headers.append((name, _plain(b" ".join(values))))
            name = match.group()[:-1].decode("ascii", "replace").strip().lower()
            values = [line[match.end() :].strip()]
        elif line.startswith((b"From ", b">From ")):
            pass
        elif not headers and not name:
            return [], data
        else:
            # A line that is no header ends them, although the empty line is missing.
            break
        at = stop + 1
    if name:
        headers.append((name, _plain(b" ".join(values))))
    return headers, data[at:]


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    mark = b"\n--" + boundary
    if not boundary or mark not in b"\n" + body:
        # The header names another boundary than the body has, or none.
        found = _BOUNDARY.search(body[:HEADER_BYTES])
        if found is None:
            return []
        mark = b"\n--" + found[1]
    parts = (b"\n" + body).split(mark, _PARTS)
    pieces: list[bytes] = []
    for part in parts[1:]:
        if part.startswith(b"--"):
            break
        line_end = part.find(b"\n")
        if line_end >= 0 and part[:line_end].strip():
            # A boundary that is the beginning of another one.
            continue
        pieces.append(part[line_end + 1 :] if line_end >= 0 else b"")
    return pieces


def _plain(value: bytes) -> str:
    value = value[:16_384]
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _base64(body: bytes) -> bytes:
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", body.partition(b"=\n\n")[0])
    return binascii.a2b_base64(letters[: len(letters) // 4 * 4] + _tail(letters))


def _tail(letters: bytes) -> bytes:
    rest = len(letters) % 4
    return letters[-rest:] + b"=" * (4 - rest) if rest > 1 else b""


def _text(data: bytes, charset: str) -> str:
    charset = charset.strip().lower()
    if _JIS.search(data[:4096]) and not charset.startswith("iso-2022"):
        charset = "iso-2022-jp"
    if charset in ("us-ascii", "ascii", "unknown-8bit", "x-unknown", ""):
        charset = "utf-8"
    try:
        return data.decode(charset, "replace" if charset.startswith("iso-2022") else "strict")
    except (LookupError, ValueError):
        pass
    for guess in ("utf-8", "latin-1"):
        try:
            return data.decode(guess)
        except ValueError:
            continue
    return ""


def decoded_words(value: str) -> str:
    """Read the encoded words of a header (RFC 2047); leaves what can't be read."""
    if "=?" not in value:
        return value
    out: list[str] = []
    try:
        for piece, charset in decode_header(value[:4096]):
            out.append(piece if isinstance(piece, str) else _text(piece, charset or ""))
    except (HeaderParseError, ValueError, LookupError):
        return value
    return " ".join("".join(out).split())


def without_tags(html: str) -> str:
    """Return the words of an HTML text, a line per block."""
    html = _without_unseen(html[:PART_CHARS])
    text = _TAG.sub(lambda m: "\n" if m[2].lower() in _BREAKS else " ", html)
    return _ENTITIES.sub(lambda m: _ENTITY[m.group()], text).replace("&amp;", "&")


def _without_unseen(html: str) -> str:
    """Cut out what is not shown: from a style, script or head to its end, in one pass.

    One that is never closed hides nothing; a thousand of them must not cost a thousand searches.
    """
    closed: dict[str, list[int]] = {}
    tags = list(_UNSEEN.finditer(html))
    for tag in reversed(tags):
        if tag[1]:
            closed.setdefault(tag[2].lower(), []).append(tag.end())
    out: list[str] = []
    at = 0
    for tag in tags:
        if tag[1] or tag.start() < at:
            continue
        ends = closed.get(tag[2].lower(), [])
        while ends and ends[-1] <= tag.start():
            ends.pop()
        if ends:
            out += (html[at : tag.start()], " ")
            at = ends[-1]
    return "".join([*out, html[at:]])
