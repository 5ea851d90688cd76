"""Destinations of exports that an owner sets up; entering and leaving segments is forwarded."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    moment, json = sa.DateTime(timezone=True), postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "export_destinations",
        sa.Column("destination_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", json, nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("destination_id", name=op.f("pk_export_destinations")),
    )
    op.create_index(
        "ix_export_destinations_workspace",
        "export_destinations",
        ["workspace_id", "created_at"],
        unique=False,
    )
    op.add_column("exports", sa.Column("destination_id", sa.UUID(), nullable=True))
    op.add_column("export_schedules", sa.Column("destination_id", sa.UUID(), nullable=True))
    # Each schedule had a place and a key of its own; the place goes on under the schedule's name.
    op.execute(
        """
        INSERT INTO export_destinations
          (destination_id, workspace_id, name, place, secret, created_at, updated_at, created_by)
        SELECT schedule_id, workspace_id, name, destination, secret, created_at, updated_at,
               created_by
        FROM export_schedules WHERE destination->>'kind' <> 'download'
        """
    )
    op.execute(
        """
        UPDATE export_schedules SET destination_id = schedule_id
        WHERE destination->>'kind' <> 'download'
        """
    )
    op.execute(
        """
        UPDATE exports e SET destination_id = d.destination_id
        FROM export_destinations d WHERE d.destination_id = e.schedule_id
        """
    )
    op.drop_column("export_schedules", "destination")
    op.drop_column("export_schedules", "secret")
    op.create_table(
        "forwarding_segments",
        sa.Column("forwarding_id", sa.UUID(), nullable=False),
        sa.Column("segment_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("entered", sa.Boolean(), nullable=False),
        sa.Column("left", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("forwarding_id", "segment_id", name=op.f("pk_forwarding_segments")),
    )
    op.create_index(
        "ix_forwarding_segments_segment",
        "forwarding_segments",
        ["workspace_id", "segment_id"],
        unique=False,
    )
    op.create_table(
        "forward_changes",
        sa.Column("change_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("forwarding_id", sa.UUID(), nullable=False),
        sa.Column("segment_id", sa.UUID(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reached", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.CheckConstraint("change IN ('entered', 'left')", name=op.f("ck_forward_changes_change")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_forward_changes")),
        sa.UniqueConstraint(
            "forwarding_id",
            "segment_id",
            "at",
            "change",
            name=op.f("uq_forward_changes_forwarding_id_segment_id_at_change"),
        ),
    )
    op.create_index("ix_forward_changes_due", "forward_changes", ["due_at"], unique=False)


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
