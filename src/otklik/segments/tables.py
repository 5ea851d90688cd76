"""The tables of segments. Touched by this slice only."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from otklik.runtime.public import metadata

_moment = sa.DateTime(timezone=True)

segment_folders = sa.Table(
    "segment_folders",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "name", name="uq_segment_folders_name"),
)

segments = sa.Table(
    "segments",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("kind", sa.Text, nullable=False),
    # The condition tree as JSON; of a static segment the one it was frozen from, or null.
    sa.Column("definition", JSONB(none_as_null=True)),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    # Figures of the latest membership.
    sa.Column("size", sa.BigInteger),
    sa.Column("computed_at", _moment),
    sa.Column("took_ms", sa.Integer),
    # Since when facts are known that the membership lacks; null when there are none.
    sa.Column("stale_since", _moment),
    # When a window that moves with time is due again; null without such a window.
    sa.Column("due_at", _moment),
    # Code of the error that the latest recalculation ended with.
    sa.Column("problem", sa.Text),
    # A folder with segments in it cannot be deleted.
    sa.Column("folder_id", UUID(as_uuid=True), sa.ForeignKey("segment_folders.id")),
    # Up to which membership it was told who entered and left; null before the first.
    sa.Column("changes_told_at", _moment),
    # An archived segment is not recalculated and not offered.
    sa.Column("archived_at", _moment),
    sa.Index("ix_segments_workspace_id", "workspace_id", "id"),
    sa.Index("ix_segments_folder_id", "folder_id"),
)

segment_runs = sa.Table(
    "segment_runs",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column(
        "segment_id",
        UUID(as_uuid=True),
        sa.ForeignKey("segments.id", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column("at", _moment, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("took_ms", sa.Integer, nullable=False),
    # Questions asked anew, and questions whose answer was at hand.
    sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("reused", sa.Integer, nullable=False),
    sa.Column("size", sa.BigInteger),
    sa.Column("problem", sa.Text),
    sa.Index("ix_segment_runs_segment_id", "segment_id", "at"),
)

segment_inputs = sa.Table(
    "segment_inputs",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    # The newest block of every partition of every table that segments read, when last looked at.
    sa.Column("blocks", JSONB, nullable=False),
    # A checksum over who exists and how he can be reached.
    sa.Column("universe", sa.Text, nullable=False),
    sa.Column("seen_at", _moment, nullable=False),
)

segment_answers = sa.Table(
    "segment_answers",
    metadata,
    # Answers in ClickHouse that still hold. A row goes when facts of its kind arrive.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    # The trait or the event that the question is about; empty when it is about all of the table.
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("computed_at", _moment, nullable=False),
)
