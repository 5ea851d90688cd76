"""The book of long work on people: one run of a kind at a time in a workspace."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.kit.ids import new_id
from otklik.profiles import tables as t
from otklik.profiles.model.runs import PeopleRunKind, PeopleRunStage, PeopleRunState
from otklik.runtime.public import Tx

OPEN = (PeopleRunState.QUEUED.value, PeopleRunState.RUNNING.value)
RUNS_KEPT = 50


async def open_run(
    tx: Tx,
    *,
    workspace_id: int,
    kind: PeopleRunKind,
    now: datetime,
    facts: dict[str, Any] | None = None,
    requested_by: UUID | None = None,
) -> UUID | None:
    """Write a run that waits to be worked on; None when one of its kind is open already."""
    r = t.people_runs.c
    run_id = new_id()
    made = await tx.execute(
        insert(t.people_runs)
        .values(
            id=run_id,
            workspace_id=workspace_id,
            kind=kind.value,
            state=PeopleRunState.QUEUED.value,
            facts=facts or {},
            requested_by=requested_by,
            requested_at=now,
        )
        .on_conflict_do_nothing()
        .returning(r.id)
    )
    if made.first() is None:
        return None
    old = (
        sa.select(r.id)
        .where(r.workspace_id == workspace_id, r.kind == kind.value)
        .order_by(r.requested_at.desc(), r.id.desc())
        .offset(RUNS_KEPT)
    )
    await tx.execute(t.people_runs.delete().where(r.id.in_(old)))
    return run_id


async def replace_open(
    tx: Tx, *, workspace_id: int, kind: PeopleRunKind, now: datetime
) -> list[Any]:
    """End the open run of a kind, if there is one; returns its row."""
    r = t.people_runs.c
    rows = await tx.execute(
        t.people_runs.update()
        .where(r.workspace_id == workspace_id, r.kind == kind.value, r.state.in_(OPEN))
        .values(state=PeopleRunState.REPLACED.value, finished_at=now)
        .returning(t.people_runs)
    )
    return list(rows)


async def take_run(tx: Tx, *, workspace_id: int, run_id: UUID, now: datetime) -> Any | None:
    """Mark a run as running and return its row; None when it has ended."""
    r = t.people_runs.c
    rows = await tx.execute(
        t.people_runs.update()
        .where(r.workspace_id == workspace_id, r.id == run_id, r.state.in_(OPEN))
        .values(state=PeopleRunState.RUNNING.value, started_at=sa.func.coalesce(r.started_at, now))
        .returning(t.people_runs)
    )
    return rows.one_or_none()


async def note_progress(
    tx: Tx,
    *,
    workspace_id: int,
    run_id: UUID,
    stage: PeopleRunStage,
    done: int,
    total: int,
    facts: dict[str, Any] | None = None,
    place: dict[str, Any] | None = None,
) -> None:
    """Write how far a run is; `facts` are laid over those it has."""
    r = t.people_runs.c
    values: dict[str, Any] = {"stage": stage.value, "done": done, "total": total}
    if facts:
        values["facts"] = r.facts.op("||")(sa.cast(facts, t.people_runs.c.facts.type))
    if place is not None:
        values["place"] = place
    await tx.execute(
        t.people_runs.update()
        .where(r.workspace_id == workspace_id, r.id == run_id)
        .values(**values)
    )


async def end_run(
    tx: Tx, *, workspace_id: int, run_id: UUID, state: PeopleRunState, now: datetime
) -> None:
    r = t.people_runs.c
    await tx.execute(
        t.people_runs.update()
        .where(r.workspace_id == workspace_id, r.id == run_id, r.state.in_(OPEN))
        .values(state=state.value, finished_at=now)
    )


async def note_failure(
    tx: Tx, *, workspace_id: int, run_id: UUID, now: datetime, failures_max: int
) -> None:
    """Count an attempt that failed; after `failures_max` the run has failed."""
    r = t.people_runs.c
    failures = sa.func.coalesce(r.facts["failures"].as_integer(), 0) + 1
    count = (
        await tx.execute(
            t.people_runs.update()
            .where(r.workspace_id == workspace_id, r.id == run_id, r.state.in_(OPEN))
            .values(facts=r.facts.op("||")(sa.func.jsonb_build_object("failures", failures)))
            .returning(r.facts["failures"].as_integer())
        )
    ).scalar_one_or_none()
    if count is not None and count >= failures_max:
        await end_run(
            tx, workspace_id=workspace_id, run_id=run_id, state=PeopleRunState.FAILED, now=now
        )
