"""Migrations: the schema from scratch is the schema of the tables, whoever applies it, and once."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from otklik.entrypoints.wiring import metadata
from otklik.runtime.postgres_migrations import migrate_postgres, migrations_folder
from otklik.runtime.public import Runtime


def ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    return not (kind == "table" and (name or "").startswith(("procrastinate_", "alembic_")))


async def test_migrations_give_the_schema_of_the_tables(rt: Runtime) -> None:
    def difference(connection: sa.Connection) -> list[object]:
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": True, "include_object": ours}
        )
        return list(compare_metadata(context, metadata))

    async with rt.db.begin() as tx:
        assert await tx.run_sync(difference) == []
        existing = (
            await tx.execute(sa.text("SELECT sequencename, increment_by FROM pg_sequences"))
        ).all()
    sequences = {row.sequencename: row.increment_by for row in existing}
    for sequence in metadata._sequences.values():
        assert sequences[sequence.name] == (sequence.increment or 1)


async def test_applying_them_again_and_at_once_changes_nothing(rt: Runtime) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate_postgres, rt.db.url) for _ in range(3)))
    async with rt.db.begin() as tx:
        versions = (await tx.execute(sa.text("SELECT version_num FROM alembic_version"))).scalars()
        assert len(list(versions)) == 1


def test_every_migration_says_by_its_name_when_it_runs() -> None:
    files = [f.name for f in Path(migrations_folder("postgres") / "versions").glob("*.py")]
    assert files
    for name in files:
        assert re.fullmatch(r"\d{4}_(pre|post)_[a-z0-9_]+\.py", name), name
