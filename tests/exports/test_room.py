"""A full disk ends an export with a sentence, and leaves no half of a file."""

from __future__ import annotations

import errno
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from otklik.accounts.public import Principal
from otklik.exports.errors import NoRoom
from otklik.exports.files.work import ATTEMPTS_MAX, step_exports
from otklik.exports.model import Subject
from otklik.exports.queries import export_troubles, list_exports
from otklik.exports.schedules import sinks
from otklik.exports.schedules.operations import run_now
from otklik.exports.schedules.sinks import FileSink, fill
from tests.conftest import Cast

from .scheduling import make
from .world import World

GB = 1024**3


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The free bytes of the disk: the first, second, … look; the last one stays."""
    free = [10 * GB]

    def usage(_: Any) -> Usage:
        return Usage(100 * GB, 0, free.pop(0) if len(free) > 1 else free[0])

    monkeypatch.setattr(shutil, "disk_usage", usage)
    return free


async def pieces(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


async def test_a_file_stops_when_the_disk_fills_up(tmp_path: Path, disk: list[int]) -> None:
    disk[:] = [10 * GB, 2 * GB, GB - 1]
    sink = FileSink(tmp_path / "deep" / "x.csv", kept_free=GB)
    with pytest.raises(NoRoom) as refused:
        await fill(sink, pieces(20, 4 * 1024**2))
    assert refused.value.text("en").startswith("The disk has 1023 MB left")
    assert "1023 МБ" in refused.value.text("ru")
    assert list((tmp_path / "deep").iterdir()) == []


async def test_a_disk_that_refuses_says_the_same(
    tmp_path: Path, disk: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sinks.os, "fsync", full)
    with pytest.raises(NoRoom):
        await fill(FileSink(tmp_path / "x.csv", kept_free=GB), pieces(1, 10))
    assert list(tmp_path.iterdir()) == []


async def test_an_export_is_refused_while_there_is_no_room(cast: Cast, disk: list[int]) -> None:
    disk[:] = [GB // 2]
    body = {"plan": {"subject": "events"}}
    for lang, word in (("en", "512 MB left"), ("ru", "512 МБ")):
        answer = await cast.marketer.post(
            "/api/v1/exports", json=body, headers={"accept-language": lang}
        )
        assert (answer.status_code, answer.json()["code"]) == (507, "export_no_room")
        assert word in answer.json()["detail"]
    disk[:] = [2 * GB]
    assert (await cast.marketer.post("/api/v1/exports", json=body)).status_code == 201


async def test_a_schedule_waits_for_room_and_then_tells(
    world: World, folder: Path, disk: list[int], principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    await world.add_people([{"name": "n"}])
    schedule_id = await make(rt, principal, Subject.PROFILES)
    async with rt.db.begin() as tx:
        await run_now(rt, tx, who=principal, schedule_id=schedule_id, now=rt.clock())
    disk[:] = [GB // 2]
    for _ in range(ATTEMPTS_MAX):
        assert await step_exports(rt)
        clock.move(hours=2)
    async with rt.db.begin() as tx:
        (run,) = (await list_exports(tx, workspace_id=world.workspace_id, lang="ru")).items
        (trouble,) = await export_troubles(tx, workspace_id=world.workspace_id)
    assert run.state.value == "failed"
    assert (run.error or "").startswith("На диске осталось 512 МБ")
    assert trouble.name == "Nightly"
    assert [file for file in folder.rglob("*") if file.is_file()] == []
