"""Tracking domains of workspaces, and from which network a hit came."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "tracking_domains",
        sa.Column("id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("sender_domain", sa.Text(), nullable=False, server_default=""),
        sa.Column("secure", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default="waiting"),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("checks", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("checked_at", moment, nullable=True),
        sa.Column("verified_at", moment, nullable=True),
        sa.Column("trouble_at", moment, nullable=True),
        sa.Column("retired_at", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "host"),
    )
    op.create_index(
        "uq_tracking_domains_host",
        "tracking_domains",
        ["host"],
        unique=True,
        postgresql_where=sa.text("verified_at IS NOT NULL"),
    )
    op.create_index(
        "uq_tracking_domains_sender_domain",
        "tracking_domains",
        ["workspace_id", "sender_domain"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.add_column("tracking_hits", sa.Column("source", sa.BigInteger(), nullable=True))
    # Raw hits are kept for two days, so the table is small.
    op.create_index(
        "ix_tracking_hits_source",
        "tracking_hits",
        ["source", "at"],
        postgresql_where=sa.text("source IS NOT NULL"),
    )


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
