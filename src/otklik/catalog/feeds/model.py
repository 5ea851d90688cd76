"""What a feed is made of, and the limits that keep one offer small."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

# Lengths in characters. Names and texts are cut at the limit; an id or an address that is longer is
# left out, because a cut one would mean something else.
ID_LENGTH = 200
NAME_LENGTH = 1_000
URL_LENGTH = 2_048
DESCRIPTION_LENGTH = 10_000
VALUE_LENGTH = 2_000
PICTURES = 30
PARAMS = 200
FIELDS = 50


FeedFormat = Literal["yml", "google"]


class FeedHead(msgspec.Struct, frozen=True):
    """The root element. `date`: as the shop wrote it, or None."""

    date: str | None
    line: int
    format: FeedFormat = "yml"


class FeedCurrency(msgspec.Struct, frozen=True):
    """A currency that the feed declares, such as RUB, RUR, KZT. `rate` as written."""

    id: str
    rate: str | None
    line: int


class FeedCategory(msgspec.Struct, frozen=True):
    """A node of the shop's tree. `id` is None when it is missing."""

    id: str | None
    parent_id: str | None
    name: str
    line: int


class FeedParam(msgspec.Struct, frozen=True):
    name: str
    value: str
    unit: str | None


class FeedOffer(msgspec.Struct, frozen=True):
    """One thing on sale. What the shop does not say is None or empty.

    `name`: the element `name`, otherwise typePrefix, vendor and model in this order.
    `available`: None when the shop does not say. `stock`: `count`, `stock_quantity` or the sum of
    the outlets' `instock`. `fields`: the remaining elements by name, the first of each.
    `tags`: every element met, for the report. `line`: where the offer begins.
    Source: https://yandex.ru/support/marketplace/assortment/fields/
    """

    id: str | None
    line: int
    name: str
    type: str | None = None
    group_id: str | None = None
    available: bool | None = None
    url: str | None = None
    price: Decimal | None = None
    old_price: Decimal | None = None
    currency: str | None = None
    category_id: str | None = None
    pictures: tuple[str, ...] = ()
    vendor: str | None = None
    vendor_code: str | None = None
    model: str | None = None
    description: str | None = None
    barcode: str | None = None
    stock: int | None = None
    params: tuple[FeedParam, ...] = ()
    fields: dict[str, str] = {}
    tags: frozenset[str] = frozenset()


class FeedNote(msgspec.Struct, frozen=True):
    """Something wrong that does not stop the reading. `code`: a key of `remarks.REMARKS`."""

    code: str
    line: int
    fact: str = ""


FeedItem = FeedHead | FeedCurrency | FeedCategory | FeedOffer | FeedNote
