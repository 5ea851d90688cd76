"""What files of 1C are made of.

Source: https://v8.1c.ru/tekhnologii/obmen-dannymi-i-integratsiya/standarty-i-formaty/commerceml/
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

NODES_MAX = 20_000
"""Elements inside one product, offer or document; a document has some twenty per line."""
TEXT_MAX = 10_000


class ExchangeHead(msgspec.Struct, frozen=True):
    """The root. `version`, `date`: as written."""

    version: str | None
    date: str | None


class ExchangePart(msgspec.Struct, frozen=True):
    """A catalogue or a package of offers begins. `only_changes`: what it leaves out stays."""

    kind: str
    only_changes: bool | None


class Group(msgspec.Struct, frozen=True):
    id: str
    parent_id: str | None
    name: str


class Property(msgspec.Struct, frozen=True):
    """A property of goods. `values`: names of its values by their ids, where it has a list."""

    id: str
    name: str
    values: dict[str, str]


class PriceType(msgspec.Struct, frozen=True):
    id: str
    name: str
    currency: str | None


class Warehouse(msgspec.Struct, frozen=True):
    id: str
    name: str


class Price(msgspec.Struct, frozen=True):
    type_id: str
    amount: Decimal
    currency: str | None


class Good(msgspec.Struct, frozen=True, kw_only=True):
    """A product of import.xml. `properties`: values (or their ids) by the property's id.
    `requisites`: by name, such as «ВидНоменклатуры». `pictures`: as written, files of the exchange
    or addresses."""

    id: str
    name: str
    article: str | None
    barcode: str | None
    description: str | None
    vendor: str | None
    group_ids: tuple[str, ...]
    pictures: tuple[str, ...]
    properties: dict[str, str]
    requisites: dict[str, str]
    deleted: bool


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer of offers.xml, prices.xml or rests.xml. `good_id`: what stands before «#» of its id.

    `stock`: the quantity it names, or that of its warehouses; None: it does not say.
    """

    id: str
    good_id: str
    name: str
    article: str | None
    prices: tuple[Price, ...]
    stock: Decimal | None
    by_warehouse: dict[str, Decimal]
    characteristics: dict[str, str]


class DocumentLine(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    quantity: Decimal
    price: Decimal
    total: Decimal | None


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An order. `contacts`: by their type, such as «Почта»; `person`: name of the buyer.
    `basis`: id of the order that a payment or a return belongs to."""

    id: str
    number: str
    date: str
    time: str | None
    kind: str | None
    currency: str | None
    total: Decimal | None
    person_id: str | None
    person: str | None
    contacts: dict[str, str]
    lines: tuple[DocumentLine, ...]
    requisites: dict[str, str]
    basis: str | None = None
