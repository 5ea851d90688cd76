"""Folders of segments and what their builder keeps."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "segment_folders",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name", name="uq_segment_folders_name"),
    )
    op.add_column("segments", sa.Column("folder_id", sa.UUID(), nullable=True))
    op.add_column("segments", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "segments", sa.Column("changes_told_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_foreign_key(
        "segments_folder_id_fkey", "segments", "segment_folders", ["folder_id"], ["id"]
    )
    op.create_index("ix_segments_folder_id", "segments", ["folder_id"], unique=False)


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
