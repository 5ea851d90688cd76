"""The tables of the catalogue. Touched by this slice only."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

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
    sa.Column("updated_at", _moment, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Index("ix_orders_profile", "workspace_id", "profile_id", "placed_at", "order_id"),
    sa.Index("ix_orders_origin", "workspace_id", "origin_id"),
    sa.Index("ix_orders_placed_at", "workspace_id", "placed_at", "order_id"),
)
