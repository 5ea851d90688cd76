"""A run: computing a trait as sets, and writing what differs from what is stored.

The differences are laid down in ClickHouse first and written from there in batches, so memory stays
flat at any number of people. A batch is one transaction in PostgreSQL; ClickHouse learns it after
the commit. Whoever finds differences that an earlier run left (it was killed) writes them first:
some may have reached only one of the two engines.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.computed import model as m
from otklik.computed import tables as t
from otklik.computed.compile import Compiler
from otklik.computed.engine import RUN_S, ask, store
from otklik.computed.errors import ComputedTraitBusy, ComputedTraitNotFound
from otklik.computed.evaluate import plain
from otklik.computed.queries.parts import Blocks, Touched, newest_blocks, read_by
from otklik.computed.queries.records import Record, get_record
from otklik.kit.errors import OtklikError
from otklik.kit.ids import new_id
from otklik.profiles.public import (
    register_computed_trait,
    store_computed_traits,
    trait_names,
    write_computed_traits,
)
from otklik.rules.moments import Frame
from otklik.runtime.public import Runtime, Tx, log

BATCH = 10_000
REST_RATIO = 30
REST_MIN_S, REST_MAX_S = 60, 3_600
"""Quintiles move with every order. After everybody was computed for that, the trait rests so many
times as long as it took."""
_TYPES: dict[str, str] = {"number": "number", "string": "string", "date": "date", "any": "string"}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did. `considered`: people looked at, None for everybody."""

    scope: m.ComputedScope
    considered: int | None
    changed: int
    people: int
    took_ms: int


async def run_trait(
    rt: Runtime, *, workspace_id: int, trait_id: UUID, now: datetime, batch: int = BATCH
) -> Outcome | None:
    """Bring the values of a computed trait up to date; None when there was nothing to do.

    Everybody is computed when it is the first time, was asked for, or when time has changed the
    values; else those with new facts. `batch`: people per transaction.
    Raises: ComputedTraitNotFound; ComputedTraitBusy when another run of it is on the way;
    ComputationTooHeavy, EngineUnavailable (written down at the trait as well).
    """
    async with rt.db.begin() as lock:
        if not await _try_lock(lock, trait_id):
            raise ComputedTraitBusy()
        async with rt.db.begin() as tx:
            record = await get_record(tx, workspace_id=workspace_id, trait_id=trait_id)
            zone = (await get_workspace(tx, workspace_id=workspace_id)).timezone
        if record.state is not m.ComputedState.ACTIVE:
            raise ComputedTraitNotFound()
        run = _Run(rt, record, Frame(now=now, zone=zone), batch)
        begun = time.perf_counter()
        try:
            return await run.execute(begun)
        except OtklikError as error:
            log.warning("trait could not be computed", trait=str(trait_id), problem=error.code)
            await run.write_failure(error.code, begun)
            raise


async def remove_values(
    rt: Runtime, *, workspace_id: int, trait_id: UUID, now: datetime, batch: int = BATCH
) -> None:
    """Take the values of a trait that is being removed from everybody, then forget the trait.

    Raises: ComputedTraitNotFound; ComputedTraitBusy.
    """
    async with rt.db.begin() as lock:
        if not await _try_lock(lock, trait_id):
            raise ComputedTraitBusy()
        async with rt.db.begin() as tx:
            record = await get_record(tx, workspace_id=workspace_id, trait_id=trait_id)
        if record.state is not m.ComputedState.REMOVING:
            return
        run = _Run(rt, record, Frame(now=now), batch)
        await run.clear()
        async with rt.db.begin() as tx:
            names = await run.flat_names(tx)
            await register_computed_trait(
                tx, workspace_id=workspace_id, flat_names=names, counts={}, now=now
            )
            c = t.computed_traits.c
            await tx.execute(
                t.computed_traits.delete().where(c.workspace_id == workspace_id, c.id == trait_id)
            )


async def _try_lock(tx: Tx, trait_id: UUID) -> bool:
    """Take the trait's lock until `tx` ends; False when somebody else has it."""
    row = await tx.execute(
        sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"computed:{trait_id}"},
    )
    return bool(row.scalar_one())


