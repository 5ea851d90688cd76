"""Exchange with 1C."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "exchange_echoes",
        sa.Column("exchange_id", sa.UUID(), nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("exchange_id", "order_id", name=op.f("pk_exchange_echoes")),
    )
    op.create_table(
        "exchange_files",
        sa.Column("file_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column(
            "counts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column(
            "problems", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("whole_goods", sa.Boolean(), nullable=True),
        sa.Column("whole_offers", sa.Boolean(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_exchange_files")),
        sa.UniqueConstraint("session_id", "name", name=op.f("uq_exchange_files_session_id_name")),
    )
    op.create_table(
        "exchange_goods",
        sa.Column("exchange_id", sa.UUID(), nullable=False),
        sa.Column("good_id", sa.Text(collation="C"), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=True),
        sa.Column("vendor_code", sa.Text(), nullable=True),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("category_id", sa.Text(), nullable=True),
        sa.Column("pictures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("session_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("exchange_id", "good_id", name=op.f("pk_exchange_goods")),
    )
    op.create_table(
        "exchange_offers",
        sa.Column("exchange_id", sa.UUID(), nullable=False),
        sa.Column("offer_id", sa.Text(collation="C"), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("good_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("vendor_code", sa.Text(), nullable=True),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("stock", sa.BigInteger(), nullable=True),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("session_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("exchange_id", "offer_id", name=op.f("pk_exchange_offers")),
    )
    op.create_index(
        "ix_exchange_offers_good", "exchange_offers", ["exchange_id", "good_id"], unique=False
    )
    op.create_table(
        "exchange_sessions",
        sa.Column("session_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("offered_version", sa.BigInteger(), nullable=True),
        sa.Column("orders_taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("orders_offered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("gone", sa.Integer(), nullable=True),
        sa.Column(
            "problem", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_exchange_sessions")),
    )
    op.create_index(
        "ix_exchange_sessions_exchange",
        "exchange_sessions",
        ["workspace_id", "exchange_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "uq_exchange_sessions_open",
        "exchange_sessions",
        ["exchange_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("uq_exchange_sessions_token", "exchange_sessions", ["token_hash"], unique=True)
    op.create_table(
        "exchange_terms",
        sa.Column("exchange_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("term_id", sa.Text(collation="C"), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("exchange_id", "kind", "term_id", name=op.f("pk_exchange_terms")),
    )
    op.create_table(
        "exchanges",
        sa.Column("exchange_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("with_catalogue", sa.Boolean(), nullable=False),
        sa.Column("with_orders", sa.Boolean(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("price_type", sa.Text(), nullable=True),
        sa.Column("feed_id", sa.UUID(), nullable=False),
        sa.Column("taken_version", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_exchanges")),
        sa.UniqueConstraint("address", name=op.f("uq_exchanges_address")),
    )
    op.create_index(
        "ix_exchanges_workspace", "exchanges", ["workspace_id", "created_at"], unique=False
    )


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
