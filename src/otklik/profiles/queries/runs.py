"""How far long work on people is."""

from __future__ import annotations

import sqlalchemy as sa

from otklik.profiles import tables as t
from otklik.profiles.model.runs import PeopleRun, PeopleRunKind, PeopleRunStage, PeopleRunState
from otklik.runtime.public import Tx


async def latest_run(
    tx: Tx, *, workspace_id: int, kind: PeopleRunKind, state: PeopleRunState | None = None
) -> PeopleRun | None:
    """Return the last run of a kind, of any state or of one; None: there was none."""
    r = t.people_runs.c
    query = sa.select(t.people_runs).where(r.workspace_id == workspace_id, r.kind == kind.value)
    if state is not None:
        query = query.where(r.state == state.value)
    row = (
        await tx.execute(query.order_by(r.requested_at.desc(), r.id.desc()).limit(1))
    ).one_or_none()
    if row is None:
        return None
    return PeopleRun(
        id=row.id,
        kind=PeopleRunKind(row.kind),
        state=PeopleRunState(row.state),
        stage=PeopleRunStage(row.stage),
        done=row.done,
        total=row.total,
        counts={name: value for name, value in row.facts.items() if isinstance(value, int)},
        requested_at=row.requested_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
