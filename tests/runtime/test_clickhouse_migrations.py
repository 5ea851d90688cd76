"""The ClickHouse schema: applied once, in order, whoever starts first."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from otklik.kit.ids import new_token
from otklik.runtime.clickhouse_migrations import (
    MigrationChanged,
    migrate_clickhouse,
    read_migrations,
    split_statements,
)
from otklik.runtime.embedded.supervisor import EmbeddedEngines
from otklik.runtime.errors import BadSettings
from otklik.runtime.public import ClickHouse, ClickHouseError


@pytest.fixture
async def url(engines: EmbeddedEngines) -> AsyncIterator[str]:
    """A database of its own for one test."""
    name = f"m_{new_token(64).replace('-', '_')}"
    ch = ClickHouse(engines.clickhouse_url, pool_size=1)
    await ch.command(f"CREATE DATABASE {name}")
    yield engines.clickhouse_url.rsplit("/", 1)[0] + f"/{name}"
    await ch.command(f"DROP DATABASE {name}")
    await ch.close()


async def ask(url: str, sql: str) -> list[tuple[object, ...]]:
    ch = ClickHouse(url, pool_size=1)
    try:
        return await ch.query(sql)
    finally:
        await ch.close()


def test_it_splits_statements_at_the_ends_of_lines() -> None:
    text = "-- A; comment;\nSELECT 'a;b', 1;\n\nSELECT 2\n  -- inside\n, 3 ;  \nSELECT 4"
    assert split_statements(text) == ["SELECT 'a;b', 1", "SELECT 2\n\n, 3", "SELECT 4"]


def test_it_has_plain_unique_names_in_order() -> None:
    names = [migration.name for migration in read_migrations()]
    assert names == sorted(names)
    assert all(re.fullmatch(r"(\d{4}|R)_[a-z_]+", name) for name in names)
    assert len({name.split("_")[0] for name in names if name[0] != "R"}) == len(
        [name for name in names if name[0] != "R"]
    )


async def test_it_makes_every_table_with_a_memory_for_tokens(
    url: str, engines: EmbeddedEngines
) -> None:
    applied = await migrate_clickhouse(url, engines.database_url)
    assert len(applied) == len(read_migrations())
    tables = dict(
        await ask(
            url,
            "SELECT name, create_table_query FROM system.tables "
            "WHERE database = currentDatabase() AND engine LIKE '%MergeTree' "
            "AND name != 'schema_migrations'",
        )
    )
    assert set(tables) >= {
        "events",
        "profile_traits",
        "profiles",
        "profile_merges",
        "orders",
        "consents",
        "segment_memberships",
        "message_facts",
    }
    for name, query in tables.items():
        # Without this a repeated token would store its rows again.
        assert "non_replicated_deduplication_window" in str(query)
        # Pieces of the numbers that there are belong to nobody.
        assert "workspace_id" in str(query) or name == "id_pieces"
    assert await migrate_clickhouse(url, engines.database_url) == []


async def test_it_works_once_when_several_start_at_the_same_time(
    url: str, engines: EmbeddedEngines
) -> None:
    outcomes = await asyncio.gather(
        *(migrate_clickhouse(url, engines.database_url) for _ in range(3))
    )
    assert sorted(len(outcome) for outcome in outcomes) == [0, 0, len(read_migrations())]
    rows = await ask(url, "SELECT name, count() FROM schema_migrations GROUP BY name")
    assert {count for _, count in rows} == {1}


async def test_it_goes_on_after_a_file_that_was_cut_short(url: str, tmp_path: Path) -> None:
    file = tmp_path / "0001_two.sql"
    file.write_text("CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = Memory;\nNONSENSE;\n")
    with pytest.raises(ClickHouseError):
        await migrate_clickhouse(url, folder=tmp_path)
    file.write_text(
        "CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = Memory;\n"
        "CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = Memory;\n"
    )
    assert await migrate_clickhouse(url, folder=tmp_path) == ["0001_two"]


async def test_it_refuses_a_migration_that_was_changed(url: str, tmp_path: Path) -> None:
    file = tmp_path / "0001_one.sql"
    file.write_text("CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = Memory;\n")
    await migrate_clickhouse(url, folder=tmp_path)
    # A comment or another indent is no change.
    file.write_text("-- Why.\nCREATE TABLE IF NOT EXISTS a\n  (x UInt8) ENGINE = Memory;\n")
    assert await migrate_clickhouse(url, folder=tmp_path) == []
    file.write_text("CREATE TABLE IF NOT EXISTS a (x UInt16) ENGINE = Memory;\n")
    with pytest.raises(MigrationChanged, match="0001_one"):
        await migrate_clickhouse(url, folder=tmp_path)


async def test_it_repeats_what_may_change(url: str, tmp_path: Path) -> None:
    file = tmp_path / "R_view.sql"
    file.write_text("CREATE OR REPLACE VIEW v AS SELECT '{{database}}' AS x;\n")
    assert await migrate_clickhouse(url, folder=tmp_path) == ["R_view"]
    assert await migrate_clickhouse(url, folder=tmp_path) == []
    assert await ask(url, "SELECT x FROM v") == [(url.rsplit("/", 1)[1],)]
    file.write_text("CREATE OR REPLACE VIEW v AS SELECT 2 AS x;\n")
    assert await migrate_clickhouse(url, folder=tmp_path) == ["R_view"]
    assert await ask(url, "SELECT x FROM v") == [(2,)]


async def test_it_refuses_a_database_name_that_needs_quotes(
    engines: EmbeddedEngines, tmp_path: Path
) -> None:
    base = engines.clickhouse_url.rsplit("/", 1)[0]
    ch = ClickHouse(engines.clickhouse_url, pool_size=1)
    await ch.command("CREATE DATABASE IF NOT EXISTS `odd-name`")
    with pytest.raises(BadSettings):
        await migrate_clickhouse(f"{base}/odd-name", folder=tmp_path)
    await ch.command("DROP DATABASE `odd-name`")
    await ch.close()
