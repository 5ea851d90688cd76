"""Computed traits as they are kept in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.computed import model as m
from otklik.computed import tables as t
from otklik.computed.errors import ComputedTraitNotFound
from otklik.computed.parse import of_stored, to_builtins
from otklik.computed.queries.parts import Blocks
from otklik.computed.usage import used_by
from otklik.runtime.public import Tx

RUNS_MAX = 50
RUNNING_SHOWN = timedelta(minutes=30)
"""A run that began longer ago was killed."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `computed_traits` with its definition as a struct."""

    id: UUID
    workspace_id: int
    name: str
    state: m.ComputedState
    definition: m.Definition
    updated_at: datetime
    requested_at: datetime | None
    computed_at: datetime | None
    whole_at: datetime | None
    took_ms: int | None
    blocks: Blocks
    facts: m.RunFacts


def record_of(row: Any) -> Record:
    return Record(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        state=m.ComputedState(row.state),
        definition=of_stored(row.definition),
        updated_at=row.updated_at,
        requested_at=row.requested_at,
        computed_at=row.computed_at,
        whole_at=row.whole_at,
        took_ms=row.took_ms,
        blocks=row.blocks,
        facts=msgspec.convert(row.facts, m.RunFacts),
    )


async def _row(tx: Tx, workspace_id: int, trait_id: UUID) -> Any:
    c = t.computed_traits.c
    row = (
        await tx.execute(
            sa.select(t.computed_traits).where(c.workspace_id == workspace_id, c.id == trait_id)
        )
    ).first()
    if row is None:
        raise ComputedTraitNotFound()
    return row


async def get_record(tx: Tx, *, workspace_id: int, trait_id: UUID) -> Record:
    """Return one computed trait for work on it. Raises: ComputedTraitNotFound."""
    return record_of(await _row(tx, workspace_id, trait_id))


async def all_records(tx: Tx, *, workspace_id: int) -> list[Record]:
    """Return every computed trait of a workspace, in the order of creation."""
    rows = await tx.execute(
        sa.select(t.computed_traits)
        .where(t.computed_traits.c.workspace_id == workspace_id)
        .order_by(t.computed_traits.c.id)
    )
    return [record_of(row) for row in rows]


async def computed_names(tx: Tx, *, workspace_id: int) -> dict[str, UUID]:
    """Return the names that are taken by computed traits."""
    c = t.computed_traits.c
    rows = await tx.execute(sa.select(c.name, c.id).where(c.workspace_id == workspace_id))
    return {row.name: row.id for row in rows}


async def computed_titles(tx: Tx, *, workspace_id: int) -> dict[str, str]:
    """Return what people call each flat trait that is computed: the title, or the name."""
    c = t.computed_traits.c
    rows = await tx.execute(
        sa.select(c.name, c.title, c.definition).where(c.workspace_id == workspace_id)
    )
    return {
        m.full_name(row.name, output): row.title or row.name
        for row in rows
        for output in m.outputs_of(of_stored(row.definition))
    }


async def workspaces_with_traits(tx: Tx) -> set[int]:
    """Return the workspaces that have any computed trait."""
    return set((await tx.execute(sa.select(t.computed_traits.c.workspace_id).distinct())).scalars())


async def get_trait(
    tx: Tx, *, workspace_id: int, trait_id: UUID, zone: str, now: datetime
) -> m.ComputedTrait:
    """Return one computed trait with the figures of its latest run.

    Raises: ComputedTraitNotFound."""
    row = await _row(tx, workspace_id, trait_id)
    uses = await used_by(tx, workspace_id=workspace_id, names=[row.name])
    return _trait(row, uses[row.name], zone, now)


async def list_traits(
    tx: Tx, *, workspace_id: int, zone: str, now: datetime, search: str | None = None
) -> list[m.ComputedTrait]:
    """Return the computed traits, newest first; `search`: a part of name or title."""
    c = t.computed_traits.c
    where = [c.workspace_id == workspace_id]
    if search and search.strip():
        part = search.strip()
        where.append(
            sa.or_(
                c.name.icontains(part, autoescape=True), c.title.icontains(part, autoescape=True)
            )
        )
    rows = (
        await tx.execute(sa.select(t.computed_traits).where(*where).order_by(c.id.desc()))
    ).all()
    uses = await used_by(tx, workspace_id=workspace_id, names=[row.name for row in rows])
    return [_trait(row, uses[row.name], zone, now) for row in rows]


def _trait(row: Any, uses: Sequence[m.ComputedUse], zone: str, now: datetime) -> m.ComputedTrait:
    definition = of_stored(row.definition)
    running = row.running_since is not None and now - row.running_since < RUNNING_SHOWN
    return m.ComputedTrait(
        id=row.id,
        name=row.name,
        title=row.title,
        state=m.ComputedState(row.state),
        definition=to_builtins(definition),
        outputs=[m.full_name(row.name, output) for output in m.outputs_of(definition)],
        people=row.people,
        changed=row.changed,
        took_ms=row.took_ms,
        computed_at=row.computed_at,
        next_at=m.next_moment(definition, whole_at=row.whole_at, now=now, zone=zone),
        running=running,
        problem=row.problem,
        used_by=list(uses),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def list_runs(tx: Tx, *, workspace_id: int, trait_id: UUID) -> list[m.ComputedRun]:
    """Return the latest runs, newest first. Raises: ComputedTraitNotFound."""
    await _row(tx, workspace_id, trait_id)
    r = t.computed_runs.c
    rows = await tx.execute(
        sa.select(t.computed_runs)
        .where(r.workspace_id == workspace_id, r.trait_id == trait_id)
        .order_by(r.at.desc(), r.id.desc())
        .limit(RUNS_MAX)
    )
    return [
        m.ComputedRun(
            at=row.at,
            reason=m.ComputedReason(row.reason),
            scope=m.ComputedScope(row.scope),
            considered=row.considered,
            changed=row.changed,
            people=row.people,
            took_ms=row.took_ms,
            problem=row.problem,
        )
        for row in rows
    ]
