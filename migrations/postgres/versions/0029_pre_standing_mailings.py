"""Standing mailings: messages that are asked for one at a time, and letters sent by request."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column(
        "mailings", sa.Column("standing", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "message_requests",
        sa.Column("id", UUID(as_uuid=True), primary_key=True),
        sa.Column("number", sa.Integer(), sa.Identity(cycle=True), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("mailing_id", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text()),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.BigInteger()),
    )
    op.create_index(
        "uq_message_requests_key",
        "message_requests",
        ["mailing_id", "key"],
        unique=True,
        postgresql_where=sa.text("key IS NOT NULL"),
    )
    op.create_index(
        "ix_message_requests_waiting",
        "message_requests",
        ["mailing_id", "number"],
        postgresql_where=sa.text("message_id IS NULL"),
    )
    op.create_index("ix_message_requests_message", "message_requests", ["message_id"])
    op.create_index(
        "ix_message_requests_profile", "message_requests", ["workspace_id", "profile_id"]
    )
    op.create_index("ix_message_requests_mailing", "message_requests", ["mailing_id", "id"])
    op.create_table(
        "transactional_letters",
        sa.Column("id", UUID(as_uuid=True), primary_key=True),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("letter_id", UUID(as_uuid=True)),
        sa.Column("sender_id", UUID(as_uuid=True)),
        sa.Column("topic_id", UUID(as_uuid=True)),
        sa.Column("service", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("workspace_id", "key"),
    )


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
