"""Background work: runs that are due, runs that were asked for, removals, cleaning up."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from otklik.accounts.public import workspace_ids
from otklik.computed import tables as t
from otklik.computed.errors import ComputedTraitBusy, ComputedTraitNotFound
from otklik.computed.model import ComputedState
from otklik.computed.operations.run import remove_values, run_trait
from otklik.computed.queries.records import all_records, workspaces_with_traits
from otklik.kit.errors import OtklikError
from otklik.runtime.public import Runtime, Tx, job

SOON = timedelta(seconds=30)
"""After new facts, so long is waited for more of them."""
RUNS_KEPT = timedelta(days=30)


async def note_facts(rt: Runtime, tx: Tx, *, workspace_id: int, now: datetime) -> None:
    """New facts of a workspace were stored: compute who they touch, half a minute from now.

    Called for every batch of events, so it is one look-up where there are no computed traits and
    one waiting job, however many batches come, where there are.
    """
    if workspace_id in await workspaces_with_traits(tx):
        await _recalculate_soon(rt, tx, workspace_id, at=now + SOON)


@job("computed.look", queue="segments", cron="7 * * * *", retries=0)
async def look(rt: Runtime) -> None:
    """Every hour: facts that came by other ways than events, and windows that moved.

    By the first look after a workspace's midnight its timed traits are due as a whole.
    """
    async with rt.db.begin() as tx:
        busy = await workspaces_with_traits(tx)
        known = [one for one in await workspace_ids(tx) if one in busy]
        for workspace_id in known:
            await _recalculate_soon(rt, tx, workspace_id, at=None)


async def _recalculate_soon(rt: Runtime, tx: Tx, workspace_id: int, *, at: datetime | None) -> None:
    await rt.jobs.defer(
        tx,
        "computed.recalculate",
        args={"workspace_id": workspace_id},
        at=at,
        lock=f"computed:{workspace_id}",
        single=f"computed:{workspace_id}",
    )


@job("computed.recalculate", queue="segments", retries=2)
async def recalculate(rt: Runtime, *, workspace_id: int) -> None:
    """Bring every computed trait of a workspace up to date, and go on with removals."""
    async with rt.db.begin() as tx:
        records = await all_records(tx, workspace_id=workspace_id)
    for record in records:
        work = run if record.state is ComputedState.ACTIVE else remove
        await work(rt, workspace_id=workspace_id, trait_id=str(record.id))


@job("computed.run", queue="segments", retries=3)
async def run(rt: Runtime, *, workspace_id: int, trait_id: str) -> None:
    """Bring one computed trait up to date; a second time is harmless."""
    try:
        await run_trait(rt, workspace_id=workspace_id, trait_id=UUID(trait_id), now=rt.clock())
    except OtklikError:
        # Removed meanwhile, somebody else is at it, or the engine gave up: that is written down at
        # the trait, the next look tries again, and the other traits must have their turn.
        return


@job("computed.remove", queue="segments", retries=5)
async def remove(rt: Runtime, *, workspace_id: int, trait_id: str) -> None:
    """Take away the values of a trait that is being removed."""
    try:
        await remove_values(rt, workspace_id=workspace_id, trait_id=UUID(trait_id), now=rt.clock())
    except (ComputedTraitNotFound, ComputedTraitBusy):
        return


@job("computed.clean_up", cron="29 3 * * *")
async def clean_up(rt: Runtime) -> None:
    """Every night: drop old lines of the log of runs."""
    async with rt.db.begin() as tx:
        await tx.execute(
            t.computed_runs.delete().where(t.computed_runs.c.at < rt.clock() - RUNS_KEPT)
        )
