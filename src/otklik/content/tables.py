"""The tables of content: letters, what they share, and their pictures."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

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
    # The source of the AMP part; empty: the letter has none.
    sa.Column("amp", sa.Text, nullable=False, server_default=""),
    # Grows with every change of what is sent; a mailing can tell whether its copy is the newest.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.CheckConstraint("kind in ('mjml', 'html', 'blocks')", name="kind"),
    sa.Index("ix_letters_workspace_id_updated_at_id", "workspace_id", "updated_at", "id"),
)

# One row per workspace: what all of its block letters share.
brand_kits = sa.Table(
    "brand_kits",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kit", JSONB, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
)

saved_blocks = sa.Table(
    "saved_blocks",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("row", JSONB, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.Index("ix_saved_blocks_workspace_id_name", "workspace_id", "name", "id"),
)

media = sa.Table(
    "media",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("alt", sa.Text, nullable=False),
    # sha256 of what was uploaded: the same picture is kept once.
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("animated", sa.Boolean, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "digest"),
    sa.Index("ix_media_workspace_id_created_at_id", "workspace_id", "created_at", "id"),
)

# A picture in its sizes. The token is the whole right to see it: mail programs send no cookie.
media_files = sa.Table(
    "media_files",
    metadata,
    sa.Column("token", sa.Text(collation="C"), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column(
        "media_id",
        UUID(as_uuid=True),
        sa.ForeignKey("media.id", ondelete="CASCADE"),
        nullable=False,
    ),
    # full or small.
    sa.Column("size", sa.Text, nullable=False),
    # jpg, png, webp or gif.
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("bytes", sa.Integer, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Index("ix_media_files_media_id", "media_id"),
    sa.Index("ix_media_files_workspace_id", "workspace_id"),
)