class _Run:
    """One run of one trait; the caller holds its lock."""

    def __init__(self, rt: Runtime, record: Record, frame: Frame, batch: int) -> None:
        self._rt = rt
        self._record = record
        self._frame = frame
        self._batch = batch
        self._outputs = m.outputs_of(record.definition)
        self._mine = {"workspace": record.workspace_id, "trait": str(record.id)}
        self._reason = m.ComputedReason.NEW_FACTS
        self._scope = m.ComputedScope.TOUCHED

    async def execute(self, begun: float) -> Outcome | None:
        record, now = self._record, self._frame.now
        # Looked at before anything is computed: what comes meanwhile is new for the next run.
        blocks = read_by(record.definition, await newest_blocks(self._rt))
        due = m.due(
            record.definition,
            computed_at=record.computed_at,
            whole_at=record.whole_at,
            requested=record.requested_at is not None,
            now=now,
            zone=self._frame.zone,
        )
        touched: Touched | None = None
        considered: int | None = None
        if due is not None:
            self._reason, self._scope = due
        else:
            if blocks == record.blocks or self._rests():
                return None
            touched = Touched(record.definition, record.blocks)
            considered, parted = await self._count(touched)
            if not considered:
                await self._remember(blocks)
                return None
            if m.is_relative(record.definition) or parted:
                touched, considered, self._scope = None, None, m.ComputedScope.ALL
        async with self._rt.db.begin() as tx:
            await self._update(tx, running_since=now)
            await self._register(tx)
            names = await self.flat_names(tx)
        # What a run that was killed has left.
        await self._write(names)
        facts = await self._facts()
        await self._lay_down(names, facts, touched)
        changed = await self._write(names)
        async with self._rt.db.begin() as tx:
            people = await self._finish(tx, names)
            took_ms = round((time.perf_counter() - begun) * 1000)
            outcome = Outcome(
                scope=self._scope,
                considered=considered,
                changed=changed,
                people=people,
                took_ms=took_ms,
            )
            await self._write_outcome(tx, outcome, blocks, facts)
        return outcome

    async def clear(self) -> None:
        """Take everybody's value away."""
        async with self._rt.db.begin() as tx:
            names = await self.flat_names(tx)
        # What a run that was killed has left.
        await self._write(names)
        await store(
            self._rt,
            "INSERT INTO computed_changes (workspace_id, trait_id, profile_id)"
            " SELECT DISTINCT {workspace:UInt32}, {trait:UUID}, profile_id FROM profile_traits"
            " FINAL WHERE workspace_id = {workspace:UInt32} AND trait IN {names:Array(String)}"
            " AND type != 'null'",
            {**self._mine, "names": names},
            limit_s=RUN_S,
        )
        await self._write(names)

    def _rests(self) -> bool:
        whole_at = self._record.whole_at
        if whole_at is None or not m.is_relative(self._record.definition):
            return False
        rest_s = REST_RATIO * (self._record.took_ms or 0) / 1000
        rest_s = min(max(rest_s, REST_MIN_S), REST_MAX_S)
        return (self._frame.now - whole_at).total_seconds() < rest_s

    async def _count(self, touched: Touched) -> tuple[int, bool]:
        rows = await ask(
            self._rt,
            f"SELECT count(), ({touched.parted}) FROM ({touched.today})",
            {"workspace": self._record.workspace_id, **touched.parameters},
            limit_s=RUN_S,
        )
        return int(rows[0][0]), bool(rows[0][1])

    async def flat_names(self, tx: Tx) -> list[str]:
        """Return every flat name that the trait has, or had before its definition changed."""
        top = self._record.name
        known = {
            one.trait
            for one in await trait_names(tx, workspace_id=self._record.workspace_id)
            if one.trait == top or one.trait.startswith(f"{top}.")
        }
        return sorted(known | {m.full_name(top, output) for output in self._outputs})

    async def _register(self, tx: Tx) -> None:
        """Make the names known before the first value: whoever carries people knows them by it."""
        known = {one.trait for one in await trait_names(tx, workspace_id=self._record.workspace_id)}
        fresh = {
            (m.full_name(self._record.name, output), _TYPES[output.type]): 0
            for output in self._outputs
            if m.full_name(self._record.name, output) not in known
        }
        if fresh:
            await register_computed_trait(
                tx,
                workspace_id=self._record.workspace_id,
                flat_names=[name for name, _ in fresh],
                counts=fresh,
                now=self._frame.now,
            )

    async def _facts(self) -> m.RunFacts:
        return await run_facts(
            self._rt,
            workspace_id=self._record.workspace_id,
            definition=self._record.definition,
            frame=self._frame,
            limit_s=RUN_S,
        )

    async def _lay_down(
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

    async def _write(self, names: Sequence[str]) -> int:
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

    async def _finish(self, tx: Tx, names: Sequence[str]) -> int:
        """Count who has a value now and make the figures known; returns the people."""
        rows = await ask(
            self._rt,
            "SELECT trait, toString(type), count() FROM profile_traits FINAL"
            " WHERE workspace_id = {workspace:UInt32} AND trait IN {names:Array(String)}"
            " AND type != 'null' GROUP BY trait, type",
            {"workspace": self._record.workspace_id, "names": list(names)},
            limit_s=RUN_S,
        )
        counts = {(str(trait), str(kind)): int(count) for trait, kind, count in rows}
        outputs = [m.full_name(self._record.name, output) for output in self._outputs]
        for name, output in zip(outputs, self._outputs, strict=True):
            if not any(trait == name for trait, _ in counts):
                counts[name, _TYPES[output.type]] = 0
        await register_computed_trait(
            tx,
            workspace_id=self._record.workspace_id,
            flat_names=names,
            counts=counts,
            now=self._frame.now,
        )
        return sum(count for (trait, _), count in counts.items() if trait == outputs[0])

    async def _remember(self, blocks: Blocks) -> None:
        async with self._rt.db.begin() as tx:
            await self._update(tx, blocks=blocks, computed_at=self._frame.now)

    async def _write_outcome(
        self, tx: Tx, outcome: Outcome, blocks: Blocks, facts: m.RunFacts
    ) -> None:
        now = self._frame.now
        values: dict[str, Any] = {
            "people": outcome.people,
            "computed_at": now,
            "running_since": None,
            "problem": None,
            "blocks": blocks,
            "facts": msgspec.to_builtins(facts),
        }
        if outcome.scope is m.ComputedScope.ALL:
            asked = t.computed_traits.c.requested_at
            values |= {
                "changed": outcome.changed,
                "took_ms": outcome.took_ms,
                "whole_at": now,
                # What was asked for while it was computed is still to be done.
                "requested_at": sa.case((asked > now, asked), else_=None),
            }
        await self._update(tx, **values)
        await self._log(
            tx,
            considered=outcome.considered,
            changed=outcome.changed,
            people=outcome.people,
            took_ms=outcome.took_ms,
            problem=None,
        )

    async def write_failure(self, code: str, begun: float) -> None:
        took_ms = round((time.perf_counter() - begun) * 1000)
        async with self._rt.db.begin() as tx:
            await self._update(tx, running_since=None, problem=code)
            await self._log(
                tx, considered=None, changed=0, people=None, took_ms=took_ms, problem=code
            )

    async def _update(self, tx: Tx, **values: Any) -> None:
        c = t.computed_traits.c
        await tx.execute(
            t.computed_traits.update()
            .where(c.workspace_id == self._record.workspace_id, c.id == self._record.id)
            .values(**values)
        )

    async def _log(self, tx: Tx, **values: Any) -> None:
        await tx.execute(
            t.computed_runs.insert().values(
                id=new_id(),
                workspace_id=self._record.workspace_id,
                trait_id=self._record.id,
                at=self._frame.now,
                reason=self._reason.value,
                scope=self._scope.value,
                **values,
            )
        )


async def run_facts(
    rt: Runtime, *, workspace_id: int, definition: m.Definition, frame: Frame, limit_s: int
) -> m.RunFacts:
    """Return what single values depend on besides the person's facts: the quintiles of RFM."""
    if not isinstance(definition, m.RfmTrait):
        return m.NO_FACTS
    if definition.bounds is not None:
        return m.RunFacts(bounds=definition.bounds)
    query = Compiler(definition, frame, workspace_id=workspace_id).bounds()
    ((days, counts, cents),) = await ask(rt, query.sql, query.parameters, limit_s=limit_s)
    return m.RunFacts(
        bounds=m.RfmBounds(
            recency=tuple(map(float, days)),
            frequency=tuple(map(float, counts)),
            monetary=tuple(int(one) / 100 for one in cents),
        )
    )


def value_of(
    outputs: Sequence[m.Output],
    kinds: Sequence[int],
    texts: Sequence[str],
    numbers: Sequence[float],
) -> Any:
    """Return the JSON value of a row as compiled queries give it; None: no value."""
    if len(kinds) != len(outputs):
        return None
    given = {
        output.suffix: text if kind == 1 else bool(number) if kind == 3 else plain(number)
        for output, kind, text, number in zip(outputs, kinds, texts, numbers, strict=True)
        if kind
    }
    return given.get("") if outputs[0].suffix == "" else given or None


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
