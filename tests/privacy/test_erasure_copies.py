"""Copies of a person: his own, and those in files of exports."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

from otklik.accounts.public import Workspace
from otklik.kit.ids import new_id
from otklik.privacy import tables as t
from otklik.privacy.keepers import keepers
from otklik.privacy.operations.erasures import work_on_erasure
from otklik.privacy.operations.own import erase_copies, export_path
from otklik.privacy.operations.person_exports import build_export, order_export
from otklik.profiles.public import (
    person_traces,
)
from otklik.runtime.public import Runtime, metadata
from tests.privacy.erasing import (
    EMAIL,
    Person,
    finish,
    order,
    settle,
)


async def test_a_copy_holds_every_kind_and_goes_with_the_person(
    rt: Runtime, workspace: Workspace, person: Person
) -> None:
    import zipfile

    async with rt.db.begin() as tx:
        export_id = await order_export(
            rt,
            tx,
            workspace_id=workspace.id,
            profile_id=person.anna,
            request_id=None,
            user_id=None,
            now=rt.clock(),
        )
    await build_export(rt, workspace_id=workspace.id, export_id=export_id)
    path = export_path(rt, workspace_id=workspace.id, export_id=export_id)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
        assert names == {
            "manifest.json",
            "readable.en.html",
            "readable.ru.html",
            *(f"{keeper.name}.json" for keeper in keepers()),
        }
        counts = {one["file"]: one["records"] for one in manifest["files"]}
        assert counts["events.json"] == 4
        assert counts["orders.json"] == 1
        assert counts["consents.json"] == 2
        assert len(json.loads(archive.read("events.json"))) == 4
        assert EMAIL in archive.read("readable.ru.html").decode()
        assert b"default-src 'none'" in archive.read("readable.en.html")
        assert "boris" not in b"".join(archive.read(name) for name in names).decode()
    await finish(rt, workspace, await order(rt, workspace, person.anna))
    assert not path.exists()


async def test_a_copy_that_is_being_written_goes_with_the_person(
    rt: Runtime, workspace: Workspace, person: Person
) -> None:
    async with rt.db.begin() as tx:
        traces = await person_traces(
            tx, workspace_id=workspace.id, profile_id=person.anna, now=rt.clock()
        )
        export_id = await order_export(
            rt,
            tx,
            workspace_id=workspace.id,
            profile_id=person.anna,
            request_id=None,
            user_id=None,
            now=rt.clock(),
        )

    async def erase() -> int:
        async with rt.db.begin() as tx:
            return (await erase_copies(rt, tx, traces)).count

    path = export_path(rt, workspace_id=workspace.id, export_id=export_id)
    async with rt.db.begin() as tx:
        # What build_export does: it holds the row and puts the file there at the end.
        held = t.person_exports.select().where(t.person_exports.c.id == export_id)
        await tx.execute(held.with_for_update())
        erasing = asyncio.create_task(erase())
        await asyncio.wait({erasing}, timeout=0.5)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"anna")
    assert await erasing == 1
    assert not path.exists()


async def test_a_file_of_an_export_in_the_making_is_waited_for(
    rt: Runtime, workspace: Workspace, person: Person
) -> None:
    async with rt.db.begin() as tx:
        await tx.execute(
            metadata.tables["exports"]
            .insert()
            .values(
                export_id=(export_id := new_id()),
                workspace_id=workspace.id,
                name="all",
                plan={},
                destination={"kind": "download"},
                file_name="all.csv",
                state="running",
                as_of=rt.clock(),
                due_at=rt.clock(),
                created_at=rt.clock(),
            )
        )
    erasure_id = await order(rt, workspace, person.anna)
    for _ in range(5):
        await settle(rt)
        later = await work_on_erasure(rt, workspace_id=workspace.id, erasure_id=erasure_id)
        assert later is not None
        rt.clock.now = max(later, rt.clock())  # type: ignore[attr-defined]  # the tests' clock
    exports = metadata.tables["exports"]
    async with rt.db.begin() as tx:
        await tx.execute(exports.delete().where(exports.c.export_id == export_id))
    await finish(rt, workspace, erasure_id)


async def put_export(rt: Runtime, workspace: Workspace, **more: Any) -> None:
    at = rt.clock()
    async with rt.db.begin() as tx:
        await tx.execute(
            metadata.tables["exports"]
            .insert()
            .values(
                export_id=new_id(),
                workspace_id=workspace.id,
                name="all",
                plan={},
                destination={"kind": "download"},
                file_name="all.csv",
                state="done",
                as_of=at,
                due_at=at,
                created_at=at,
                started_at=at,
                **more,
            )
        )


async def test_files_made_while_anything_was_left_are_waited_for(
    rt: Runtime, workspace: Workspace, person: Person
) -> None:
    erasure_id = await order(rt, workspace, person.anna)
    await settle(rt)
    # Asked for after the cut, while the events of hers are still in the store.
    rt.clock.now += timedelta(minutes=1)  # type: ignore[attr-defined]  # the tests' clock
    first = rt.clock() + timedelta(days=1)
    await put_export(rt, workspace, expires_at=first)
    assert await work_on_erasure(rt, workspace_id=workspace.id, erasure_id=erasure_id) == first
    # While it is waited for, more of her is found, and a new file may hold that.
    rt.clock.now += timedelta(hours=1)  # type: ignore[attr-defined]  # the tests' clock
    async with rt.db.begin() as tx:
        await tx.execute(
            metadata.tables["profile_notes"]
            .insert()
            .values(
                id=new_id(),
                workspace_id=workspace.id,
                profile_id=person.anna,
                text="late",
                created_at=rt.clock(),
            )
        )
    second = rt.clock() + timedelta(days=5)
    await put_export(rt, workspace, expires_at=second)
    rt.clock.now += timedelta(minutes=1)  # type: ignore[attr-defined]  # the tests' clock
    assert await work_on_erasure(rt, workspace_id=workspace.id, erasure_id=erasure_id) == second
    # One that is begun when nothing is left holds nothing of her.
    rt.clock.now += timedelta(minutes=1)  # type: ignore[attr-defined]  # the tests' clock
    await put_export(rt, workspace, expires_at=second + timedelta(days=30))
    rt.clock.now = second  # type: ignore[attr-defined]  # the tests' clock
    assert await work_on_erasure(rt, workspace_id=workspace.id, erasure_id=erasure_id) is None
