"""What a file of the exchange with 1C holds."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec

from otklik.catalog.exchange.model import (
    Document,
    ExchangeHead,
    ExchangePart,
    Good,
    Group,
    Offer,
    PriceType,
    Property,
    Warehouse,
)
from otklik.catalog.exchange.reader import ExchangeReader
from otklik.catalog.feeds.errors import FeedRefused
from otklik.catalog.feeds.model import FeedNote
from otklik.catalog.feeds.report import FeedRemark, refusal_remark
from otklik.catalog.feeds.stream import Source


class ExchangeReport(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of a file. `refused`: why it was not read to its end; the counts are then of a part.

    `prices`: of offers, `pictures` and `property_values`: of products. `only_changes`: what the
    file leaves out stays; None: it does not say. `mended`: how often something was mended, by code.
    """

    format: Literal["commerceml"] = "commerceml"
    refused: str | None
    encoding: str | None
    version: str | None
    date: str | None
    only_changes: bool | None
    groups: int
    properties: int
    products: int
    property_values: int
    pictures: int
    offers: int
    prices: int
    price_types: int
    warehouses: int
    documents: int
    document_lines: int
    mended: dict[str, int]
    errors: tuple[FeedRemark, ...]


def check_exchange(source: Source) -> ExchangeReport:
    """Read a file to its end, or to where it is refused. Never raises because of what it holds."""
    reader = ExchangeReader(source)
    counts: Counter[str] = Counter()
    mended: Counter[str] = Counter()
    head = ExchangeHead(None, None)
    only_changes: bool | None = None
    refusal: FeedRefused | None = None
    try:
        for item in reader:
            match item:
                case ExchangeHead():
                    head = item
                case ExchangePart():
                    only_changes = item.only_changes if only_changes is None else only_changes
                case Group():
                    counts["groups"] += 1
                case Property():
                    counts["properties"] += 1
                case PriceType():
                    counts["price_types"] += 1
                case Warehouse():
                    counts["warehouses"] += 1
                case Good():
                    counts["products"] += 1
                    counts["property_values"] += len(item.properties)
                    counts["pictures"] += len(item.pictures)
                case Offer():
                    counts["offers"] += 1
                    counts["prices"] += len(item.prices)
                case Document():
                    counts["documents"] += 1
                    counts["document_lines"] += len(item.lines)
                case FeedNote():
                    mended[item.code] += 1
    except FeedRefused as error:
        refusal = error
    return ExchangeReport(
        refused=refusal.code if refusal else None,
        encoding=reader.encoding,
        version=head.version,
        date=head.date,
        only_changes=only_changes,
        groups=counts["groups"],
        properties=counts["properties"],
        products=counts["products"],
        property_values=counts["property_values"],
        pictures=counts["pictures"],
        offers=counts["offers"],
        prices=counts["prices"],
        price_types=counts["price_types"],
        warehouses=counts["warehouses"],
        documents=counts["documents"],
        document_lines=counts["document_lines"],
        mended=dict(mended),
        errors=(refusal_remark(refusal),) if refusal else (),
    )
