"""Carrying changed profiles to ClickHouse."""

from __future__ import annotations

import asyncio
import hashlib

import pyarrow as pa

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
from otklik.runtime.public import Loop, Runtime

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


PROFILES_LOOP = Loop(name="profiles.store_changes", step=store_changes, channel=CHANNEL, idle_s=5.0)
