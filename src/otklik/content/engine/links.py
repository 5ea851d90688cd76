"""Finds the links of a letter and judges their addresses."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec

from otklik.content.engine.markup import Piece
from otklik.content.engine.mask import Masked, unmask
from otklik.content.engine.own_nodes import LINK_END, LINK_TAG
from otklik.content.engine.problems import problem
from otklik.content.model import LetterProblem, Link, Part

# Links to these go to the reader directly: they must work whatever happens to click tracking.
PERSONAL_LINKS = ("unsubscribe_url", "preferences_url")
_PERSONAL = re.compile(r"\b(?:" + "|".join(PERSONAL_LINKS) + r")\b")
_URL_IN_TEXT = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_TRAILING = ".,;:!?)]}»”"


class Edit(msgspec.Struct, frozen=True):
    start: int
    end: int
    text: str


class LinkTable:
    """Numbers the links of all parts of one letter, in order of appearance."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        self._by_url: dict[str, int] = {}

    def add(self, url: str, *, dynamic: bool, reuse: bool) -> Link:
        if reuse and url in self._by_url:
            return self.links[self._by_url[url]]
        tracked = not _PERSONAL.search(url) and not url.lower().startswith(("mailto:", "tel:"))
        link = Link(index=len(self.links), url=url, dynamic=dynamic, tracked=tracked)
        self.links.append(link)
        self._by_url.setdefault(url, link.index)
        return link


def link_edits(pieces: Iterable[Piece], masked: Masked, table: LinkTable) -> list[Edit]:
    """Return the edits that put link nodes into the hrefs of masked HTML, given in its pieces."""
    edits: list[Edit] = []
    for piece in pieces:
        if piece.kind != "open" or piece.name not in ("a", "area"):
            continue
        href = piece.get("href")
        if href is None or not (href.value or "").strip() or (href.value or "").startswith("#"):
            continue
        value = (href.value or "").strip()
        dynamic = masked.pattern.search(value) is not None
        link = table.add(plain_address(value, masked), dynamic=dynamic, reuse=False)
        quote = "" if href.quote else '"'
        edits.append(Edit(href.start, href.end, f"{quote}{link_node(link, value)}{quote}"))
    return edits


def text_edits(text: str, masked: Masked, table: LinkTable) -> list[Edit]:
    """Return the edits that put link nodes around the addresses in masked plain text."""
    edits: list[Edit] = []
    for match in _URL_IN_TEXT.finditer(text):
        url = match.group()
        while url and url[-1] in _TRAILING and not (url[-1] == ")" and "(" in url):
            url = url[:-1]
        dynamic = masked.pattern.search(url) is not None
        # The text part mirrors the HTML part: the same address is the same link in reports.
        link = table.add(unmask(url, masked).text, dynamic=dynamic, reuse=True)
        edits.append(Edit(match.start(), match.start() + len(url), link_node(link, url)))
    return edits


def apply_edits(text: str, edits: list[Edit]) -> str:
    parts: list[str] = []
    position = 0
    for edit in sorted(edits, key=lambda e: e.start):
        parts += (text[position : edit.start], edit.text)
        position = edit.end
    parts.append(text[position:])
    return "".join(parts)


def link_node(link: Link, value: str) -> str:
    """Return what stands in the place of an address."""
    return f"{{% {LINK_TAG} {link.index} {int(link.tracked)} %}}{value}{{% {LINK_END} %}}"


def plain_address(value: str, masked: Masked) -> str:
    """Return the address that an attribute holds, with its Liquid."""
    return unmask(html.unescape(value), masked).text


_PLACEHOLDER = re.compile(
    r"^(?:https?://)?(?:%%.*%%|\*\|.*\|\*|\[[^\]]*\]|<[^>]*>|\$\{.*\}|__.*__|\{[^{}]+\}|"
    r"(?:todo|tbd|xxx+|link|url|ссылка|адрес)(?:$|[/?#]))",
    re.IGNORECASE,
)
_PLACEHOLDER_INSIDE = re.compile(r"%%\w+%%|\*\|\w+\|\*|\$\{\w+\}|\[(?:url|link)\]", re.IGNORECASE)
_SAMPLE_HOSTS = frozenset(
    {"yoursite.com", "yourdomain.com", "your-site.com", "site.ru", "domain.com"}
)
_HOST = re.compile(r"^[^\s/?#@:]+$")
_WORD_OF_LIQUID = re.compile(r"lq[a-t]+x\d+z")


def judge_link(value: str, part: Part, line: int | None) -> LetterProblem | None:
    """Return what is wrong with the address of a link, if anything.

    `value` is the attribute as written, with Liquid hidden: a hidden word stands for any text.
    """
    url = html.unescape(value).strip()
    shown = _WORD_OF_LIQUID.sub("{{…}}", url)
    if not url:
        return problem("link_empty", part, line)
    if url.startswith("#"):
        return problem("link_anchor", part, line, url=shown)
    if _WORD_OF_LIQUID.match(url):
        return None  # the whole address, or its beginning, is personal: judged for each person
    plain = _WORD_OF_LIQUID.sub("x", url)
    if _PLACEHOLDER.match(plain) or _PLACEHOLDER_INSIDE.search(plain):
        return problem("link_placeholder", part, line, url=shown)
    if re.search(r"\s", plain):
        return problem("link_spaces", part, line, url=shown)
    scheme, separator, rest = plain.partition(":")
    if not separator or not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9+.-]*", scheme):
        return problem("link_relative", part, line, url=shown)
    match scheme.lower():
        case "mailto":
            good = re.fullmatch(r"[^@?]+@[^@?]+\.[^@?]+(\?.*)?", rest) is not None
        case "tel":
            good = re.fullmatch(r"\+?[0-9().\-]{3,20}", rest) is not None
        case "http" | "https":
            return _judge_web(plain, shown, part, line)
        case _:
            if "." in scheme:  # example.com:8080/path
                return problem("link_relative", part, line, url=shown)
            return problem("link_scheme", part, line, scheme=scheme)
    return None if good else problem("link_broken", part, line, url=shown)


def _judge_web(url: str, shown: str, part: Part, line: int | None) -> LetterProblem | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return problem("link_broken", part, line, url=shown)
    known_dots = "." in host or host == "localhost"
    if not url.lower().startswith(("http://", "https://")) or not _HOST.match(host):
        return problem("link_broken", part, line, url=shown)
    if not known_dots or ".." in host or host.startswith(".") or re.search(r'[<>"{}|\\^`]', url):
        return problem("link_broken", part, line, url=shown)
    if host.removeprefix("www.") in _SAMPLE_HOSTS:
        return problem("link_placeholder", part, line, url=shown)
    if host.endswith((".example", ".test", ".invalid", "example.com", "example.org")):
        return problem("link_sample", part, line, url=shown)
    return None
