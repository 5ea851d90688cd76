"""The tables of exports. Touched by this slice only."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from otklik.runtime.public import metadata

_moment = sa.DateTime(timezone=True)
_uuid = UUID(as_uuid=True)

exports = sa.Table(
    "exports",
    metadata,
    sa.Column("export_id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    # Absent: asked for by a button.
    sa.Column("schedule_id", _uuid),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("plan", JSONB, nullable=False),
    # Where it goes; of a kept destination as it was when the file was begun.
    sa.Column("destination", JSONB, nullable=False),
    sa.Column("destination_id", _uuid),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # The period of a scheduled run: what came after the one, up to the other.
    sa.Column("arrived_after", _moment),
    sa.Column("as_of", _moment, nullable=False),
    sa.Column("due_at", _moment, nullable=False),
    sa.Column("lease_until", _moment),
    sa.Column("owner", _uuid),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rows", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("rows_expected", sa.BigInteger),
    sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("error", sa.Text),
    sa.Column("error_facts", JSONB),
    sa.Column("cancel_asked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("started_at", _moment),
    sa.Column("finished_at", _moment),
    sa.Column("expires_at", _moment),
    sa.Column("created_by", _uuid),
    sa.Column("created_key", _uuid),
    sa.CheckConstraint(
        "state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'expired')", name="state"
    ),
    # A period of a schedule has one run, whatever happens to the processes.
    sa.UniqueConstraint("schedule_id", "as_of"),
    sa.Index("ix_exports_newest", "workspace_id", "created_at", "export_id"),
    sa.Index(
        "ix_exports_open", "due_at", postgresql_where=sa.text("state IN ('queued', 'running')")
    ),
)

export_destinations = sa.Table(
    "export_destinations",
    metadata,
    # Folders and stores that an owner has set up, for schedules to write to.
    sa.Column("destination_id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place", JSONB, nullable=False),
    # The secret key of a store, sealed.
    sa.Column("secret", sa.Text),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.Column("created_by", _uuid),
    sa.Index("ix_export_destinations_workspace", "workspace_id", "created_at"),
)

export_schedules = sa.Table(
    "export_schedules",
    metadata,
    sa.Column("schedule_id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("plan", JSONB, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("rhythm", JSONB, nullable=False),
    # Absent: the list of exports.
    sa.Column("destination_id", _uuid),
    sa.Column("pattern", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("next_at", _moment, nullable=False),
    # Up to here everything was taken out; the next period begins behind it.
    sa.Column("done_until", _moment, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.Column("created_by", _uuid),
    sa.CheckConstraint("mode IN ('full', 'new')", name="mode"),
    sa.Index("ix_export_schedules_workspace", "workspace_id", "created_at"),
    sa.Index("ix_export_schedules_due", "next_at", postgresql_where=sa.text("enabled")),
)

forwardings = sa.Table(
    "forwardings",
    metadata,
    sa.Column("forwarding_id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # Why it was switched off by itself.
    sa.Column("stopped_by", sa.Text),
    # Names of events; null: all; none: only people who enter or leave segments.
    sa.Column("names", ARRAY(sa.Text)),
    sa.Column("filters", JSONB, nullable=False),
    sa.Column("imported", sa.Boolean, nullable=False),
    sa.Column("with_customer", sa.Boolean, nullable=False),
    # Address, region, project: what is no secret.
    sa.Column("target", JSONB, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),
    # The secret before the last change; signatures are made with both until then.
    sa.Column("old_secret", sa.Text),
    sa.Column("old_secret_until", _moment),
    sa.Column("batch", sa.Integer, nullable=False),
    sa.Column("concurrency", sa.Integer, nullable=False),
    # The circuit breaker: failures in a row, openings in a row, when to try again.
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("trips", sa.Integer, nullable=False, server_default="0"),
    sa.Column("open_until", _moment),
    sa.Column("served_at", _moment),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.Column("created_by", _uuid),
    sa.CheckConstraint("kind IN ('webhook', 'mixpanel')", name="kind"),
    sa.CheckConstraint("state IN ('on', 'paused', 'off')", name="state"),
    sa.Index("ix_forwardings_workspace", "workspace_id", "created_at"),
)

forwarding_segments = sa.Table(
    "forwarding_segments",
    metadata,
    # Whose entering and leaving is forwarded.
    sa.Column("forwarding_id", _uuid, primary_key=True),
    sa.Column("segment_id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("entered", sa.Boolean, nullable=False),
    sa.Column("left", sa.Boolean, nullable=False),
    sa.Index("ix_forwarding_segments_segment", "workspace_id", "segment_id"),
)

forward_changes = sa.Table(
    "forward_changes",
    metadata,
    # A change of a segment that is to be forwarded: the change's name only, however many people it
    # has. Who they are is read page by page; `reached` is the last number that was read.
    sa.Column("change_id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("forwarding_id", _uuid, nullable=False),
    sa.Column("segment_id", _uuid, nullable=False),
    sa.Column("at", _moment, nullable=False),
    sa.Column("change", sa.Text, nullable=False),
    sa.Column("people", sa.BigInteger, nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("reached", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("due_at", _moment, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", _moment, nullable=False),
    sa.CheckConstraint("change IN ('entered', 'left')", name="change"),
    # A change is told once, whatever happens to who tells it.
    sa.UniqueConstraint("forwarding_id", "segment_id", "at", "change"),
    sa.Index("ix_forward_changes_due", "due_at"),
)

forward_captures = sa.Table(
    "forward_captures",
    metadata,
    # Which events of a stored batch are to be forwarded, written with the batch itself: their keys
    # only, so that what is erased meanwhile does not leave.
    sa.Column("capture_id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("forwarding_ids", ARRAY(_uuid), nullable=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("due_at", _moment, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", _moment, nullable=False),
    sa.Index("ix_forward_captures_due", "due_at"),
)

forward_deliveries = sa.Table(
    "forward_deliveries",
    metadata,
    # Also the id that the receiver sees: the same at every attempt.
    sa.Column("delivery_id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("forwarding_id", _uuid, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # Name of its (first) event, for lists.
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", _moment, nullable=False),
    sa.Column("lease_until", _moment),
    sa.Column("owner", _uuid),
    sa.Column("status", sa.Integer),
    sa.Column("error", sa.Text),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("dead_at", _moment),
    sa.CheckConstraint("state IN ('waiting', 'dead')", name="state"),
    sa.Index(
        "ix_forward_deliveries_due",
        "forwarding_id",
        "due_at",
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.Index(
        "ix_forward_deliveries_dead",
        "forwarding_id",
        "dead_at",
        "delivery_id",
        postgresql_where=sa.text("state = 'dead'"),
    ),
)

forward_attempts = sa.Table(
    "forward_attempts",
    metadata,
    sa.Column("attempt_id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("forwarding_id", _uuid, nullable=False),
    sa.Column("delivery_id", _uuid, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("at", _moment, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("took_ms", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Index("ix_forward_attempts_newest", "forwarding_id", "attempt_id"),
    sa.Index("ix_forward_attempts_at", "at"),
)

forward_hours = sa.Table(
    "forward_hours",
    metadata,
    # Events by hour, for "delivered per hour".
    sa.Column("forwarding_id", _uuid, primary_key=True),
    sa.Column("hour", _moment, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("delivered", sa.BigInteger, nullable=False),
    sa.Column("failed", sa.BigInteger, nullable=False),
)
