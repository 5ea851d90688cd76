"""Feeds of articles, and mailings that go out regularly and are filled from them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    moment = sa.DateTime(timezone=True)
    uuid = postgresql.UUID(as_uuid=True)
    jsonb = postgresql.JSONB
    empty = sa.text("'[]'")
    op.create_table(
        "content_feeds",
        sa.Column("feed_id", uuid, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("fields", jsonb(none_as_null=True), nullable=True),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("unmapped", sa.Text(), nullable=False),
        sa.Column("topics", jsonb(), nullable=False, server_default=empty),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.LargeBinary(), nullable=True),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("next_fetch_at", moment, nullable=False),
        sa.Column("fetched_at", moment, nullable=True),
        sa.Column("fresh_at", moment, nullable=True),
        sa.Column("new_at", moment, nullable=True),
        sa.Column("items_read", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("set_aside", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("remarks", jsonb(), nullable=False, server_default=empty),
        sa.Column("problem", jsonb(none_as_null=True), nullable=True),
        sa.Column("problem_since", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("feed_id"),
        sa.UniqueConstraint("workspace_id", "key"),
    )
    op.create_index("ix_content_feeds_next_fetch_at", "content_feeds", ["next_fetch_at"])
    op.create_table(
        "content_items",
        sa.Column("item_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("feed_id", uuid, nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("categories", jsonb(), nullable=False, server_default=empty),
        sa.Column("product", jsonb(none_as_null=True), nullable=True),
        sa.Column("published_at", moment, nullable=True),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("listed_at", moment, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("forgotten_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("item_id"),
        sa.UniqueConstraint("feed_id", "guid"),
    )
    op.create_index("ix_content_items_workspace_id", "content_items", ["workspace_id", "item_id"])
    op.create_table(
        "regular_mailings",
        sa.Column("id", uuid, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("plan", jsonb(), nullable=False),
        sa.Column("audience", jsonb(), nullable=False),
        sa.Column("topic_id", uuid, nullable=True),
        sa.Column("sender_id", uuid, nullable=True),
        sa.Column("letter_id", uuid, nullable=True),
        sa.Column("control_share", sa.Float(), nullable=False),
        sa.Column("goal", jsonb(none_as_null=True), nullable=True),
        sa.Column("rate_per_s", sa.Integer(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("feed_ids", jsonb(), nullable=False, server_default=empty),
        sa.Column("items_max", sa.Integer(), nullable=False),
        sa.Column("item_order", sa.Text(), nullable=False),
        sa.Column("approval", jsonb(none_as_null=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("next_at", moment, nullable=True),
        sa.Column("skip_at", moment, nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("started_at", moment, nullable=True),
        sa.Column("finished_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_regular_mailings_workspace", "regular_mailings", ["workspace_id", "id"])
    op.create_index(
        "ix_regular_mailings_next",
        "regular_mailings",
        ["next_at"],
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "regular_runs",
        sa.Column("run_id", uuid, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("series_id", uuid, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("moment", moment, nullable=False),
        sa.Column("wall", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("campaign_id", uuid, nullable=True),
        sa.Column("new_items", sa.Integer(), nullable=True),
        sa.Column("problem", jsonb(none_as_null=True), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("run_id"),
        sa.UniqueConstraint("series_id", "moment"),
        sa.UniqueConstraint("series_id", "number"),
    )
    op.create_index("ix_regular_runs_campaign_id", "regular_runs", ["campaign_id"])
    op.create_table(
        "regular_items",
        sa.Column("series_id", uuid, nullable=False),
        sa.Column("item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "item_id"),
    )
    op.create_table(
        "campaign_items",
        sa.Column("campaign_id", uuid, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("frozen", jsonb(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id"),
    )


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
