"""A keeper for plain rows: found by the number of a profile, or by what is written in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
import zstandard

from otklik.kit.i18n import Text
from otklik.kit.traces import Erased, Traces
from otklik.privacy.keepers import CLICKHOUSE, Keeper
from otklik.runtime.public import Runtime, Tx, delete_rows, metadata

_OF_PERSON = "workspace_id = {ws:UInt32} AND "
_SHOWN_CHARS = 4_000


def rows_keeper(
    name: str,
    title: Text,
    *,
    by_number: Mapping[str, Sequence[str]] | None = None,
    by_text: Mapping[str, tuple[Sequence[str], str | None]] | None = None,
    in_clickhouse: Mapping[str, Sequence[str]] | None = None,
    hidden: Collection[str] = (),
) -> Keeper:
    """Return a keeper that hands out and deletes whole rows.

    `by_number`: table → columns with numbers of profiles. `by_text`: table → columns whose text
    may name a person (packed by zstd or not), and the column with the moment of the row, or None.
    `in_clickhouse`: table → columns with numbers of profiles. `hidden`: columns that are not handed
    out, since they speak of somebody else.
    """
    kept = _Rows(by_number or {}, by_text or {}, in_clickhouse or {}, hidden)
    return Keeper(
        name=name,
        title=title,
        tables=(
            *sorted({*kept.by_number, *kept.by_text}),
            *(CLICKHOUSE + table for table in sorted(kept.in_clickhouse)),
        ),
        export=kept.export,
        erase=kept.erase,
        count=kept.count,
    )


class _Rows:
    def __init__(
        self,
        by_number: Mapping[str, Sequence[str]],
        by_text: Mapping[str, tuple[Sequence[str], str | None]],
        in_clickhouse: Mapping[str, Sequence[str]],
        hidden: Collection[str],
    ) -> None:
        self.by_number, self.by_text, self.in_clickhouse = by_number, by_text, in_clickhouse
        self.hidden = {"workspace_id", *hidden}

    async def count(self, rt: Runtime, tx: Tx, traces: Traces) -> int:
        total = 0
        for table, condition in self._numbered(traces):
            found = await tx.execute(sa.select(sa.func.count()).select_from(table).where(condition))
            total += int(found.scalar_one())
        for table in map(_table, self.by_text):
            total += len(await self._named(tx, table, traces))
        for name, where, given in self._stored(traces):
            (row,) = await rt.ch.query(f"SELECT count() FROM {name} WHERE {where}", given)
            total += int(row[0])
        return total

    async def export(self, _rt: Runtime, tx: Tx, traces: Traces) -> AsyncIterator[dict[str, Any]]:
        for table, condition in self._numbered(traces):
            for row in await tx.execute(sa.select(table).where(condition)):
                yield self._shown(table, row)
        for table in map(_table, self.by_text):
            keys = await self._named(tx, table, traces)
            if keys:
                statement = sa.select(table).where(_key(table).in_(keys))
                for row in await tx.execute(statement):
                    yield self._shown(table, row)

    async def erase(self, rt: Runtime, tx: Tx, traces: Traces) -> Erased:
        count = 0
        for table, condition in self._numbered(traces):
            count += (await tx.execute(table.delete().where(condition))).rowcount
        for table in map(_table, self.by_text):
            keys = await self._named(tx, table, traces)
            if keys:
                await tx.execute(
                    table.delete().where(
                        table.c.workspace_id == traces.workspace_id, _key(table).in_(keys)
                    )
                )
                count += len(keys)
        for name, where, given in self._stored(traces):
            count += await delete_rows(rt.ch, name, where, given)
        return Erased(count)

    def _shown(self, table: sa.Table, row: Any) -> dict[str, Any]:
        return {
            "record": table.name,
            **{
                name: _plain(value)[:_SHOWN_CHARS].decode("utf-8", "replace")
                if isinstance(value, bytes | memoryview)
                else value
                for name, value in row._mapping.items()
                if name not in self.hidden
            },
        }

    def _numbered(self, traces: Traces) -> list[tuple[sa.Table, sa.ColumnElement[bool]]]:
        ids = sa.func.any(sa.literal(list(traces.profile_ids), sa.ARRAY(sa.BigInteger)))
        found = []
        for name, columns in self.by_number.items():
            table = _table(name)
            mine = sa.or_(*(table.c[column] == ids for column in columns))
            found.append((table, sa.and_(table.c.workspace_id == traces.workspace_id, mine)))
        return found

    def _stored(self, traces: Traces) -> list[tuple[str, str, dict[str, Any]]]:
        given = {"ws": traces.workspace_id, "ids": list(traces.profile_ids)}
        return [
            (
                table,
                f"{_OF_PERSON}("
                + " OR ".join(f"{column} IN {{ids:Array(UInt64)}}" for column in columns)
                + ")",
                given,
            )
            for table, columns in self.in_clickhouse.items()
        ]

    async def _named(self, tx: Tx, table: sa.Table, traces: Traces) -> list[Any]:
        """Return the keys of rows whose text names the person."""
        columns, moment = self.by_text[table.name]
        keys = list(table.primary_key.columns)
        statement = sa.select(*keys, *(table.c[column] for column in columns)).where(
            table.c.workspace_id == traces.workspace_id
        )
        if moment is not None:
            statement = statement.where(table.c[moment] <= traces.until)
        own = {value for _, value in traces.identifiers}
        found = []
        async with tx.stream(statement) as rows:
            async for row in rows:
                values = row[len(keys) :]
                if any(_names(value, own, traces) for value in values):
                    found.append(tuple(row[: len(keys)]))
        return found


def _table(name: str) -> sa.Table:
    return metadata.tables[name]


def _key(table: sa.Table) -> sa.ColumnElement[Any]:
    return sa.tuple_(*table.primary_key.columns)


def _plain(value: Any) -> bytes:
    if isinstance(value, bytes | memoryview):
        try:
            return zstandard.decompress(bytes(value))
        except zstandard.ZstdError:
            return bytes(value)
    return str(value).encode()


def _names(value: Any, own: set[str], traces: Traces) -> bool:
    if value is None:
        return False
    if isinstance(value, str) and value in own:
        return True
    return traces.mentioned_in(_plain(value))
