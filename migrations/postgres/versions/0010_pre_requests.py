"""Purposes of consents, requests of persons, erasures and their acts."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PURPOSES = [
    """
    ALTER TABLE consent_entries
      ADD COLUMN purpose TEXT DEFAULT 'advertising' NOT NULL,
      ADD COLUMN number BIGINT,
      ADD COLUMN text_hash TEXT,
      ADD COLUMN nonce BYTEA,
      ADD COLUMN person_digest BYTEA,
      ADD COLUMN digest BYTEA,
      ADD COLUMN erased_at TIMESTAMP WITH TIME ZONE,
      ADD CONSTRAINT ck_consent_entries_purpose
        CHECK (purpose IN ('processing', 'advertising', 'partners'))
    """,
    "CREATE UNIQUE INDEX ix_consent_entries_number ON consent_entries (workspace_id, number)",
    # Every state of before is a state of advertising: there was nothing else to agree to.
    """
    ALTER TABLE consent_states
      ADD COLUMN purpose TEXT DEFAULT 'advertising' NOT NULL,
      DROP CONSTRAINT pk_consent_states,
      ADD CONSTRAINT pk_consent_states
        PRIMARY KEY (workspace_id, profile_id, purpose, channel, topic_id)
    """,
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
]
TABLES = [
    """
    CREATE TABLE consent_chains (
      workspace_id INTEGER NOT NULL,
      length BIGINT NOT NULL,
      digest BYTEA NOT NULL,
      CONSTRAINT pk_consent_chains PRIMARY KEY (workspace_id)
    )
    """,
    """
    CREATE TABLE person_requests (
      id UUID NOT NULL,
      workspace_id INTEGER NOT NULL,
      number INTEGER NOT NULL,
      kind TEXT NOT NULL,
      law TEXT NOT NULL,
      state TEXT NOT NULL,
      profile_id BIGINT,
      person TEXT NOT NULL,
      note TEXT NOT NULL,
      received_on DATE NOT NULL,
      due_on DATE NOT NULL,
      extension_reason TEXT,
      extended_at TIMESTAMP WITH TIME ZONE,
      answer TEXT NOT NULL,
      answered_at TIMESTAMP WITH TIME ZONE,
      answered_by UUID,
      created_at TIMESTAMP WITH TIME ZONE NOT NULL,
      created_by UUID,
      CONSTRAINT pk_person_requests PRIMARY KEY (id),
      CONSTRAINT uq_person_requests_workspace_id_number UNIQUE (workspace_id, number)
    )
    """,
    """
    CREATE INDEX ix_person_requests_list ON person_requests (workspace_id, state, due_on)
    """,
    """
    CREATE INDEX ix_person_requests_profile ON person_requests (workspace_id, profile_id)
    """,
    """
    CREATE TABLE calendar_days (
      workspace_id INTEGER NOT NULL,
      day DATE NOT NULL,
      working BOOLEAN NOT NULL,
      CONSTRAINT pk_calendar_days PRIMARY KEY (workspace_id, day)
    )
    """,
    """
    CREATE TABLE person_exports (
      id UUID NOT NULL,
      workspace_id INTEGER NOT NULL,
      profile_id BIGINT NOT NULL,
      request_id UUID,
      state TEXT NOT NULL,
      counts JSONB NOT NULL,
      size_bytes BIGINT,
      sha256 TEXT,
      created_at TIMESTAMP WITH TIME ZONE NOT NULL,
      created_by UUID,
      finished_at TIMESTAMP WITH TIME ZONE,
      expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
      CONSTRAINT pk_person_exports PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX ix_person_exports_profile ON person_exports (workspace_id, profile_id)
    """,
    """
    CREATE TABLE erasures (
      id UUID NOT NULL,
      workspace_id INTEGER NOT NULL,
      number INTEGER NOT NULL,
      profile_id BIGINT NOT NULL,
      profile_ids BIGINT[] NOT NULL,
      basis TEXT NOT NULL,
      reason TEXT NOT NULL,
      request_id UUID,
      state TEXT NOT NULL,
      traces TEXT,
      stand_in BIGINT,
      steps JSONB NOT NULL,
      log JSONB NOT NULL,
      rounds INTEGER NOT NULL,
      asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
      asked_by UUID,
      cut_at TIMESTAMP WITH TIME ZONE,
      waits_until TIMESTAMP WITH TIME ZONE,
      finished_at TIMESTAMP WITH TIME ZONE,
      CONSTRAINT pk_erasures PRIMARY KEY (id),
      CONSTRAINT uq_erasures_workspace_id_number UNIQUE (workspace_id, number)
    )
    """,
    """
    CREATE INDEX ix_erasures_open ON erasures (workspace_id) WHERE finished_at IS NULL
    """,
    """
    CREATE TABLE erased_profiles (
      workspace_id INTEGER NOT NULL,
      profile_id BIGINT NOT NULL,
      erasure_id UUID NOT NULL,
      CONSTRAINT pk_erased_profiles PRIMARY KEY (workspace_id, profile_id)
    )
    """,
    """
    CREATE TABLE retention_rules (
      workspace_id INTEGER NOT NULL,
      kind TEXT NOT NULL,
      keep_days INTEGER NOT NULL,
      updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
      CONSTRAINT pk_retention_rules PRIMARY KEY (workspace_id, kind)
    )
    """,
    """
    CREATE TABLE retention_runs (
      id BIGINT GENERATED BY DEFAULT AS IDENTITY,
      workspace_id INTEGER NOT NULL,
      kind TEXT NOT NULL,
      before TIMESTAMP WITH TIME ZONE NOT NULL,
      started_at TIMESTAMP WITH TIME ZONE NOT NULL,
      finished_at TIMESTAMP WITH TIME ZONE,
      removed BIGINT,
      problem TEXT,
      CONSTRAINT pk_retention_runs PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX ix_retention_runs_newest ON retention_runs (workspace_id, id)
    """,
]


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in (*PURPOSES, *TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
