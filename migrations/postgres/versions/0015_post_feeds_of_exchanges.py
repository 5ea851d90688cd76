"""Feeds of connections of 1C have a kind of their own."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(
        "UPDATE feeds f SET kind = 'exchange' FROM exchanges e"
        " WHERE e.feed_id = f.feed_id AND f.kind <> 'exchange'"
    )


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
