"""The tables of content feeds."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from otklik.runtime.public import metadata

_moment = sa.DateTime(timezone=True)
_uuid = UUID(as_uuid=True)
_empty = sa.text("'[]'")

content_feeds = sa.Table(
    "content_feeds",
    metadata,
    sa.Column("feed_id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    # How letters call it: feeds.<key>.
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    # Paths of a JSON file; absent: usual names.
    sa.Column("fields", JSONB(none_as_null=True)),
    sa.Column("every_minutes", sa.Integer, nullable=False),
    sa.Column("keep_days", sa.Integer, nullable=False),
    # Who gets items of categories that nobody mapped: everybody or nobody.
    sa.Column("unmapped", sa.Text, nullable=False),
    # [{"category": …, "topic_ids": […]}, …]
    sa.Column("topics", JSONB, nullable=False, server_default=_empty),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("body_hash", sa.LargeBinary),
    # Of the last file: its format, how many items it had, what was set aside and why.
    sa.Column("format", sa.Text),
    sa.Column("next_fetch_at", _moment, nullable=False),
    sa.Column("fetched_at", _moment),
    # When the file was last read whole, and when it last had an item that was new.
    sa.Column("fresh_at", _moment),
    sa.Column("new_at", _moment),
    sa.Column("items_read", sa.Integer, nullable=False, server_default="0"),
    sa.Column("set_aside", sa.Integer, nullable=False, server_default="0"),
    sa.Column("remarks", JSONB, nullable=False, server_default=_empty),
    sa.Column("problem", JSONB(none_as_null=True)),
    sa.Column("problem_since", _moment),
    sa.Column("created_at", _moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "key"),
    sa.Index("ix_content_feeds_next_fetch_at", "next_fetch_at"),
)

content_items = sa.Table(
    "content_items",
    metadata,
    sa.Column("item_id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("feed_id", _uuid, nullable=False),
    sa.Column("guid", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("link", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("picture", sa.Text),
    sa.Column("categories", JSONB, nullable=False, server_default=_empty),
    sa.Column("product", JSONB(none_as_null=True)),
    sa.Column("published_at", _moment),
    sa.Column("seen_at", _moment, nullable=False),
    sa.Column("listed_at", _moment, nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    # Its texts are gone, but its id is known: when it comes back it is not new.
    sa.Column("forgotten_at", _moment),
    sa.UniqueConstraint("feed_id", "guid"),
    sa.Index("ix_content_items_workspace_id", "workspace_id", "item_id"),
)
