"""The table of tracking domains."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from otklik.runtime.public import metadata

_moment = sa.DateTime(timezone=True)

tracking_domains = sa.Table(
    "tracking_domains",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    # A name in ASCII and lower case, without port and final dot.
    sa.Column("host", sa.Text, nullable=False),
    # The domain of the senders whose letters use it; empty: of all that have none of their own.
    sa.Column("sender_domain", sa.Text, nullable=False, server_default=""),
    sa.Column("secure", sa.Boolean, nullable=False, server_default=sa.true()),
    # What stands in the address by which the program finds itself at the name.
    sa.Column("token", sa.Text, nullable=False),
    # waiting, working, trouble
    sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
    # Checks in a row that went wrong.
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("checks", JSONB, nullable=False, server_default=sa.text("'[]'")),
    sa.Column("checked_at", _moment),
    # When the name was first seen to lead here; from then on it belongs to the workspace.
    sa.Column("verified_at", _moment),
    sa.Column("trouble_at", _moment),
    # Letters that went out with it keep working; nothing new is sent with it.
    sa.Column("retired_at", _moment),
    sa.Column("created_at", _moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "host"),
    sa.Index(
        "uq_tracking_domains_host",
        "host",
        unique=True,
        postgresql_where=sa.text("verified_at IS NOT NULL"),
    ),
    sa.Index(
        "uq_tracking_domains_sender_domain",
        "workspace_id",
        "sender_domain",
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    ),
)
