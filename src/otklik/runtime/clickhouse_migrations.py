"""Bringing ClickHouse's schema up to date, once, whoever starts first.

`migrations/clickhouse/NNNN_name.sql` is applied once, in order. `R_name.sql` is applied again
whenever its text has changed: for what holds no data and names the database or its password.
A `;` at the end of a line ends a statement. ClickHouse has no transactions around DDL, so a file
that was cut short is applied again from its start: every statement must bear that.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar, Final

import msgspec
import psycopg

from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text
from otklik.runtime.clickhouse import ClickHouse
from otklik.runtime.errors import BadSettings
from otklik.runtime.postgres_migrations import migrations_folder

_LOCK: Final = 0x07_4B_11_4C
_COMMENT: Final = re.compile(r"^\s*--.*$", re.MULTILINE)
_END: Final = re.compile(r";[ \t]*(?:\n|\Z)")

_JOURNAL: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (name, applied_at)
"""


class MigrationChanged(OtklikError):
    """A migration that was applied to this database has another text now."""

    code: ClassVar[str] = "migration_changed"
    status: ClassVar[int] = 500
    message = Text(
        en="The ClickHouse migration {name} was changed after it had been applied.",
        ru="Миграция ClickHouse {name} изменена после того, как была применена.",
    )
    hint = Text(
        en="Write a new migration instead, and put the old text back.",
        ru="Верните прежний текст и напишите новую миграцию.",
    )


class Migration(msgspec.Struct, frozen=True):
    """One file: its name and its statements, with the places for names still open."""

    name: str
    statements: tuple[str, ...]

    @property
    def repeatable(self) -> bool:
        return self.name.startswith("R_")


def read_migrations(folder: Path | None = None) -> list[Migration]:
    """Return the migrations in the order in which they are applied."""
    found = folder or migrations_folder("clickhouse")
    migrations = [
        Migration(path.stem, tuple(split_statements(path.read_text("utf-8"))))
        for path in found.glob("*.sql")
    ]
    return sorted(migrations, key=lambda migration: (migration.repeatable, migration.name))


def split_statements(text: str) -> list[str]:
    """Return the statements of a file without comment lines."""
    parts = _END.split(_COMMENT.sub("", text))
    return [part.strip() for part in parts if part.strip()]


async def migrate_clickhouse(
    clickhouse_url: str, database_url: str | None = None, *, folder: Path | None = None
) -> list[str]:
    """Apply what is missing; return the names of what was applied.

    Several processes may call it at once: with `database_url` (PostgreSQL) one works and the
    others wait at an advisory lock.
    Raises: MigrationChanged, ClickHouseError, EngineUnavailable.
    """
    ch = ClickHouse(clickhouse_url, pool_size=1)
    try:
        await ch.wait_ready()
        async with _alone(database_url):
            return await _apply(ch, read_migrations(folder))
    finally:
        await ch.close()


async def _apply(ch: ClickHouse, migrations: list[Migration]) -> list[str]:
    await ch.command(_JOURNAL, repeatable=True)
    rows = await ch.query(
        "SELECT name, argMax(checksum, applied_at) FROM schema_migrations GROUP BY name"
    )
    done = {str(name): str(checksum) for name, checksum in rows}
    names = await _names(ch)
    applied: list[str] = []
    for migration in migrations:
        statements = [_fill(statement, names) for statement in migration.statements]
        checksum = _checksum(statements)
        if done.get(migration.name) == checksum:
            continue
        if migration.name in done and not migration.repeatable:
            raise MigrationChanged(name=migration.name)
        for statement in statements:
            await ch.command(statement, repeatable=True)
        await ch.command(
            "INSERT INTO schema_migrations (name, checksum) "
            "SELECT {name:String}, {checksum:String}",
            {"name": migration.name, "checksum": checksum},
        )
        applied.append(migration.name)
    return applied


async def _names(ch: ClickHouse) -> dict[str, str]:
    """Return what stands for the places `{{…}}` in a migration.

    A dictionary asks its own server and has to sign in there. The embedded engine knows no users
    but its own, whoever came in through its HTTP front.
    """
    ((user,),) = await ch.query("SELECT currentUser()")
    password = ch.password if user == ch.user else ""
    if not re.fullmatch(r"[A-Za-z_]\w*", ch.database):
        raise BadSettings(what=f"The name of the ClickHouse database is not plain: {ch.database}")
    return {"database": ch.database, "user": _quoted(str(user)), "password": _quoted(password)}


def _fill(statement: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        statement = statement.replace("{{" + name + "}}", value)
    return statement


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _checksum(statements: list[str]) -> str:
    text = "\n".join(" ".join(statement.split()) for statement in statements)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@asynccontextmanager
async def _alone(database_url: str | None) -> AsyncIterator[None]:
    """Hold the advisory lock of ClickHouse migrations; the end of the session gives it back."""
    if database_url is None:
        yield
        return
    connection = await psycopg.AsyncConnection.connect(database_url, autocommit=True)
    async with connection:
        await connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        yield
