"""Writing what differs between what a trait is computed to be and what is stored.

The differences are laid down in ClickHouse first and written from there in batches, so memory stays
flat at any number of people. A batch is one transaction in PostgreSQL; ClickHouse learns it after
the commit. Whoever finds differences that an earlier run left (it was killed) writes them first:
some may have reached only one of the two engines.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from otklik.computed import model as m
from otklik.computed.compile import Compiler
from otklik.computed.engine import RUN_S, ask, store
from otklik.computed.queries.parts import Touched
from otklik.computed.queries.records import Record
from otklik.computed.queries.values import value_of
from otklik.profiles.public import store_computed_traits, write_computed_traits
from otklik.rules.moments import Frame
from otklik.runtime.public import Runtime


class Differences:
    """The differences of one trait at one moment. `batch`: people per transaction."""

    def __init__(self, rt: Runtime, record: Record, frame: Frame, batch: int) -> None:
        self._rt = rt
        self._record = record
        self._frame = frame
        self._batch = batch
        self._outputs = m.outputs_of(record.definition)
        self._mine = {"workspace": record.workspace_id, "trait": str(record.id)}

    async def lay_down_removal(self, names: Sequence[str]) -> None:
        """Store that nobody has a value any more."""
        await store(
            self._rt,
            "INSERT INTO computed_changes (workspace_id, trait_id, profile_id)"
            " SELECT DISTINCT {workspace:UInt32}, {trait:UUID}, profile_id FROM profile_traits"
            " FINAL WHERE workspace_id = {workspace:UInt32} AND trait IN {names:Array(String)}"
            " AND type != 'null'",
            {**self._mine, "names": names},
            limit_s=RUN_S,
        )

    async def lay_down(
        self, names: Sequence[str], facts: m.RunFacts, touched: Touched | None
    ) -> None:
        """Store the differences between what is computed and what is stored."""
        compiled = Compiler(
            self._record.definition,
            self._frame,
            workspace_id=self._record.workspace_id,
            facts=facts,
            among=touched.dated if touched else None,
            parameters=touched.parameters if touched else None,
        ).values()
        outputs = [m.full_name(self._record.name, output) for output in self._outputs]
        stored = _stored_sql(outputs, names)
        if touched is not None:
            stored = stored.replace("{only}", f" AND profile_id IN ({touched.today})")
        stored = stored.replace("{only}", "")
        parameters = {**compiled.parameters, **self._mine, "names": list(names)}
        if "{outputs:" in stored:
            parameters["outputs"] = outputs
        await store(
            self._rt,
            "INSERT INTO computed_changes"
            " (workspace_id, trait_id, profile_id, kinds, texts, numbers)"
            " SELECT {workspace:UInt32}, {trait:UUID}, profile_id, fresh.1, fresh.2, fresh.3 FROM ("
            "SELECT profile_id, anyIf(value, is_new) AS fresh, anyIf(value, NOT is_new) AS old"
            " FROM ("
            "SELECT profile_id, true AS is_new, (CAST(kinds AS Array(UInt8)), texts, numbers) AS"
            f" value FROM ({compiled.sql}) WHERE arrayExists(k -> k != 0, kinds)"
            " UNION ALL"
            f" SELECT profile_id, false AS is_new, (kinds, texts, numbers) AS value FROM ({stored})"
            ") GROUP BY profile_id HAVING fresh != old)",
            parameters,
            limit_s=RUN_S,
        )

    async def write(self, names: Sequence[str]) -> int:
        """Write what is laid down, batch by batch, and drop it; returns how many people it was."""
        done, after = 0, -1
        while True:
            rows = await ask(
                self._rt,
                "SELECT profile_id, kinds, texts, numbers FROM computed_changes"
                " WHERE workspace_id = {workspace:UInt32} AND trait_id = {trait:UUID}"
                " AND profile_id >= {start:UInt64} ORDER BY profile_id LIMIT {size:UInt32}",
                {**self._mine, "start": after + 1, "size": self._batch},
                limit_s=RUN_S,
            )
            if not rows:
                break
            async with self._rt.db.begin() as tx:
                table = await write_computed_traits(
                    tx,
                    workspace_id=self._record.workspace_id,
                    trait=self._record.name,
                    ids=[int(row[0]) for row in rows],
                    values=[value_of(self._outputs, *row[1:]) for row in rows],
                    flat_names=names,
                    now=self._frame.now,
                )
            await store_computed_traits(self._rt, table)
            done += len(rows)
            after = int(rows[-1][0])
        # The id is a UUID of this program; a partition can't be bound to a parameter.
        await self._rt.ch.command(
            f"ALTER TABLE computed_changes DROP PARTITION '{UUID(str(self._record.id))}'"
        )
        return done


def _stored_sql(outputs: Sequence[str], names: Sequence[str]) -> str:
    """Return a query of the stored values in the form of compiled ones; `{only}` takes a limit.

    A value of another form, such as a list that an event said, differs from everything computed.
    """
    kind = "multiIf(type IN ('string', 'date'), 1, type = 'number', 2, type = 'bool', 3, 9)"
    text = "if(type IN ('string', 'date'), str, '')"
    number = "if(type IN ('number', 'bool'), num, 0.)"
    source = (
        "FROM profile_traits FINAL WHERE workspace_id = {workspace:UInt32}"
        " AND trait IN {names:Array(String)} AND type != 'null'{only}"
    )
    if list(outputs) == list(names) and len(outputs) == 1:
        return (
            f"SELECT profile_id, [toUInt8({kind})] AS kinds, [{text}] AS texts,"
            f" [{number}] AS numbers {source}"
        )
    at = [f"trait = {{outputs:Array(String)}}[{n}]" for n in range(1, len(outputs) + 1)]
    kinds = ", ".join(f"toUInt8(maxIf({kind}, {one}))" for one in at)
    texts = ", ".join(f"maxIf({text}, {one})" for one in at)
    numbers = ", ".join(f"sumIf({number}, {one})" for one in at)
    return (
        "SELECT profile_id, if(countIf(trait NOT IN {outputs:Array(String)}) > 0, [toUInt8(9)],"
        f" [{kinds}]) AS kinds, [{texts}] AS texts, [{numbers}] AS numbers {source}"
        " GROUP BY profile_id"
    )
