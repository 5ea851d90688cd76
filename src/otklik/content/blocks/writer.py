"""What the renderer of blocks writes on: lines that know their block, escaping, dark colours."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from otklik.content.blocks.colours import in_dark, line_in_dark, text_in_dark
from otklik.content.blocks.liquid import CLOSING, opening
from otklik.content.blocks.model import Condition
from otklik.content.engine.mask import UnclosedLiquid, find_spans

_CONTROL = re.compile("[\x00-\x1f\x7f]+")
_OPENED = re.compile(r"\{(?=[{%])")


class Place(msgspec.Struct, frozen=True):
    """Where a line of the MJML comes from. `line`: of the block's own HTML, where it has any."""

    row_id: str | None = None
    block_id: str | None = None
    line: int | None = None


NOWHERE = Place()


class Writer:
    """Collects MJML. `nonce`: a word that the document does not have, around raw HTML."""

    def __init__(self, nonce: str) -> None:
        self.nonce = nonce
        self.lines: list[str] = []
        self.places: list[Place] = []
        self.row_id: str | None = None
        self.block_id: str | None = None
        self._dark: dict[str, str] = {}

    def write(self, text: str) -> None:
        place = Place(own(self.row_id), own(self.block_id))
        for line in text.split("\n"):
            self.lines.append(line)
            self.places.append(place)

    def write_source(self, before: str, source: str, after: str) -> None:
        """Write HTML of the author's with its own line numbers."""
        mark = f"<!--{self.nonce}-->"
        lines = f"{before}{mark}{source}{mark}{after}".split("\n")
        for number, line in enumerate(lines, 1):
            self.lines.append(line)
            self.places.append(Place(own(self.row_id), own(self.block_id), number))

    @contextmanager
    def shown_if(self, *conditions: Condition | None) -> Iterator[None]:
        """Put what is written meanwhile under conditions."""
        given = [one for one in conditions if one is not None and one.test]
        for one in given:
            self.write(f"<mj-raw>{opening(one)}</mj-raw>")
        yield
        for _ in given:
            self.write(f"<mj-raw>{CLOSING}</mj-raw>")

    def behind(self, background: str) -> str:
        """Return the class of what has this background, for the dark."""
        name = f"b{background[1:].lower()}"
        dark = in_dark(background)
        self._dark[f".{name},.{name}>table"] = (
            f"background:{dark} !important;background-color:{dark} !important;"
        )
        return name

    def on(self, color: str, background: str) -> str:
        """Return the class of text of `color` that stands on `background`, for the dark."""
        name = f"c{color[1:].lower()}{background[1:].lower()}"
        dark = text_in_dark(color, background)
        self._dark[f".{name},.{name}>div,.{name}>table"] = f"color:{dark} !important;"
        return name

    def line(self, color: str) -> str:
        """Return the class of a line of `color`, for the dark."""
        name = f"l{color[1:].lower()}"
        self._dark[f".{name} p"] = f"border-top-color:{line_in_dark(color)} !important;"
        return name

    @property
    def dark_rules(self) -> str:
        """The rules of all classes that were asked for; to be read when everything is written."""
        return "".join(f"{names}{{{rule}}}" for names, rule in self._dark.items())


def own(name: str | None) -> str | None:
    """Return the id in the author's document: a saved block is shown at its place."""
    return None if name is None else name.partition("/")[0]


def words(text: str) -> str:
    """Return the author's words for markup and attributes: escaped, but for the Liquid in them."""
    try:
        spans = find_spans(text)
    except UnclosedLiquid:
        return data(text)
    parts: list[str] = []
    position = 0
    for start, end in spans:
        parts += (html.escape(text[position:start]), text[start:end])
        position = end
    parts.append(html.escape(text[position:]))
    return "".join(parts)


def data(text: str) -> str:
    """Return foreign text for markup and attributes: escaped, and never Liquid."""
    return html.escape(_OPENED.sub("{ ", _CONTROL.sub(" ", text)))


def address(url: str) -> str:
    """Return an address for an attribute; where the reader would be led is judged by `check`."""
    return words(url.strip())


def data_address(url: str) -> str:
    """Return a foreign address for an attribute; one that letters may not have becomes "#"."""
    text = url.strip()
    if not re.match(r"https?://[^\s<>\"']+$", text, re.IGNORECASE):
        return "#"
    return html.escape(text.replace("{", "%7B").replace("}", "%7D"))


def lines(text: str) -> str:
    """Return the author's words with their line breaks."""
    return words(text.strip()).replace("\n", "<br />")
