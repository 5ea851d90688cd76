"""Returned mail tells how it came, how its message was found, and what followed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    # Columns with a constant default are added without writing the rows anew.
    for name in ("came_by", "found_by"):
        op.add_column(
            "returned_mails", sa.Column(name, sa.Text(), nullable=False, server_default="")
        )
    op.add_column(
        "returned_mails",
        sa.Column("followed", ARRAY(sa.Text()), nullable=False, server_default="{}"),
    )
    op.add_column("returned_mails", sa.Column("soft_count", sa.SmallInteger()))
    for name in ("judged_again_at", "corrected_at"):
        op.add_column("returned_mails", sa.Column(name, sa.DateTime(timezone=True)))


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
