"""A small reader of markup that keeps line numbers: enough to check letters and to find links.

It is neither an XML nor an HTML parser: it never fails on wrong input, so that the checks above it
can say what is wrong in the author's words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Literal

import msgspec

VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
RAW_TEXT = frozenset({"style", "script", "textarea", "title", "mj-style", "mj-title"})


class Attribute(msgspec.Struct, frozen=True):
    """`start` and `end` enclose the value without its quotes; a name alone has value None."""

    name: str
    value: str | None
    quote: str
    offset: int
    start: int
    end: int


class Piece(msgspec.Struct, frozen=True):
    """One token: its place in the source as offsets."""

    kind: Literal["open", "close", "text", "comment", "raw", "declaration", "stray"]
    start: int
    end: int
    name: str = ""
    attributes: tuple[Attribute, ...] = ()
    closed: bool = False  # <br/>

    def get(self, name: str) -> Attribute | None:
        return next((a for a in self.attributes if a.name == name), None)


class Lines:
    """Turns offsets into line numbers."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(m.end() for m in re.finditer("\n", text))]

    def of(self, offset: int) -> int:
        return bisect_right(self._starts, offset)


_NAME = re.compile(r"[a-zA-Z][^\s/>]*")
_SPACE = re.compile(r"[\s/]*")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)(?:\s*(=)\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']*)))?""")


# Tags as tools write them, read in one go; whatever looks different is read with more patience.
_TIDY = re.compile(
    r"""<([a-zA-Z][^\s/>]*)((?:\s+[^\s=/>"']+="[^"]*")*+)\s*(/?)>""",
)
_TIDY_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)="([^"]*)\"""")


def read_markup(text: str) -> Iterator[Piece]:
    """Yield the pieces of `text` in order; their places cover it without gaps."""
    lowered = text.lower()
    position = 0
    while position < len(text):
        place = text.find("<", position)
        if place < 0:
            yield Piece("text", position, len(text))
            return
        if place > position:
            yield Piece("text", position, place)
        piece = _read_at(text, place)
        yield piece
        position = piece.end
        if piece.kind == "open" and piece.name in RAW_TEXT and not piece.closed:
            end = lowered.find(f"</{piece.name}", position)
            end = len(text) if end < 0 else end
            if end > position:
                yield Piece("raw", position, end, piece.name)
            position = end


def _read_at(text: str, start: int) -> Piece:
    tidy = _TIDY.match(text, start)
    if tidy is not None:
        attributes = (
            tuple(
                Attribute(
                    found[1].lower(), found[2], '"', found.start(), found.start(2), found.end(2)
                )
                for found in _TIDY_ATTRIBUTE.finditer(text, tidy.start(2), tidy.end(2))
            )
            if tidy[2]
            else ()
        )
        return Piece("open", start, tidy.end(), tidy[1].lower(), attributes, closed=bool(tidy[3]))
    if text.startswith("<!--", start):
        # “<!-->” is a whole comment.
        return Piece("comment", start, _after(text, "-->", start + 2))
    if text.startswith("<![CDATA[", start):
        return Piece("text", start, _after(text, "]]>", start + 9))
    if text.startswith(("<!", "<?"), start):
        return Piece("declaration", start, _after(text, ">", start + 2))
    if text.startswith("</", start):
        match = _NAME.match(text, start + 2)
        if match is None:
            return Piece("stray", start, start + 2)
        return Piece("close", start, _after(text, ">", match.end()), match.group().lower())
    match = _NAME.match(text, start + 1)
    if match is None:
        return Piece("stray", start, start + 1)
    return _read_opening(text, start, match.group().lower(), match.end())


def _read_opening(text: str, start: int, name: str, position: int) -> Piece:
    attributes: list[Attribute] = []
    while True:
        space = _SPACE.match(text, position)
        gap = space.group() if space else ""
        position += len(gap)
        if position >= len(text):
            return Piece("open", start, len(text), name, tuple(attributes), closed=False)
        if text[position] == ">":
            return Piece(
                "open", start, position + 1, name, tuple(attributes), closed=gap.endswith("/")
            )
        match = _ATTRIBUTE.match(text, position)
        if match is None:
            # A quote or "=" out of place: step over it, the checks report the attributes around.
            position += 1
            continue
        group = next((g for g in (3, 4, 5) if match.group(g) is not None), None)
        attributes.append(
            Attribute(
                name=match.group(1).lower(),
                value=match.group(group) if group else None,
                quote={3: '"', 4: "'"}.get(group or 0, ""),
                offset=position,
                start=match.start(group) if group else match.end(),
                end=match.end(group) if group else match.end(),
            )
        )
        position = match.end()


def _after(text: str, mark: str, start: int) -> int:
    place = text.find(mark, start)
    return len(text) if place < 0 else place + len(mark)
