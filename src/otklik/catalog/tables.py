"""The tables of the catalogue. Touched by this slice only."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, UUID

from otklik.runtime.public import metadata

EXTRA_DDL: list[str] = []

_moment = sa.DateTime(timezone=True)

order_versions = sa.Sequence("order_versions", metadata=metadata)

orders = sa.Table(
    "orders",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("order_id", sa.Text(collation="C"), primary_key=True),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    # Whose it was before any merge, so that an undone merge gives it back.
    sa.Column("origin_id", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("placed_at", _moment, nullable=False),
    sa.Column("total", sa.Numeric(18, 2), nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("lines", JSONB, nullable=False),
    # What the order was before parts of it were given back; null while that is the same.
    sa.Column("told_total", sa.Numeric(18, 2)),
    sa.Column("told_lines", JSONB(none_as_null=True)),
    sa.Column("refunds", JSONB, nullable=False, server_default="[]"),
    # Registers of `register.fold`: what makes the order of events indifferent.
    sa.Column("owner_key", sa.Text(collation="C"), nullable=False),
    sa.Column("stated_key", sa.Text(collation="C"), nullable=False),
    sa.Column("told_key", sa.Text(collation="C"), nullable=False),
    sa.Column("told_currency", sa.Text),
    # By name of a property: [stamp, value]; and by foreign word of a status: its stamp.
    sa.Column("told_extra", JSONB, nullable=False, server_default="{}"),
    sa.Column("told_words", JSONB, nullable=False, server_default="{}"),
    # Where it came from, the shop, and the number that the buyer knows it by.
    sa.Column("source", sa.Text),
    sa.Column("shop", sa.Text),
    sa.Column("number", sa.Text),
    # Fields of the workspace, by their names, of the types that it gave them.
    sa.Column("fields", JSONB, nullable=False, server_default="{}"),
    sa.Column("updated_at", _moment, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Index("ix_orders_profile", "workspace_id", "profile_id", "placed_at", "order_id"),
    sa.Index("ix_orders_origin", "workspace_id", "origin_id"),
    sa.Index(
        "ix_orders_words",
        "told_words",
        postgresql_using="gin",
        postgresql_where=sa.text("told_words <> '{}'::jsonb"),
    ),
    sa.Index("ix_orders_placed_at", "workspace_id", "placed_at", "order_id"),
)

order_fields = sa.Table(
    "order_fields",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    # The name in events and imports.
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
)

order_status_words = sa.Table(
    "order_status_words",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    # In lower case and with single spaces.
    sa.Column("word", sa.Text(collation="C"), primary_key=True),
    # Null: nobody has said yet what it means.
    sa.Column("status", sa.Text),
    sa.Column("orders", sa.Integer, nullable=False, server_default="0"),
    sa.Column("example", sa.Text),
    sa.Column("first_seen", _moment),
    sa.Column("last_seen", _moment),
)

feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("feed_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # url, upload or exchange.
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("url", sa.Text),
    sa.Column("login", sa.Text),
    # Sealed by the vault.
    sa.Column("password", sa.Text),
    sa.Column("every_minutes", sa.Integer),
    sa.Column("next_run_at", _moment),
    # Of the file that was loaded last: with the same one there is nothing to do.
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("body_hash", sa.LargeBinary),
    # When the shop's file was last seen to be what the catalogue holds.
    sa.Column("fresh_at", _moment),
    sa.Column("products", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", _moment, nullable=False),
    sa.Index("ix_feeds_workspace", "workspace_id", "created_at"),
    sa.Index("ix_feeds_due", "next_run_at", postgresql_where=sa.text("next_run_at IS NOT NULL")),
)

feed_runs = sa.Table(
    "feed_runs",
    metadata,
    sa.Column("run_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("feed_id", UUID(as_uuid=True), nullable=False),
    # schedule, hand or upload.
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("started_at", _moment),
    sa.Column("finished_at", _moment),
    # The file on disk: uploaded, or kept because the run is held back.
    sa.Column("file_id", UUID(as_uuid=True)),
    # Loaded although the feed lost most of its offers.
    sa.Column("accepted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("bytes", sa.BigInteger),
    sa.Column("report", JSONB(none_as_null=True)),
    sa.Column("changes", JSONB(none_as_null=True)),
    # {code, en, ru}: why it failed or is held back.
    sa.Column("problem", JSONB(none_as_null=True)),
    sa.Index("ix_feed_runs_feed", "workspace_id", "feed_id", "created_at"),
    sa.Index(
        "uq_feed_runs_active",
        "feed_id",
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    ),
)

products = sa.Table(
    "products",
    metadata,
    sa.Column("product_id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("feed_id", UUID(as_uuid=True), nullable=False),
    sa.Column("offer_id", sa.Text(collation="C"), nullable=False),
    sa.Column("group_id", sa.Text),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("vendor", sa.Text),
    sa.Column("vendor_code", sa.Text),
    sa.Column("barcode", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("price", sa.Numeric(18, 4)),
    sa.Column("old_price", sa.Numeric(18, 4)),
    sa.Column("currency", sa.Text),
    sa.Column("category_id", sa.Text),
    sa.Column("pictures", JSONB, nullable=False),
    sa.Column("params", JSONB, nullable=False),
    sa.Column("description", sa.Text),
    # Null: the shop does not say.
    sa.Column("available", sa.Boolean),
    sa.Column("stock", sa.BigInteger),
    # md5 of everything above: an unchanged product is not written.
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("words", TSVECTOR, nullable=False),
    sa.Column("first_seen", _moment, nullable=False),
    sa.Column("changed_at", _moment, nullable=False),
    # When the feed had it last; set when it goes.
    sa.Column("last_seen", _moment),
    sa.Column("gone_at", _moment),
    sa.Index("uq_products_offer", "workspace_id", "feed_id", "offer_id", unique=True),
    sa.Index("ix_products_name", "workspace_id", "name", "product_id"),
    sa.Index("ix_products_price", "workspace_id", "price", "product_id"),
    sa.Index("ix_products_first_seen", "workspace_id", "first_seen", "product_id"),
    sa.Index("ix_products_vendor", "workspace_id", "vendor"),
    sa.Index("ix_products_category", "workspace_id", "feed_id", "category_id"),
    sa.Index("ix_products_words", "words", postgresql_using="gin"),
)

product_categories = sa.Table(
    "product_categories",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("feed_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("category_id", sa.Text(collation="C"), primary_key=True),
    sa.Column("parent_id", sa.Text),
    sa.Column("name", sa.Text, nullable=False),
    # Names from the root down to its own, and the ids in the same order.
    sa.Column("path", JSONB, nullable=False),
    sa.Column("path_ids", JSONB, nullable=False),
)
