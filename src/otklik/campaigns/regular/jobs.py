"""Background work of regular mailings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from otklik.campaigns.regular.making import make_run
from otklik.campaigns.regular.model import RegularRunState
from otklik.campaigns.regular.operations import RUN_JOB, order_run, take_due
from otklik.campaigns.regular.tables import regular_runs
from otklik.runtime.public import Runtime, job

LEFT_BEHIND = timedelta(minutes=10)
"""A run that stands still for longer lost its job; it is ordered again."""


@job("campaigns.start_regular_runs", cron="* * * * *", retries=0)
async def start_regular_runs(rt: Runtime, **_: Any) -> None:
    """Every minute: begin the runs whose moment has come, and those that were left behind."""
    now, r = rt.clock(), regular_runs.c
    async with rt.db.begin() as tx:
        await take_due(tx, rt.jobs, now=now)
    async with rt.db.begin() as tx:
        left = await tx.execute(
            regular_runs.update()
            .where(
                r.state.in_([RegularRunState.QUEUED, RegularRunState.MADE]),
                r.updated_at < now - LEFT_BEHIND,
            )
            .values(updated_at=now)
            .returning(r.workspace_id, r.series_id, r.run_id)
        )
        for run in left.all():
            await order_run(tx, rt.jobs, run.workspace_id, run.series_id, run.run_id)


@job(RUN_JOB, queue="mailings", retries=5)
async def make_regular_run(rt: Runtime, *, workspace_id: int, run_id: str) -> None:
    """Make one run; a second time is harmless."""
    await make_run(rt, workspace_id=workspace_id, run_id=UUID(run_id))
