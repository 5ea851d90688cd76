"""Search finds any part of a name, an address or an id: trigrams in a table of their own."""

import re
import zlib

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0003_pre"
branch_labels = None
depends_on = None

PAGE = 5_000


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "profile_search",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("profile_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(collation="C"), nullable=False),
        sa.Column("grams", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "profile_id", name=op.f("pk_profile_search")),
    )
    fill()
    op.create_index("ix_profile_search_grams", "profile_search", ["grams"], postgresql_using="gin")
    op.drop_index("ix_profiles_search", table_name="profiles", postgresql_using="gin")
    op.drop_column("profiles", "search")


def fill() -> None:
    """Write what every listed profile is found by, as the program does when a profile changes."""
    connection, after = op.get_bind(), 0
    while True:
        found = connection.execute(
            sa.text(
                """
                SELECT p.profile_id, p.workspace_id, p.name,
                       array_agg(i.value) FILTER (WHERE i.kind <> 'anonymous_id') AS identifiers
                FROM (
                  SELECT * FROM profiles WHERE merged_into IS NULL AND profile_id > :after
                  ORDER BY profile_id LIMIT :page
                ) p
                LEFT JOIN profiles h
                  ON h.profile_id = p.profile_id OR h.merged_into = p.profile_id
                LEFT JOIN identifiers i ON i.home_id = h.profile_id
                GROUP BY p.profile_id, p.workspace_id, p.name
                ORDER BY p.profile_id
                """
            ),
            {"after": after, "page": PAGE},
        ).all()
        if not found:
            return
        rows = []
        for profile_id, workspace_id, name, identifiers in found:
            fields = {fold(name), *(fold(one.lstrip("+")) for one in identifiers or ())}
            words = "\n".join(one[:100] for one in sorted(fields) if one)[:2_000]
            if words:
                rows.append(
                    {
                        "w": workspace_id,
                        "p": profile_id,
                        "t": words,
                        "g": grams(workspace_id, words),
                    }
                )
        if rows:
            connection.execute(sa.text("INSERT INTO profile_search VALUES (:w, :p, :t, :g)"), rows)
        after = found[-1].profile_id


def fold(text: str) -> str:
    return text.casefold().replace("ё", "е")


def grams(workspace_id: int, text: str) -> list[int]:
    seed = zlib.crc32(b"%d:" % workspace_id)
    found: set[int] = set()
    for chunk in text.split():
        raw = chunk.encode("utf-32-le")
        found.update(zlib.crc32(raw[i : i + 12], seed) for i in range(0, len(raw) - 8, 4))
    for word in re.findall(r"\w+", text):
        for size in range(1, len(word[:2]) + 1):
            found.add(zlib.crc32(f"^{word[:size]}".encode(), seed))
    return sorted(one - 2**31 for one in found)


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
