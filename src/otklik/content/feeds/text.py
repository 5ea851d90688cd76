"""HTML of strangers into plain text, and the first picture in it. Pure."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_SKIPPED = frozenset({"script", "style", "head", "title", "noscript", "iframe", "svg", "template"})
_BREAKS = frozenset(
    [
        *("p", "br", "div", "li", "ul", "ol", "tr", "td", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("hr", "blockquote", "section", "article", "figure", "figcaption", "table", "pre"),
    ]
)
_SPACES = re.compile(r"\s+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200c\u2060\ufeff]")
_MARKUP = re.compile(r"<[a-zA-Z!/]|&[a-zA-Z#][a-zA-Z0-9]*;")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.picture: str | None = None
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipping or tag in _SKIPPED:
            if tag in _SKIPPED:
                self._skipping.append(tag)
            return
        if tag in _BREAKS:
            self.parts.append(" ")
        if tag == "img" and self.picture is None:
            given = dict(attrs)
            if not _is_counter(given):
                self.picture = given.get("src") or None

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            if tag == self._skipping[-1]:
                self._skipping.pop()
        elif tag in _BREAKS:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.parts.append(data)


def _is_counter(attributes: dict[str, str | None]) -> bool:
    """Counting pixels of blogs are no pictures of articles."""
    return any((attributes.get(side) or "").strip() in {"0", "1"} for side in ("width", "height"))


def plain(text: str) -> tuple[str, str | None]:
    """Return the words of a text that may be HTML, on one line, and the address of its picture."""
    if not _MARKUP.search(text):
        return one_line(text), None
    reader = _Reader()
    reader.feed(text)
    reader.close()
    words = "".join(reader.parts)
    # Many feeds escape twice: what is left is markup once more.
    if _MARKUP.search(words):
        words, picture = _again(words)
        return words, reader.picture or picture
    return one_line(words), reader.picture


def _again(text: str) -> tuple[str, str | None]:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return one_line(html.unescape("".join(reader.parts))), reader.picture


def one_line(text: str) -> str:
    return _SPACES.sub(" ", _CONTROL.sub("", text)).strip()


def cut(text: str, length: int) -> str:
    """Return a text of at most `length` characters, cut after a whole word."""
    if len(text) <= length:
        return text
    short = text[: length - 1]
    head, _, _ = short.rpartition(" ")
    return (head if len(head) > length // 2 else short).rstrip(" ,.;:—–-") + "…"
