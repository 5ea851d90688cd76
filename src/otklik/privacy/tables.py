"""The tables of privacy. Touched by this slice only."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB
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

# A person wants nothing through a channel for a while; no consent is taken back.
pauses = sa.Table(
    "pauses",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("profile_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("until", _moment, nullable=False),
    sa.Column("at", _moment, nullable=False),
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
    # 0 once the person was erased.
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False, server_default="advertising"),
    # Empty where the purpose goes by no channel.
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
    # The chain, see `chain.py`; empty in lines that are older than it.
    sa.Column("number", sa.BigInteger),
    sa.Column("text_hash", sa.Text),
    sa.Column("nonce", sa.LargeBinary),
    sa.Column("person_digest", sa.LargeBinary),
    sa.Column("digest", sa.LargeBinary),
    sa.Column("erased_at", _moment),
    sa.UniqueConstraint("workspace_id", "key"),
    sa.CheckConstraint("action IN ('granted', 'withdrawn')", name="action"),
    sa.CheckConstraint("purpose IN ('processing', 'advertising', 'partners')", name="purpose"),
    sa.Index("ix_consent_entries_profile_id", "workspace_id", "profile_id", "id"),
    sa.Index("ix_consent_entries_number", "workspace_id", "number", unique=True),
)

consent_chains = sa.Table(
    "consent_chains",
    metadata,
    # The end of the workspace's chain, so that lines cut off at the end are noticed too.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("length", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
)

consent_states = sa.Table(
    "consent_states",
    metadata,
    # Worked out from the ledger; it could be thrown away and made anew.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("profile_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("purpose", sa.Text, primary_key=True, server_default="advertising"),
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

person_requests = sa.Table(
    "person_requests",
    metadata,
    sa.Column("id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    # Counted in each workspace, so that people can speak of "request 12".
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("law", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("profile_id", sa.BigInteger),
    # Who asked and how to answer, as it was written down; emptied by an erasure.
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("received_on", sa.Date, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("extension_reason", sa.Text),
    sa.Column("extended_at", _moment),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("answered_at", _moment),
    sa.Column("answered_by", _uuid),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("created_by", _uuid),
    sa.UniqueConstraint("workspace_id", "number"),
    sa.Index("ix_person_requests_list", "workspace_id", "state", "due_on"),
    sa.Index("ix_person_requests_profile", "workspace_id", "profile_id"),
)

calendar_days = sa.Table(
    "calendar_days",
    metadata,
    # Days that differ from the calendar of the law: moved by a decree, or the company's own.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("working", sa.Boolean, nullable=False),
)

person_exports = sa.Table(
    "person_exports",
    metadata,
    sa.Column("id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("request_id", _uuid),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("counts", JSONB, nullable=False),
    sa.Column("size_bytes", sa.BigInteger),
    sa.Column("sha256", sa.Text),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("created_by", _uuid),
    sa.Column("finished_at", _moment),
    sa.Column("expires_at", _moment, nullable=False),
    sa.Index("ix_person_exports_profile", "workspace_id", "profile_id"),
)

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    # Numbers that led to the person; after the erasure they lead to nobody.
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("profile_ids", ARRAY(sa.BigInteger), nullable=False),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("request_id", _uuid),
    sa.Column("state", sa.Text, nullable=False),
    # What has to be looked for, sealed; emptied when nothing is left.
    sa.Column("traces", sa.Text),
    # The number under which counts go on in reports; emptied at the end, so that it leads nowhere.
    sa.Column("stand_in", sa.BigInteger),
    # {keeper: {"destroyed": n, "at": moment, "until": moment | null}}
    sa.Column("steps", JSONB, nullable=False),
    # One line per keeper and round that destroyed something: the extract of the event log.
    sa.Column("log", JSONB, nullable=False),
    sa.Column("rounds", sa.Integer, nullable=False),
    sa.Column("asked_at", _moment, nullable=False),
    sa.Column("asked_by", _uuid),
    sa.Column("cut_at", _moment),
    sa.Column("waits_until", _moment),
    sa.Column("finished_at", _moment),
    sa.UniqueConstraint("workspace_id", "number"),
    sa.Index("ix_erasures_open", "workspace_id", postgresql_where=sa.text("finished_at IS NULL")),
)

erased_profiles = sa.Table(
    "erased_profiles",
    metadata,
    # Tombstones: numbers that are never given to anybody again.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("profile_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("erasure_id", _uuid, nullable=False),
)

retention_rules = sa.Table(
    "retention_rules",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("keep_days", sa.Integer, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
)

retention_runs = sa.Table(
    "retention_runs",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("before", _moment, nullable=False),
    sa.Column("started_at", _moment, nullable=False),
    sa.Column("finished_at", _moment),
    sa.Column("removed", sa.BigInteger),
    sa.Column("problem", sa.Text),
    sa.Index("ix_retention_runs_newest", "workspace_id", "id"),
)

EXTRA_DDL: list[str] = [
    # A proof that can be changed proves nothing, so the database itself refuses. The one change it
    # lets through is an erasure: what points to the person goes, what is proved stays as it was.
    """
    CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' THEN
        IF OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.profile_id = 0
          AND NEW.ip IS NULL AND NEW.proof IS NULL AND NEW.key IS NULL AND NEW.nonce IS NULL
          AND (to_jsonb(NEW) - '{profile_id,ip,proof,key,nonce,erased_at}'::text[])
            = (to_jsonb(OLD) - '{profile_id,ip,proof,key,nonce,erased_at}'::text[])
        THEN
          RETURN NEW;
        END IF;
      END IF;
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
