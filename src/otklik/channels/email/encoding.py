"""The transfer encodings of a letter's parts (RFC 2045), with the common pieces encoded once.

A letter of a mailing is mostly the same for everybody. So a part comes in pieces: fixed texts,
which are encoded when they are first seen, and own texts between them. Both encodings allow a line
to end anywhere, so every piece begins on a line of its own: after `=` in quoted-printable, and in
Base64 after a piece is rounded to whole groups of three bytes by taking some from its neighbour.

No encoded line begins with a dot, so that a letter need not be searched for such lines when it goes
to the wire (RFC 5321 section 4.5.2).
"""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Callable, Sequence
from typing import Final, Protocol

QUOTED: Final = b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
BASE64: Final = b"Content-Transfer-Encoding: base64\r\n\r\n"
_LINE_MAX: Final = 76
_LINE_BYTES: Final = 57  # of Base64: 76 characters of it
_KEPT: Final = 8
_ODD_LINE: Final = re.compile(rb"^(?:\.[^\r\n]*|[^\r\n]{77,})", re.MULTILINE)
_SPACE_AT_END: Final = re.compile(rb"=(?:20|09)(?:\r\n|\Z)")


class Pieces(Protocol):
    """A text in pieces: `fixed[0] own[0] fixed[1] … own[-1] fixed[-1]`.

    `fixed` is the same for all letters of a mailing.
    """

    @property
    def fixed(self) -> tuple[str, ...]: ...

    @property
    def own(self) -> Sequence[str]: ...


Encode = Callable[[Sequence[str]], list[bytes]]


