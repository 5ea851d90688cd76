"""The tables of privacy. Touched by this slice only."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from otklik.runtime.public import metadata

_moment = sa.DateTime(timezone=True)
_uuid = PG_UUID(as_uuid=True)

WHOLE_CHANNEL = UUID(int=0)
"""Stands for "no topic" in keys, where a null could not."""

consent_versions = sa.Sequence("consent_versions", metadata=metadata)

topics = sa.Table(
    "topics",
    metadata,
    sa.Column("id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("parent_id", _uuid),
    sa.Column("archived", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", _moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "name"),
)

consent_texts = sa.Table(
    "consent_texts",
    metadata,
    sa.Column("id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("lang", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "name", "lang", "version"),
)

consent_entries = sa.Table(
    "consent_entries",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("topic_id", _uuid, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    # When the person acted, and when it was written down: they differ for imports.
    sa.Column("at", _moment, nullable=False),
    sa.Column("recorded_at", _moment, nullable=False),
    sa.Column("text_id", _uuid),
    sa.Column("ip", INET),
    sa.Column("proof", JSONB),
    sa.Column("key", sa.Text),
    sa.UniqueConstraint("workspace_id", "key"),
    sa.CheckConstraint("action IN ('granted', 'withdrawn')", name="action"),
    sa.Index("ix_consent_entries_profile_id", "workspace_id", "profile_id", "id"),
)

consent_states = sa.Table(
    "consent_states",
    metadata,
    # Worked out from the ledger; it could be thrown away and made anew.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("profile_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("topic_id", _uuid, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("at", _moment, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
)

consent_people = sa.Table(
    "consent_people",
    metadata,
    # Profiles with a ledger of their own that are part of another person now.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("profile_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("into_id", sa.BigInteger, nullable=False),
    sa.Column("since", _moment, nullable=False),
    sa.Index("ix_consent_people_into_id", "workspace_id", "into_id"),
)

suppressions = sa.Table(
    "suppressions",
    metadata,
    sa.Column("id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("address_hash", sa.LargeBinary, nullable=False),
    sa.Column("hint", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", _moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "channel", "address_hash"),
)

consent_policies = sa.Table(
    "consent_policies",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("email_needs_consent", sa.Boolean, nullable=False),
)

EXTRA_DDL: list[str] = [
    # A proof that can be changed proves nothing, so the database itself refuses.
    """
    CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the ledger of consents is append-only' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE OR REPLACE TRIGGER consent_entries_append_only
    BEFORE UPDATE OR DELETE ON consent_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change()
    """,
    """
    CREATE OR REPLACE TRIGGER consent_entries_never_truncated
    BEFORE TRUNCATE ON consent_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()
    """,
]
