"""The HTML of text blocks: cleaned of everything that is no text, and styled for mail programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

import msgspec
import nh3

from otklik.content.blocks.colours import named_as_hex
from otklik.content.engine.markup import read_markup
from otklik.content.engine.mask import mask, unmask

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_TAGS = frozenset(["p", "br", "strong", "em", "u", "s", "a", "ul", "ol", "li", "span", "b", "i"])
_ATTRIBUTES = {"a": {"href"}, "span": {"style"}}
# What browsers and editors add to these tags; it is left out without a word.
_SILENT = frozenset({"rel", "target", "class", "style", "title", "start", "dir", "lang"})
_COLOR = re.compile(r"(?:^|;)\s*color\s*:\s*([^;]+)", re.IGNORECASE)
# The editor puts a paragraph into each item of a list; the item has the space already.
_IN_ITEM = re.compile(r"<li><p>((?:(?!</?p>).)*)</p>", re.DOTALL)
_SPAN = re.compile(r'<span style="color:(#[0-9a-f]{6})">')


class Cleaned(msgspec.Struct, frozen=True):
    """`html` is well formed and safe; `dropped`: names of what was left out; `colors`: of spans."""

    html: str
    dropped: tuple[str, ...]
    colors: tuple[str, ...]
    hrefs: tuple[str, ...]


@lru_cache(maxsize=64)
def clean(html: str) -> Cleaned:
    """Return the text of an author without anything but paragraphs, lists, links and emphasis.

    Liquid is kept as it is. Checking and rendering ask for the same text one after another, so the
    last ones are remembered. Raises: UnclosedLiquid.
    """
    masked = mask(html)
    safe = nh3.clean(
        masked.text,
        tags=set(_TAGS),
        attributes={name: set(names) for name, names in _ATTRIBUTES.items()},
        attribute_filter=_filtered,
        link_rel=None,
        url_schemes=set(SCHEMES),
    )
    dropped, hrefs = _looked_over(masked.text, lambda value: unmask(value, masked).text)
    colors = tuple(dict.fromkeys(_SPAN.findall(safe)))
    return Cleaned(unmask(safe, masked).text, dropped, colors, hrefs)


def styled(html: str, *, link: str, link_class: str, span_class: Callable[[str], str]) -> str:
    """Return cleaned HTML with the styles that mail programs need on each tag.

    `link`: the colour of links, `link_class` and `span_class(colour)`: classes for the dark.
    """
    html = _IN_ITEM.sub(r"<li>\1", html.replace("<br>", "<br />"))
    paragraphs = html.count("<p>")
    html = html.replace("<p>", '<p style="margin:0 0 12px 0;">', max(0, paragraphs - 1))
    html = html.replace("<p>", '<p style="margin:0;">')
    for tag in ("ul", "ol"):
        html = html.replace(f"<{tag}>", f'<{tag} style="margin:0 0 12px 0;padding:0 0 0 24px;">')
    html = html.replace("<li>", '<li style="margin:0 0 4px 0;">')
    style = f'style="color:{link};text-decoration:underline;"'
    html = html.replace("<a ", f'<a {style} class="{link_class}" ')
    return _SPAN.sub(
        lambda found: f'<span style="color:{found[1]};" class="{span_class(found[1])}">', html
    )


def scheme_of(address: str) -> str | None:
    """Return the scheme of an address if it is not one that letters may have."""
    text = re.sub(r"[\x00-\x20]", "", address)
    match = re.match(r"([a-zA-Z][a-zA-Z0-9+.\-]*):", text)
    if match is None or "." in match[1]:
        return None
    return None if match[1].lower() in SCHEMES else match[1].lower()


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) != ("span", "style"):
        return value
    found = _COLOR.search(value)
    color = named_as_hex(found[1]) if found else None
    return f"color:{color}" if color else None


def _looked_over(text: str, shown: Callable[[str], str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of what cleaning drops, and the addresses of links."""

    def names() -> Iterator[str]:
        for piece in read_markup(text):
            if piece.kind not in ("open", "close"):
                continue
            if piece.name not in _TAGS:
                yield f"<{piece.name[:30]}>"
            for attribute in piece.attributes:
                allowed = _ATTRIBUTES.get(piece.name, set()) | _SILENT
                if attribute.name not in allowed:
                    yield attribute.name[:30]

    hrefs = (
        shown(href.value or "")
        for piece in read_markup(text)
        if piece.kind == "open" and piece.name == "a" and (href := piece.get("href")) is not None
    )
    return tuple(dict.fromkeys(names())), tuple(hrefs)
