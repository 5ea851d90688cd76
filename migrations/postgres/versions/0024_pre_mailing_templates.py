"""Templates of mailings, and since when which global control group was in force."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "campaign_templates",
        sa.Column("id", postgresql.UUID(as_uuid=True), primary_key=True),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_campaign_templates_workspace", "campaign_templates", ["workspace_id", "id"])
    op.create_table(
        "global_control_settings",
        sa.Column("workspace_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("since", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("renew_months", sa.Integer(), nullable=False),
    )
    # What holds now has held since the rules were last saved, at least.
    op.execute(
        """
        INSERT INTO global_control_settings (workspace_id, since, share, renew_months)
        SELECT workspace_id, updated_at, CAST(policy -> 'global_control' ->> 'share' AS float),
               coalesce(CAST(policy -> 'global_control' ->> 'renew_months' AS int), 0)
          FROM sending_policies
         WHERE coalesce(CAST(policy -> 'global_control' ->> 'share' AS float), 0) > 0
        """
    )


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
