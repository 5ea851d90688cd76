"""Events and orders, as the store keeps them."""

from __future__ import annotations

from typing import Any, ClassVar

import pyarrow as pa

from otklik.exports.files.columns import PROPERTY, Column, property_sql
from otklik.exports.files.members import IN_SET
from otklik.exports.files.reading import MOMENT, ExportPage, Key, Reader, millis
from otklik.kit.clickhouse_sql import quote_name
from otklik.runtime.public import CURRENT_PROFILE


class FactsReader(Reader):
    """What events and orders share. The first `key_parts` columns of a query are the key."""

    key_parts: ClassVar[int]

    async def _count(self, table: str, where: list[str], values: dict[str, Any]) -> int:
        sql = f"SELECT count() FROM {table} WHERE {' AND '.join(where)}"
        return int((await self.rt.ch.query(sql, values))[0][0])

    def filters(self, *, time: str, profile: str) -> tuple[list[str], dict[str, Any]]:
        plan, scope = self.plan, self.scope
        where = ["workspace_id = {workspace_id:UInt32}"]
        values: dict[str, Any] = {"workspace_id": self.workspace_id}
        if plan.since is not None:
            where.append(f"{time} >= fromUnixTimestamp64Milli({{since:Int64}}, 'UTC')")
            values["since"] = millis(plan.since)
        if plan.until is not None:
            where.append(f"{time} < fromUnixTimestamp64Milli({{until:Int64}}, 'UTC')")
            values["until"] = millis(plan.until)
        if scope.members is not None:
            where.append(f"{profile} IN {IN_SET}")
            values["members"] = scope.members
        return where, values

    def _facts_page(self, table: pa.Table, after: Key, limit: int) -> ExportPage:
        """Split the key from the columns; names of columns may not meet those of the table."""
        count = self.key_parts
        rows = table.num_rows
        key = tuple(_key_part(table.column(i)[rows - 1]) for i in range(count)) if rows else after
        table = table.select(range(count, table.num_columns))
        names = [name.removeprefix("out.") for name in table.column_names]
        return ExportPage(table.rename_columns(names), key, rows < limit)


class EventsReader(FactsReader):
    key_parts = 4

    async def count(self) -> int | None:
        return await self._count("events", *self._events_where())

    def _events_where(self) -> tuple[list[str], dict[str, Any]]:
        where, values = self.filters(time="time", profile=CURRENT_PROFILE)
        where.append("received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')")
        values["as_of"] = millis(self.scope.as_of)
        if self.scope.arrived_after is not None:
            where.append("received_at > fromUnixTimestamp64Milli({arrived:Int64}, 'UTC')")
            values["arrived"] = millis(self.scope.arrived_after)
        if self.plan.names:
            where.append("name IN {names:Array(String)}")
            values["names"] = list(self.plan.names)
        return where, values

    async def rows(self, after: Key | None, limit: int) -> ExportPage:
        where, values = self._events_where()
        if after is not None:
            # Written out instead of as a tuple, so that the primary key finds the place.
            where.append(
                """(name > {k0:String} OR (name = {k0:String} AND (profile_id > {k1:UInt64}
                OR (profile_id = {k1:UInt64} AND (time > fromUnixTimestamp64Milli({k2:Int64}, 'UTC')
                OR (time = fromUnixTimestamp64Milli({k2:Int64}, 'UTC')
                    AND message_id > {k3:String}))))))"""
            )
            where.append("name >= {k0:String}")
            values |= {"k0": after[0], "k1": after[1], "k2": after[2], "k3": after[3]}
        sql = f"""
            SELECT toString(name) AS k0, profile_id AS k1, time AS k2, message_id AS k3,
                   {", ".join(self._event_column(c) for c in self.stored)}
            FROM events WHERE {" AND ".join(where)}
            ORDER BY workspace_id, name, profile_id, time, message_id
            LIMIT {{limit:UInt32}}
            """
        table = await self.rt.ch.query_arrow(sql, {**values, "limit": limit + 1})
        if table.num_rows > limit:
            if table.slice(limit - 1, 1).select(range(4)) == table.slice(limit).select(range(4)):
                # Rows of one key stay on one page. WITH TIES reads all columns before it sorts, so
                # it is asked for only where two events are the same to the last letter of their id.
                sql += " WITH TIES"
                table = await self.rt.ch.query_arrow(sql, {**values, "limit": limit})
            else:
                table = table.slice(0, limit)
        return self._facts_page(table, after or ("", 0, 0, ""), limit)

    @staticmethod
    def _event_column(column: Column) -> str:
        name = column.name
        if name.startswith(PROPERTY):
            sql = property_sql(name)
        else:
            sql = {
                "profile_id": f"toInt64({CURRENT_PROFILE})",
                "name": "toString(name)",
                "type": "toString(type)",
                "source": "toString(source)",
                "properties": "toString(properties)",
                "context": "if(context = '', '{}', context)",
            }.get(name, name)
        return f"{sql} AS {quote_name('out.' + name)}"


class OrdersReader(FactsReader):
    key_parts = 1

    async def count(self) -> int | None:
        where, values = self.filters(time="placed_at", profile="profile_id")
        return await self._count("orders FINAL", where, values)

    async def rows(self, after: Key | None, limit: int) -> ExportPage:
        where, values = self.filters(time="placed_at", profile="profile_id")
        if after is not None:
            where.append("order_id > {k0:String}")
            values["k0"] = after[0]
        table = await self.rt.ch.query_arrow(
            f"""
            SELECT order_id AS k0, {", ".join(self._order_column(c) for c in self.stored)}
            FROM orders FINAL WHERE {" AND ".join(where)}
            ORDER BY workspace_id, order_id LIMIT {{limit:UInt32}}
            """,
            {**values, "limit": limit},
        )
        return self._facts_page(table, after or ("",), limit)

    @staticmethod
    def _order_column(column: Column) -> str:
        name = column.name
        if column.kind == "json":
            sql = f"toJSONString({name})"
        else:
            sql = {
                "profile_id": "toInt64(profile_id)",
                "status": "toString(status)",
                "currency": "toString(currency)",
            }.get(name, name)
        return f"{sql} AS {quote_name('out.' + name)}"


def _key_part(value: pa.Scalar) -> str | int:
    if pa.types.is_timestamp(value.type):
        return int(value.cast(MOMENT).value)
    part = value.as_py()
    return part if isinstance(part, str) else int(part)
