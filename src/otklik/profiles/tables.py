"""The tables of profiles. Touched by this slice only."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from otklik.runtime.public import metadata

EXTRA_DDL: list[str] = []
"""Nothing beyond the tables: search needs no extension, see `profile_search` below."""

_moment = sa.DateTime(timezone=True)
_kinds = ARRAY(sa.Text(collation="C"))

# One number at a time: with numbers kept by each connection, a later person could have a smaller
# one, and who gets which would depend on the connection that a batch happened to take.
profile_ids = sa.Sequence("profile_ids", metadata=metadata, cache=1)
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
    # Own kinds that join like an address; kinds that several people may share; strongest first.
    sa.Column("merge_by", _kinds, nullable=False, server_default="{}"),
    sa.Column("shared_kinds", _kinds, nullable=False, server_default="{}"),
    sa.Column("priority", _kinds, nullable=False, server_default="{}"),
)

shared_identifiers = sa.Table(
    "shared_identifiers",
    metadata,
    # Every user to whom a trusted source gave one identifier, where there are two or more. It is
    # written whatever the rules are, so that a rule can be switched on and off at any time.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text(collation="C"), primary_key=True),
    sa.Column("value", sa.Text(collation="C"), primary_key=True),
    sa.Column("user_id", sa.Text(collation="C"), primary_key=True),
    sa.Index("ix_shared_identifiers_user_id", "workspace_id", "user_id"),
)

people_runs = sa.Table(
    "people_runs",
    metadata,
    # Long work on people: rules applied to those known already, the search for duplicates, merges
    # of many pairs. One runs at a time of each kind.
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False, server_default=""),
    sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("total", sa.BigInteger, nullable=False, server_default="0"),
    # What the run was asked for, and what it has counted.
    sa.Column("facts", JSONB, nullable=False, server_default=sa.text("'{}'")),
    # Where it goes on after a stop.
    sa.Column("place", JSONB, nullable=False, server_default=sa.text("'{}'")),
    sa.Column("requested_by", UUID(as_uuid=True)),
    sa.Column("requested_at", _moment, nullable=False),
    sa.Column("started_at", _moment),
    sa.Column("finished_at", _moment),
    sa.Index("ix_people_runs_kind", "workspace_id", "kind", "requested_at"),
    sa.Index(
        "uq_people_runs_open",
        "workspace_id",
        "kind",
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    ),
)

duplicate_pairs = sa.Table(
    "duplicate_pairs",
    metadata,
    # Profiles that may be one person; `left_id` is the smaller. Of the evidence only levels and
    # weights are kept, no values.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("left_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("right_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Column("prior_bits", sa.Double, nullable=False),
    sa.Column("evidence", JSONB, nullable=False),
    sa.Column("run_id", UUID(as_uuid=True), nullable=False),
    sa.Column("found_at", _moment, nullable=False),
    # Somebody said that these are two people.
    sa.Column("refused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_duplicate_pairs_right_id", "workspace_id", "right_id"),
    sa.Index("ix_duplicate_pairs_probability", "workspace_id", "probability"),
)

duplicate_refusals = sa.Table(
    "duplicate_refusals",
    metadata,
    # Somebody looked and said that these are two people. It holds for those they were merged into.
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("left_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("right_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("user_id", UUID(as_uuid=True)),
    sa.Column("refused_at", _moment, nullable=False),
    sa.Index("ix_duplicate_refusals_right_id", "workspace_id", "right_id"),
)

profile_notes = sa.Table(
    "profile_notes",
    metadata,
    # What colleagues write of a person. A note belongs to the profile on whose card it was
    # written, so it goes back with it when a merge is undone.
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("author_id", UUID(as_uuid=True)),
    sa.Column("author_key_id", UUID(as_uuid=True)),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment),
    sa.Index("ix_profile_notes_profile_id", "workspace_id", "profile_id", "created_at"),
)

trait_edits = sa.Table(
    "trait_edits",
    metadata,
    # Who changed a trait by hand: values before and after, from which address.
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("trait", sa.Text(collation="C"), nullable=False),
    sa.Column("before", JSONB, nullable=True),
    sa.Column("after", JSONB, nullable=True),
    sa.Column("user_id", UUID(as_uuid=True)),
    sa.Column("key_id", UUID(as_uuid=True)),
    sa.Column("ip", sa.Text, nullable=False, server_default=""),
    sa.Column("at", _moment, nullable=False),
    sa.Index("ix_trait_edits_profile_id", "workspace_id", "profile_id", "at"),
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
