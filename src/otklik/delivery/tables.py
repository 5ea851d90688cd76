"""Tables of delivery.

`messages` grows by a million rows at once, so it carries two indexes only, both of which grow at
their right edge: the key, and the uniqueness of (mailing, profile, occurrence). There is none on
the state: then a change of the state stays inside its page (a HOT update), and what is left to
send is known from `message_blocks`, one row per thousand messages.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from otklik.delivery.model import BLOCK_SIZE
from otklik.runtime.public import metadata

message_ids = sa.Sequence("message_ids", start=BLOCK_SIZE, increment=BLOCK_SIZE, metadata=metadata)
"""Each value is the first id of a block; the block owns the next `BLOCK_SIZE` ids."""

mailings = sa.Table(
    "mailings",
    metadata,
    sa.Column("mailing_id", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("source_kind", sa.Text, nullable=False),
    sa.Column("source_id", UUID(as_uuid=True), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    # Absent: consent to the whole channel is asked for.
    sa.Column("topic_id", UUID(as_uuid=True)),
    sa.Column("sender_id", UUID(as_uuid=True), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("rate_per_s", sa.Integer),
    # 0 low, 1 normal, 2 high, 3 first of all: who goes first where people hear only so often.
    sa.Column("priority", sa.SmallInteger, nullable=False, server_default="1"),
    # A service message: only the stop list, and consent where it is needed, hold it back.
    sa.Column("service", sa.Boolean, nullable=False, server_default=sa.false()),
    # No audience and no end: messages are asked for one at a time (see `standing/`).
    sa.Column("standing", sa.Boolean, nullable=False, server_default=sa.false()),
    # The latest moment; who could not get the message until then gets none.
    sa.Column("until", sa.DateTime(timezone=True)),
    # A time without a zone, for each person by his own clock; minutes to spread the messages over.
    sa.Column("own_time", sa.DateTime(timezone=False)),
    sa.Column("spread_minutes", sa.Integer),
    # {"people": n} or {"share": ten-thousandths}: only this part gets the mailing at first.
    sa.Column("first", JSONB(none_as_null=True)),
    # Since when nearly all of the first part have been written to.
    sa.Column("first_done_at", sa.DateTime(timezone=True)),
    # The variant that the rest gets.
    sa.Column("winner", sa.Text),
    # [[key, share], …]; the control group is the last.
    sa.Column("arms", JSONB, nullable=False),
    # Keyset cursors of the freezing: rows are written, facts are in ClickHouse, up to this profile.
    sa.Column("frozen_upto", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("facts_upto", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("audience_size", sa.Integer),
    sa.Column("trouble", sa.Text),
    sa.Column("trouble_at", sa.DateTime(timezone=True)),
    # Counts per state, reason and variant, added up once when the mailing is finished.
    sa.Column("tally", JSONB),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True)),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("source_id", "source_kind"),
    sa.Index("ix_mailings_workspace", "workspace_id", "mailing_id"),
    sa.Index(
        "ix_mailings_live",
        "mailing_id",
        postgresql_where=sa.text("state IN ('running', 'stopping')"),
    ),
)

mailing_variants = sa.Table(
    "mailing_variants",
    metadata,
    sa.Column("mailing_id", sa.Integer, primary_key=True),
    sa.Column("position", sa.SmallInteger, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # The letter as it was at the launch.
    sa.Column("letter", JSONB, nullable=False),
    # Addresses of the letter's links by their number; a click is sent to these and to no other.
    sa.Column("links", ARRAY(sa.Text), nullable=False),
    # How many links lead through the click address; the rest are mailto: and unsubscribe links.
    sa.Column("links_tracked", sa.SmallInteger, nullable=False),
)

mailing_audiences = sa.Table(
    "mailing_audiences",
    metadata,
    sa.Column("mailing_id", sa.Integer, primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    # Sorted profile ids, as differences, compressed; removed when the freezing is complete.
    sa.Column("ids", sa.LargeBinary, nullable=False),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("message_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("mailing_id", sa.Integer, nullable=False),
    sa.Column("occurrence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("variant", sa.Text, nullable=False, server_default=""),
    sa.Column("address", sa.Text, nullable=False, server_default=""),
    sa.Column("next_at", sa.DateTime(timezone=True)),
    sa.Column("at", sa.DateTime(timezone=True)),
    sa.Column("answer", sa.Text),
    # 0 without parts, 1 of the first part, 2 of the rest (or in the control group of such).
    sa.Column("wave", sa.SmallInteger, nullable=False, server_default="0"),
    sa.UniqueConstraint("mailing_id", "profile_id", "occurrence"),
    # Room for one change of state per row inside its page.
    postgresql_with={"fillfactor": "75"},
)

message_blocks = sa.Table(
    "message_blocks",
    metadata,
    # The first message id of the block.
    sa.Column("block_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("mailing_id", sa.Integer, nullable=False),
    sa.Column("last_id", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("owner", UUID(as_uuid=True)),
    sa.Column("lease_until", sa.DateTime(timezone=True)),
    # Messages that are being handed to the network at this moment.
    sa.Column("handing", ARRAY(sa.BigInteger), nullable=False, server_default="{}"),
    # {"state|reason|variant": count}
    sa.Column("tally", JSONB, nullable=False),
    sa.Index("ix_message_blocks_mailing", "mailing_id", "block_id"),
    sa.Index(
        "ix_message_blocks_ready",
        "mailing_id",
        "due_at",
        postgresql_where=sa.text("state = 'ready'"),
    ),
    sa.Index(
        "ix_message_blocks_claimed",
        "lease_until",
        postgresql_where=sa.text("state = 'claimed'"),
    ),
    postgresql_with={"fillfactor": "50"},
)

mailing_paces = sa.Table(
    "mailing_paces",
    metadata,
    sa.Column("mailing_id", sa.Integer, primary_key=True),
    # Start of a span of five seconds.
    sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
)

rate_slots = sa.Table(
    "rate_slots",
    metadata,
    # "all", or "mailing:<id>".
    sa.Column("key", sa.Text, primary_key=True),
    # 0 for the rate of the whole installation.
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
)

tracking_hits = sa.Table(
    "tracking_hits",
    metadata,
    sa.Column("hit_id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("message_id", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("link", sa.Integer, nullable=False, server_default="0"),
    sa.Column("url", sa.Text, nullable=False, server_default=""),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("user_agent", sa.Text, nullable=False),
    sa.Column("headers", JSONB, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("judged_at", sa.DateTime(timezone=True)),
    # A keyed hash of the network that it came from, another one every day; null: not known.
    sa.Column("source", sa.BigInteger),
    sa.Index("ix_tracking_hits_waiting", "at", postgresql_where=sa.text("judged_at IS NULL")),
    sa.Index("ix_tracking_hits_message", "message_id"),
    sa.Index(
        "ix_tracking_hits_source",
        "source",
        "at",
        postgresql_where=sa.text("source IS NOT NULL"),
    ),
)
