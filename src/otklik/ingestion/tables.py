"""Tables of ingestion: the durable log, its batches, dedup windows, rejects and imports."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from otklik.runtime.public import metadata

EXTRA_DDL: list[str] = [
    # The bodies are compressed already; PostgreSQL would try again in vain on every insert.
    "ALTER TABLE event_chunks ALTER COLUMN body SET STORAGE EXTERNAL",
]

_when = sa.DateTime(timezone=True)

event_chunks = sa.Table(
    "event_chunks",
    metadata,
    sa.Column("chunk_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("received_at", _when, nullable=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("batch_id", UUID(as_uuid=True)),
    # Only chunks that wait are in this index, so that it stays as small as the backlog.
    sa.Index(
        "ix_event_chunks_waiting",
        "received_at",
        "chunk_id",
        postgresql_where=sa.text("batch_id IS NULL"),
    ),
    sa.Index(
        "ix_event_chunks_batch",
        "batch_id",
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    ),
)

event_batches = sa.Table(
    "event_batches",
    metadata,
    sa.Column("batch_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("lease_until", _when, nullable=False),
    sa.Column("created_at", _when, nullable=False),
    sa.Column("finished_at", _when),
    sa.Column("outcome", sa.LargeBinary),
    sa.Column("error", sa.Text),
    sa.CheckConstraint("state IN ('formed', 'identified', 'done', 'quarantined')", name="state"),
    sa.Index(
        "ix_event_batches_open",
        "lease_until",
        postgresql_where=sa.text("state IN ('formed', 'identified')"),
    ),
    sa.Index("ix_event_batches_finished", "finished_at"),
)

DEDUP_WINDOWS = 4
"""A ring of tables by day: three are read (so a repeat is noticed for at least 48 hours), and the
fourth is emptied at one stroke before its day comes."""

event_dedup = [
    sa.Table(
        f"event_dedup_{slot}",
        metadata,
        sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("message_key", UUID(as_uuid=True), primary_key=True),
    )
    for slot in range(DEDUP_WINDOWS)
]

event_rejects = sa.Table(
    "event_rejects",
    metadata,
    sa.Column("reject_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("received_at", _when, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Index("ix_event_rejects_newest", "workspace_id", "received_at", "reject_id"),
)

event_buckets = sa.Table(
    "event_buckets",
    metadata,
    # The rate limit of write keys over all processes. After a crash of the server every bucket is
    # full again, so its writes need not be logged.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key_id", UUID(as_uuid=True), primary_key=True),
    # Events it held at `filled_at`, with those that were given away then.
    sa.Column("spare", sa.Double, nullable=False),
    sa.Column("granted", sa.Double, nullable=False),
    sa.Column("filled_at", _when, nullable=False),
    prefixes=["UNLOGGED"],
)

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("import_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("dry_run", sa.Boolean, nullable=False),
    sa.Column("file_id", UUID(as_uuid=True), nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("plan", JSONB, nullable=False),
    sa.Column("bytes_total", sa.BigInteger, nullable=False),
    sa.Column("bytes_done", sa.BigInteger, nullable=False),
    sa.Column("line_done", sa.BigInteger, nullable=False),
    sa.Column("rows_read", sa.BigInteger, nullable=False),
    sa.Column("rows_ok", sa.BigInteger, nullable=False),
    sa.Column("rows_failed", sa.BigInteger, nullable=False),
    sa.Column("rows_skipped", sa.BigInteger, nullable=False),
    sa.Column("rows_anonymous", sa.BigInteger, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("updated", sa.BigInteger, nullable=False),
    sa.Column("orders", sa.BigInteger, nullable=False),
    sa.Column("refunds", sa.BigInteger, nullable=False),
    # What rows of the other kinds became, see `Counts`.
    sa.Column("counts", JSONB, nullable=False, server_default="{}"),
    sa.Column("emit_after", sa.Text),
    # The code of a failure; its sentence is made when it is read, in the reader's language.
    sa.Column("error", sa.Text),
    sa.Column("error_facts", JSONB),
    sa.Column("cancel_asked", sa.Boolean, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("touched_at", _when, nullable=False),
    sa.Column("created_at", _when, nullable=False),
    sa.Column("started_at", _when),
    sa.Column("finished_at", _when),
    sa.Column("created_by", UUID(as_uuid=True)),
    sa.CheckConstraint(
        "kind IN ('customers', 'orders', 'events', 'consents', 'suppressions')", name="kind"
    ),
    sa.CheckConstraint(
        "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"
    ),
    sa.Index("ix_imports_newest", "workspace_id", "created_at", "import_id"),
)

import_files = sa.Table(
    "import_files",
    metadata,
    sa.Column("file_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("form", JSONB, nullable=False),
    sa.Column("created_at", _when, nullable=False),
)

import_errors = sa.Table(
    "import_errors",
    metadata,
    sa.Column("import_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("line", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("column", sa.Text, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
)

import_keys = sa.Table(
    "import_keys",
    metadata,
    sa.Column("import_id", UUID(as_uuid=True), primary_key=True),
    # A hash of the identifier: whether a customer was met before decides only a count.
    sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("workspace_id", sa.Integer, nullable=False),
)

import_bad_rows = sa.Table(
    "import_bad_rows",
    metadata,
    # The cells of rows with errors as they stood in the file, for the file of errors.
    sa.Column("import_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("line", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("cells", JSONB, nullable=False),
)

import_event_keys = sa.Table(
    "import_event_keys",
    metadata,
    # MD5 of the message ids that imports have brought: the same file, a year later, adds nothing.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", UUID(as_uuid=True), primary_key=True),
)

import_lines = sa.Table(
    "import_lines",
    metadata,
    sa.Column("import_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("order_id", sa.Text(collation="C"), primary_key=True),
    sa.Column("line", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
