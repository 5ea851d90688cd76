"""What tests of privacy share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from litestar.di import Provide

from otklik.accounts.public import Workspace, provide_principal
from otklik.privacy.http import HANDLERS
from otklik.privacy.public import (
    Action,
    ConsentEntry,
    Source,
    on_profiles_merged,
    on_profiles_parted,
    record_consents,
)
from otklik.profiles.public import (
    Observation,
    ProfilesMerged,
    ProfilesParted,
    resolve_identities,
)
from otklik.runtime.public import Bus, Runtime, Tx
from otklik.runtime.web.app import create_app
from tests.privacy.erasing import Person, meet

Say = Callable[..., Awaitable[int]]


@pytest.fixture(scope="session")
async def app(runtime: Runtime) -> object:
    return create_app(runtime, api=HANDLERS, dependencies={"who": Provide(provide_principal)})


@pytest.fixture
def bus() -> Bus:
    made = Bus()
    made.subscribe(ProfilesMerged, on_profiles_merged)
    made.subscribe(ProfilesParted, on_profiles_parted)
    return made


async def make_profiles(tx: Tx, workspace_id: int, now: datetime, count: int) -> list[int]:
    found = await resolve_identities(
        tx,
        workspace_id=workspace_id,
        observations=[
            Observation(index=i, time=now, user_id=f"u{i}", email=f"u{i}@b.ru")
            for i in range(count)
        ],
        now=now,
    )
    return found.profile_ids


@pytest.fixture
async def people(tx: Tx, workspace: Workspace, now: datetime) -> list[int]:
    return await make_profiles(tx, workspace.id, now, 3)


@pytest.fixture
def say(tx: Tx, workspace: Workspace, now: datetime) -> Say:
    """Write one line: say(profile_id, "granted", days=-3, topic_id=…)."""

    async def write(profile_id: int, action: str, *, days: float = 0, **facts: Any) -> int:
        # Seconds after `now` at which the line is written down.
        moment = now + timedelta(seconds=facts.pop("written", 0))
        entry = ConsentEntry(
            profile_id=profile_id,
            channel=facts.pop("channel", "email"),
            action=Action(action),
            source=facts.pop("source", Source.FORM),
            at=moment + timedelta(days=days),
            **facts,
        )
        return await record_consents(tx, workspace_id=workspace.id, entries=[entry], now=moment)

    return write


@pytest.fixture
async def person(rt: Runtime, workspace: Workspace) -> Person:
    return await meet(rt, workspace)
