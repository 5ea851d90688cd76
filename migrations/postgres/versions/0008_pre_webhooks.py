"""Incoming webhooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "hook_sources",
        sa.Column("source_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("check", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("networks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id_path", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("repeat_window_s", sa.Integer(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_hook_sources")),
        sa.UniqueConstraint("address", name=op.f("uq_hook_sources_address")),
    )
    op.create_index("ix_hook_sources_workspace_id", "hook_sources", ["workspace_id"])
    op.create_table(
        "hook_calls",
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.UUID(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("repeat_key", sa.LargeBinary(), nullable=False),
        sa.Column("repeat_slot", sa.BigInteger(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("made", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("consents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=True),
        sa.Column("mapped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('caught', 'waiting', 'mapped', 'failed', 'ignored', 'refused')",
            name=op.f("ck_hook_calls_state"),
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_hook_calls")),
        sa.UniqueConstraint(
            "source_id",
            "repeat_key",
            "repeat_slot",
            name=op.f("uq_hook_calls_source_id_repeat_key_repeat_slot"),
        ),
    )
    # The bodies are compressed already.
    op.execute("ALTER TABLE hook_calls ALTER COLUMN body SET STORAGE EXTERNAL")
    op.create_index(
        "ix_hook_calls_newest",
        "hook_calls",
        ["workspace_id", "source_id", "received_at", "call_id"],
    )
    op.create_index("ix_hook_calls_received_at", "hook_calls", ["received_at"])
    op.create_index(
        "ix_hook_calls_waiting",
        "hook_calls",
        ["received_at", "call_id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
