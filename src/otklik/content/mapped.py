"""A letter with its places marked: which link stands where, to lay figures over it.

The letter is made by the same engine as the send. In the place of each tracked address stands an
anchor `#otklik-place-N`, numbered from the top, so nothing in the frame leads anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import msgspec

from otklik.content.engine.compiler import compile_letter
from otklik.content.engine.renderer import render
from otklik.content.errors import RenderFailed
from otklik.content.model import LetterSource, Link, Tracking
from otklik.content.preview import locked

PLACE = "#otklik-place-"
_LABEL_MAX = 120


class LinkPlace(msgspec.Struct, frozen=True):
    """One place of a letter that can be clicked: the number of its link (several places of a loop
    have the same), where it led for this reader, and what stands there."""

    link: int
    url: str
    label: str


class MappedLetter(msgspec.Struct, frozen=True):
    """`html` is for a sandboxed frame without scripts. `places` in the order of the letter;
    `links` are all links that are counted, also those that this reader does not see."""

    html: str
    subject: str
    places: list[LinkPlace]
    links: list[Link]


def map_letter(source: LetterSource, context: Mapping[str, Any]) -> MappedLetter:
    """Make a letter for one reader with its places marked.

    A letter that can't be made for him has no `html` and no places. Raises: LetterBroken.
    """
    compiled = compile_letter(source)
    links = [link for link in compiled.links if link.tracked]
    asked: list[tuple[int, str]] = []

    def mark(index: int, url: str) -> str:
        asked.append((index, url))
        return f"{PLACE}{len(asked) - 1}"

    try:
        made = render(compiled, context, Tracking(link=mark))
    except RenderFailed:
        return MappedLetter("", "", [], links)
    # The other parts of the letter ask for marks too; those that stand in the HTML are numbered.
    order: list[int] = []

    def number(found: re.Match[str]) -> str:
        order.append(int(found[2]))
        return f"{found[1]}{PLACE}{len(order) - 1}{found[1]}"

    html = re.sub(rf"([\"']){PLACE}(\d+)\1", number, made.html)
    labels = _Labels()
    labels.feed(html)
    return MappedLetter(
        locked(html),
        made.subject,
        [
            LinkPlace(*asked[mark_number], labels.found.get(place, ""))
            for place, mark_number in enumerate(order)
        ],
        links,
    )


class _Labels(HTMLParser):
    """Reads what stands in each marked place: its text, or the alt texts of its pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[int, str] = {}
        self._open: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        href = given.get("href") or ""
        if tag in ("a", "area") and href.startswith(PLACE):
            place = int(href.removeprefix(PLACE))
            self.found[place] = (given.get("alt") or given.get("aria-label") or "")[:_LABEL_MAX]
            self._open = place if tag == "a" else None
        elif tag == "img" and self._open is not None:
            self._add(given.get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._add(data)

    def _add(self, text: str) -> None:
        if self._open is not None:
            whole = f"{self.found[self._open]} {text}"
            self.found[self._open] = " ".join(whole.split())[:_LABEL_MAX]
