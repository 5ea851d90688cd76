"""Background work: carrying changed profiles to ClickHouse, applying rules to people known."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pyarrow as pa

from otklik.accounts.public import workspace_ids
from otklik.profiles.model.runs import PeopleRunKind
from otklik.profiles.operations import rules, runs
from otklik.profiles.operations.duplicates import decisions
from otklik.profiles.operations.duplicates.search import search
from otklik.profiles.operations.refresh import CHANNEL
from otklik.profiles.operations.statements import probing
from otklik.profiles.queries.facts import (
    Names,
    drop_changes,
    merge_rows,
    profiles_table,
    take_changes,
    traits_table,
)
from otklik.profiles.queries.people import load_people
from otklik.profiles.queries.registry import registered
from otklik.runtime.public import Loop, Runtime, job

NOTES_MAX = 500
PROFILES_MAX = 20_000


async def store_changes(rt: Runtime) -> bool:
    """Carry one batch of changed profiles to ClickHouse; False when nothing waits.

    The notes are deleted in the transaction that held them, after ClickHouse has the rows: a crash
    in between carries the same profiles again, and their versions make that harmless.
    """
    async with rt.db.begin() as tx:
        changes = await take_changes(tx, notes_max=NOTES_MAX, profiles_max=PROFILES_MAX)
        if changes is None:
            return False
        ws = changes.workspace_id
        ids = [*changes.stated, *changes.seen]
        # After a large import the tables have no statistics, and the planner reads them whole.
        async with probing(tx):
            people = await load_people(tx, workspace_id=ws, profile_ids=ids)
        names = Names(await registered(tx, workspace_id=ws))
        stated = [people[one] for one in changes.stated if one in people]
        whole = [person for person in stated if person.id not in changes.forget]
        traits = [await asyncio.to_thread(traits_table, ws, whole, names)]
        traits += [
            traits_table(ws, [person], names, sorted(changes.forget[person.id]))
            for person in stated
            if person.id in changes.forget
        ]
        await _insert(rt, "profiles", profiles_table(ws, list(people.values())))
        await _insert(rt, "profile_traits", pa.concat_tables(traits))
        await _insert(
            rt,
            "profile_merges",
            await merge_rows(tx, workspace_id=ws, profile_ids=changes.stated),
        )
        await drop_changes(tx, changes)
    return True


async def _insert(rt: Runtime, table: str, rows: pa.Table) -> None:
    if not rows.num_rows:
        return
    # The token names the content: rows read anew after a crash may differ, and must then count.
    digest = hashlib.sha256()
    for batch in rows.combine_chunks().to_batches():
        for column in batch.columns:
            for buffer in column.buffers():
                digest.update(buffer or b"")
    await rt.ch.insert_arrow(table, rows, token=f"profiles-{digest.hexdigest()}")


PROFILES_LOOP = Loop(
    name="profiles.store_changes", step=store_changes, channel=CHANNEL, idle_s=5.0, gathers_s=0.5
)
"""Who makes people and waits for ClickHouse to know them carries them himself, as the pipeline."""


RUN_RETRIES = 3


@asynccontextmanager
async def counting_failures(rt: Runtime, workspace_id: int, run_id: UUID) -> AsyncIterator[None]:
    """Write into a run that an attempt at it has failed, and how it ends after the last one."""
    try:
        yield
    except Exception:
        async with rt.db.begin() as tx:
            await runs.note_failure(
                tx,
                workspace_id=workspace_id,
                run_id=run_id,
                now=rt.clock(),
                failures_max=RUN_RETRIES + 1,
            )
        raise


@job("profiles.apply_rules", retries=RUN_RETRIES)
async def apply_rules(rt: Runtime, *, workspace_id: int, run_id: str) -> None:
    """Hold people who are known already to new rules, some at a time."""
    async with counting_failures(rt, workspace_id, UUID(run_id)):
        has_more = True
        while has_more:
            async with rt.db.begin() as tx:
                has_more = await rules.apply_some(
                    tx, workspace_id=workspace_id, run_id=UUID(run_id), now=rt.clock(), bus=rt.bus
                )


@job("profiles.search_duplicates", retries=RUN_RETRIES)
async def search_duplicates(rt: Runtime, *, workspace_id: int, run_id: str) -> None:
    """Search a workspace for possible duplicates; a repeated search begins anew."""
    async with counting_failures(rt, workspace_id, UUID(run_id)):
        await search(rt, workspace_id=workspace_id, run_id=UUID(run_id))


@job("profiles.merge_duplicates", retries=RUN_RETRIES)
async def merge_duplicates(rt: Runtime, *, workspace_id: int, run_id: str) -> None:
    """Merge all pairs from a probability on, some at a time."""
    async with counting_failures(rt, workspace_id, UUID(run_id)):
        has_more = True
        while has_more:
            async with rt.db.begin() as tx:
                has_more = await decisions.merge_some(
                    tx, workspace_id=workspace_id, run_id=UUID(run_id), now=rt.clock(), bus=rt.bus
                )


@job("profiles.search_nightly", cron="40 2 * * *", retries=0)
async def search_nightly(rt: Runtime) -> None:
    """Every night: a search in each workspace, one job each."""
    async with rt.db.begin() as tx:
        for workspace_id in await workspace_ids(tx):
            run_id = await runs.open_run(
                tx, workspace_id=workspace_id, kind=PeopleRunKind.DUPLICATES, now=rt.clock()
            )
            if run_id is not None:
                await rt.jobs.defer(
                    tx,
                    "profiles.search_duplicates",
                    args={"workspace_id": workspace_id, "run_id": str(run_id)},
                    # One after another: a night is long, and the machine is shared.
                    lock="profiles.search_nightly",
                )
