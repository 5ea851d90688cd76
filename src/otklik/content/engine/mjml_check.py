"""Checks the grammar of an MJML source, with line numbers.

The renderer itself validates nothing: an unknown tag vanishes, a misplaced one renders something.
"""

from __future__ import annotations

import re

import msgspec

from otklik.content.engine.html_check import check_tag
from otklik.content.engine.markup import VOID, Lines, Piece, read_markup
from otklik.content.engine.mask import Masked
from otklik.content.engine.mjml_tags import MJML_TAGS
from otklik.content.engine.problems import problem
from otklik.content.model import LetterProblem

DEPTH_MAX = 100


class _Open(msgspec.Struct):
    name: str
    line: int


def check_mjml(masked: Masked) -> list[LetterProblem]:
    """Return what is wrong with the MJML whose Liquid is hidden in `masked`."""
    return _Check(masked).run()


class _Check:
    def __init__(self, masked: Masked) -> None:
        self.text = masked.text
        self.liquid = masked.pattern
        self.lines = Lines(masked.text)
        self.stack: list[_Open] = []
        self.found: list[LetterProblem] = []
        self.bodies = 0
        self.roots = 0

    def run(self) -> list[LetterProblem]:
        for piece in read_markup(self.text):
            if len(self.stack) > DEPTH_MAX:
                self.add("nesting_too_deep", piece.start, limit=DEPTH_MAX)
                return self.found
            match piece.kind:
                case "open":
                    self.open(piece)
                case "close":
                    self.close(piece)
                case "text":
                    self.plain(piece)
                case "stray":
                    self.add("stray_less_than", piece.start)
        for left in reversed(self.stack):
            self.found.append(problem("tag_not_closed", "source", left.line, tag=left.name))
        if not self.found and (self.roots != 1 or self.bodies != 1):
            self.found.append(problem("mjml_root", "source", 1))
        return self.found

    def add(self, code: str, offset: int, **facts: object) -> None:
        self.found.append(problem(code, "source", self.lines.of(offset), **facts))

    @property
    def parent(self) -> str:
        return self.stack[-1].name if self.stack else ""

    @property
    def content_tag(self) -> str | None:
        """The MJML tag whose content is HTML or text, if the reader is inside one."""
        for item in reversed(self.stack):
            tag = MJML_TAGS.get(item.name)
            if tag is not None:
                return item.name if tag.content in ("html", "text") else None
        return None

    def open(self, piece: Piece) -> None:
        if not self.text[piece.start : piece.end].endswith(">"):
            self.add("tag_unfinished", piece.start, tag=piece.name)
            return
        if piece.name == "mjml" or piece.name.startswith("mj-"):
            self.open_mjml(piece)
        elif self.content_tag is None:
            self.add("mjml_html_outside", piece.start, tag=piece.name, parent=self.parent or "…")
        else:
            self.found += check_tag(piece, self.lines, self.liquid)
        if not piece.closed and piece.name not in VOID:
            self.stack.append(_Open(piece.name, self.lines.of(piece.start)))

    def open_mjml(self, piece: Piece) -> None:
        name, parent = piece.name, self.parent
        self.roots += name == "mjml" and not parent
        self.bodies += name == "mj-body" and parent == "mjml"
        tag = MJML_TAGS.get(name)
        if name == "mj-include":
            self.add("mjml_include", piece.start)
            return
        if tag is None:
            self.add("mjml_unknown_tag", piece.start, tag=name)
            return
        # Inside mj-class only the defaults of other tags stand; any content tag may be there.
        if parent not in tag.parents and parent != "mj-class" and (parent or name != "mjml"):
            if name == "mjml" or not tag.parents:
                self.add("mjml_root", piece.start)
            else:
                places = ", ".join(f"<{p}>" for p in sorted(tag.parents - {"mj-attributes"}))
                self.add(
                    "mjml_misplaced_tag",
                    piece.start,
                    tag=name,
                    parent=parent or "…",
                    parents=places,
                )
        for attribute in piece.attributes:
            if self.liquid.search(attribute.name):
                self.add("liquid_between_attributes", attribute.offset, tag=name)
            elif attribute.value and not attribute.quote and self.liquid.search(attribute.value):
                self.add("liquid_unquoted", attribute.offset, attribute=attribute.name)
            elif attribute.name not in tag.attributes and "*" not in tag.attributes:
                self.add(
                    "mjml_unknown_attribute", attribute.offset, tag=name, attribute=attribute.name
                )

    def close(self, piece: Piece) -> None:
        if self.stack and self.stack[-1].name == piece.name:
            self.stack.pop()
            return
        open_names = [item.name for item in self.stack]
        if piece.name in open_names:
            # The tags in between were left open: name the innermost, then go on from here.
            while self.stack[-1].name != piece.name:
                left = self.stack.pop()
                self.found.append(problem("tag_not_closed", "source", left.line, tag=left.name))
            self.stack.pop()
        elif piece.name not in VOID:
            opened = self.stack[-1] if self.stack else None
            self.add(
                "tag_closed_wrong",
                piece.start,
                tag=piece.name,
                opened=f": <{opened.name}> of line {opened.line} is open" if opened else "",
                opened_ru=f": открыт <{opened.name}> строки {opened.line}" if opened else "",
            )

    def plain(self, piece: Piece) -> None:
        if self.content_tag is not None:
            return
        text = self.text[piece.start : piece.end]
        match = re.search(r"\S", text)
        if match is None or not self.stack:
            if match is not None:
                self.add("mjml_root", piece.start + match.start())
            return
        rest = self.liquid.sub("", text)
        code = "mjml_text_outside" if rest.strip() else "mjml_liquid_outside"
        self.add(
            code,
            piece.start + match.start(),
            parent=self.parent,
            liquid_open="{%",
            liquid_close="%}",
        )
