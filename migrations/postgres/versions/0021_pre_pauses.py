"""Pauses: a person wants nothing through a channel for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "pauses",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("profile_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "profile_id", "channel"),
    )


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
