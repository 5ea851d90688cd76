"""The tables of campaigns."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from otklik.runtime.public import metadata

campaigns = sa.Table(
    "campaigns",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("audience", JSONB, nullable=False),
    sa.Column("topic_id", UUID(as_uuid=True)),
    sa.Column("sender_id", UUID(as_uuid=True)),
    sa.Column("variants", JSONB, nullable=False),
    sa.Column("control_share", sa.Float, nullable=False),
    sa.Column("goal", JSONB(none_as_null=True)),
    sa.Column("more_goals", JSONB, nullable=False, server_default=sa.text("'[]'")),
    sa.Column("schedule", JSONB, nullable=False),
    sa.Column("rate_per_s", sa.Integer),
    sa.Column("priority", sa.Text, nullable=False, server_default="normal"),
    sa.Column("service", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("until", sa.DateTime(timezone=True)),
    # Send to a part first, and which variant the rest got.
    sa.Column("first", JSONB(none_as_null=True)),
    sa.Column("choice", JSONB(none_as_null=True)),
    # Who asked for the approval of which version, and what was said.
    sa.Column("approval", JSONB(none_as_null=True)),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    # The letters by variant key, as they were when the launch was ordered.
    sa.Column("snapshot", JSONB(none_as_null=True)),
    # Marks the order to launch, so that a job of an order that was taken back does nothing.
    sa.Column("launch_id", UUID(as_uuid=True)),
    # Why the ordered launch did not happen: the code of the error, and the facts of its text.
    sa.Column("problem", sa.Text),
    sa.Column("problem_facts", JSONB(none_as_null=True)),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("launched_at", sa.DateTime(timezone=True)),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.Index("ix_campaigns_workspace", "workspace_id", "id"),
)

campaign_templates = sa.Table(
    "campaign_templates",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    # What a new mailing begins with: the fields of a draft without its moment.
    sa.Column("content", JSONB, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("ix_campaign_templates_workspace", "workspace_id", "id"),
)
