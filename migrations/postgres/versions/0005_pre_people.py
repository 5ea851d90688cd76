"""Possible duplicates, notes and what a workspace says of its identities."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("ALTER SEQUENCE profile_ids CACHE 1")
    moment, key = sa.DateTime(timezone=True), sa.Text(collation="C")
    json, kinds = postgresql.JSONB(), postgresql.ARRAY(sa.Text(collation="C"))
    for name in ("merge_by", "shared_kinds", "priority"):
        op.add_column("identity_rules", sa.Column(name, kinds, server_default="{}", nullable=False))
    op.create_table(
        "shared_identifiers",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", key, nullable=False),
        sa.Column("value", key, nullable=False),
        sa.Column("user_id", key, nullable=False),
        sa.PrimaryKeyConstraint(
            "workspace_id", "kind", "value", "user_id", name="pk_shared_identifiers"
        ),
    )
    op.create_index(
        "ix_shared_identifiers_user_id", "shared_identifiers", ["workspace_id", "user_id"]
    )
    # Merges by a rule were written without the address that made them. Where it can be told, it is
    # noted, so that the rule can be switched off for these people too.
    op.execute(
        """
        INSERT INTO shared_identifiers (workspace_id, kind, value, user_id)
        SELECT DISTINCT m.workspace_id, a.kind, a.value, u.value
        FROM merges m
        JOIN identifiers o ON o.home_id IN (m.from_id, m.into_id) AND o.kind = 'user_id'
        JOIN identifiers a ON a.workspace_id = m.workspace_id AND a.kind = m.reason
          AND left(a.owner, 1) = '0' AND substr(a.owner, 16) = 'user_id:' || o.value
        JOIN identifiers u ON u.home_id IN (m.from_id, m.into_id) AND u.kind = 'user_id'
        WHERE m.undone_at IS NULL AND m.forced AND m.reason IN ('email', 'phone')
        ON CONFLICT DO NOTHING
        """
    )
    op.create_table(
        "people_runs",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), server_default="", nullable=False),
        sa.Column("done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("facts", json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("place", json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("requested_by", sa.UUID(), nullable=True),
        sa.Column("requested_at", moment, nullable=False),
        sa.Column("started_at", moment, nullable=True),
        sa.Column("finished_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_people_runs"),
    )
    op.create_index("ix_people_runs_kind", "people_runs", ["workspace_id", "kind", "requested_at"])
    op.create_index(
        "uq_people_runs_open",
        "people_runs",
        ["workspace_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "duplicate_pairs",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("left_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("right_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("prior_bits", sa.Double(), nullable=False),
        sa.Column("evidence", json, nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("found_at", moment, nullable=False),
        sa.Column("refused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "left_id", "right_id", name="pk_duplicate_pairs"),
    )
    op.create_index(
        "ix_duplicate_pairs_probability", "duplicate_pairs", ["workspace_id", "probability"]
    )
    op.create_index("ix_duplicate_pairs_right_id", "duplicate_pairs", ["workspace_id", "right_id"])
    op.create_table(
        "duplicate_refusals",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("left_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("right_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("refused_at", moment, nullable=False),
        sa.PrimaryKeyConstraint(
            "workspace_id", "left_id", "right_id", name="pk_duplicate_refusals"
        ),
    )
    op.create_index(
        "ix_duplicate_refusals_right_id", "duplicate_refusals", ["workspace_id", "right_id"]
    )
    op.create_table(
        "profile_notes",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.UUID(), nullable=True),
        sa.Column("author_key_id", sa.UUID(), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_profile_notes"),
    )
    op.create_index(
        "ix_profile_notes_profile_id", "profile_notes", ["workspace_id", "profile_id", "created_at"]
    )
    op.create_table(
        "trait_edits",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("trait", key, nullable=False),
        sa.Column("before", json, nullable=True),
        sa.Column("after", json, nullable=True),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("key_id", sa.UUID(), nullable=True),
        sa.Column("ip", sa.Text(), server_default="", nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trait_edits"),
    )
    op.create_index(
        "ix_trait_edits_profile_id", "trait_edits", ["workspace_id", "profile_id", "at"]
    )


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
