"""What is known of an AMP part while it is read: the open elements, and what was met so far."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import msgspec

from otklik.content.amp.raw import Stretches, raw_stretches
from otklik.content.engine.markup import Attribute, Lines, Piece
from otklik.content.engine.mask import Masked
from otklik.content.engine.problems import problem
from otklik.content.model import LetterProblem

_RAW_TAG = re.compile(r"\{%-?\s*(?:end)?raw\s*-?%\}")


class Open(msgspec.Struct):
    """An element whose end has not come yet, with the tags that stand right in it."""

    name: str
    line: int
    piece: Piece
    children: list[str] = []


class OwnForm(msgspec.Struct):
    """A form, as far as this program wants to know it. `here`: its answers come to us."""

    line: int
    here: bool
    event: str | None = None


class Reading:
    """The state of one check."""

    def __init__(self, masked: Masked) -> None:
        self.masked = masked
        self.text = masked.text
        self.liquid = masked.pattern
        self.lines = Lines(masked.text)
        self.raw: Stretches = raw_stretches(masked)
        self.found: list[LetterProblem] = []
        self.open: list[Open] = []
        self.strict = False
        self.ids: set[str] = set()
        self.templates: set[str] = set()
        self.wanted_templates: list[tuple[str, str, int]] = []
        self.targets: list[tuple[str, int]] = []
        self.used: dict[str, int] = {}
        self.wished: dict[str, int] = {}
        self.loaded: dict[str, int] = {}
        self.once: set[str] = set()
        self.style_bytes = 0
        self.form: OwnForm | None = None
        self.first_in_head = True

    def line_from(self, begins: int) -> Callable[[int], int]:
        """Return what tells the line of an offset within the piece that begins there."""
        return lambda offset: self.lines.of(begins + offset)

    def add(self, code: str, offset: int, **facts: object) -> None:
        self.found.append(problem(code, "amp", self.lines.of(offset), **facts))

    def add_value(self, piece: Piece, attribute: str, value: str, allowed: str) -> None:
        self.add(
            "amp_attribute_value",
            piece.start,
            tag=piece.name,
            attribute=attribute,
            value=value[:60],
            allowed=allowed,
        )

    def use(self, component: str, offset: int) -> None:
        """Note that a component's script is needed, and where first."""
        self.used.setdefault(component, offset)

    def inside(self, name: str) -> bool:
        return any(one.name == name for one in self.open)

    @property
    def in_template(self) -> bool:
        return self.inside("template")

    @property
    def in_head(self) -> bool:
        """Tell whether the body has not begun yet: until then all belongs to the head."""
        return "body" not in self.once

    @property
    def parent(self) -> Open | None:
        return self.open[-1] if self.open else None

    def value(self, piece: Piece, name: str) -> str:
        """Return the value of an attribute as a mail service reads it; "" for none."""
        attribute = piece.get(name)
        return self.seen(attribute) if attribute is not None else ""

    def seen(self, attribute: Attribute) -> str:
        """Return a value with the braces that are left to the mail service.

        Words that stand for Liquid are still in it: see `personal`.
        """
        text = attribute.value or ""
        if self.liquid.search(text):
            position, parts = attribute.start, []
            for word in self.liquid.finditer(self.text, attribute.start, attribute.end):
                parts.append(self.text[position : word.start()])
                span = self.span(word)
                if self.raw.covers(word.start()):
                    parts.append(span)
                elif not _RAW_TAG.fullmatch(span):
                    parts.append(word.group())
                position = word.end()
            text = "".join(parts) + self.text[position : attribute.end]
        return html.unescape(text)

    def personal(self, value: str) -> bool:
        """Tell whether Liquid fills a value in, so that nobody can tell before what it will be."""
        return self.liquid.search(value) is not None

    def shown(self, text: str) -> str:
        """Return a text for people, with its Liquid as three dots."""
        return self.liquid.sub(
            lambda found: "" if _RAW_TAG.fullmatch(self.span(found)) else "{{…}}", text
        )

    def span(self, found: re.Match[str]) -> str:
        return self.masked.spans[int(found[1] or found[2])]

    def single(self, key: str, piece: Piece, what: str) -> None:
        """Note what may stand in a document once."""
        if key in self.once:
            self.add("amp_twice", piece.start, what=what)
        self.once.add(key)
