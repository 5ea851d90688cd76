"""What tests of exports share."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from litestar.di import Provide

from otklik.accounts.public import Workspace, provide_principal
from otklik.exports import tables
from otklik.exports.http import HANDLERS
from otklik.exports.schedules import s3
from otklik.runtime.public import Answer, Runtime
from otklik.runtime.web.app import create_app
from otklik.segments import http as segments_http

from .mixpanel_side import MixpanelSide
from .receiver import Receiver
from .scheduling import FakeStore
from .world import World


@pytest.fixture(autouse=True)
async def alone(runtime: Runtime) -> None:
    """Loops take what is due of any workspace, so what other tests left is put away."""
    async with runtime.db.begin() as tx:
        for table in (
            tables.exports,
            tables.export_schedules,
            tables.export_destinations,
            tables.forward_captures,
            tables.forward_changes,
            tables.forwarding_segments,
            tables.forward_deliveries,
            tables.forwardings,
        ):
            await tx.execute(table.delete())


@pytest.fixture
def world(rt: Runtime, workspace: Workspace) -> World:
    return World(rt, workspace.id)


@pytest.fixture
def elsewhere(rt: Runtime, other_workspace: Workspace) -> World:
    return World(rt, other_workspace.id)


@pytest.fixture(scope="session")
async def app(runtime: Runtime) -> object:
    return create_app(
        runtime,
        api=[*HANDLERS, *segments_http.HANDLERS],
        dependencies={"who": Provide(provide_principal)},
    )


@pytest.fixture
def receiver(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    made = Receiver()
    monkeypatch.setattr(rt, "outgoing", made)
    return made


@pytest.fixture
def store(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> FakeStore:
    fake = FakeStore(s3.Keys("AK", "secret"), "ru-1")
    monkeypatch.setattr(rt, "outgoing", fake)
    return fake


@pytest.fixture
def folder(rt: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    changed = msgspec.structs.replace(
        rt.settings, exports=msgspec.structs.replace(rt.settings.exports, folder=str(tmp_path))
    )
    monkeypatch.setattr(rt, "settings", changed)
    return tmp_path


@pytest.fixture
def side(rt: Runtime, receiver: Receiver) -> MixpanelSide:
    """Mixpanel's side, which refuses whatever the real one would refuse."""
    made = MixpanelSide(
        host="https://api-eu.mixpanel.com",
        project_id="123",
        user="robot.1.mp-service-account",
        secret="sesame",
        now=rt.clock,
    )

    async def take_call(url: str, headers: dict[str, str], body: bytes) -> Answer:
        return made.answer(url, headers, body)

    receiver.usual = take_call
    return made