class PartEncoder:
    """Encodes one part of the letters of a mailing; keeps what is the same in them."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Encode | None] = {}

    def encode(self, text: str | Pieces) -> list[bytes]:
        """Return the transfer-encoding header, an empty line and the encoded part, in pieces."""
        if isinstance(text, str):
            return [encode_whole(text)]
        fixed, own = text.fixed, text.own
        try:
            encode = self._known[fixed]
        except KeyError:
            encode = self._known[fixed] = _encoder(fixed)
            # A mailing has one such text, or a few when its letters are made in different ways.
            while len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]
        # A lone CR would be one line end with the LF of the next piece.
        if encode is None or "\r" in "".join(own):
            return [encode_whole(_joined(fixed, own))]
        return encode(own)


def encode_whole(text: str) -> bytes:
    """Return the transfer-encoding header, an empty line and the encoded text."""
    data = _as_bytes(text)
    if _suits_quoted(text, data):
        return QUOTED + _quoted(data)
    return BASE64 + _lines(data)


def _encoder(fixed: tuple[str, ...]) -> Encode | None:
    """Return what encodes the parts that have these fixed pieces; None: encode them whole."""
    if len(fixed) == 1 or any(text.endswith("\r") for text in fixed):
        return None
    data = [_as_bytes(text) for text in fixed]
    whole = "".join(fixed)
    if not whole:
        return None
    return _in_quoted(data) if _suits_quoted(whole, b"".join(data)) else _in_base64(data)


def _suits_quoted(text: str, data: bytes) -> bool:
    # Quoted-printable triples a byte outside ASCII, Base64 adds a third to everything. `data` is
    # longer than `text` by about one byte for each of those.
    return (len(data) - len(text)) * 4 < len(data)


def _joined(fixed: Sequence[str], own: Sequence[str]) -> str:
    pieces = [""] * (len(fixed) + len(own))
    pieces[::2] = fixed
    pieces[1::2] = own
    return "".join(pieces)


def _as_bytes(text: str) -> bytes:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n", "\r\n").encode("utf-8", "replace")


# --- Quoted-printable ----------------------------------------------------------------------------


def _in_quoted(fixed: Sequence[bytes]) -> Encode:
    ready = [QUOTED + _quoted_piece(fixed[0])]
    ready += [_quoted_piece(data) for data in fixed[1:-1]]
    ready.append(_quoted(fixed[-1]))

    def encode(own: Sequence[str]) -> list[bytes]:
        pieces = [b""] * (2 * len(ready) - 1)
        pieces[::2] = ready
        together = "".join(own)
        if together.isascii() and together.isprintable():
            pieces[1::2] = [_plain_piece(text) for text in own]
        else:
            pieces[1::2] = [_quoted_piece(_as_bytes(text)) for text in own]
        return pieces

    return encode


def _plain_piece(text: str) -> bytes:
    """Return a piece of printable ASCII; mostly nothing in it needs a code."""
    size = len(text)
    if not size:
        return b""
    if size < 2 * _LINE_MAX - 1 and "=" not in text and text[0] != ".":
        if size < _LINE_MAX:
            return text.encode() + b"=\r\n"
        if text[_LINE_MAX - 1] != ".":
            return f"{text[: _LINE_MAX - 1]}=\r\n{text[_LINE_MAX - 1 :]}=\r\n".encode()
    return _quoted_piece(text.encode())


def _quoted_piece(data: bytes) -> bytes:
    """Return a piece that ends with a line end, a soft one if need be."""
    # The mark at the end keeps a place in the last line for "=", and a space in front of it as it
    # is: neither ends the text.
    piece = _quoted(data + b"-")[:-1]
    return piece if not piece or piece.endswith(b"\r\n") else piece + b"=\r\n"


def _quoted(data: bytes) -> bytes:
    quoted = b2a_qp(data, quotetabs=False, istext=True, header=False)
    if b"\n" not in data:
        # Without a line end to imitate, binascii breaks long lines by LF alone.
        quoted = quoted.replace(b"=\n", b"=\r\n")
    if quoted.startswith(b".") or b"\n." in quoted or _SPACE_AT_END.search(quoted):
        quoted = _ODD_LINE.sub(_mended, quoted)
    return quoted


def _mended(found: re.Match[bytes]) -> bytes:
    """Return a line with its first dot encoded, broken in two if it is too long.

    binascii puts the code of a space at the end of a line even where there is no place for it.
    """
    line = found.group()
    if line.startswith(b"."):
        line = b"=2E" + line[1:]
    if len(line) <= _LINE_MAX:
        return line
    # The new line holds the last few characters, from no later than a code such as "=D0" begins.
    end = _LINE_MAX - 1
    while b"=" in line[end - 2 : end]:
        end -= 1
    tail = line[end:]
    if tail.startswith(b"."):
        tail = b"=2E" + tail[1:]
    return line[:end] + b"=\r\n" + tail


# --- Base64 --------------------------------------------------------------------------------------


def _in_base64(fixed: Sequence[bytes]) -> Encode:
    # For each piece, how it goes on after 0, 1 or 2 bytes that wait for company: the bytes that
    # they get, the lines in the middle, and the bytes that wait now. None: too short for that.
    first, *others = (tuple(_cut(data, taken) for taken in (0, 2, 1)) for data in fixed)
    assert first[0] is not None, "taking nothing is always possible"
    head = BASE64 + first[0][1]
    waiting_first = first[0][2]
    follow = list(zip(others, fixed[1:], strict=True))

    def encode(own: Sequence[str]) -> list[bytes]:
        pieces = [head]
        waiting = waiting_first
        for text, (cuts, data) in zip(own, follow, strict=True):
            waiting += _as_bytes(text)
            cut = cuts[len(waiting) % 3]
            if cut is None:
                waiting += data
                continue
            taken, middle, rest = cut
            pieces.append(_lines(waiting + taken))
            pieces.append(middle)
            waiting = rest
        pieces.append(_lines(waiting))
        return pieces

    return encode


def _cut(data: bytes, taken: int) -> tuple[bytes, bytes, bytes] | None:
    """Return the first `taken` bytes, lines of Base64 of whole groups after them, and the rest."""
    if taken > len(data):
        return None
    end = taken + (len(data) - taken) // 3 * 3
    return data[:taken], _lines(data[taken:end]), data[end:]


def _lines(data: bytes) -> bytes:
    """Return Base64 in lines that all end with CRLF."""
    return b"".join(
        [
            b2a_base64(data[start : start + _LINE_BYTES], newline=False) + b"\r\n"
            for start in range(0, len(data), _LINE_BYTES)
        ]
    )
