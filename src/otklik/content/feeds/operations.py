"""Writes of content feeds."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.content.feeds.errors import (
    ContentFeedKeyTaken,
    ContentFeedNotFound,
    TooManyContentFeeds,
)
from otklik.content.feeds.fetch import Fetched
from otklik.content.feeds.model import FEEDS_MAX, REMARKS_MAX, Parsed, Problem
from otklik.content.feeds.tables import content_feeds, content_items
from otklik.kit.ids import new_id
from otklik.runtime.public import Jobs, Tx

FETCH_JOB = "content.fetch_feed"
GONE_KEPT = timedelta(days=400)
"""So long the id of a forgotten item is known: should it come back, it is not new."""
_RUSSIAN = dict(
    zip(
        "абвгдезийклмнопрстуфыэё",
        "abvgdeziyklmnoprstufyee",
        strict=True,
    )
) | {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya"}


def key_of(name: str) -> str:
    """Return a name for letters, made of the name for people."""
    latin = "".join(_RUSSIAN.get(sign, sign) for sign in name.casefold())
    words = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")[:40].strip("_")
    return words if words[:1].isalpha() else f"feed_{words}".rstrip("_")


async def create_content_feed(
    tx: Tx, jobs: Jobs, *, workspace_id: int, values: dict[str, Any], now: datetime
) -> UUID:
    """Write a feed and have it fetched at once. `values`: columns; without a key one is made.

    Raises: ContentFeedKeyTaken, TooManyContentFeeds.
    """
    f = content_feeds.c
    rows = await tx.execute(sa.select(f.key).where(f.workspace_id == workspace_id))
    taken = set(rows.scalars())
    if len(taken) >= FEEDS_MAX:
        raise TooManyContentFeeds(max=FEEDS_MAX)
    key = values.get("key")
    if not key:
        wanted = key_of(values["name"])
        numbered = (f"{wanted}_{number}" for number in range(2, FEEDS_MAX + 2))
        key = next(one for one in (wanted, *numbered) if one not in taken)
    feed_id = new_id()
    made = await tx.execute(
        insert(content_feeds)
        .values(
            **values
            | {
                "key": key,
                "feed_id": feed_id,
                "workspace_id": workspace_id,
                "next_fetch_at": now + timedelta(minutes=values["every_minutes"]),
                "created_at": now,
            }
        )
        .on_conflict_do_nothing()
        .returning(f.feed_id)
    )
    if made.one_or_none() is None:
        raise ContentFeedKeyTaken(key=key)
    await order_fetch(tx, jobs, workspace_id=workspace_id, feed_id=feed_id)
    return feed_id


async def change_content_feed(
    tx: Tx, *, workspace_id: int, feed_id: UUID, values: dict[str, Any], now: datetime
) -> None:
    """Write columns of a feed. A new address or new paths make the next file a new one.

    Raises: ContentFeedNotFound, ContentFeedKeyTaken.
    """
    if not values:
        return
    f = content_feeds.c
    if "key" in values:
        other = await tx.execute(
            sa.select(f.feed_id).where(
                f.workspace_id == workspace_id, f.key == values["key"], f.feed_id != feed_id
            )
        )
        if other.first() is not None:
            raise ContentFeedKeyTaken(key=values["key"])
    if values.keys() & {"url", "fields"}:
        values = values | {
            "etag": None,
            "last_modified": None,
            "body_hash": None,
            "problem": None,
            "problem_since": None,
            "next_fetch_at": now,
        }
    if "every_minutes" in values:
        values = values | {"next_fetch_at": now + timedelta(minutes=values["every_minutes"])}
    changed = await tx.execute(
        content_feeds.update()
        .where(f.workspace_id == workspace_id, f.feed_id == feed_id)
        .values(values)
    )
    if not changed.rowcount:
        raise ContentFeedNotFound()


async def delete_content_feed(tx: Tx, *, workspace_id: int, feed_id: UUID) -> None:
    """Delete a feed with its items. Raises: ContentFeedNotFound."""
    gone = await tx.execute(
        content_feeds.delete().where(
            content_feeds.c.workspace_id == workspace_id, content_feeds.c.feed_id == feed_id
        )
    )
    if not gone.rowcount:
        raise ContentFeedNotFound()
    await tx.execute(
        content_items.delete().where(
            content_items.c.workspace_id == workspace_id, content_items.c.feed_id == feed_id
        )
    )


async def order_fetch(tx: Tx, jobs: Jobs, *, workspace_id: int, feed_id: UUID) -> None:
    """Have a feed fetched soon; while that waits already, once is enough."""
    await jobs.defer(
        tx,
        FETCH_JOB,
        args={"workspace_id": workspace_id, "feed_id": str(feed_id)},
        lock=f"content_feed:{feed_id}",
        single=f"content_feed:{feed_id}",
    )


async def order_due(tx: Tx, jobs: Jobs, *, now: datetime, limit: int = 100) -> int:
    """Have the feeds fetched whose time has come, of all workspaces; returns how many.

    The next time counts from now: after a pause a feed is fetched once.
    """
    f = content_feeds.c
    due = (
        await tx.execute(
            sa.select(f.workspace_id, f.feed_id, f.every_minutes)
            .where(f.next_fetch_at <= now)
            .order_by(f.next_fetch_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for feed in due:
        await order_fetch(tx, jobs, workspace_id=feed.workspace_id, feed_id=feed.feed_id)
        await tx.execute(
            content_feeds.update()
            .where(f.feed_id == feed.feed_id)
            .values(next_fetch_at=now + timedelta(minutes=feed.every_minutes))
        )
    return len(due)


async def keep_items(
    tx: Tx, *, workspace_id: int, feed_id: UUID, parsed: Parsed, fetched: Fetched, now: datetime
) -> int:
    """Write the items of a file that was read; returns how many are new. Repeating is harmless."""
    f = content_feeds.c
    locked = await tx.execute(
        sa.select(f.feed_id)
        .where(f.workspace_id == workspace_id, f.feed_id == feed_id)
        .with_for_update()
    )
    if locked.one_or_none() is None:
        return 0
    fresh = 0
    if parsed.items:
        rows = insert(content_items).values(
            [
                {
                    "workspace_id": workspace_id,
                    "feed_id": feed_id,
                    "guid": item.guid,
                    "title": item.title,
                    "link": item.link,
                    "summary": item.summary,
                    "picture": item.picture,
                    "categories": list(item.categories),
                    "product": None if item.product is None else msgspec.to_builtins(item.product),
                    "published_at": item.published_at,
                    "seen_at": now,
                    "listed_at": now,
                    "place": place,
                }
                for place, item in enumerate(parsed.items)
            ]
        )
        new = rows.excluded
        written: sa.CursorResult[Any] = await tx.execute(
            rows.on_conflict_do_update(
                index_elements=["feed_id", "guid"],
                set_={
                    **{
                        name: new[name]
                        for name in (
                            "title",
                            "link",
                            "summary",
                            "picture",
                            "categories",
                            "product",
                            "listed_at",
                            "place",
                        )
                    },
                    # A date that was told once is not taken back: it says what is new.
                    "published_at": sa.func.coalesce(
                        content_items.c.published_at, new.published_at
                    ),
                    "forgotten_at": None,
                },
            ).returning(sa.literal_column("(xmax = 0)").label("is_new"))
        )
        fresh = sum(bool(row.is_new) for row in written)
    values: dict[str, Any] = {
        "etag": fetched.etag,
        "last_modified": fetched.last_modified,
        "body_hash": fetched.body_hash,
        "format": parsed.format,
        "fetched_at": now,
        "fresh_at": now,
        "items_read": len(parsed.items),
        "set_aside": len(parsed.aside),
        "remarks": msgspec.to_builtins(parsed.aside[:REMARKS_MAX]),
        "problem": None,
        "problem_since": None,
    }
    if fresh:
        values["new_at"] = now
    await tx.execute(content_feeds.update().where(f.feed_id == feed_id).values(values))
    return fresh


async def note_same(
    tx: Tx, *, workspace_id: int, feed_id: UUID, fetched: Fetched, now: datetime
) -> None:
    """The file is still the same: its items are still listed."""
    f, i = content_feeds.c, content_items.c
    row = (
        await tx.execute(
            sa.select(f.fresh_at).where(f.workspace_id == workspace_id, f.feed_id == feed_id)
        )
    ).one_or_none()
    if row is None or row.fresh_at is None:
        return
    await tx.execute(
        content_items.update()
        .where(i.feed_id == feed_id, i.listed_at >= row.fresh_at)
        .values(listed_at=now)
    )
    await tx.execute(
        content_feeds.update()
        .where(f.feed_id == feed_id)
        .values(
            fetched_at=now,
            fresh_at=now,
            etag=fetched.etag,
            last_modified=fetched.last_modified,
            problem=None,
            problem_since=None,
        )
    )


async def note_problem(
    tx: Tx, *, workspace_id: int, feed_id: UUID, problem: Problem, now: datetime
) -> None:
    """The file could not be got or read; what was kept stays as it is."""
    f = content_feeds.c
    await tx.execute(
        content_feeds.update()
        .where(f.workspace_id == workspace_id, f.feed_id == feed_id)
        .values(
            fetched_at=now,
            problem=msgspec.to_builtins(problem),
            problem_since=sa.func.coalesce(f.problem_since, now),
        )
    )


async def forget_old(tx: Tx, *, now: datetime) -> int:
    """Empty items that left their feed longer ago than it keeps them; returns how many.

    Their ids are known for a good year more, so that an item that comes back is not new.
    """
    f, i = content_feeds.c, content_items.c
    emptied = await tx.execute(
        content_items.update()
        .where(
            i.feed_id == f.feed_id,
            i.forgotten_at.is_(None),
            i.listed_at < sa.literal(now) - sa.func.make_interval(0, 0, 0, f.keep_days),
        )
        .values(
            title="",
            link="",
            summary="",
            picture=None,
            categories=[],
            product=None,
            forgotten_at=now,
        )
    )
    await tx.execute(content_items.delete().where(i.forgotten_at < now - GONE_KEPT))
    return emptied.rowcount
