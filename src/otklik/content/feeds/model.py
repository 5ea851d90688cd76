"""The words of content feeds: items, what was set aside, the mapping of a JSON file; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec

from otklik.kit.i18n import Lang, Text

EVERY_MINUTES_MIN: Final = 15
EVERY_MINUTES_MAX: Final = 7 * 24 * 60
KEEP_DAYS_MIN: Final = 7
KEEP_DAYS_MAX: Final = 730
BYTES_MAX: Final = 10 * 1024 * 1024
ITEMS_MAX: Final = 500
"""So many items of one file are read; a feed begins with its newest ones."""
FEEDS_MAX: Final = 50
TITLE_LENGTH: Final = 300
SUMMARY_LENGTH: Final = 1_000
URL_LENGTH: Final = 2_048
GUID_LENGTH: Final = 300
CATEGORIES_MAX: Final = 20
REMARKS_MAX: Final = 30
LETTER_ITEMS: Final = 20
"""Items of a feed that an ordinary letter may go through; a loop of blocks goes no further."""

Format = Literal["rss", "atom", "rdf", "json_feed", "json", "yml"]
Unmapped = Literal["everybody", "nobody"]
Aside = Literal["no_link", "bad_link", "no_title", "repeated", "too_many", "not_an_object"]


class ItemPrice(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an item of a feed of products says besides."""

    price: float | None = None
    old_price: float | None = None
    currency: str | None = None


class FoundItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item as a file has it: plain text, an http(s) link."""

    guid: str
    title: str
    link: str
    summary: str = ""
    picture: str | None = None
    categories: tuple[str, ...] = ()
    published_at: datetime | None = None
    product: ItemPrice | None = None


class SetAside(msgspec.Struct, frozen=True):
    """An item that can't be shown. `fact`: what was found in the place of what is needed."""

    reason: Aside
    title: str = ""
    fact: str = ""


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    format: Format
    items: list[FoundItem]
    aside: list[SetAside]


Path = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class JsonFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a JSON file keeps things: dotted paths; an empty one is guessed by usual names.

    `items`: from the top of the file; the others: from an item.
    """

    items: Path = ""
    id: Path = ""
    title: Path = ""
    link: Path = ""
    summary: Path = ""
    picture: Path = ""
    published: Path = ""
    categories: Path = ""


class CategoryTopics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Items of a category are for the readers of these topics or subtopics."""

    category: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    topic_ids: Annotated[list[UUID], msgspec.Meta(max_length=20)] = []


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """An item as it is kept. `seen_at`: when it was first in the feed; `listed_at`: when last."""

    id: int
    feed_id: UUID
    title: str
    link: str
    summary: str
    picture: str | None
    categories: list[str]
    product: ItemPrice | None
    published_at: datetime | None
    seen_at: datetime
    listed_at: datetime
    place: int

    @property
    def at(self) -> datetime:
        """When it counts as published: not before the world could know of it, if nobody says."""
        return self.published_at or self.seen_at


class Problem(msgspec.Struct, frozen=True):
    code: str
    en: str
    ru: str

    def of(self, lang: Lang) -> str:
        return self.ru if lang == "ru" else self.en


class Reach(msgspec.Struct, frozen=True):
    """Whom an item is for: the readers of any of `topic_ids`, or `everybody`; else nobody."""

    topic_ids: frozenset[UUID]
    everybody: bool = False


def plain_category(text: str) -> str:
    """Return the spelling by which categories are compared."""
    return " ".join(text.split()).casefold()


def reach_of(
    categories: Iterable[str], topics: Mapping[str, Sequence[UUID]], unmapped: Unmapped
) -> Reach:
    """Return whom an item is for, by its categories and the mapping of its feed.

    topics: by plain category. An item none of whose categories is mapped follows `unmapped`.
    """
    found = frozenset(
        topic_id for one in categories for topic_id in topics.get(plain_category(one), ())
    )
    return Reach(found) if found else Reach(frozenset(), everybody=unmapped == "everybody")


def topics_by_category(mapping: Iterable[CategoryTopics]) -> dict[str, list[UUID]]:
    """Return the mapping by plain category; one without a topic is as good as unmapped."""
    return {plain_category(one.category): one.topic_ids for one in mapping if one.topic_ids}


def variables_of(
    *,
    title: str,
    link: str,
    summary: str,
    picture: str | None,
    categories: Sequence[str],
    published_at: datetime | None,
    product: ItemPrice | None,
    feed: str,
) -> dict[str, Any]:
    """Return an item as letters see it: plain values."""
    values: dict[str, Any] = {
        "title": title,
        "link": link,
        "summary": summary,
        "picture": picture,
        "categories": list(categories),
        "category": categories[0] if categories else None,
        "published_at": None
        if published_at is None
        else published_at.isoformat(timespec="seconds"),
        "feed": feed,
    }
    if product is not None:
        values |= {
            "price": product.price,
            "old_price": product.old_price,
            "currency": product.currency,
        }
    return values


ASIDE_TEXTS: dict[Aside, Text] = {
    "no_link": Text(en="it has no link", ru="нет ссылки"),
    "bad_link": Text(
        en="its link is not one of http or https: {fact}",
        ru="ссылка не http и не https: {fact}",
    ),
    "no_title": Text(en="it has neither a title nor a text", ru="нет ни заголовка, ни текста"),
    "repeated": Text(
        en="another item of the file has the same id: {fact}",
        ru="в файле есть другой материал с тем же идентификатором: {fact}",
    ),
    "too_many": Text(
        en="only the first {fact} items of a file are read",
        ru="читаются только первые {fact} материалов файла",
    ),
    "not_an_object": Text(
        en="it is not an object of JSON: {fact}", ru="это не объект JSON: {fact}"
    ),
}
