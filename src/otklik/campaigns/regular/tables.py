"""The tables of regular mailings, and what campaigns froze from feeds."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from otklik.runtime.public import metadata

_moment = sa.DateTime(timezone=True)
_uuid = UUID(as_uuid=True)

regular_mailings = sa.Table(
    "regular_mailings",
    metadata,
    sa.Column("id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("plan", JSONB, nullable=False),
    sa.Column("audience", JSONB, nullable=False),
    sa.Column("topic_id", _uuid),
    sa.Column("sender_id", _uuid),
    sa.Column("letter_id", _uuid),
    sa.Column("control_share", sa.Float, nullable=False),
    sa.Column("goal", JSONB(none_as_null=True)),
    sa.Column("rate_per_s", sa.Integer),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("feed_ids", JSONB, nullable=False, server_default=sa.text("'[]'")),
    sa.Column("items_max", sa.Integer, nullable=False),
    sa.Column("item_order", sa.Text, nullable=False),
    sa.Column("approval", JSONB(none_as_null=True)),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    # The next moment of the plan; only an active one has it looked at.
    sa.Column("next_at", _moment),
    # The moment that somebody chose to leave out.
    sa.Column("skip_at", _moment),
    # How many moments have come: the number of the last run.
    sa.Column("runs", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.Column("started_at", _moment),
    sa.Column("finished_at", _moment),
    sa.Index("ix_regular_mailings_workspace", "workspace_id", "id"),
    sa.Index("ix_regular_mailings_next", "next_at", postgresql_where=sa.text("state = 'active'")),
)

regular_runs = sa.Table(
    "regular_runs",
    metadata,
    sa.Column("run_id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("series_id", _uuid, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("moment", _moment, nullable=False),
    # The time on the wall: 2026-06-15T10:00.
    sa.Column("wall", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("campaign_id", _uuid),
    sa.Column("new_items", sa.Integer),
    sa.Column("problem", JSONB(none_as_null=True)),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    # One moment of a plan is one run, whoever looks at the clock and how often.
    sa.UniqueConstraint("series_id", "moment"),
    sa.UniqueConstraint("series_id", "number"),
    sa.Index("ix_regular_runs_campaign_id", "campaign_id"),
)

# To which run of a series an item was new: it belongs to that one for ever.
regular_items = sa.Table(
    "regular_items",
    metadata,
    sa.Column("series_id", _uuid, primary_key=True),
    sa.Column("item_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("run", sa.Integer, nullable=False),
)

campaign_items = sa.Table(
    "campaign_items",
    metadata,
    sa.Column("campaign_id", _uuid, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("frozen", JSONB, nullable=False),
)
