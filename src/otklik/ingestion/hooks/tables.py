"""Tables of incoming webhooks: sources and the log of their calls."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from otklik.runtime.public import metadata

_when = sa.DateTime(timezone=True)

hook_sources = sa.Table(
    "hook_sources",
    metadata,
    sa.Column("source_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    # 128 random bits: who knows it may call.
    sa.Column("address", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("is_on", sa.Boolean, nullable=False),
    sa.Column("mapping", JSONB(none_as_null=True)),
    sa.Column("check", JSONB, nullable=False),
    sa.Column("secret", sa.Text),
    sa.Column("networks", JSONB, nullable=False),
    sa.Column("id_path", JSONB(none_as_null=True)),
    sa.Column("repeat_window_s", sa.Integer, nullable=False),
    sa.Column("keep_days", sa.Integer, nullable=False),
    sa.Column("created_at", _when, nullable=False),
    sa.Column("updated_at", _when, nullable=False),
    sa.Index("ix_hook_sources_workspace_id", "workspace_id"),
)

hook_calls = sa.Table(
    "hook_calls",
    metadata,
    sa.Column("call_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("source_id", UUID(as_uuid=True), nullable=False),
    sa.Column("received_at", _when, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("ip", sa.Text, nullable=False),
    # None when it is too old or was never stored.
    sa.Column("body", sa.LargeBinary),
    # What a repeat is known by, and the stretch of time in which it counts as one.
    sa.Column("repeat_key", sa.LargeBinary, nullable=False),
    sa.Column("repeat_slot", sa.BigInteger, nullable=False),
    sa.Column("repeats", sa.Integer, nullable=False),
    # Message ids of all events that this call ever gave.
    sa.Column("made", JSONB, nullable=False),
    sa.Column("problems", JSONB, nullable=False),
    sa.Column("consents", JSONB, nullable=False),
    sa.Column("profile_id", sa.BigInteger),
    sa.Column("mapped_at", _when),
    sa.CheckConstraint(
        "state IN ('caught', 'waiting', 'mapped', 'failed', 'ignored', 'refused')", name="state"
    ),
    sa.UniqueConstraint("source_id", "repeat_key", "repeat_slot"),
    sa.Index("ix_hook_calls_newest", "workspace_id", "source_id", "received_at", "call_id"),
    sa.Index("ix_hook_calls_received_at", "received_at"),
    # Only calls that wait are in this index, so that it stays as small as the backlog.
    sa.Index(
        "ix_hook_calls_waiting",
        "received_at",
        "call_id",
        postgresql_where=sa.text("state = 'waiting'"),
    ),
)
