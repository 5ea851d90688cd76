"""Tables of the sending policy."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from otklik.runtime.public import metadata

sending_policies = sa.Table(
    "sending_policies",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("policy", JSONB, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
)

# Which global control group was in force since when; a row for every change, none is removed. With
# it a report can tell who was in the group at any moment.
global_control_settings = sa.Table(
    "global_control_settings",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("since", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("share", sa.Float, nullable=False),
    sa.Column("renew_months", sa.Integer, nullable=False),
)

frequency_ledger = sa.Table(
    "frequency_ledger",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("profile_id", sa.BigInteger, primary_key=True, autoincrement=False),
    # One entry for each message that has gone or is on its way: the ordinal number of the
    # person's calendar day, doubled, plus one for a mass message. All of a person stand in one
    # row, so that one lock decides between two mailings.
    sa.Column("marks", ARRAY(sa.Integer), nullable=False, server_default="{}"),
    # The messages of these entries, in the same order.
    sa.Column("message_ids", ARRAY(sa.BigInteger), nullable=False, server_default="{}"),
    sa.Column("last_day", sa.Integer, nullable=False, server_default="0"),
    # Room for the next change of a row inside its page.
    postgresql_with={"fillfactor": "70"},
)
