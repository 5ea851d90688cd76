"""Hides Liquid from tools that read markup.

MJML and CSS tools run before Liquid and would damage it: `{% if a < b %}` is broken XML, a quote
inside `{{ x | default: "y" }}` ends an attribute, and text between table rows is moved out of the
table. So every Liquid span becomes a word that such tools copy unchanged, and comes back after.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

import msgspec

_SILENT_TAG = re.compile(
    r"\{%-?\s*(?:okif|endokif|if|elsif|else|endif|unless|endunless|for|endfor)\b"
)
_ATTRIBUTE_QUOTES = ('"', "'")


class Masked(msgspec.Struct, frozen=True):
    """A source with its Liquid hidden. Line numbers of `text` are those of the source."""

    text: str
    spans: tuple[str, ...]
    lines: tuple[int, ...]
    nonce: str

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(rf"<!--lqc{self.nonce}x(\d+)z-->|lq{self.nonce}x(\d+)z", re.IGNORECASE)

    def is_tag(self, text: str) -> bool:
        """Tell whether `text` holds nothing but hidden tags of Liquid, which take no room."""
        rest = self.pattern.sub("", text).strip()
        spans = [self.spans[int(m.group(1) or m.group(2))] for m in self.pattern.finditer(text)]
        return bool(spans) and not rest and all(_SILENT_TAG.match(span) for span in spans)


class Unmasked(msgspec.Struct, frozen=True):
    """Text with the Liquid back in place; `offsets[i]` is where the span `numbers[i]` begins."""

    text: str
    offsets: tuple[int, ...]
    lines: tuple[int, ...]

    def line_at(self, offset: int) -> int | None:
        """Return the line in the author's source of the Liquid that covers or precedes `offset`."""
        place = bisect_right(self.offsets, offset)
        return self.lines[place - 1] if place else None


class UnclosedLiquid(Exception):
    """`{{` or `{%` without its end."""

    def __init__(self, opening: str, line: int) -> None:
        self.opening, self.line = opening, line
        super().__init__(opening)


_TAG_OF_SPAN = re.compile(r"\{%-?\s*(\w+)")


def find_spans(source: str) -> list[tuple[int, int]]:
    """Return (start, end) of every `{{ … }}` and `{% … %}`, in linear time.

    Raises: UnclosedLiquid at the first one that has no end.
    """
    spans: list[tuple[int, int]] = []
    position = 0
    while True:
        start = source.find("{", position)
        if start < 0 or start + 1 >= len(source):
            return spans
        closing = {"{": "}}", "%": "%}"}.get(source[start + 1])
        if closing is None:
            position = start + 1
            continue
        end = source.find(closing, start + 2)
        if end < 0:
            raise UnclosedLiquid(source[start : start + 2], source.count("\n", 0, start) + 1)
        position = end + 2
        spans.append((start, position))


def check_spans(source: str) -> None:
    """Make sure that every span and every `raw` block has an end.

    The engine's own reader looks for the end of a `raw`, `doc` or `comment` anew from each opening,
    which takes minutes for a page of openings; here it takes one pass.

    Raises: UnclosedLiquid.
    """
    raw_at: int | None = None
    for start, end in find_spans(source):
        match = _TAG_OF_SPAN.match(source, start, end)
        name = match.group(1) if match else ""
        if raw_at is None and name in ("raw", "doc"):
            raw_at, closing = start, f"end{name}"
        elif raw_at is not None and name == closing:
            raw_at = None
    if raw_at is not None:
        line = source.count("\n", 0, raw_at) + 1
        raise UnclosedLiquid(source[raw_at : source.index("%}", raw_at) + 2], line)


