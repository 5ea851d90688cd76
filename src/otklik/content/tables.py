"""The table of letters."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from otklik.runtime.public import metadata

_moment = sa.DateTime(timezone=True)

letters = sa.Table(
    "letters",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("preheader", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    # Grows with every change of what is sent; a mailing can tell whether its copy is the newest.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.CheckConstraint("kind in ('mjml', 'html')", name="kind"),
    sa.Index("ix_letters_workspace_id_updated_at_id", "workspace_id", "updated_at", "id"),
)
