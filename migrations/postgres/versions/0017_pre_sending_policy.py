"""Sending policy of a workspace, and what a mailing says about when and to whom first."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    moment, json = sa.DateTime(timezone=True), postgresql.JSONB()
    op.create_table(
        "sending_policies",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("policy", json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id"),
    )
    op.create_table(
        "frequency_ledger",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("profile_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "marks", postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column(
            "message_ids",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("last_day", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "profile_id"),
        postgresql_with={"fillfactor": "70"},
    )
    # A default that does not change is kept in the catalogue: no row is written.
    op.add_column(
        "mailings",
        sa.Column("priority", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
    )
    op.add_column(
        "mailings",
        sa.Column("service", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("mailings", sa.Column("until", moment, nullable=True))
    op.add_column("mailings", sa.Column("own_time", sa.DateTime(timezone=False), nullable=True))
    op.add_column("mailings", sa.Column("spread_minutes", sa.Integer(), nullable=True))
    op.add_column("mailings", sa.Column("first", json, nullable=True))
    op.add_column("mailings", sa.Column("first_done_at", moment, nullable=True))
    op.add_column("mailings", sa.Column("winner", sa.Text(), nullable=True))
    op.add_column(
        "messages",
        sa.Column("wave", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "campaigns",
        sa.Column("priority", sa.Text(), server_default=sa.text("'normal'"), nullable=False),
    )
    op.add_column(
        "campaigns",
        sa.Column("service", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("campaigns", sa.Column("until", moment, nullable=True))
    op.add_column("campaigns", sa.Column("first", json, nullable=True))
    op.add_column("campaigns", sa.Column("choice", json, nullable=True))
    op.add_column("campaigns", sa.Column("approval", json, nullable=True))


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