def mask(source: str, *, html: bool = False) -> Masked:
    """Replace every Liquid span of `source` by a word of its own.

    With `html`, a span outside of tags, `<style>` and the like becomes a comment: an HTML parser
    moves stray text out of tables, but leaves comments where they are.

    Raises: UnclosedLiquid.
    """
    spans = find_spans(source)
    nonce = _free_nonce(source)
    in_text = _text_places(source, spans) if html else [False] * len(spans)
    parts: list[str] = []
    lines: list[int] = []
    position, line = 0, 1
    for number, (start, end) in enumerate(spans):
        parts.append(source[position:start])
        line += source.count("\n", position, start)
        lines.append(line)
        word = f"{nonce}x{number}z"
        newlines = source.count("\n", start, end)
        # A word of its own for our comments: Liquid inside the author's comment stays a comment.
        parts.append(f"<!--lqc{word}-->" if in_text[number] else f"lq{word}")
        # The line count must stay true for the checks that read the masked text.
        parts.append("\n" * newlines)
        position = end
        line += newlines
    parts.append(source[position:])
    return Masked(
        text="".join(parts),
        spans=tuple(source[start:end] for start, end in spans),
        lines=tuple(lines),
        nonce=nonce,
    )


def unmask(text: str, masked: Masked) -> Unmasked:
    """Put the Liquid of `masked` back into `text`, which was made from its masked source."""
    if not masked.spans:
        return Unmasked(text, (), ())
    parts: list[str] = []
    offsets: list[int] = []
    lines: list[int] = []
    position = length = 0
    for match in masked.pattern.finditer(text):
        number = int(match.group(1) or match.group(2))
        if number >= len(masked.spans):
            continue
        before = text[position : match.start()]
        length += len(before)
        offsets.append(length)
        lines.append(masked.lines[number])
        parts += (before, masked.spans[number])
        length += len(masked.spans[number])
        position = match.end()
        # The line breaks that kept the count are not part of the author's text.
        extra = masked.spans[number].count("\n")
        while extra and text.startswith("\n", position):
            position, extra = position + 1, extra - 1
    parts.append(text[position:])
    return Unmasked("".join(parts), tuple(offsets), tuple(lines))


def _free_nonce(source: str) -> str:
    """Return a letter sequence that makes our words impossible to meet in the source."""
    lowered = source.lower()
    number = 0
    while any(f"{mark}{_letters(number)}x" in lowered for mark in ("lq", "lqc")):
        number += 1
    return _letters(number)


def _letters(number: int) -> str:
    text = ""
    while True:
        text = chr(97 + number % 20) + text
        number //= 20
        if not number:
            return text


_TAG_NAME = re.compile("[a-zA-Z]+")
_RAW_TEXT = ("style", "script", "title", "textarea")


def _text_places(source: str, spans: list[tuple[int, int]]) -> list[bool]:
    """Tell for each span whether it stands in ordinary text, where a comment may stand too."""
    result: list[bool] = []
    state = _State("text", "", "")
    position = 0
    for start, end in spans:
        state = _scan(source, position, start, state)
        result.append(state.place == "text")
        position = end
    return result


class _State(NamedTuple):
    """Where a reader of HTML is: in text, comment, raw text, a tag, or a quoted value."""

    place: str
    quote: str
    raw: str


def _scan(source: str, position: int, end: int, state: _State) -> _State:
    """Move a small HTML reader from `position` to `end`; return its state there."""
    place, quote, raw = state
    while position < end:
        if place == "text":
            at = source.find("<", position, end)
            if at < 0:
                break
            if source.startswith("<!--", at):
                place, position = "comment", at + 2
            elif at + 1 < len(source) and (source[at + 1].isalpha() or source[at + 1] in "/!"):
                place, position = "tag", at + 1
                match = _TAG_NAME.match(source, position)
                name = match.group().lower() if match else ""
                raw = name if name in _RAW_TEXT else ""
            else:
                position = at + 1
        elif place == "comment":
            at = source.find("-->", position, end)
            if at < 0:
                break
            place, position = "text", at + 3
        elif place == "raw":
            close = re.compile(f"</{raw}", re.IGNORECASE).search(source, position, end)
            if close is None:
                break
            place, raw, position = "tag", "", close.end()
        elif place == "value":
            at = source.find(quote, position, end)
            if at < 0:
                break
            place, position = "tag", at + 1
        else:
            char = source[position]
            if char in _ATTRIBUTE_QUOTES:
                place, quote = "value", char
            elif char == ">":
                place = "raw" if raw else "text"
            position += 1
    return _State(place, quote, raw)
