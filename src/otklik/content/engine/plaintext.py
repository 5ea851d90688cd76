"""Makes the plain-text part out of the HTML one."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from otklik.content.engine.markup import Piece, read_markup

_SKIPPED = frozenset({"head", "style", "script", "title", "noscript"})
# Each begins a new paragraph (two line breaks) or a new line (one).
_PARAGRAPH = frozenset(
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre", "hr"]
)
_LINE = frozenset(["div", "tr", "li", "section", "article", "header", "footer", "center", "table"])
# A link node of the compiler around an address.
_NODE = re.compile(r"{% *[a-z]+[ 0-9]*%}")
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f\v]+")
_NON_BREAKING = str.maketrans({"\u00a0": " ", "\u200c": None, "\u200b": None, "\ufeff": None})


def to_plain_text(markup: str, *, is_tag: Callable[[str], bool] | None = None) -> str:
    """Return readable text for `markup`: paragraphs, lists, images by their alt, links as
    `words (address)`. Hidden parts (the preheader, comments, styles) are left out.

    `is_tag` knows texts that are copied and take no room: tags of Liquid between the elements.
    """
    return _Writer(markup, is_tag or (lambda _text: False)).run()


class _Writer:
    def __init__(self, markup: str, is_tag: Callable[[str], bool]) -> None:
        self.markup, self.is_tag = markup, is_tag
        self.decorated = False  # the open link holds a picture that says nothing
        self.parts: list[str] = []
        self.breaks = 0  # how many line breaks are due before the next word
        self.space = False
        self.skip_until: list[str] = []  # names of open tags inside a hidden one
        self.links: list[tuple[str, int]] = []
        self.lists: list[int | None] = []
        self.tables: list[bool] = []  # for each open table: is it only there for the layout?

    def run(self) -> str:
        for piece in read_markup(self.markup):
            if self.skip_until:
                self.skip(piece)
            elif piece.kind in ("text", "stray"):
                text = self.markup[piece.start : piece.end]
                if "lq" in text and self.is_tag(text):
                    self.raw(text.strip())
                else:
                    self.words(html.unescape(text))
            elif piece.kind == "comment" and _is_hidden_liquid(self.markup, piece):
                text = self.markup[piece.start : piece.end]
                if self.is_tag(text):
                    self.raw(text)
                else:
                    self.words(text)
            elif piece.kind == "open":
                self.open(piece)
            elif piece.kind == "close":
                self.close(piece.name)
        text = "".join(self.parts)
        text = re.sub(r" *\n *", "\n", text)
        return re.sub(r"\n{3,}", "\n\n", text).strip() + ("\n" if text.strip() else "")

    def skip(self, piece: Piece) -> None:
        if piece.kind == "open" and not piece.closed and piece.name == self.skip_until[0]:
            self.skip_until.append(piece.name)
        elif piece.kind == "close" and piece.name == self.skip_until[0]:
            self.skip_until.pop()

    def open(self, piece: Piece) -> None:
        name = piece.name
        style = piece.get("style")
        hidden = style is not None and _HIDDEN.search(style.value or "")
        if name in _SKIPPED or (hidden and name not in ("img", "br", "hr")):
            if not piece.closed:
                self.skip_until = [name]
            return
        if name == "br":
            self.parts.append("\n")
            self.space = False
            return
        if name == "table":
            role = piece.get("role")
            self.tables.append(role is not None and role.value == "presentation")
        self.gap(name)
        if name == "hr":
            self.words("---")
            self.need(2)
        elif name == "img":
            alt = piece.get("alt")
            if alt is not None and alt.value:
                self.words(html.unescape(alt.value))
            self.decorated = alt is not None and not alt.value
        elif name == "a":
            href = piece.get("href")
            address = html.unescape(href.value or "").strip() if href else ""
            self.links.append((address, len(self.parts)))
            self.decorated = False
        elif name in ("ul", "ol"):
            self.lists.append(1 if name == "ol" else None)
        elif name == "li":
            self.item()

    def close(self, name: str) -> None:
        if name == "a" and self.links:
            self.finish_link(*self.links.pop())
        elif name in ("ul", "ol"):
            if self.lists:
                self.lists.pop()
            self.need(2)
        elif name == "table" and self.tables:
            self.tables.pop()
        self.gap(name)

    def gap(self, name: str) -> None:
        """Ask for the white space that stands around a tag."""
        layout = bool(self.tables) and self.tables[-1]
        if name in _PARAGRAPH or (name == "tr" and layout):
            self.need(2)
        elif name in _LINE:
            self.need(1)
        elif name in ("td", "th"):
            self.space = bool(self.parts)

    def item(self) -> None:
        if self.lists and self.lists[-1] is not None:
            self.words(f"{self.lists[-1]}.")
            self.lists[-1] += 1
        else:
            self.words("•")
        self.space = True

    def finish_link(self, address: str, start: int) -> None:
        if not address or address.startswith("#"):
            return
        words = "".join(self.parts[start:]).strip()
        shown = words.removeprefix("https://").removeprefix("http://").rstrip("/")
        bare = _NODE.sub("", address)
        bare = re.sub(r"^(https?://|mailto:|tel:)", "", bare).rstrip("/")
        if shown == bare:
            # The text is the address itself; keep the full one, so that it can be followed.
            del self.parts[start:]
            self.words(address)
        elif words:
            self.words(f" ({address})")
        elif not self.decorated:
            self.words(address)

    def need(self, breaks: int) -> None:
        if self.parts:
            self.breaks = max(self.breaks, breaks)

    def words(self, text: str) -> None:
        text = text.translate(_NON_BREAKING)
        core = _SPACE.sub(" ", text)
        if not core.strip():
            self.space = self.space or bool(core)
            return
        if self.breaks:
            self.parts.append("\n" * self.breaks)
            self.breaks, self.space = 0, False
            core = core.lstrip()
        elif self.space and self.parts and not self.parts[-1].endswith(("\n", " ")):
            core = " " + core.lstrip()
        elif not self.parts or self.parts[-1].endswith(("\n", " ")):
            core = core.lstrip()
        self.space = core.endswith(" ")
        self.parts.append(core.rstrip())

    def raw(self, text: str) -> None:
        """Copy hidden Liquid as it is: it produces nothing by itself, so it needs no spacing."""
        self.parts.append(text)


def _is_hidden_liquid(markup: str, piece: Piece) -> bool:
    return re.fullmatch(r"<!--lq[a-t]+x\d+z-->", markup[piece.start : piece.end]) is not None
