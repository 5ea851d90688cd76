"""The tables of profiles. Touched by this slice only."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from otklik.runtime.public import metadata

EXTRA_DDL: list[str] = []
"""Nothing beyond the tables: search needs no extension, see `profile_search` below."""

_moment = sa.DateTime(timezone=True)

profile_ids = sa.Sequence("profile_ids", metadata=metadata, cache=100)
profile_versions = sa.Sequence("profile_versions", metadata=metadata, cache=1)

profiles = sa.Table(
    "profiles",
    metadata,
    sa.Column("profile_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    # The identifier the profile was made for, "kind:value"; its claims decide about merges.
    sa.Column("head", sa.Text(collation="C"), nullable=False),
    # The final profile after every merge; a profile merged away stays as a tombstone.
    sa.Column("merged_into", sa.BigInteger),
    # Taken out of a merge by hand: never merged again but by hand.
    sa.Column("apart", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("first_seen", _moment, nullable=False),
    sa.Column("last_seen", _moment, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    # What lists show, worked out when traits or identifiers change.
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("email", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("user_id", sa.Text),
    sa.Column("known", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(
        "ix_profiles_list",
        "workspace_id",
        "profile_id",
        postgresql_where=sa.text("merged_into IS NULL"),
    ),
    sa.Index(
        "ix_profiles_merged_into",
        "merged_into",
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    ),
    # Room on each page for new versions of a row, so that "last seen" touches no index.
    postgresql_with={"fillfactor": 85},
)

profile_search = sa.Table(
    "profile_search",
    metadata,
    # What a listed profile is found by. Beside the profiles and not in them: "last seen" writes a
    # profile anew every few minutes, and these change almost never.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("profile_id", sa.BigInteger, primary_key=True, autoincrement=False),
    # Name, addresses and ids, folded, one a line; and its trigrams, see `model/search.py`.
    sa.Column("words", sa.Text(collation="C"), nullable=False),
    sa.Column("grams", ARRAY(sa.Integer), nullable=False),
    sa.Index("ix_profile_search_grams", "grams", postgresql_using="gin"),
)

identifiers = sa.Table(
    "identifiers",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text(collation="C"), primary_key=True),
    sa.Column("value", sa.Text(collation="C"), primary_key=True),
    # The profile it lives in; that profile's `merged_into` says who it is today.
    sa.Column("home_id", sa.BigInteger, nullable=False),
    # The best claim by a stronger identifier: "<class><epoch ms, 14 digits><kind>:<value>".
    sa.Column("owner", sa.Text(collation="C")),
    # For an unowned e-mail, phone or own id: the first device it was seen with.
    sa.Column("device_at", sa.BigInteger),
    sa.Column("device", sa.Text(collation="C")),
    sa.Column("first_seen", _moment, nullable=False),
    sa.Index("ix_identifiers_home_id", "home_id"),
    sa.Index(
        "ix_identifiers_device",
        "workspace_id",
        "device",
        postgresql_where=sa.text("device IS NOT NULL"),
    ),
)

trait_states = sa.Table(
    "trait_states",
    metadata,
    # What was said under one identifier, as JSON {name: [value, epoch_ms]}. Text and not jsonb:
    # jsonb would change how numbers are written, and ties are decided by the writing.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text(collation="C"), primary_key=True),
    sa.Column("value", sa.Text(collation="C"), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
)

merges = sa.Table(
    "merges",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("from_id", sa.BigInteger, nullable=False),
    sa.Column("into_id", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    # Holds by itself (an explicit rule or a person), not because an identifier is owned.
    sa.Column("forced", sa.Boolean, nullable=False),
    sa.Column("merged_at", _moment, nullable=False),
    sa.Column("undone_at", _moment),
    sa.Index("ix_merges_from_id", "from_id"),
    sa.Index("ix_merges_into_id", "into_id"),
)

identity_rules = sa.Table(
    "identity_rules",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("merge_by_email", sa.Boolean, nullable=False),
    sa.Column("merge_by_phone", sa.Boolean, nullable=False),
    sa.Column("default_region", sa.Text),
)

trait_names = sa.Table(
    "trait_names",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("trait", sa.Text(collation="C"), primary_key=True),
    sa.Column("type", sa.Text(collation="C"), primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("last_seen", _moment, nullable=False),
)

profile_changes = sa.Table(
    "profile_changes",
    metadata,
    # One row per transaction that changed profiles; ClickHouse is brought up to date from it.
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("profile_ids", ARRAY(sa.BigInteger), nullable=False),
    # False: only "last seen" moved, so no trait rows need writing.
    sa.Column("traits", sa.Boolean, nullable=False),
    # Names of traits that left with a profile which is on its own again.
    sa.Column("forget", JSONB, nullable=False, server_default=sa.text("'[]'")),
)

identity_changes = sa.Table(
    "identity_changes",
    metadata,
    # What the processes that remember identities must forget, numbered per workspace. A row is
    # written in the transaction that changed who is who; old rows are dropped.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("epoch", sa.BigInteger, primary_key=True, autoincrement=False),
    # Those who were final profiles before; null: everybody.
    sa.Column("roots", ARRAY(sa.BigInteger)),
)
