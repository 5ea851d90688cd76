"""Tables of the e-mail channel."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from otklik.runtime.public import metadata

_moment = sa.DateTime(timezone=True)

senders = sa.Table(
    "senders",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("domain", sa.Text, nullable=False),
    sa.Column("reply_to", sa.Text),
    sa.Column("dkim_selector", sa.Text, nullable=False),
    sa.Column("dkim_private_key", sa.Text, nullable=False),
    sa.Column("dkim_record", sa.Text, nullable=False),
    # The key that is to take over once its record is published.
    sa.Column("next_dkim_selector", sa.Text),
    sa.Column("next_dkim_private_key", sa.Text),
    sa.Column("next_dkim_record", sa.Text),
    sa.Column("is_default", sa.Boolean, nullable=False),
    # The last look at the domain's DNS, so that launch checks need not wait for the network.
    sa.Column("checks", JSONB),
    sa.Column("checked_at", _moment),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "address"),
    # At most one sender of a workspace is the default one.
    sa.Index(
        "uq_senders_default",
        "workspace_id",
        unique=True,
        postgresql_where=sa.text("is_default"),
    ),
)

caught_letters = sa.Table(
    "caught_letters",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("caught_at", _moment, nullable=False),
    sa.Column("envelope_from", sa.Text, nullable=False),
    sa.Column("envelope_to", sa.Text, nullable=False),
    sa.Column("from_shown", sa.Text, nullable=False),
    sa.Column("to_shown", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    sa.Column("source_zstd", sa.LargeBinary, nullable=False),
    sa.Index("ix_caught_letters_workspace_id_id", "workspace_id", "id"),
    sa.Index("ix_caught_letters_workspace_id_envelope_to", "workspace_id", "envelope_to"),
)

returned_mails = sa.Table(
    "returned_mails",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    # Of what the sender wrote, without the lines that carriers add: the same mail counts once.
    sa.Column("content_hash", sa.LargeBinary, nullable=False),
    sa.Column("received_at", _moment, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("diagnostic", sa.Text, nullable=False),
    sa.Column("message_id", sa.BigInteger),
    sa.Column("profile_id", sa.BigInteger),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    sa.Column("source_zstd", sa.LargeBinary, nullable=False),
    # Where a person's reply is to go on to; null: nowhere.
    sa.Column("forward_to", sa.Text),
    sa.Column("forwarded_at", _moment),
    # By which way it came, how its message was found, and what was done then.
    sa.Column("came_by", sa.Text, nullable=False, server_default=""),
    sa.Column("found_by", sa.Text, nullable=False, server_default=""),
    sa.Column("followed", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("soft_count", sa.SmallInteger),
    sa.Column("judged_again_at", _moment),
    sa.Column("corrected_at", _moment),
    sa.UniqueConstraint("workspace_id", "content_hash"),
    sa.Index("ix_returned_mails_workspace_id_id", "workspace_id", "id"),
    sa.Index("ix_returned_mails_workspace_id_profile_id", "workspace_id", "profile_id"),
    sa.Index("ix_returned_mails_message_id", "message_id"),
)

soft_bounces = sa.Table(
    "soft_bounces",
    metadata,
    sa.Column("workspace_id", sa.Integer, primary_key=True, autoincrement=False),
    # The keyed hash of the stop list: a counter needs no readable address.
    sa.Column("address_hash", sa.LargeBinary, primary_key=True),
    sa.Column("count", sa.SmallInteger, nullable=False),
    sa.Column("first_at", _moment, nullable=False),
    sa.Column("last_at", _moment, nullable=False),
)

return_mailboxes = sa.Table(
    "return_mailboxes",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("username", sa.Text, nullable=False),
    sa.Column("password_sealed", sa.Text, nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    # How far it was read; the numbers are worth nothing when the folder's validity changes.
    sa.Column("uid_validity", sa.BigInteger),
    sa.Column("last_uid", sa.BigInteger),
    sa.Column("checked_at", _moment),
    sa.Column("trouble", sa.Text),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "host", "username", "folder"),
)

report_hooks = sa.Table(
    "report_hooks",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("workspace_id", sa.Integer, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    # The address holds a token; only its hash is kept.
    sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
    # The key that the provider signs with; Postmark and Amazon need none.
    sa.Column("secret_sealed", sa.Text),
    # The topic of Amazon SNS that spoke first; reports of others are refused.
    sa.Column("topic", sa.Text),
    sa.Column("last_at", _moment),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "provider"),
)
