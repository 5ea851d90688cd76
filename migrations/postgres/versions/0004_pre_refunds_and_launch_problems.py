"""Parts of orders that were given back; reasons of failed launches as codes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    json = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("orders", sa.Column("told_total", sa.Numeric(18, 2), nullable=True))
    op.add_column("orders", sa.Column("told_lines", json, nullable=True))
    op.add_column(
        "orders",
        sa.Column(
            "refunds",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
    )
    op.add_column("campaigns", sa.Column("problem_facts", json, nullable=True))
    # `problem` held an English sentence; from now on it holds a code, and the facts lie beside it.
    op.execute(
        """
        UPDATE campaigns
        SET problem_facts = jsonb_build_object('detail', problem), problem = 'launch_failed'
        WHERE problem IS NOT NULL
        """
    )


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
