"""A run of a computed trait: for whom it is due, that it is alone, what it says of itself."""

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
from otklik.computed.engine import RUN_S, ask
from otklik.computed.errors import ComputedTraitBusy, ComputedTraitNotFound
from otklik.computed.operations.differences import Differences
from otklik.computed.queries.parts import Blocks, Touched, newest_blocks, read_by
from otklik.computed.queries.records import Record, get_record
from otklik.computed.queries.values import run_facts
from otklik.kit.errors import OtklikError
from otklik.kit.ids import new_id
from otklik.profiles.public import (
    register_computed_trait,
    trait_names,
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
        self._outputs = m.outputs_of(record.definition)
        self._differences = Differences(rt, record, frame, batch)
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
        await self._differences.write(names)
        facts = await self._facts()
        await self._differences.lay_down(names, facts, touched)
        changed = await self._differences.write(names)
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
        await self._differences.write(names)
        await self._differences.lay_down_removal(names)
        await self._differences.write(names)

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
