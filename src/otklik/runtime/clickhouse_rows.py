"""Removing rows from ClickHouse, first marked and then from the disk, where there are any.

ClickHouse deletes by a mutation: every part of a table gets a new version, also one without such a
row. So a table is taken in hand only when a row really is in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from otklik.runtime.clickhouse import ClickHouse


async def delete_rows(ch: ClickHouse, table: str, condition: str, given: Mapping[str, Any]) -> int:
    """Delete the rows of `table` that meet `condition`; returns how many there were.

    No query sees them from then on; `remove_deleted` takes them from the disk. Repeatable.
    Raises: ClickHouseError, EngineUnavailable.
    """
    (row,) = await ch.query(f"SELECT count() FROM {table} WHERE {condition}", given)
    if row[0]:
        await ch.command(f"DELETE FROM {table} WHERE {condition}", given, repeatable=True)
    return int(row[0])


async def remove_deleted(ch: ClickHouse, tables: Sequence[str], *, bytes_max: int | None) -> bool:
    """Remove deleted rows of these tables from the disk; returns whether something was left.

    Only tables with marked parts are taken in hand. `bytes_max`: where more than this would have to
    be written in one table, the table is left. Raises: ClickHouseError, EngineUnavailable.
    """
    found = await ch.query(
        """
        SELECT table, sum(bytes_on_disk) FROM system.parts
        WHERE database = currentDatabase() AND active AND has_lightweight_delete
          AND table IN {tables:Array(String)}
        GROUP BY table ORDER BY table
        """,
        {"tables": list(tables)},
    )
    left = False
    for table, size in found:
        if bytes_max is not None and size > bytes_max:
            left = True
            continue
        await ch.command(
            f"ALTER TABLE {table} APPLY DELETED MASK",
            settings={"mutations_sync": 2},
            repeatable=True,
        )
    return left
