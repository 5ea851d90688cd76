"""More kinds of imports: events, consents and the stop list; rows with errors are kept whole."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("ALTER TABLE imports DROP CONSTRAINT ck_imports_kind")
    op.execute(
        "ALTER TABLE imports ADD CONSTRAINT ck_imports_kind CHECK"
        " (kind IN ('customers', 'orders', 'events', 'consents', 'suppressions')) NOT VALID"
    )
    op.execute("ALTER TABLE imports VALIDATE CONSTRAINT ck_imports_kind")
    op.execute("ALTER TABLE imports ADD COLUMN counts JSONB DEFAULT '{}' NOT NULL")
    # People whom an import has met already: a number of eight bytes takes the place of a UUID.
    op.execute("DROP TABLE import_keys")
    op.execute(
        """
        CREATE TABLE import_keys (
            import_id UUID NOT NULL,
            key BIGINT NOT NULL,
            workspace_id INTEGER NOT NULL,
            CONSTRAINT pk_import_keys PRIMARY KEY (import_id, key)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE import_bad_rows (
            import_id UUID NOT NULL,
            line BIGINT NOT NULL,
            workspace_id INTEGER NOT NULL,
            cells JSONB NOT NULL,
            CONSTRAINT pk_import_bad_rows PRIMARY KEY (import_id, line)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE import_event_keys (
            workspace_id INTEGER NOT NULL,
            key UUID NOT NULL,
            CONSTRAINT pk_import_event_keys PRIMARY KEY (workspace_id, key)
        )
        """
    )


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
