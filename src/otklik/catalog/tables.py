"""Tables of the catalogue."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from otklik.runtime.public import metadata

order_versions = sa.Sequence("order_versions", metadata=metadata)

orders = sa.Table(
    "orders",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True),
    sa.Column("order_id", sa.Text, primary_key=True),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("total", sa.Numeric(18, 2), nullable=False),
    sa.Column("refunded", sa.Numeric(18, 2), nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("lines", JSONB, nullable=False),
    # The registers with their stamps, from which the columns above are made.
    sa.Column("registers", JSONB, nullable=False),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Index("ix_orders_profile_id", "workspace_id", "profile_id"),
    sa.Index("ix_orders_placed_at", "workspace_id", "placed_at", "order_id"),
)
