"""The tables of the exchange with 1C."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from otklik.runtime.public import metadata

_moment = sa.DateTime(timezone=True)

exchanges = sa.Table(
    "exchanges",
    metadata,
    sa.Column("exchange_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    # The part of the address that only the shop's 1C knows.
    sa.Column("address", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("login", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("with_catalogue", sa.Boolean, nullable=False),
    sa.Column("with_orders", sa.Boolean, nullable=False),
    # utf-8 or windows-1251: of what 1C is answered.
    sa.Column("encoding", sa.Text, nullable=False),
    # Id or name of the type of prices that is shown; null: the first of each offer.
    sa.Column("price_type", sa.Text),
    # Products stand in the catalogue under this feed.
    sa.Column("feed_id", UUID(as_uuid=True), nullable=False),
    # Orders up to this version have been taken by 1C.
    sa.Column("taken_version", sa.BigInteger, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failures_from", _moment),
    sa.Column("created_at", _moment, nullable=False),
    sa.Index("ix_exchanges_workspace", "workspace_id", "created_at"),
)

exchange_sessions = sa.Table(
    "exchange_sessions",
    metadata,
    sa.Column("session_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("exchange_id", UUID(as_uuid=True), nullable=False),
    # catalog or sale.
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("token_hash", sa.LargeBinary, nullable=False),
    # open, closing (its end waits for a job) or closed.
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("last_at", _moment, nullable=False),
    sa.Column("closed_at", _moment),
    sa.Column("bytes", sa.BigInteger, nullable=False, server_default="0"),
    # Greatest version of the orders that were handed out and not yet confirmed.
    sa.Column("offered_version", sa.BigInteger),
    sa.Column("orders_taken", sa.Integer, nullable=False, server_default="0"),
    sa.Column("orders_offered", sa.Integer, nullable=False, server_default="0"),
    # What became of products that a whole catalogue no longer names.
    sa.Column("gone", sa.Integer),
    sa.Column("problem", JSONB(none_as_null=True)),
    sa.Index("uq_exchange_sessions_token", "token_hash", unique=True),
    sa.Index("ix_exchange_sessions_exchange", "workspace_id", "exchange_id", "created_at"),
    sa.Index(
        "uq_exchange_sessions_open",
        "exchange_id",
        "kind",
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    ),
)

exchange_files = sa.Table(
    "exchange_files",
    metadata,
    sa.Column("file_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("session_id", UUID(as_uuid=True), nullable=False),
    # As 1C calls it; on disk it has a name of ours.
    sa.Column("name", sa.Text, nullable=False),
    # waiting, queued, done or failed.
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("counts", JSONB, nullable=False, server_default="{}"),
    # [{code, en, ru}]: why it failed, or what was left out.
    sa.Column("problems", JSONB, nullable=False, server_default="[]"),
    # Whether it claims to hold the whole catalogue, the whole package of offers.
    sa.Column("whole_goods", sa.Boolean),
    sa.Column("whole_offers", sa.Boolean),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("finished_at", _moment),
    sa.UniqueConstraint("session_id", "name"),
)

exchange_goods = sa.Table(
    "exchange_goods",
    metadata,
    sa.Column("exchange_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("good_id", sa.Text(collation="C"), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("vendor", sa.Text),
    sa.Column("vendor_code", sa.Text),
    sa.Column("barcode", sa.Text),
    sa.Column("category_id", sa.Text),
    sa.Column("pictures", JSONB, nullable=False),
    sa.Column("params", JSONB, nullable=False),
    sa.Column("description", sa.Text),
    # The session that told of it last.
    sa.Column("session_id", UUID(as_uuid=True), nullable=False),
)

exchange_offers = sa.Table(
    "exchange_offers",
    metadata,
    sa.Column("exchange_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("offer_id", sa.Text(collation="C"), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("good_id", sa.Text(collation="C"), nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("vendor_code", sa.Text),
    sa.Column("price", sa.Numeric(18, 4)),
    sa.Column("currency", sa.Text),
    sa.Column("stock", sa.BigInteger),
    sa.Column("params", JSONB, nullable=False),
    sa.Column("session_id", UUID(as_uuid=True), nullable=False),
    sa.Index("ix_exchange_offers_good", "exchange_id", "good_id"),
)

exchange_terms = sa.Table(
    "exchange_terms",
    metadata,
    sa.Column("exchange_id", UUID(as_uuid=True), primary_key=True),
    # group, property or price.
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("term_id", sa.Text(collation="C"), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("told", JSONB, nullable=False),
)

exchange_echoes = sa.Table(
    "exchange_echoes",
    metadata,
    # Versions of orders that 1C itself made: they are not handed back to it.
    sa.Column("exchange_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("order_id", sa.Text(collation="C"), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
