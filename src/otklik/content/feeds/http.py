"""Feeds of articles over HTTP."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody, Parameter

from otklik.accounts.public import Permission, Principal, Who, requires, write_audit
from otklik.content.feeds import operations, queries
from otklik.content.feeds.errors import UnknownTopics
from otklik.content.feeds.fetch import Source, fetch
from otklik.content.feeds.jobs import refresh_feed
from otklik.content.feeds.model import (
    EVERY_MINUTES_MAX,
    EVERY_MINUTES_MIN,
    KEEP_DAYS_MAX,
    KEEP_DAYS_MIN,
    CategoryTopics,
    Format,
    FoundItem,
    ItemPrice,
    JsonFields,
    Unmapped,
)
from otklik.content.feeds.parse import parse_feed
from otklik.content.feeds.queries import (
    CategoryCount,
    ContentFeed,
    FeedArticle,
    ItemRemark,
    remarks_of,
)
from otklik.content.feeds.usage import make_sure_unused
from otklik.privacy.public import list_topics
from otklik.runtime.public import Tx
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]
_Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
_Url = Annotated[str, msgspec.Meta(min_length=8, max_length=2_048, pattern=r"^https?://")]
_Every = Annotated[int, msgspec.Meta(ge=EVERY_MINUTES_MIN, le=EVERY_MINUTES_MAX)]
_Keep = Annotated[int, msgspec.Meta(ge=KEEP_DAYS_MIN, le=KEEP_DAYS_MAX)]
_Topics = Annotated[list[CategoryTopics], msgspec.Meta(max_length=500)]
SHOWN = 20


class ContentFeedAddress(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`fields`: for JSON, where things are; what is left empty is guessed."""

    url: _Url
    fields: JsonFields | None = None


class NewContentFeed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`key`: the name in letters; left out, it is made of the name."""

    name: _Name
    url: _Url
    key: _Key | None = None
    fields: JsonFields | None = None
    every_minutes: _Every = 60
    keep_days: _Keep = 90
    unmapped: Unmapped = "everybody"
    topics: _Topics = []


class ContentFeedChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays."""

    name: _Name | msgspec.UnsetType = msgspec.UNSET
    url: _Url | msgspec.UnsetType = msgspec.UNSET
    key: _Key | msgspec.UnsetType = msgspec.UNSET
    fields: JsonFields | msgspec.UnsetType | None = msgspec.UNSET
    every_minutes: _Every | msgspec.UnsetType = msgspec.UNSET
    keep_days: _Keep | msgspec.UnsetType = msgspec.UNSET
    unmapped: Unmapped | msgspec.UnsetType = msgspec.UNSET
    topics: _Topics | msgspec.UnsetType = msgspec.UNSET


class FeedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item in a list. `topic_ids`: whose readers get it; `everybody`: all of them do."""

    id: int
    title: str
    link: str
    summary: str
    picture: str | None
    categories: list[str]
    product: ItemPrice | None
    published_at: datetime | None
    seen_at: datetime
    topic_ids: list[UUID]
    everybody: bool


class ContentFeedCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What an address gives now: its first items, and what would be set aside."""

    format: Format
    count: int
    items: list[FoundItem]
    set_aside: int
    remarks: list[ItemRemark]


