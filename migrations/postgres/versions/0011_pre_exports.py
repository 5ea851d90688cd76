"""Exports, forwarding and deliveries of webhooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    moment, json = sa.DateTime(timezone=True), postgresql.JSONB()
    op.create_table(
        "exports",
        sa.Column("export_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.UUID(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("plan", json, nullable=False),
        sa.Column("destination", json, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("arrived_after", moment, nullable=True),
        sa.Column("as_of", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("owner", sa.UUID(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rows_expected", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("error_facts", json, nullable=True),
        sa.Column("cancel_asked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("started_at", moment, nullable=True),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("expires_at", moment, nullable=True),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("created_key", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'expired')",
            name="ck_exports_state",
        ),
        sa.PrimaryKeyConstraint("export_id", name="pk_exports"),
        sa.UniqueConstraint("schedule_id", "as_of", name="uq_exports_schedule_id_as_of"),
    )
    op.create_index(
        "ix_exports_newest", "exports", ["workspace_id", "created_at", "export_id"], unique=False
    )
    op.create_index(
        "ix_exports_open",
        "exports",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "export_schedules",
        sa.Column("schedule_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("plan", json, nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("rhythm", json, nullable=False),
        sa.Column("destination", json, nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("done_until", moment, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.CheckConstraint("mode IN ('full', 'new')", name="ck_export_schedules_mode"),
        sa.PrimaryKeyConstraint("schedule_id", name="pk_export_schedules"),
    )
    op.create_index(
        "ix_export_schedules_due",
        "export_schedules",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("enabled"),
    )
    op.create_index(
        "ix_export_schedules_workspace",
        "export_schedules",
        ["workspace_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "forwardings",
        sa.Column("forwarding_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.Column("names", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("filters", json, nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.Column("with_customer", sa.Boolean(), nullable=False),
        sa.Column("target", json, nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_secret_until", moment, nullable=True),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trips", sa.Integer(), server_default="0", nullable=False),
        sa.Column("open_until", moment, nullable=True),
        sa.Column("served_at", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.CheckConstraint("kind IN ('webhook', 'mixpanel')", name="ck_forwardings_kind"),
        sa.CheckConstraint("state IN ('on', 'paused', 'off')", name="ck_forwardings_state"),
        sa.PrimaryKeyConstraint("forwarding_id", name="pk_forwardings"),
    )
    op.create_index(
        "ix_forwardings_workspace", "forwardings", ["workspace_id", "created_at"], unique=False
    )
    op.create_table(
        "forward_captures",
        sa.Column("capture_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("forwarding_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("capture_id", name="pk_forward_captures"),
    )
    op.create_index("ix_forward_captures_due", "forward_captures", ["due_at"], unique=False)
    op.create_table(
        "forward_deliveries",
        sa.Column("delivery_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("forwarding_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("owner", sa.UUID(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("dead_at", moment, nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'dead')", name="ck_forward_deliveries_state"),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_forward_deliveries"),
    )
    op.create_index(
        "ix_forward_deliveries_dead",
        "forward_deliveries",
        ["forwarding_id", "dead_at", "delivery_id"],
        unique=False,
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_forward_deliveries_due",
        "forward_deliveries",
        ["forwarding_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "forward_attempts",
        sa.Column("attempt_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("forwarding_id", sa.UUID(), nullable=False),
        sa.Column("delivery_id", sa.UUID(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_forward_attempts"),
    )
    op.create_index("ix_forward_attempts_at", "forward_attempts", ["at"], unique=False)
    op.create_index(
        "ix_forward_attempts_newest",
        "forward_attempts",
        ["forwarding_id", "attempt_id"],
        unique=False,
    )
    op.create_table(
        "forward_hours",
        sa.Column("forwarding_id", sa.UUID(), nullable=False),
        sa.Column("hour", moment, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("forwarding_id", "hour", name="pk_forward_hours"),
    )


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
