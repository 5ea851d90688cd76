"""A product feed read as a stream: the format is known by its root element."""

from __future__ import annotations

from collections.abc import Iterator

from otklik.catalog.feeds.errors import FeedIsNotYml
from otklik.catalog.feeds.google import ROOTS as GOOGLE_ROOTS
from otklik.catalog.feeds.google import Google
from otklik.catalog.feeds.model import FeedItem
from otklik.catalog.feeds.stream import LARGEST, Grammar, Source, Walk, XmlStream
from otklik.catalog.feeds.yml import ROOT, Yml


class FeedReader(XmlStream):
    """Iterate over it once: the head, currencies, categories, offers and notes as they come.

    See `XmlStream` for memory and refusals.
    """

    def __init__(self, source: Source, *, largest: int = LARGEST) -> None:
        super().__init__(source, _begin, largest=largest)

    def __iter__(self) -> Iterator[FeedItem]:
        return super().__iter__()


def _begin(walk: Walk, tag: str, attributes: dict[str, str]) -> Grammar:
    if tag == ROOT:
        return Yml(walk, attributes)
    if tag in GOOGLE_ROOTS:
        return Google(walk, attributes)
    raise FeedIsNotYml(root=tag[:40], line=walk.line)
