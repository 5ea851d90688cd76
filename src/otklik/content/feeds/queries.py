"""Reads of content feeds and their items."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.content.feeds.errors import ContentFeedNotFound
from otklik.content.feeds.model import (
    ASIDE_TEXTS,
    LETTER_ITEMS,
    Article,
    CategoryTopics,
    Format,
    ItemPrice,
    JsonFields,
    Problem,
    Reach,
    SetAside,
    Unmapped,
    plain_category,
    reach_of,
    topics_by_category,
    variables_of,
)
from otklik.content.feeds.tables import content_feeds, content_items
from otklik.kit.i18n import Lang
from otklik.runtime.public import Tx

SILENT_AFTER = timedelta(days=30)
"""A feed without a new item for so long has probably moved."""
TROUBLE_AFTER = timedelta(hours=24)


class ItemRemark(msgspec.Struct, frozen=True):
    """An item of the last file that was set aside, and why, as a sentence."""

    title: str
    reason: str


class ContentFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed with its health.

    `key`: its name in letters, `feeds.<key>`. `fields`: paths of a JSON file. `topics`: which
    categories are for the readers of which topics; `unmapped`: who gets the others. `fresh_at`: the
    file was last read whole; `new_at`: it last had something new. `problem`: why it could not be
    read the last time, since `problem_since`. `items`: kept now.
    """

    id: UUID
    key: str
    name: str
    url: str
    fields: JsonFields | None
    every_minutes: int
    keep_days: int
    unmapped: Unmapped
    topics: list[CategoryTopics]
    format: Format | None
    next_fetch_at: datetime
    fetched_at: datetime | None
    fresh_at: datetime | None
    new_at: datetime | None
    items_read: int
    set_aside: int
    remarks: list[ItemRemark]
    problem: str | None
    problem_since: datetime | None
    silent: bool
    items: int
    created_at: datetime


class CategoryCount(msgspec.Struct, frozen=True):
    """A category of kept items. `topic_ids`: whose readers get them, as mapped now."""

    category: str
    items: int
    topic_ids: list[UUID]


class ContentFeedTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """A feed that could not be read for a day or longer, or has been silent."""

    feed_id: UUID
    name: str
    problem: str | None
    since: datetime


class FeedArticle(msgspec.Struct, frozen=True, kw_only=True):
    """An item with what letters and digests need of its feed."""

    article: Article
    feed_key: str
    feed_name: str
    reach: Reach

    def variables(self) -> dict[str, Any]:
        one = self.article
        return variables_of(
            title=one.title,
            link=one.link,
            summary=one.summary,
            picture=one.picture,
            categories=one.categories,
            published_at=one.at,
            product=one.product,
            feed=self.feed_name,
        )


async def list_content_feeds(
    tx: Tx, *, workspace_id: int, now: datetime, lang: Lang, feed_id: UUID | None = None
) -> list[ContentFeed]:
    """Return the feeds of a workspace with their health, the oldest first."""
    f, i = content_feeds.c, content_items.c
    counted = (
        sa.select(i.feed_id, sa.func.count().label("items"))
        .where(i.workspace_id == workspace_id, i.forgotten_at.is_(None))
        .group_by(i.feed_id)
        .subquery()
    )
    query = (
        sa.select(content_feeds, sa.func.coalesce(counted.c["items"], 0).label("items"))
        .outerjoin(counted, counted.c.feed_id == f.feed_id)
        .where(f.workspace_id == workspace_id)
        .order_by(f.created_at, f.feed_id)
    )
    if feed_id is not None:
        query = query.where(f.feed_id == feed_id)
    return [_feed(row, now, lang) for row in await tx.execute(query)]


async def get_content_feed(
    tx: Tx, *, workspace_id: int, feed_id: UUID, now: datetime, lang: Lang
) -> ContentFeed:
    """Return one feed; raises ContentFeedNotFound."""
    found = await list_content_feeds(
        tx, workspace_id=workspace_id, now=now, lang=lang, feed_id=feed_id
    )
    if not found:
        raise ContentFeedNotFound()
    return found[0]


def _feed(row: Any, now: datetime, lang: Lang) -> ContentFeed:
    problem = msgspec.convert(row.problem, Problem | None)
    aside = msgspec.convert(row.remarks, list[SetAside])
    return ContentFeed(
        id=row.feed_id,
        key=row.key,
        name=row.name,
        url=row.url,
        fields=msgspec.convert(row.fields, JsonFields | None),
        every_minutes=row.every_minutes,
        keep_days=row.keep_days,
        unmapped=row.unmapped,
        topics=msgspec.convert(row.topics, list[CategoryTopics], strict=False),
        format=row.format,
        next_fetch_at=row.next_fetch_at,
        fetched_at=row.fetched_at,
        fresh_at=row.fresh_at,
        new_at=row.new_at,
        items_read=row.items_read,
        set_aside=row.set_aside,
        remarks=remarks_of(aside, lang),
        problem=None if problem is None else problem.of(lang),
        problem_since=row.problem_since,
        silent=_is_silent(row, now),
        items=row._mapping["items"],
        created_at=row.created_at,
    )


def remarks_of(aside: Iterable[SetAside], lang: Lang) -> list[ItemRemark]:
    return [
        ItemRemark(one.title, ASIDE_TEXTS[one.reason].of(lang, {"fact": one.fact})) for one in aside
    ]


def _is_silent(row: Any, now: datetime) -> bool:
    last: datetime = row.new_at or row.created_at
    return last < now - SILENT_AFTER


