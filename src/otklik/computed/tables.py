"""The tables of computed traits. Touched by this slice only."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from otklik.runtime.public import metadata

_moment = sa.DateTime(timezone=True)

computed_traits = sa.Table(
    "computed_traits",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    # The name of the trait; it never changes, since segments and letters know it.
    sa.Column("name", sa.Text(collation="C"), nullable=False),
    sa.Column("title", sa.Text, nullable=False, server_default=""),
    sa.Column("definition", JSONB, nullable=False),
    # "removing": its values are being taken away; then the row goes.
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    # Somebody asked for all values anew, or the definition changed.
    sa.Column("requested_at", _moment),
    # Figures of the latest run, and of the latest one that computed everybody.
    sa.Column("people", sa.BigInteger),
    sa.Column("changed", sa.BigInteger),
    sa.Column("computed_at", _moment),
    sa.Column("whole_at", _moment),
    sa.Column("took_ms", sa.Integer),
    # Set while a run is on the way; a run that was killed leaves it, so only a young one is shown.
    sa.Column("running_since", _moment),
    # Code of the error that the latest run ended with.
    sa.Column("problem", sa.Text),
    # The newest block of every partition of the tables it reads, as of the latest run.
    sa.Column("blocks", JSONB, nullable=False, server_default=sa.text("'{}'")),
    # What single values depend on besides the person's facts: `model.RunFacts`.
    sa.Column("facts", JSONB, nullable=False, server_default=sa.text("'{}'")),
    sa.UniqueConstraint("workspace_id", "name", name="uq_computed_traits_name"),
)

computed_runs = sa.Table(
    "computed_runs",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column(
        "trait_id",
        UUID(as_uuid=True),
        sa.ForeignKey("computed_traits.id", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column("at", _moment, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("considered", sa.BigInteger),
    sa.Column("changed", sa.BigInteger, nullable=False),
    sa.Column("people", sa.BigInteger),
    sa.Column("took_ms", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text),
    sa.Index("ix_computed_runs_trait_id", "trait_id", "at"),
)
