"""Fixtures of ingestion: a key, the event API, and short ways to look at what it left."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from otklik.accounts.public import Workspace, create_key
from otklik.ingestion.public import EventService, open_event_service
from otklik.runtime.public import Runtime
from tests.ingestion.hooking import Hook, make_hook
from tests.ingestion.support import Ingestion


@pytest.fixture
async def secret_key(rt: Runtime, workspace: Workspace) -> str:
    async with rt.db.begin() as tx:
        _, token = await create_key(
            tx, workspace_id=workspace.id, kind="secret", name="Server", now=rt.clock()
        )
    return token


@pytest.fixture
async def public_key(rt: Runtime, workspace: Workspace) -> str:
    async with rt.db.begin() as tx:
        _, token = await create_key(
            tx, workspace_id=workspace.id, kind="public", name="Site", now=rt.clock()
        )
    return token


@pytest.fixture
async def service(rt: Runtime) -> AsyncIterator[EventService]:
    async with open_event_service(rt) as opened:
        yield opened


@pytest.fixture
async def api(service: EventService, secret_key: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the event API with the secret key."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=service, raise_app_exceptions=False),  # type: ignore[arg-type]  # httpx and uvicorn have ASGI types of their own
        base_url="http://otklik.test",
        auth=(secret_key, ""),
    ) as client:
        yield client


@pytest.fixture
async def bare_api(service: EventService) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=service, raise_app_exceptions=False),  # type: ignore[arg-type]  # httpx and uvicorn have ASGI types of their own
        base_url="http://otklik.test",
    ) as client:
        yield client


@pytest.fixture
async def seen(rt: Runtime, workspace: Workspace) -> Ingestion:
    """This workspace's events; nothing that another test left in the log comes before them."""
    found = Ingestion(rt, workspace.id)
    await found.drain()
    return found


@pytest.fixture
async def hook(rt: Runtime, workspace: Workspace) -> AsyncIterator[Hook]:
    made = await make_hook(rt, workspace.id)
    yield made
    await made.client.aclose()