async def content_feed_troubles(
    tx: Tx, *, workspace_id: int, now: datetime, lang: Lang
) -> list[ContentFeedTrouble]:
    """Return feeds that were broken for a day or longer, or silent for a month."""
    rows = await tx.execute(
        sa.select(content_feeds).where(content_feeds.c.workspace_id == workspace_id)
    )
    found = []
    for row in rows:
        problem = msgspec.convert(row.problem, Problem | None)
        if problem is not None and row.problem_since <= now - TROUBLE_AFTER:
            since, said = row.problem_since, problem.of(lang)
        elif problem is None and _is_silent(row, now):
            since, said = row.new_at or row.created_at, None
        else:
            continue
        found.append(
            ContentFeedTrouble(feed_id=row.feed_id, name=row.name, problem=said, since=since)
        )
    return found


async def list_articles(
    tx: Tx,
    *,
    workspace_id: int,
    feed_ids: Collection[UUID] | None = None,
    since: datetime | None = None,
    limit: int = LETTER_ITEMS,
) -> list[FeedArticle]:
    """Return items with their reach, the newest first; `feed_ids` None: of all feeds.

    since: published, or first seen where nobody says, at this moment or later.
    """
    f, i = content_feeds.c, content_items.c
    at = sa.func.coalesce(i.published_at, i.seen_at)
    query = (
        sa.select(content_items, f.key, f.name, f.topics, f.unmapped)
        .join(content_feeds, f.feed_id == i.feed_id)
        .where(
            i.workspace_id == workspace_id, f.workspace_id == workspace_id, i.forgotten_at.is_(None)
        )
        .order_by(at.desc(), i.place, i.item_id.desc())
        .limit(limit)
    )
    if feed_ids is not None:
        query = query.where(i.feed_id.in_(list(feed_ids)))
    if since is not None:
        query = query.where(at >= since)
    topics: dict[UUID, dict[str, list[UUID]]] = {}
    found = []
    for row in await tx.execute(query):
        if row.feed_id not in topics:
            topics[row.feed_id] = topics_by_category(
                msgspec.convert(row.topics, list[CategoryTopics], strict=False)
            )
        found.append(
            FeedArticle(
                article=_article(row),
                feed_key=row.key,
                feed_name=row.name,
                reach=reach_of(row.categories, topics[row.feed_id], row.unmapped),
            )
        )
    return found


async def mapped_topics(tx: Tx, *, workspace_id: int, feed_ids: Collection[UUID]) -> list[UUID]:
    """Return the topics that categories of some feeds are mapped to, in a fixed order."""
    f = content_feeds.c
    rows = await tx.execute(
        sa.select(f.topics).where(f.workspace_id == workspace_id, f.feed_id.in_(list(feed_ids)))
    )
    mappings = [msgspec.convert(row.topics, list[CategoryTopics], strict=False) for row in rows]
    return sorted({topic for one in mappings for entry in one for topic in entry.topic_ids})


_CATEGORIES = sa.text(
    """
    SELECT one.category, count(*) AS n
      FROM content_items i, jsonb_array_elements_text(i.categories) one(category)
     WHERE i.workspace_id = :workspace_id AND i.feed_id = :feed_id AND i.forgotten_at IS NULL
     GROUP BY one.category
     ORDER BY n DESC, one.category
     LIMIT 500
    """
)


async def feed_categories(tx: Tx, *, workspace_id: int, feed_id: UUID) -> list[CategoryCount]:
    """Return the categories of kept items and those that are mapped, the commonest first."""
    f = content_feeds.c
    mapping = await tx.execute(
        sa.select(f.topics).where(f.workspace_id == workspace_id, f.feed_id == feed_id)
    )
    row = mapping.one_or_none()
    if row is None:
        raise ContentFeedNotFound()
    mapped = msgspec.convert(row.topics, list[CategoryTopics], strict=False)
    rows = await tx.execute(_CATEGORIES, {"workspace_id": workspace_id, "feed_id": feed_id})
    counts: dict[str, tuple[str, int]] = {}
    for found in rows:
        name, count = counts.get(plain_category(found.category), (found.category, 0))
        counts[plain_category(found.category)] = (name, count + found.n)
    for entry in mapped:
        counts.setdefault(plain_category(entry.category), (entry.category, 0))
    topics = {plain_category(entry.category): entry.topic_ids for entry in mapped}
    return [CategoryCount(name, n, topics.get(plain, [])) for plain, (name, n) in counts.items()]


async def feed_keys(tx: Tx, *, workspace_id: int) -> dict[str, tuple[UUID, str]]:
    """Return the feeds of a workspace by their names in letters: id and name."""
    rows = await tx.execute(
        sa.select(content_feeds.c.key, content_feeds.c.feed_id, content_feeds.c.name)
        .where(content_feeds.c.workspace_id == workspace_id)
        .order_by(content_feeds.c.created_at)
    )
    return {row.key: (row.feed_id, row.name) for row in rows}


def as_variables(found: Sequence[FeedArticle], keys: Iterable[str]) -> dict[str, Any]:
    """Return items, in their order, as letters name them; a feed without items is empty."""
    feeds: dict[str, list[dict[str, Any]]] = {key: [] for key in keys}
    articles = []
    for one in found:
        values = one.variables()
        articles.append(values)
        feeds.setdefault(one.feed_key, []).append(values)
    return {"articles": articles[:LETTER_ITEMS], "feeds": feeds}


def _article(row: Any) -> Article:
    return Article(
        id=row.item_id,
        feed_id=row.feed_id,
        title=row.title,
        link=row.link,
        summary=row.summary,
        picture=row.picture,
        categories=row.categories,
        product=msgspec.convert(row.product, ItemPrice | None),
        published_at=row.published_at,
        seen_at=row.seen_at,
        listed_at=row.listed_at,
        place=row.place,
    )
