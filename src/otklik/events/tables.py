"""The registry of names and properties, and the mark of the latest stored batch."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from otklik.runtime.public import metadata

_when = sa.DateTime(timezone=True)

event_names = sa.Table(
    "event_names",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("first_seen", _when, nullable=False),
    sa.Column("last_seen", _when, nullable=False),
)

event_properties = sa.Table(
    "event_properties",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("type", sa.Text, primary_key=True),
    sa.Column("sample", JSONB),
    sa.Column("last_seen", _when, nullable=False),
)

event_marks = sa.Table(
    "event_marks",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    # Readers of the live stream look at this row instead of asking ClickHouse every second.
    sa.Column("stored_at", _when, nullable=False),
)
