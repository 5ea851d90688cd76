"""Hides Liquid from tools that read markup.

MJML and CSS tools run before Liquid and would damage it: `{% if a < b %}` is broken XML, a quote
inside `{{ x | default: "y" }}` ends an attribute, and text between table rows is moved out of the
table. So every Liquid span becomes a word that such tools copy unchanged, and comes back after.
"""

from __future__ import annotations

import re
from bisect import bisect_right

import msgspec

_ATTRIBUTE_QUOTES = ('"', "'")


class Masked(msgspec.Struct, frozen=True):
    """A source with its Liquid hidden. Line numbers of `text` are those of the source."""

    text: str
    spans: tuple[str, ...]
    lines: tuple[int, ...]
    nonce: str

    def token(self, number: int) -> str:
        return f"lq{self.nonce}x{number}z"

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(rf"<!--lq{self.nonce}x(\d+)z-->|lq{self.nonce}x(\d+)z", re.IGNORECASE)


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
        word = f"lq{nonce}x{number}z"
        newlines = source.count("\n", start, end)
        parts.append(f"<!--{word}-->" if in_text[number] else word)
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
    while f"lq{_letters(number)}x" in lowered:
        number += 1
    return _letters(number)


def _letters(number: int) -> str:
    text = ""
    while True:
        text = chr(97 + number % 20) + text
        number //= 20
        if not number:
            return text


_RAW_TEXT = ("style", "script", "title", "textarea")


def _text_places(source: str, spans: list[tuple[int, int]]) -> list[bool]:
    """Tell for each span whether it stands in ordinary text, where a comment may stand too."""
    result: list[bool] = []
    state, quote, raw = "text", "", ""
    position = 0
    for start, end in spans:
        state, quote, raw = _scan(source, position, start, state, quote, raw)
        result.append(state == "text")
        position = end
    return result


def _scan(
    source: str, position: int, end: int, state: str, quote: str, raw: str
) -> tuple[str, str, str]:
    """Move a small HTML reader from `position` to `end`; return its state there."""
    while position < end:
        if state == "text":
            place = source.find("<", position, end)
            if place < 0:
                break
            if source.startswith("<!--", place):
                state, position = "comment", place + 4
            elif place + 1 < len(source) and (
                source[place + 1].isalpha() or source[place + 1] in "/!"
            ):
                state, position = "tag", place + 1
                match = re.compile(r"[a-zA-Z]+").match(source, position)
                name = match.group().lower() if match else ""
                raw = name if name in _RAW_TEXT else ""
            else:
                position = place + 1
        elif state == "comment":
            place = source.find("-->", position, end)
            if place < 0:
                break
            state, position = "text", place + 3
        elif state == "raw":
            match = re.compile(f"</{raw}", re.IGNORECASE).search(source, position, end)
            if match is None:
                break
            state, raw, position = "tag", "", match.end()
        elif state == "value":
            place = source.find(quote, position, end)
            if place < 0:
                break
            state, position = "tag", place + 1
        else:  # inside a tag
            char = source[position]
            if char in _ATTRIBUTE_QUOTES:
                state, quote = "value", char
            elif char == ">":
                state = "raw" if raw else "text"
            position += 1
    return state, quote, raw
