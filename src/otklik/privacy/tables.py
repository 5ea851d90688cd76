"""Tables of privacy. Touched by this slice only."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from otklik.runtime.public import metadata

_moment = sa.DateTime(timezone=True)

consent_versions = sa.Sequence("consent_versions", metadata=metadata)

topics = sa.Table(
    "topics",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("parent_id", UUID(as_uuid=True), sa.ForeignKey("topics.id")),
    sa.Column("archived", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", _moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "name"),
)

consent_texts = sa.Table(
    "consent_texts",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
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
    sa.Column("topic_id", UUID(as_uuid=True)),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("at", _moment, nullable=False),
    sa.Column("recorded_at", _moment, nullable=False),
    sa.Column("text_id", UUID(as_uuid=True), sa.ForeignKey("consent_texts.id")),
    sa.Column("ip", sa.Text),
    sa.Column("proof", JSONB),
    # A repeated entry with the same key is recorded once.
    sa.Column("key", sa.Text),
    sa.Index("ix_consent_entries_profile_id", "workspace_id", "profile_id", "id"),
    sa.Index(
        "uq_consent_entries_key",
        "workspace_id",
        "key",
        unique=True,
        postgresql_where=sa.text("key IS NOT NULL"),
    ),
)

consent_states = sa.Table(
    "consent_states",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True),
    sa.Column("profile_id", sa.BigInteger, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    # All zeros stand for the whole channel, since a key column can't be null.
    sa.Column("topic_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("at", _moment, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
)

suppressions = sa.Table(
    "suppressions",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("address_hash", sa.LargeBinary, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("hint", sa.Text, nullable=False),
    sa.Column("at", _moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "channel", "address_hash"),
)

consent_policies = sa.Table(
    "consent_policies",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("email_needs_consent", sa.Boolean, nullable=False),
)

EXTRA_DDL = [
    """
    CREATE OR REPLACE FUNCTION consent_entries_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger of consents is only added to';
    END $$
    """,
    """
    CREATE OR REPLACE TRIGGER consent_entries_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON consent_entries FOR EACH STATEMENT EXECUTE FUNCTION consent_entries_are_kept()
    """,
]
"""The ledger can be added to and nothing else, whoever tries."""
