"""Messages, with what became of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from otklik.delivery.public import message_columns
from otklik.exports.files.members import members_among
from otklik.exports.files.reading import MOMENT, ExportPage, Key, Reader
from otklik.kit.clickhouse_sql import quote_name

_FATES = {
    "delivered_at": "fact = 'delivered'",
    "opened_at": "fact = 'opened' AND verdict = 'person'",
    "clicked_at": "fact = 'clicked' AND verdict = 'person'",
    "unsubscribed_at": "fact = 'unsubscribed'",
}


class MessagesReader(Reader):
    async def count(self) -> int | None:
        return None

    async def rows(self, after: Key | None, limit: int) -> ExportPage:
        begin = int(after[0]) if after else 0
        plan, scope = self.plan, self.scope
        since = max(filter(None, (plan.since, _next_ms(scope.arrived_after))), default=None)
        until = min(filter(None, (plan.until, _next_ms(scope.as_of))))
        async with self.rt.db.begin() as tx:
            table = await message_columns(
                tx,
                workspace_id=self.workspace_id,
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
                self.rt, workspace_id=self.workspace_id, set_id=scope.members, ids=ids
            )
            table = table.filter(
                pc.is_in(table["profile_id"], value_set=pa.array(among, pa.int64()))
            )
        return ExportPage(await self._with_fates(table), key, rows < limit)

    async def _with_fates(self, table: pa.Table) -> pa.Table:
        wanted = [c.name for c in self.columns if c.name in _FATES]
        if not wanted:
            return table
        if not table.num_rows:
            for name in wanted:
                table = table.append_column(name, pa.nulls(0, MOMENT))
            return table
        ids = table["message_id"].combine_chunks()
        sources = pc.unique(table["source_id"].combine_chunks()).to_pylist()
        fates = ", ".join(
            f"minOrNullIf(at, {_FATES[name]}) AS {quote_name('out.' + name)}" for name in wanted
        )
        facts = await self.rt.ch.query_arrow(
            f"""
            SELECT toInt64(message_id) AS id, {fates} FROM message_facts
            WHERE workspace_id = {{workspace_id:UInt32}}
              AND source_id IN {{sources:Array(UUID)}}
              AND fact IN ('delivered', 'opened', 'clicked', 'unsubscribed')
              AND message_id BETWEEN {{first:UInt64}} AND {{last:UInt64}}
            GROUP BY id
            """,
            {
                "workspace_id": self.workspace_id,
                "sources": sources,
                "first": ids[0].as_py(),
                "last": ids[-1].as_py(),
            },
        )
        places = pc.index_in(ids, value_set=facts["id"].combine_chunks())
        for name in wanted:
            values = facts["out." + name].combine_chunks().cast(MOMENT)
            table = table.append_column(name, values.take(places))
        return table


def _next_ms(at: datetime | None) -> datetime | None:
    """Return the moment behind `at`: "up to and with" becomes "before"."""
    return None if at is None else at + timedelta(milliseconds=1)
