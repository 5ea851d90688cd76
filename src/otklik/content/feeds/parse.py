"""A file of a feed into items, whatever its format. Pure; entities of XML are refused."""

from __future__ import annotations

import codecs
from datetime import datetime

from otklik.content.feeds.errors import FeedIsEmpty
from otklik.content.feeds.items import collect
from otklik.content.feeds.jsonfile import read_json
from otklik.content.feeds.model import JsonFields, Parsed
from otklik.content.feeds.xml import XmlFile


def parse_feed(data: bytes, *, url: str, fields: JsonFields | None, now: datetime) -> Parsed:
    """Return what a file holds; an item that can't be shown is set aside with its reason.

    Raises: FeedUnreadable, and FeedRefused of the catalogue for broken XML.
    """
    start = data.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if not start:
        raise FeedIsEmpty()
    if start in {b"{", b"["}:
        format_, raws = read_json(data, fields)
        items, aside = collect(raws, base=url, now=now)
        return Parsed(format=format_, items=items, aside=aside)
    file = XmlFile(data)
    items, aside = collect(iter(file), base=url, now=now)
    return Parsed(format=file.format, items=items, aside=aside)
