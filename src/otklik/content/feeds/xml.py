"""RSS 2.0 and 1.0, Atom, and YML of products, read by the guarded reader of XML. Pure.

Sources: RSS 2.0 (rssboard.org/rss-specification), Atom (RFC 4287), Media RSS 1.5.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from otklik.catalog.public import (
    FeedCategory,
    FeedGrammar,
    FeedOffer,
    FeedText,
    XmlStream,
    XmlWalk,
    yml_grammar,
)
from otklik.content.feeds.errors import FeedIsNoFeed
from otklik.content.feeds.items import Raw
from otklik.content.feeds.model import BYTES_MAX, Format, ItemPrice

_TEXT = 40_000
_ROOTS: dict[str, tuple[Format, str]] = {
    "rss": ("rss", "item"),
    "feed": ("atom", "entry"),
    "atom:feed": ("atom", "atom:entry"),
    "rdf:RDF": ("rdf", "item"),
}
_YML = "yml_catalog"
_DATES = ("pubDate", "published", "dc:date", "issued", "updated", "date")
_TEXTS = ("description", "summary", "itunes:summary", "media:description", "content")
_LONG = ("content:encoded", "yandex:full-text", "turbo:content")
_PICTURES = frozenset({"media:content", "media:thumbnail", "enclosure", "itunes:image", "image"})


class XmlFile:
    """Iterate over it once: the raw items; `format` is known after the first."""

    def __init__(self, data: bytes) -> None:
        self.format: Format = "rss"
        self._stream = XmlStream(io.BytesIO(data), self._begin, largest=BYTES_MAX)

    def __iter__(self) -> Iterator[Raw]:
        names: dict[str, str] = {}
        for one in self._stream:
            match one:
                case Raw():
                    yield one
                case FeedCategory(id=str(id_), name=name):
                    names[id_] = name
                case FeedOffer():
                    yield _of_offer(one, names)

    def _begin(self, walk: XmlWalk, tag: str, attributes: dict[str, str]) -> FeedGrammar:
        if tag == _YML:
            self.format = "yml"
            return yml_grammar(walk, attributes)
        if tag not in _ROOTS:
            raise FeedIsNoFeed(root=tag[:40])
        self.format, element = _ROOTS[tag]
        return _Articles(walk, element, prefix="atom:" if tag.startswith("atom:") else "")


def _of_offer(offer: FeedOffer, names: dict[str, str]) -> Raw:
    category = names.get(offer.category_id or "", "")
    return Raw(
        guid=offer.id or "",
        title=offer.name,
        link=offer.url or "",
        texts=[offer.description or ""],
        pictures=list(offer.pictures[:1]),
        categories=[category] if category else [],
        product=ItemPrice(
            price=None if offer.price is None else float(offer.price),
            old_price=None if offer.old_price is None else float(offer.old_price),
            currency=offer.currency,
        ),
    )


class _Articles:
    """The grammar of RSS and Atom: only what is directly inside an item is looked at."""

    def __init__(self, walk: XmlWalk, element: str, *, prefix: str) -> None:
        self._walk, self._element, self._prefix = walk, element, prefix
        self._item: _Item | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._item is not None:
            self._item.start(tag.removeprefix(self._prefix), attributes, len(self._walk.path))
        elif tag == self._element:
            self._item = _Item(len(self._walk.path))

    def characters(self, text: str) -> None:
        if self._item is not None:
            self._item.characters(text)

    def end(self, tag: str) -> None:
        if self._item is None:
            return
        depth = len(self._walk.path)
        if depth == self._item.depth:
            self._walk.put(self._item.finished())
            self._item = None
        else:
            self._item.end(tag.removeprefix(self._prefix), depth)


class _Item:
    """An item while it is read."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self._texts: dict[str, str] = {}
        self._categories: list[str] = []
        self._pictures: list[str] = []
        self._link = ""
        self._guid_leads = False
        self._text: FeedText | None = None

    def start(self, tag: str, attributes: dict[str, str], depth: int) -> None:
        if tag in _PICTURES:
            self._picture(tag, attributes)
        if depth != self.depth + 1:
            # XHTML inside a text of Atom: its words are taken, its elements part them.
            if self._text is not None:
                self._text.add(" ")
            return
        self._text = FeedText(_TEXT)
        if tag == "category" and "term" in attributes:
            self._categories.append(attributes.get("label") or attributes["term"])
        elif tag == "link" and "href" in attributes:
            if attributes.get("rel", "alternate") == "alternate" and not self._link:
                self._link = attributes["href"]
        elif tag == "guid":
            self._guid_leads = attributes.get("isPermaLink", "true").lower() != "false"

    def _picture(self, tag: str, attributes: dict[str, str]) -> None:
        url = attributes.get("url") or attributes.get("href") or ""
        kind = (attributes.get("type") or attributes.get("medium") or "").lower()
        if url and (kind.startswith("image") or tag in {"media:thumbnail", "itunes:image"}):
            self._pictures.append(url)

    def characters(self, text: str) -> None:
        if self._text is not None:
            self._text.add(text)

    def end(self, tag: str, depth: int) -> None:
        if depth != self.depth + 1 or self._text is None:
            return
        text, self._text = self._text.value, None
        if not text:
            return
        if tag in {"category", "dc:subject"}:
            self._categories.append(text)
        elif tag == "link":
            self._link = self._link or text
        else:
            self._texts.setdefault(tag, text)

    def finished(self) -> Raw:
        texts = self._texts
        guid = texts.get("guid") or texts.get("id") or ""
        return Raw(
            guid=guid,
            title=texts.get("title", ""),
            link=self._link or (guid if self._guid_leads else ""),
            texts=[texts[name] for name in (*_TEXTS, *_LONG) if name in texts],
            pictures=self._pictures,
            categories=self._categories,
            published=next((texts[name] for name in _DATES if name in texts), None),
        )
