"""Feeds as sources of products, their runs, and products as they are shown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from otklik.kit.i18n import Lang, Text

EVERY_MINUTES_MIN: Final = 15
EVERY_MINUTES_MAX: Final = 7 * 24 * 60
HELD_FROM: Final = 10
"""A catalogue smaller than this is never held back: half of it is a handful of products."""


class FeedKind(StrEnum):
    """`exchange`: the products come through a connection of 1C, see `exchange`."""

    URL = "url"
    UPLOAD = "upload"
    EXCHANGE = "exchange"


class RunCause(StrEnum):
    SCHEDULE = "schedule"
    HAND = "hand"
    UPLOAD = "upload"


class RunState(StrEnum):
    """`unchanged`: the file is the one that was loaded last. `held`: waits for a human's yes."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    UNCHANGED = "unchanged"
    HELD = "held"
    FAILED = "failed"
    DECLINED = "declined"


class RunChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did to the catalogue; products. For a held run: what it would do."""

    before: int
    offers: int
    added: int
    changed: int
    returned: int
    gone: int
    price_changed: int
    stock_changed: int


class RunProblem(msgspec.Struct, frozen=True):
    code: str
    en: str
    ru: str


class FeedRun(msgspec.Struct, frozen=True, kw_only=True):
    """One loading of a feed. `report`: see `FeedReport`, null when nothing was read."""

    id: UUID
    feed_id: UUID
    cause: RunCause
    state: RunState
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    bytes: int | None
    accepted: bool
    report: dict[str, Any] | None
    changes: RunChanges | None
    problem: str | None


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A source of products. The password is never shown; `has_password` says that there is one.

    `fresh_at`: when the shop's file was last seen to be what the catalogue holds. `exchange_id`:
    the connection of 1C that fills it, null for other kinds and when the connection was deleted.
    """

    id: UUID
    name: str
    kind: FeedKind
    exchange_id: UUID | None
    url: str | None
    login: str | None
    has_password: bool
    every_minutes: int | None
    next_run_at: datetime | None
    fresh_at: datetime | None
    products: int
    created_at: datetime
    last_run: FeedRun | None


class Availability(StrEnum):
    """What a list of products is narrowed to. `listed`: in the feed, sold out or not."""

    LISTED = "listed"
    AVAILABLE = "available"
    UNAVAILABLE = "unavailable"
    GONE = "gone"


class ProductOrder(StrEnum):
    NAME = "name"
    CHEAP = "cheap"
    DEAR = "dear"
    NEW = "new"


class ProductParam(msgspec.Struct, frozen=True):
    name: str
    value: str
    unit: str | None = None


class ProductRow(msgspec.Struct, frozen=True, kw_only=True):
    """A product in a list. `available`: in the feed and not said to be sold out."""

    id: int
    feed_id: UUID
    offer_id: str
    name: str
    vendor: str | None
    price: float | None
    old_price: float | None
    currency: str | None
    category: list[str]
    picture: str | None
    available: bool
    stock: int | None
    gone: bool


class Product(ProductRow, frozen=True, kw_only=True):
    """A product with everything the shop says. `variants`: others of its group."""

    group_id: str | None
    vendor_code: str | None
    barcode: str | None
    url: str | None
    pictures: list[str]
    params: list[ProductParam]
    description: str | None
    feed_name: str
    first_seen: datetime
    last_seen: datetime | None
    changed_at: datetime
    variants: list[ProductRow]


class ProductFact(msgspec.Struct, frozen=True, kw_only=True):
    """Price and stock from `at` until the next fact."""

    at: datetime
    price: float | None
    old_price: float | None
    currency: str
    available: bool
    stock: int | None
    gone: bool


class ProductCategory(msgspec.Struct, frozen=True, kw_only=True):
    feed_id: UUID
    id: str
    parent_id: str | None
    name: str
    path: list[str]
    products: int


class VendorCount(msgspec.Struct, frozen=True):
    value: str
    count: int


HELD = Text(
    en="The feed lost {missing} of {before} products at once. Nothing was changed: look whether "
    "the shop's export is whole, and accept it if it is meant to be so.",
    ru="Из фида разом пропало товаров: {missing} из {before}. Ничего не изменено: проверьте, целая "
    "ли выгрузка магазина, и примите её, если так и задумано.",
)


def problem_of(lang: Lang, problem: dict[str, str] | None) -> str | None:
    return None if problem is None else problem[lang]
