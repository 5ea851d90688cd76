"""Tables of relays. The installation's own relay has the id of zeros and the workspace 0."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from otklik.runtime.public import metadata

_moment = sa.DateTime(timezone=True)
_uuid = UUID(as_uuid=True)

relays = sa.Table(
    "relays",
    metadata,
    sa.Column("id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("tls", sa.Text, nullable=False),
    sa.Column("username", sa.Text),
    sa.Column("password_sealed", sa.Text),
    sa.Column("weight", sa.SmallInteger, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    # Of one worker process.
    sa.Column("connections", sa.SmallInteger, nullable=False),
    sa.Column("letters_per_connection", sa.Integer, nullable=False),
    # Over all processes; null: as fast as it takes them.
    sa.Column("letters_per_s", sa.Float),
    # Only letters of senders in these domains; empty: all.
    sa.Column("sender_domains", ARRAY(sa.Text), nullable=False),
    # A WarmupPlan; null: none.
    sa.Column("warmup", JSONB(none_as_null=True)),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "name"),
)

domain_warmups = sa.Table(
    "domain_warmups",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    # Of senders' addresses.
    sa.Column("domain", sa.Text, primary_key=True),
    sa.Column("plan", JSONB, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
)

relay_states = sa.Table(
    "relay_states",
    metadata,
    sa.Column("relay_id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    # What it answered when it failed the last time, and until when it is left alone.
    sa.Column("trouble", sa.Text),
    sa.Column("trouble_kind", sa.Text),
    sa.Column("trouble_at", _moment),
    sa.Column("rests_until", _moment),
    sa.Column("worked_at", _moment),
)

relay_limits = sa.Table(
    "relay_limits",
    metadata,
    sa.Column("relay_id", _uuid, primary_key=True),
    # A mail provider, or "*" for all letters of the relay.
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("rate_per_s", sa.Float, nullable=False),
    sa.Column("ceiling_per_s", sa.Float, nullable=False),
    sa.Column("slowed_at", _moment, nullable=False),
    # What the provider said.
    sa.Column("answer", sa.Text, nullable=False),
)

relay_counts = sa.Table(
    "relay_counts",
    metadata,
    sa.Column("relay_id", _uuid, primary_key=True),
    # A mail provider; "" for all that are not counted one by one.
    sa.Column("provider", sa.Text, primary_key=True),
    # Start of a span of ten seconds.
    sa.Column("at", _moment, primary_key=True),
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("taken", sa.Integer, nullable=False),
    # Of the others: those who were told to come later.
    sa.Column("delayed", sa.Integer, nullable=False),
    sa.Column("refused", sa.Integer, nullable=False),
    sa.Index("ix_relay_counts_at", "at"),
)

warmup_days = sa.Table(
    "warmup_days",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    # The id of a relay, or the domain of senders.
    sa.Column("subject", sa.Text, primary_key=True),
    # By the calendar of the workspace.
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("allowed", sa.Integer, nullable=False),
    sa.Column("taken", sa.Integer, nullable=False),
)
