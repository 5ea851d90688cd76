"""Customers, with their traits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from otklik.exports.files.columns import traits_of
from otklik.exports.files.members import members_after
from otklik.exports.files.reading import MOMENT, ExportPage, Key, Reader, millis
from otklik.profiles.public import count_profiles, profile_columns


class PeopleReader(Reader):
    async def count(self) -> int | None:
        if self.scope.members is None:
            async with self.rt.db.begin() as tx:
                return await count_profiles(tx, workspace_id=self.workspace_id)
        rows = await self.rt.ch.query(
            "SELECT count() - 1 FROM export_members "
            "WHERE workspace_id = {workspace_id:UInt32} AND set_id = {members:UUID}",
            {"workspace_id": self.workspace_id, "members": self.scope.members},
        )
        return int(rows[0][0])

    async def rows(self, after: Key | None, limit: int) -> ExportPage:
        begin = int(after[0]) if after else 0
        members = None
        if self.scope.members is not None:
            members = await members_after(
                self.rt,
                workspace_id=self.workspace_id,
                set_id=self.scope.members,
                after=begin,
                limit=limit,
            )
        async with self.rt.db.begin() as tx:
            table = await profile_columns(
                tx,
                workspace_id=self.workspace_id,
                after=begin,
                limit=limit,
                profile_ids=members,
            )
        ids = members if members is not None else table["profile_id"].to_pylist()
        key: Key = (ids[-1],) if ids else (begin,)
        last = len(ids) < limit
        if self.scope.top is not None:
            # Who came after the start has a greater number.
            table = table.filter(pc.less_equal(table["profile_id"], self.scope.top))
            last = last or ids[-1] > self.scope.top
        table = self._within(table, "last_seen")
        for name, values in await self._traits(table["profile_id"]):
            table = table.append_column(name, values)
        return ExportPage(table, key, last)

    def _within(self, table: pa.Table, column: str) -> pa.Table:
        if self.plan.since is not None:
            table = table.filter(pc.greater_equal(table[column], _at(self.plan.since)))
        if self.plan.until is not None:
            table = table.filter(pc.less(table[column], _at(self.plan.until)))
        return table

    async def _traits(self, profile_ids: Any) -> list[tuple[str, pa.Array]]:
        names = traits_of(self.columns)
        if not names:
            return []
        ids = profile_ids.combine_chunks() if profile_ids.num_chunks else pa.array([], pa.int64())
        found: dict[str, pa.Array] = {}
        if len(ids):
            rows = await self.rt.ch.query_arrow(
                """
                SELECT toString(trait) AS trait, toInt64(profile_id) AS profile_id,
                       multiIf(type IN ('string', 'date'), toJSONString(str),
                               type = 'list', toJSONString(list), str) AS value
                FROM profile_traits FINAL
                WHERE workspace_id = {workspace_id:UInt32} AND trait IN {names:Array(String)}
                  AND profile_id BETWEEN {first:UInt64} AND {last:UInt64} AND type != 'null'
                """,
                {
                    "workspace_id": self.workspace_id,
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


def _at(moment: datetime) -> pa.Scalar:
    return pa.scalar(millis(moment), pa.int64()).cast(MOMENT)
