"""What tests of the catalogue share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from litestar.di import Provide

from otklik.accounts.public import provide_principal
from otklik.catalog.http import HANDLERS, PUBLIC_HANDLERS
from otklik.catalog.public import (
    OrderEvent,
    on_profiles_merged,
    on_profiles_parted,
    order_event,
)
from otklik.profiles.public import (
    Observation,
    ProfilesMerged,
    ProfilesParted,
    resolve_identities,
)
from otklik.runtime.public import Bus, Runtime, Tx
from otklik.runtime.web.app import create_app
from tests.catalog.onec import API, OneC
from tests.conftest import Cast

PRODUCTS = [
    {"product_id": "p1", "name": "Cup", "price": 2.5, "quantity": 4, "category": "Kitchen"},
    {"sku": "p2", "name": "Lamp", "price": "10.00", "quantity": 1},
]


@pytest.fixture(scope="session")
async def app(runtime: Runtime) -> object:
    return create_app(
        runtime,
        api=HANDLERS,
        public=PUBLIC_HANDLERS,
        dependencies={"who": Provide(provide_principal)},
    )


@pytest.fixture
def bus() -> Bus:
    made = Bus()
    made.subscribe(ProfilesMerged, on_profiles_merged)
    made.subscribe(ProfilesParted, on_profiles_parted)
    return made


def event(
    now: datetime, name: str, at: float = 0, *, profile_id: int = 1, **properties: Any
) -> OrderEvent:
    """Return an order event made `at` seconds after `now`."""
    made = order_event(
        profile_id=profile_id,
        name=name,
        time=now + timedelta(seconds=at),
        properties={"order_id": "1", **properties},
    )
    assert isinstance(made, OrderEvent)
    return made


async def make_profiles(tx: Tx, workspace_id: int, now: datetime, count: int) -> list[int]:
    found = await resolve_identities(
        tx,
        workspace_id=workspace_id,
        observations=[Observation(index=i, time=now, user_id=f"u{i}") for i in range(count)],
        now=now,
    )
    return found.profile_ids


@pytest.fixture
async def made(cast: Cast) -> dict[str, Any]:
    answer = await cast.owner.post(API, json={"name": "UT 11"})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.fixture
async def onec(rt: Runtime, app: object, made: dict[str, Any]) -> AsyncIterator[OneC]:
    one = OneC(rt, app, made)
    yield one
    await one.client.aclose()


@pytest.fixture
async def sale(rt: Runtime, app: object, made: dict[str, Any]) -> AsyncIterator[OneC]:
    one = OneC(rt, app, made, kind="sale")
    yield one
    await one.client.aclose()
