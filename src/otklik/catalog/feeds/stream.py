"""An XML file read as a stream: any size, the memory of one item.

The parser is the standard expat. What makes XML dangerous is refused where it is declared: entities
(bombs, files of this machine, addresses of its network) and attribute defaults. DOCTYPE itself is
allowed, for formats ask for it; the DTD it names is never looked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.entities import html5
from typing import Any, Protocol
from xml.parsers import expat

from otklik.catalog.feeds import model
from otklik.catalog.feeds.decoding import Decoding
from otklik.catalog.feeds.errors import (
    FeedBeyondLimits,
    FeedBroken,
    FeedCutShort,
    FeedDeclaresEntities,
    FeedIsNotXml,
)

PIECE = 64 * 1024
# A tag or a comment is read again with every piece until it ends, so a long one costs its square.
LONGEST_TAG = 2 * 1024 * 1024
DEEPEST = 64
# The parser remembers every name of an element and of an attribute for as long as it lives.
MOST_NAMES = 10_000
LARGEST = 8 * 1024**3

_SPACES = re.compile(r"\s+")

# Errors of expat by number, as the half of a sentence in both languages.
_UNCLOSED = frozenset({3, 5, 6, 20})
_RULES = {
    4: ("a character stands where it cannot", "символ стоит там, где не может стоять"),
    7: ("a closing tag does not match the opened one", "закрыт не тот элемент, что открыт"),
    8: ("an attribute is given twice", "атрибут указан дважды"),
    9: ("something follows the end of the document", "после конца документа есть ещё что-то"),
    11: ("an entity is not declared", "сущность не объявлена"),
    14: ("a character reference is impossible", "ссылка на невозможный символ"),
}
_OTHER_RULE = ("it does not follow the rules of XML", "файл не следует правилам XML")


class Source(Protocol):
    """What is read: an open file, or anything that gives bytes and b"" at the end."""

    def read(self, size: int, /) -> bytes: ...


class Grammar(Protocol):
    """Understands the elements of one format; puts what it made into its `Walk`."""

    def start(self, tag: str, attributes: dict[str, str]) -> None: ...

    def characters(self, text: str) -> None: ...

    def end(self, tag: str) -> None: ...


Begin = Callable[["Walk", str, dict[str, str]], Grammar]
"""Chooses the grammar by the root element and its attributes; raises FeedRefused."""


class XmlStream:
    """Iterate over it once: the items that the grammar makes, and FeedNote, as they come.

    `encoding` is known after the first item. Memory does not depend on the size of the file.
    Raises FeedRefused (see errors.py) while iterating; what was given before is then a part only.
    """

    def __init__(self, source: Source, begin: Begin, *, largest: int = LARGEST) -> None:
        self._source = source
        self._largest = largest
        self._walk = Walk(begin)
        self._decoding: Decoding | None = None

    @property
    def encoding(self) -> str | None:
        return self._decoding.encoding if self._decoding else None

    def __iter__(self) -> Iterator[Any]:
        walk = self._walk
        piece = self._piece()
        decoding = self._decoding = Decoding(piece[:1024], walk.note)
        taken = parsed = 0
        while True:
            final = not piece
            taken += len(piece)
            if taken > self._largest:
                size = f"{self._largest // 1024**2}"
                raise FeedBeyondLimits(
                    line=walk.line,
                    what=f"it is larger than {size} MB",
                    what_ru=f"он больше {size} МБ",
                )
            data = decoding.text(piece, final=final).encode()
            walk.skipped_lines = decoding.skipped_lines
            parsed += len(data)
            try:
                walk.parser.Parse(data, final)
            except expat.ExpatError as error:
                yield from walk.take()
                raise self._refusal(error) from None
            yield from walk.take()
            if final:
                return
            self._check_limits(parsed)
            piece = self._piece()

    def _piece(self) -> bytes:
        """Read a whole piece even from a source that gives little at a time."""
        parts: list[bytes] = []
        missing = PIECE
        while missing > 0:
            part = self._source.read(missing)
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _check_limits(self, parsed: int) -> None:
        walk = self._walk
        if parsed - max(walk.parser.CurrentByteIndex, 0) > LONGEST_TAG:
            size = LONGEST_TAG // 1024**2
            raise FeedBeyondLimits(
                line=walk.line,
                what=f"one tag or comment is longer than {size} MB",
                what_ru=f"один тег или комментарий длиннее {size} МБ",
            )
        if len(walk.names) > MOST_NAMES:
            raise FeedBeyondLimits(
                line=walk.line,
                what=f"there are more than {MOST_NAMES} names of elements and attributes",
                what_ru=f"разных имён элементов и атрибутов больше {MOST_NAMES}",
            )

    def _refusal(self, error: expat.ExpatError) -> Exception:
        line = error.lineno + self._walk.skipped_lines
        if not self._walk.begun:
            return FeedIsNotXml(line=line)
        if error.code in _UNCLOSED:
            return FeedCutShort(line=line)
        what, what_ru = _RULES.get(error.code, _OTHER_RULE)
        return FeedBroken(line=line, column=error.offset + 1, what=what, what_ru=what_ru)


class Walk:
    """Where the parser stands: the open elements, the line, and the items that wait to be taken."""

    def __init__(self, begin: Begin) -> None:
        self.skipped_lines = 0
        self.path: list[str] = []
        self.names: dict[str, str] = {}
        self._begin = begin
        self._grammar: Grammar | None = None
        self._items: list[Any] = []
        parser = self.parser = expat.ParserCreate("utf-8", intern=self.names)
        parser.buffer_text = True
        # Without a DTD an entity of HTML such as &nbsp; would end the reading; told that there is
        # one somewhere, the parser asks what to do with it instead.
        parser.UseForeignDTD(True)
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.SkippedEntityHandler = self._entity
        parser.EntityDeclHandler = self._entity_declared
        parser.AttlistDeclHandler = self._attributes_declared

    @property
    def begun(self) -> bool:
        return self._grammar is not None

    @property
    def line(self) -> int:
        return self.parser.CurrentLineNumber + self.skipped_lines

    def put(self, item: Any) -> None:
        self._items.append(item)

    def take(self) -> list[Any]:
        items, self._items = self._items, []
        return items

    def note(self, code: str, line: int, fact: str = "") -> None:
        self._items.append(model.FeedNote(code, line, fact))

    def words(self, text: Characters, tag: str, line: int) -> str:
        """Return a text with single spaces, cut at its limit with a note."""
        if text.over:
            self.note("text_cut", line, tag)
        return one_line(text.value)

    def identity(self, value: str | None, tag: str, line: int, longest: int = 0) -> str | None:
        """Return an id or an address, or None with a note when it is too long to be one."""
        value = (value or "").strip()
        if len(value) > (longest or model.ID_LENGTH):
            self.note("value_too_long", line, tag)
            return None
        return value or None

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.path.append(tag)
        if len(self.path) > DEEPEST:
            raise FeedBeyondLimits(
                line=self.line,
                what=f"elements are nested deeper than {DEEPEST}",
                what_ru=f"вложенность элементов больше {DEEPEST}",
            )
        if self._grammar is None:
            self._grammar = self._begin(self, tag, attributes)
        else:
            self._grammar.start(tag, attributes)

    def _characters(self, text: str) -> None:
        if self._grammar is not None:
            self._grammar.characters(text)

    def _end(self, tag: str) -> None:
        if self._grammar is not None:
            self._grammar.end(tag)
        self.path.pop()

    def _entity(self, name: str, is_parameter: bool) -> None:
        if is_parameter:
            return
        letter = html5.get(f"{name};")
        self.note("entity" if letter else "entity_unknown", self.line, f"&{name[:40]};")
        self._characters(letter or f"&{name};")

    def _entity_declared(self, name: str, *_: object) -> None:
        raise FeedDeclaresEntities(line=self.line, what=f"<!ENTITY {name[:40]}>")

    def _attributes_declared(self, element: str, *_: object) -> None:
        raise FeedDeclaresEntities(line=self.line, what=f"<!ATTLIST {element[:40]}>")


class Characters:
    """Characters of one element up to a limit; the rest is counted as cut and forgotten."""

    __slots__ = ("_left", "_parts", "over")

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._parts: list[str] = []
        self.over = False

    def add(self, text: str) -> None:
        # Indentation before the text must not use up its limit.
        text = text if self._parts else text.lstrip()
        if not text:
            return
        if len(text) > self._left:
            self.over = self.over or bool(text[self._left :].strip())
            text = text[: self._left]
        if text:
            self._left -= len(text)
            self._parts.append(text)

    @property
    def value(self) -> str:
        return "".join(self._parts).strip()


def one_line(text: str) -> str:
    return _SPACES.sub(" ", text).strip()