class ContentFeeds(Controller):
    path = "/content-feeds"
    tags = ["Feeds of articles"]

    @get("/", operation_id="list_content_feeds", guards=[requires(Permission.VIEW)])
    async def list_feeds(
        self, tx: OpenTx, who: Who, now: Now, lang: ReaderLang
    ) -> list[ContentFeed]:
        """Feeds with their health."""
        return await queries.list_content_feeds(
            tx, workspace_id=who.workspace_id, now=now, lang=lang
        )

    @post(
        "/check",
        operation_id="check_content_feed",
        status_code=200,
        guards=[requires(Permission.EDIT)],
    )
    async def check(
        self, data: JSONBody[ContentFeedAddress], rt: Rt, now: Now, lang: ReaderLang
    ) -> ContentFeedCheck:
        """Fetch a feed and show what it holds; nothing is stored."""
        got = await fetch(rt.outgoing, Source(url=data.url))
        parsed = await asyncio.to_thread(
            parse_feed, got.body or b"", url=got.url, fields=data.fields, now=now
        )
        return ContentFeedCheck(
            format=parsed.format,
            count=len(parsed.items),
            items=parsed.items[:SHOWN],
            set_aside=len(parsed.aside),
            remarks=remarks_of(parsed.aside[:SHOWN], lang),
        )

    @post("/", operation_id="create_content_feed", guards=[requires(Permission.EDIT)])
    async def create(
        self,
        *,
        data: JSONBody[NewContentFeed],
        tx: OpenTx,
        rt: Rt,
        who: Who,
        now: Now,
        lang: ReaderLang,
    ) -> ContentFeed:
        """Add a feed; it is fetched at once."""
        rt.outgoing.check(data.url)
        await _known_topics(tx, who, data.topics)
        feed_id = await operations.create_content_feed(
            tx,
            rt.jobs,
            workspace_id=who.workspace_id,
            values=_columns(data),
            now=now,
        )
        await _audit(tx, who, "created", feed_id, now)
        return await queries.get_content_feed(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, now=now, lang=lang
        )

    @get("/{feed_id:uuid}", operation_id="get_content_feed", guards=[requires(Permission.VIEW)])
    async def get_feed(
        self, feed_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now, lang: ReaderLang
    ) -> ContentFeed:
        """One feed with its health."""
        return await queries.get_content_feed(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, now=now, lang=lang
        )

    @patch(
        "/{feed_id:uuid}", operation_id="change_content_feed", guards=[requires(Permission.EDIT)]
    )
    async def change(
        self,
        *,
        feed_id: FromPath[UUID],
        data: JSONBody[ContentFeedChange],
        tx: OpenTx,
        rt: Rt,
        who: Who,
        now: Now,
        lang: ReaderLang,
    ) -> ContentFeed:
        """Change a feed: its address, schedule, or which categories are for whom."""
        if isinstance(data.url, str):
            rt.outgoing.check(data.url)
        if isinstance(data.topics, list):
            await _known_topics(tx, who, data.topics)
        values = _columns(data)
        await operations.change_content_feed(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, values=values, now=now
        )
        await _audit(tx, who, "changed", feed_id, now, fields=sorted(values))
        return await queries.get_content_feed(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, now=now, lang=lang
        )

    @delete(
        "/{feed_id:uuid}", operation_id="delete_content_feed", guards=[requires(Permission.EDIT)]
    )
    async def remove(self, feed_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> None:
        """Delete a feed with its items; 409 while regular mailings are filled from it."""
        await make_sure_unused(tx, workspace_id=who.workspace_id, feed_id=feed_id)
        await operations.delete_content_feed(tx, workspace_id=who.workspace_id, feed_id=feed_id)
        await _audit(tx, who, "deleted", feed_id, now)

    @post(
        "/{feed_id:uuid}/fetch",
        operation_id="fetch_content_feed",
        status_code=200,
        guards=[requires(Permission.EDIT)],
    )
    async def fetch_now(
        self, feed_id: FromPath[UUID], rt: Rt, who: Who, now: Now, lang: ReaderLang
    ) -> ContentFeed:
        """Fetch a feed now; the answer says what became of it."""
        async with rt.db.begin() as tx:
            await queries.get_content_feed(
                tx, workspace_id=who.workspace_id, feed_id=feed_id, now=now, lang=lang
            )
        await refresh_feed(rt, workspace_id=who.workspace_id, feed_id=feed_id)
        async with rt.db.begin() as tx:
            return await queries.get_content_feed(
                tx, workspace_id=who.workspace_id, feed_id=feed_id, now=rt.clock(), lang=lang
            )

    @get(
        "/{feed_id:uuid}/items",
        operation_id="list_content_feed_items",
        guards=[requires(Permission.VIEW)],
    )
    async def list_items(
        self,
        *,
        feed_id: FromPath[UUID],
        tx: OpenTx,
        who: Who,
        now: Now,
        lang: ReaderLang,
        limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
    ) -> list[FeedItem]:
        """The newest items that are kept, and whom each is for."""
        await queries.get_content_feed(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, now=now, lang=lang
        )
        found = await queries.list_articles(
            tx, workspace_id=who.workspace_id, feed_ids=[feed_id], limit=limit
        )
        return [_item(one) for one in found]

    @get(
        "/{feed_id:uuid}/categories",
        operation_id="list_content_feed_categories",
        guards=[requires(Permission.VIEW)],
    )
    async def list_categories(
        self, feed_id: FromPath[UUID], tx: OpenTx, who: Who
    ) -> list[CategoryCount]:
        """Categories that the items have, with the topics that they are mapped to."""
        return await queries.feed_categories(tx, workspace_id=who.workspace_id, feed_id=feed_id)


HANDLERS: list[Any] = [ContentFeeds]


def _columns(data: NewContentFeed | ContentFeedChange) -> dict[str, Any]:
    return {
        name: msgspec.to_builtins(value) if name in {"fields", "topics"} else value
        for name in data.__struct_fields__
        if (value := getattr(data, name)) is not msgspec.UNSET
    }


def _item(one: FeedArticle) -> FeedItem:
    item = one.article
    return FeedItem(
        id=item.id,
        title=item.title,
        link=item.link,
        summary=item.summary,
        picture=item.picture,
        categories=item.categories,
        product=item.product,
        published_at=item.published_at,
        seen_at=item.seen_at,
        topic_ids=sorted(one.reach.topic_ids),
        everybody=one.reach.everybody,
    )


async def _known_topics(tx: Tx, who: Principal, topics: list[CategoryTopics]) -> None:
    wanted = {topic_id for one in topics for topic_id in one.topic_ids}
    if wanted:
        known = {topic.id for topic in await list_topics(tx, workspace_id=who.workspace_id)}
        if not wanted <= known:
            raise UnknownTopics()


async def _audit(
    tx: Tx, who: Principal, action: str, feed_id: UUID, now: datetime, **detail: object
) -> None:
    await write_audit(
        tx,
        who=who,
        action=f"content_feed.{action}",
        object_kind="content_feed",
        object_id=feed_id,
        now=now,
        detail=detail,
    )
