"""What processes remember, limits of write keys, reasons of failed imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_pre"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "event_buckets",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key_id", sa.UUID(), nullable=False),
        sa.Column("spare", sa.Double(), nullable=False),
        sa.Column("granted", sa.Double(), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "key_id", name=op.f("pk_event_buckets")),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "identity_changes",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("roots", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "epoch", name=op.f("pk_identity_changes")),
    )
    op.add_column(
        "imports",
        sa.Column("error_facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    )
    # `error` held an English sentence; from now on it holds a code, and the facts lie beside it.
    op.execute(
        """
        UPDATE imports
        SET error_facts = jsonb_build_object('line', line_done + 1, 'error', error),
            error = CASE WHEN error = 'The uploaded file is gone.' THEN 'file_gone'
                         ELSE 'piece_failed' END
        WHERE error IS NOT NULL
        """
    )


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
