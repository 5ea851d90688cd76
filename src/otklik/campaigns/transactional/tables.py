"""The table of transactional letters."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from otklik.runtime.public import metadata

transactional_letters = sa.Table(
    "transactional_letters",
    metadata,
    # Also the source of its standing mailing.
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    # What programs call it by; never changed.
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("letter_id", UUID(as_uuid=True)),
    sa.Column("sender_id", UUID(as_uuid=True)),
    sa.Column("topic_id", UUID(as_uuid=True)),
    sa.Column("service", sa.Boolean, nullable=False),
    sa.Column("goal", JSONB(none_as_null=True)),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("edition", sa.Integer, nullable=False, server_default="0"),
    sa.Column("published_at", sa.DateTime(timezone=True)),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    sa.UniqueConstraint("workspace_id", "key"),
)
