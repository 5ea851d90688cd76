"""Rows leave ClickHouse's disk, and tables that held none of them are left as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from otklik.kit.ids import new_token
from otklik.runtime.public import Runtime, delete_rows, remove_deleted

MONTHS = ("2026-01-05", "2026-02-05", "2026-03-05")
Part = tuple[str, str, int]
"""The partition of a part, its name, and whether rows in it are only marked as deleted."""


@pytest.fixture
async def table(rt: Runtime) -> AsyncIterator[str]:
    """Twenty people, each with a row in each of three months."""
    name = "rows_" + "".join(letter for letter in new_token().lower() if letter.isalnum())[:12]
    await rt.ch.command(
        f"CREATE TABLE {name} (id UInt32, day Date) ENGINE = MergeTree"
        " PARTITION BY toYYYYMM(day) ORDER BY id"
    )
    for day in MONTHS:
        await rt.ch.command(
            f"INSERT INTO {name} SELECT number, toDate({{day:String}}) FROM numbers(20)",
            {"day": day},
        )
    yield name
    await rt.ch.command(f"DROP TABLE {name} SYNC")


async def parts(rt: Runtime, table: str) -> list[Part]:
    rows = await rt.ch.query(
        "SELECT partition_id, name, has_lightweight_delete FROM system.parts"
        " WHERE database = currentDatabase() AND table = {table:String} AND active"
        " ORDER BY partition_id",
        {"table": table},
    )
    return [(str(partition), str(name), int(marked)) for partition, name, marked in rows]


async def rows_on_disk(rt: Runtime, table: str) -> int:
    """Return how many rows the parts hold, marked or not."""
    (row,) = await rt.ch.query(
        "SELECT sum(rows) FROM system.parts"
        " WHERE database = currentDatabase() AND table = {table:String} AND active",
        {"table": table},
    )
    return int(row[0])


async def test_deleted_rows_leave_the_disk(rt: Runtime, table: str) -> None:
    gone = await delete_rows(
        rt.ch, table, "id IN {ids:Array(UInt32)} AND day < '2026-02-01'", {"ids": [3, 4]}
    )
    assert gone == 2
    assert [marked for _, _, marked in await parts(rt, table)] == [1, 0, 0]
    assert not await remove_deleted(rt.ch, [table], bytes_max=None)
    after = await parts(rt, table)
    assert [marked for _, _, marked in after] == [0, 0, 0]
    assert await rows_on_disk(rt, table) == 58
    # Where nothing is marked, nothing is written anew.
    assert not await remove_deleted(rt.ch, [table], bytes_max=None)
    assert await parts(rt, table) == after


async def test_a_table_without_such_rows_is_not_touched(rt: Runtime, table: str) -> None:
    before = await parts(rt, table)
    assert await delete_rows(rt.ch, table, "id = {id:UInt32}", {"id": 77}) == 0
    assert not await remove_deleted(rt.ch, [table], bytes_max=None)
    assert await parts(rt, table) == before


async def test_a_large_table_is_left_marked(rt: Runtime, table: str) -> None:
    assert await delete_rows(rt.ch, table, "id = 5", {}) == 3
    assert await remove_deleted(rt.ch, [table], bytes_max=0)
    assert [marked for _, _, marked in await parts(rt, table)] == [1, 1, 1]
    (row,) = await rt.ch.query(f"SELECT count() FROM {table} WHERE id = 5")
    assert row[0] == 0, "what is marked is seen by nobody"
    assert await rows_on_disk(rt, table) == 60
