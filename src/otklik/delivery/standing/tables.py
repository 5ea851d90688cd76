"""The table of standing mailings."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from otklik.delivery.tables import mailings
from otklik.runtime.public import metadata

message_requests = sa.Table(
    "message_requests",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    # Makes every message of a person one of its own: the occurrence of its message.
    sa.Column("number", sa.Integer, sa.Identity(cycle=True), nullable=False),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("mailing_id", sa.Integer, nullable=False),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("key", sa.Text),
    # Values of people: removed by retention with the other data of messages.
    sa.Column("data", JSONB, nullable=False),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
    # Null as long as no message was made of it.
    sa.Column("message_id", sa.BigInteger),
    sa.Index(
        "uq_message_requests_key",
        "mailing_id",
        "key",
        unique=True,
        postgresql_where=sa.text("key IS NOT NULL"),
    ),
    sa.Index(
        "ix_message_requests_waiting",
        "mailing_id",
        "number",
        postgresql_where=sa.text("message_id IS NULL"),
    ),
    sa.Index("ix_message_requests_message", "message_id"),
    sa.Index("ix_message_requests_profile", "workspace_id", "profile_id"),
    sa.Index("ix_message_requests_mailing", "mailing_id", "id"),
)


def unanswered_requests() -> sa.Exists:
    """Return the condition that somebody waits for a message of the mailing of the outer query."""
    return (
        sa.select(message_requests.c.id)
        .where(
            message_requests.c.mailing_id == mailings.c.mailing_id,
            message_requests.c.message_id.is_(None),
        )
        .exists()
    )
