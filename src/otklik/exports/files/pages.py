"""Reading an export page by page, in an order that stays.

Every page is a query of its own that begins behind the last row of the one before (a keyset). So a
slow reader holds no query and no transaction, a reader who leaves stops everything, and a broken
download goes on from any row. Rows are grouped as the store keeps them: events by name, person and
time; orders, messages and profiles by their numbers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from otklik.delivery.public import message_columns
from otklik.exports.files.columns import (
    CUSTOMER,
    PROFILE_ID,
    PROPERTY,
    Column,
    chosen,
    property_sql,
    traits_of,
)
from otklik.exports.files.members import (
    IN_SET,
    check_members,
    members_after,
    members_among,
    write_members,
)
from otklik.exports.model import Cursor, ExportPlan, Scope, Subject
from otklik.kit.clickhouse_sql import quote_name
from otklik.profiles.public import count_profiles, newest_profile, profile_columns
from otklik.runtime.public import CURRENT_PROFILE, Runtime

Key = tuple[str | int, ...]

FIRST_PAGE: Final = 20_000
PAGE_MAX: Final = 100_000
_SMALL, _LARGE = 6 * 1024**2, 24 * 1024**2
_MOMENT = pa.timestamp("ms", "UTC")
_KEYS = {
    Subject.PROFILES: 1,
    Subject.EVENTS: 4,
    Subject.ORDERS: 1,
    Subject.MESSAGES: 1,
}


class ExportPage(msgspec.Struct, frozen=True):
    """Rows of one page (possibly none, where a filter left nothing) and the key behind them."""

    table: pa.Table
    key: Key
    last: bool


async def open_scope(
    rt: Runtime,
    plan: ExportPlan,
    *,
    workspace_id: int,
    now: datetime,
    arrived_after: datetime | None = None,
) -> Scope:
    """Fix which rows an export has: those known at `now`, of the segment's members at `now`.

    Raises: SegmentNotFound, DefinitionTooHeavy.
    """
    members = None
    if plan.segment_id is not None:
        members = await write_members(
            rt, workspace_id=workspace_id, segment_id=plan.segment_id, now=now
        )
    top = None
    if plan.subject is Subject.PROFILES and members is None:
        async with rt.db.begin() as tx:
            top = await newest_profile(tx, workspace_id=workspace_id)
    return Scope(as_of=now, arrived_after=arrived_after, members=members, top=top)


async def check_cursor(rt: Runtime, cursor: Cursor, *, workspace_id: int) -> None:
    """Raises: CursorExpired."""
    if cursor.scope.members is not None:
        await check_members(rt, workspace_id=workspace_id, set_id=cursor.scope.members)


async def pages(
    rt: Runtime, plan: ExportPlan, scope: Scope, *, workspace_id: int, after: Key | None = None
) -> AsyncIterator[ExportPage]:
    """Yield the pages of an export behind the key `after`, the next one read ahead.

    The tables have the columns of the plan. Memory: two pages, each of some megabytes.
    """
    reader = _Reader(rt, plan, scope, workspace_id)
    read: Callable[[Key | None, int], Awaitable[ExportPage]] = reader.read
    left = plan.limit
    size = min(FIRST_PAGE, left or FIRST_PAGE)
    ahead: asyncio.Task[ExportPage] = asyncio.ensure_future(read(after, size))
    try:
        while True:
            page = await ahead
            if left is not None:
                left -= page.table.num_rows
            done = page.last or left == 0
            if not done:
                size = _next_size(size, page.table.nbytes)
                size = min(size, left) if left is not None else size
                ahead = asyncio.ensure_future(read(page.key, size))
            yield msgspec.structs.replace(page, last=done)
            if done:
                return
    finally:
        ahead.cancel()


async def expected_rows(
    rt: Runtime, plan: ExportPlan, scope: Scope, *, workspace_id: int
) -> int | None:
    """Return about how many rows an export has, for its progress; None where counting is work."""
    reader = _Reader(rt, plan, scope, workspace_id)
    count = await reader.count()
    return count if count is None or plan.limit is None else min(count, plan.limit)


def _next_size(size: int, nbytes: int) -> int:
    """Grow pages while they are small in bytes, so that memory stays flat whatever a row holds."""
    if nbytes > _LARGE:
        return max(500, size // 4)
    return min(PAGE_MAX, size * 2) if nbytes < _SMALL else size


class _Reader:
    def __init__(self, rt: Runtime, plan: ExportPlan, scope: Scope, workspace_id: int) -> None:
        self._rt, self._plan, self._scope, self._workspace_id = rt, plan, scope, workspace_id
        self._columns = chosen(plan)
        self._customers = any(c.name.startswith(CUSTOMER) for c in self._columns)
        self._stored = [c for c in self._columns if not c.name.startswith(CUSTOMER)]
        if self._customers and "profile_id" not in {c.name for c in self._stored}:
            # Needed to find the customers; left out again at the end.
            self._stored.append(PROFILE_ID)
        self._read = {
            Subject.PROFILES: self._profiles,
            Subject.EVENTS: self._events,
            Subject.ORDERS: self._orders,
            Subject.MESSAGES: self._messages,
        }[plan.subject]

    async def read(self, after: Key | None, limit: int) -> ExportPage:
        page = await self._read(after, limit)
        table = page.table
        if self._customers:
            table = await self._with_customers(table)
        return msgspec.structs.replace(page, table=table.select([c.name for c in self._columns]))

    async def count(self) -> int | None:
        members = self._scope.members
        if self._plan.subject is Subject.PROFILES:
            if members is not None:
                sql = (
                    "SELECT count() - 1 FROM export_members "
                    "WHERE workspace_id = {workspace_id:UInt32} AND set_id = {members:UUID}"
                )
                values = {"workspace_id": self._workspace_id, "members": members}
                return int((await self._rt.ch.query(sql, values))[0][0])
            async with self._rt.db.begin() as tx:
                return await count_profiles(tx, workspace_id=self._workspace_id)
        if self._plan.subject is Subject.MESSAGES:
            return None
        if self._plan.subject is Subject.EVENTS:
            where, values = self._events_where()
            table = "events"
        else:
            where, values = self._filters(time="placed_at", profile="profile_id")
            table = "orders FINAL"
        sql = f"SELECT count() FROM {table} WHERE {' AND '.join(where)}"
        return int((await self._rt.ch.query(sql, values))[0][0])

    # People ------------------------------------------------------------------------------------

    async def _profiles(self, after: Key | None, limit: int) -> ExportPage:
        begin = int(after[0]) if after else 0
        members = None
        if self._scope.members is not None:
            members = await members_after(
                self._rt,
                workspace_id=self._workspace_id,
                set_id=self._scope.members,
                after=begin,
                limit=limit,
            )
        async with self._rt.db.begin() as tx:
            table = await profile_columns(
                tx,
                workspace_id=self._workspace_id,
                after=begin,
                limit=limit,
                profile_ids=members,
            )
        ids = members if members is not None else table["profile_id"].to_pylist()
        key: Key = (ids[-1],) if ids else (begin,)
        last = len(ids) < limit
        if self._scope.top is not None:
            # Who came after the start has a greater number.
            table = table.filter(pc.less_equal(table["profile_id"], self._scope.top))
            last = last or ids[-1] > self._scope.top
        table = self._within(table, "last_seen")
        for name, values in await self._traits(table["profile_id"]):
            table = table.append_column(name, values)
        return ExportPage(table, key, last)

    def _within(self, table: pa.Table, column: str) -> pa.Table:
        if self._plan.since is not None:
            table = table.filter(pc.greater_equal(table[column], _at(self._plan.since)))
        if self._plan.until is not None:
            table = table.filter(pc.less(table[column], _at(self._plan.until)))
        return table

    async def _traits(self, profile_ids: Any) -> list[tuple[str, pa.Array]]:
        names = traits_of(self._columns)
        if not names:
            return []
        ids = profile_ids.combine_chunks() if profile_ids.num_chunks else pa.array([], pa.int64())
        found: dict[str, pa.Array] = {}
        if len(ids):
            rows = await self._rt.ch.query_arrow(
                """
                SELECT toString(trait) AS trait, toInt64(profile_id) AS profile_id,
                       multiIf(type IN ('string', 'date'), toJSONString(str),
                               type = 'list', toJSONString(list), str) AS value
                FROM profile_traits FINAL
                WHERE workspace_id = {workspace_id:UInt32} AND trait IN {names:Array(String)}
                  AND profile_id BETWEEN {first:UInt64} AND {last:UInt64} AND type != 'null'
                """,
                {
                    "workspace_id": self._workspace_id,
                    "names": names,
                    "first": ids[0].as_py(),
                    "last": ids[-1].as_py(),
                },
            )
            for name in names:
                of_name = rows.filter(pc.equal(rows["trait"], name))
                places = pc.index_in(ids, value_set=of_name["profile_id"].combine_chunks())
                found[name] = of_name["value"].combine_chunks().take(places)
        empty = pa.nulls(len(ids), pa.string())
        return [(f"traits.{name}", found.get(name, empty)) for name in names]

    async def _with_customers(self, table: pa.Table) -> pa.Table:
        ids = pc.unique(table["profile_id"].combine_chunks()).to_pylist() if len(table) else []
        async with self._rt.db.begin() as tx:
            people = await profile_columns(
                tx, workspace_id=self._workspace_id, profile_ids=[int(one) for one in ids]
            )
        places = pc.index_in(
            table["profile_id"].cast(pa.int64()), value_set=people["profile_id"].combine_chunks()
        )
        for name in ("name", "email", "phone", "user_id"):
            values = people[name].combine_chunks() if len(people) else pa.array([], pa.string())
            table = table.append_column(CUSTOMER + name, values.take(places.combine_chunks()))
        return table

    # Facts -------------------------------------------------------------------------------------

    def _filters(self, *, time: str, profile: str) -> tuple[list[str], dict[str, Any]]:
        plan, scope = self._plan, self._scope
        where = ["workspace_id = {workspace_id:UInt32}"]
        values: dict[str, Any] = {"workspace_id": self._workspace_id}
        if plan.since is not None:
            where.append(f"{time} >= fromUnixTimestamp64Milli({{since:Int64}}, 'UTC')")
            values["since"] = _millis(plan.since)
        if plan.until is not None:
            where.append(f"{time} < fromUnixTimestamp64Milli({{until:Int64}}, 'UTC')")
            values["until"] = _millis(plan.until)
        if scope.members is not None:
            where.append(f"{profile} IN {IN_SET}")
            values["members"] = scope.members
        return where, values

    def _events_where(self) -> tuple[list[str], dict[str, Any]]:
        where, values = self._filters(time="time", profile=CURRENT_PROFILE)
        where.append("received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')")
        values["as_of"] = _millis(self._scope.as_of)
        if self._scope.arrived_after is not None:
            where.append("received_at > fromUnixTimestamp64Milli({arrived:Int64}, 'UTC')")
            values["arrived"] = _millis(self._scope.arrived_after)
        if self._plan.names:
            where.append("name IN {names:Array(String)}")
            values["names"] = list(self._plan.names)
        return where, values

    async def _events(self, after: Key | None, limit: int) -> ExportPage:
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
                   {", ".join(self._event_column(c) for c in self._stored)}
            FROM events WHERE {" AND ".join(where)}
            ORDER BY workspace_id, name, profile_id, time, message_id
            LIMIT {{limit:UInt32}}
            """
        table = await self._rt.ch.query_arrow(sql, {**values, "limit": limit + 1})
        if table.num_rows > limit:
            if table.slice(limit - 1, 1).select(range(4)) == table.slice(limit).select(range(4)):
                # Rows of one key stay on one page. WITH TIES reads all columns before it sorts, so
                # it is asked for only where two events are the same to the last letter of their id.
                sql += " WITH TIES"
                table = await self._rt.ch.query_arrow(sql, {**values, "limit": limit})
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
        return f"{sql} AS {_quoted('out.' + name)}"

    async def _orders(self, after: Key | None, limit: int) -> ExportPage:
        where, values = self._filters(time="placed_at", profile="profile_id")
        if after is not None:
            where.append("order_id > {k0:String}")
            values["k0"] = after[0]
        table = await self._rt.ch.query_arrow(
            f"""
            SELECT order_id AS k0, {", ".join(self._order_column(c) for c in self._stored)}
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
        return f"{sql} AS {_quoted('out.' + name)}"

    def _facts_page(self, table: pa.Table, after: Key, limit: int) -> ExportPage:
        """Split the key from the columns; names of columns may not meet those of the table."""
        count = _KEYS[self._plan.subject]
        rows = table.num_rows
        key = tuple(_key_part(table.column(i)[rows - 1]) for i in range(count)) if rows else after
        table = table.select(range(count, table.num_columns))
        names = [name.removeprefix("out.") for name in table.column_names]
        return ExportPage(table.rename_columns(names), key, rows < limit)

    # Messages ----------------------------------------------------------------------------------

    async def _messages(self, after: Key | None, limit: int) -> ExportPage:
        begin = int(after[0]) if after else 0
        plan, scope = self._plan, self._scope
        since = max(filter(None, (plan.since, _next_ms(scope.arrived_after))), default=None)
        until = min(filter(None, (plan.until, _next_ms(scope.as_of))))
        async with self._rt.db.begin() as tx:
            table = await message_columns(
                tx,
                workspace_id=self._workspace_id,
                after=begin,
                limit=limit,
                source_id=plan.source_id,
                since=since,
                # What never changed has no moment and is taken only by a whole export.
                until=until if since or plan.until else None,
            )
        rows = table.num_rows
        key: Key = (table["message_id"][rows - 1].as_py(),) if rows else (begin,)
        if rows and scope.members is not None:
            ids = pc.unique(table["profile_id"].combine_chunks()).to_pylist()
            among = await members_among(
                self._rt, workspace_id=self._workspace_id, set_id=scope.members, ids=ids
            )
            table = table.filter(
                pc.is_in(table["profile_id"], value_set=pa.array(among, pa.int64()))
            )
        return ExportPage(await self._with_fates(table), key, rows < limit)

    async def _with_fates(self, table: pa.Table) -> pa.Table:
        wanted = [c.name for c in self._columns if c.name in _FATES]
        if not wanted:
            return table
        if not table.num_rows:
            for name in wanted:
                table = table.append_column(name, pa.nulls(0, _MOMENT))
            return table
        ids = table["message_id"].combine_chunks()
        sources = pc.unique(table["source_id"].combine_chunks()).to_pylist()
        fates = ", ".join(
            f"minOrNullIf(at, {_FATES[name]}) AS {_quoted('out.' + name)}" for name in wanted
        )
        facts = await self._rt.ch.query_arrow(
            f"""
            SELECT toInt64(message_id) AS id, {fates} FROM message_facts
            WHERE workspace_id = {{workspace_id:UInt32}}
              AND source_id IN {{sources:Array(UUID)}}
              AND fact IN ('delivered', 'opened', 'clicked', 'unsubscribed')
              AND message_id BETWEEN {{first:UInt64}} AND {{last:UInt64}}
            GROUP BY id
            """,
            {
                "workspace_id": self._workspace_id,
                "sources": sources,
                "first": ids[0].as_py(),
                "last": ids[-1].as_py(),
            },
        )
        places = pc.index_in(ids, value_set=facts["id"].combine_chunks())
        for name in wanted:
            values = facts["out." + name].combine_chunks().cast(_MOMENT)
            table = table.append_column(name, values.take(places))
        return table


_FATES = {
    "delivered_at": "fact = 'delivered'",
    "opened_at": "fact = 'opened' AND verdict = 'person'",
    "clicked_at": "fact = 'clicked' AND verdict = 'person'",
    "unsubscribed_at": "fact = 'unsubscribed'",
}


def _quoted(name: str) -> str:
    return quote_name(name)


def _key_part(value: pa.Scalar) -> str | int:
    if pa.types.is_timestamp(value.type):
        return int(value.cast(_MOMENT).value)
    part = value.as_py()
    return part if isinstance(part, str) else int(part)


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _at(moment: datetime) -> pa.Scalar:
    return pa.scalar(_millis(moment), pa.int64()).cast(_MOMENT)


def _next_ms(at: datetime | None) -> datetime | None:
    """Return the moment behind `at`: "up to and with" becomes "before"."""
    return None if at is None else at + timedelta(milliseconds=1)
