"""A DKIM key that waits for its record before it takes over."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    for name in ("next_dkim_selector", "next_dkim_private_key", "next_dkim_record"):
        op.add_column("senders", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
