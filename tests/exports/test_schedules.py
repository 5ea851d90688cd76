"""Schedules: every period once, into folders and the list of exports."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Principal
from otklik.exports.errors import BadPlan, FolderNotConfigured
from otklik.exports.files.views import ExportRunState
from otklik.exports.files.work import ATTEMPTS_MAX, step_exports
from otklik.exports.model import Subject
from otklik.exports.queries import export_troubles, list_exports
from otklik.exports.schedules.operations import (
    step_schedules,
)
from otklik.exports.tables import export_schedules, exports
from otklik.runtime.public import Runtime

from .scheduling import make, work
from .world import START, World

MOSCOW, NEW_YORK = "Europe/Moscow", "America/New_York"


async def test_each_period_has_its_events_once(
    world: World, folder: Path, principal: Principal
) -> None:
    rt = world.rt
    (one,) = await world.add_people([{"name": "n"}])
    schedule_id = await make(rt, principal, mode="new")
    begin = rt.clock()
    for minutes in (1, 29, 31, 89, 91, 149):
        await world.add_events(
            [(one, "Bought", START, f"m{minutes}", {})],
            received_at=begin + timedelta(minutes=minutes),
        )
    clock: Any = rt.clock
    for _ in range(20):
        clock.move(minutes=10)
        await work(rt)
        await work(rt)
    files = sorted((folder / str(world.workspace_id) / "out").iterdir())
    found = [{line.split(",")[0] for line in file.read_text().splitlines()[1:]} for file in files]
    assert found == [{"m1", "m29"}, {"m31", "m89"}, {"m91", "m149"}]
    assert next(file.name for file in files) == "Nightly-2026-06-15-1230.csv"
    async with rt.db.begin() as tx:
        listed = await list_exports(
            tx, workspace_id=world.workspace_id, lang="en", schedule_id=schedule_id
        )
    assert [item.rows for item in listed.items] == [2, 2, 2]


async def test_a_run_that_is_repeated_writes_the_same_file(
    world: World, folder: Path, principal: Principal
) -> None:
    rt = world.rt
    (one,) = await world.add_people([{"name": "n"}])
    await make(rt, principal, mode="new")
    received = rt.clock() + timedelta(minutes=1)
    await world.add_events([(one, "Bought", START, "m1", {})], received_at=received)
    clock: Any = rt.clock
    clock.move(minutes=40)
    await work(rt)
    (file,) = (folder / str(world.workspace_id) / "out").iterdir()
    first = file.read_bytes()
    # As if the process had died between the file and the commit.
    async with rt.db.begin() as tx:
        await tx.execute(
            exports.update()
            .where(exports.c.workspace_id == world.workspace_id)
            .values(state="running", lease_until=rt.clock() - timedelta(seconds=1))
        )
    assert await step_exports(rt)
    (again,) = (folder / str(world.workspace_id) / "out").iterdir()
    assert (again, again.read_bytes()) == (file, first)


async def test_whole_files_that_were_missed_are_made_once(
    world: World, folder: Path, principal: Principal
) -> None:
    rt = world.rt
    await world.add_people([{"name": "n"}])
    await make(rt, principal, Subject.PROFILES)
    clock: Any = rt.clock
    clock.move(days=2)
    await work(rt)
    assert len(list((folder / str(world.workspace_id) / "out").iterdir())) == 1


async def test_a_period_waits_for_events_that_are_not_stored_yet(
    world: World, folder: Path, principal: Principal
) -> None:
    rt = world.rt
    await make(rt, principal, mode="new")
    async with rt.db.begin() as tx:
        await tx.execute(
            sa.text(
                "INSERT INTO event_chunks (chunk_id, workspace_id, received_at, events, size, body)"
                " VALUES (gen_random_uuid(), :w, :at, 1, 1, '')"
            ),
            {"w": world.workspace_id, "at": rt.clock()},
        )
    clock: Any = rt.clock
    clock.move(minutes=40)
    assert not await step_schedules(rt)
    async with rt.db.begin() as tx:
        await tx.execute(
            sa.text("DELETE FROM event_chunks WHERE workspace_id = :w"), {"w": world.workspace_id}
        )
    assert await step_schedules(rt)


async def test_without_a_folder_of_the_administrator_there_is_none(
    rt: Runtime, principal: Principal
) -> None:
    with pytest.raises(FolderNotConfigured):
        await make(rt, principal)


async def test_only_events_and_messages_come_piece_by_piece(
    rt: Runtime, folder: Path, principal: Principal
) -> None:
    with pytest.raises(BadPlan):
        await make(rt, principal, Subject.PROFILES, mode="new")


async def test_a_folder_that_cannot_be_written_is_tried_again_and_then_told(
    world: World, folder: Path, principal: Principal
) -> None:
    rt = world.rt
    await make(rt, principal, Subject.PROFILES)
    (folder / str(world.workspace_id)).write_text("a file stands in the way")
    clock: Any = rt.clock
    clock.move(minutes=40)
    assert await step_schedules(rt)
    for _ in range(ATTEMPTS_MAX):
        assert await step_exports(rt)
        clock.move(hours=2)
    async with rt.db.begin() as tx:
        await tx.execute(
            export_schedules.update()
            .where(export_schedules.c.workspace_id == world.workspace_id)
            .values(next_at=rt.clock() + timedelta(days=9))
        )
    assert not await step_exports(rt)
    async with rt.db.begin() as tx:
        page = await list_exports(tx, workspace_id=world.workspace_id, lang="ru")
        troubles = await export_troubles(tx, workspace_id=world.workspace_id)
    assert page.items[0].state is ExportRunState.FAILED
    assert page.items[0].error
    assert [one.name for one in troubles] == ["Nightly"]
