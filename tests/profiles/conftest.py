"""What tests of profiles share: an application of this slice alone, and observing people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from litestar.di import Provide

from otklik.accounts.public import Workspace, provide_principal
from otklik.profiles.http import HANDLERS
from otklik.profiles.public import Observation, Resolution, resolve_identities
from otklik.runtime.public import Bus, Runtime, Tx
from otklik.runtime.web.app import create_app

Observe = Callable[..., Awaitable[Resolution]]


@pytest.fixture(scope="session")
async def app(runtime: Runtime) -> object:
    async def segment_members() -> Any:
        async def members(_rt: Runtime, _workspace_id: int, _segment_id: object) -> list[int]:
            return []

        return members

    return create_app(
        runtime,
        api=HANDLERS,
        dependencies={
            "who": Provide(provide_principal),
            "segment_members": Provide(segment_members),
        },
    )


def said(now: datetime, at: float = 0, *, index: int = 0, **facts: Any) -> Observation:
    """Return an observation made `at` seconds after `now`."""
    return Observation(index=index, time=now + timedelta(seconds=at), **facts)


@pytest.fixture
def observe(tx: Tx, workspace: Workspace, now: datetime) -> Observe:
    """Resolve observations in the test's transaction: observe((0, {"user_id": "1"}), …)."""

    async def run(*facts: tuple[float, dict[str, Any]], bus: Bus | None = None) -> Resolution:
        observations = [said(now, at, index=i, **one) for i, (at, one) in enumerate(facts)]
        return await resolve_identities(
            tx, workspace_id=workspace.id, observations=observations, now=now, bus=bus
        )

    return run
