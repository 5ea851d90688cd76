"""Fixtures of ingestion: a key, the event API, and short ways to look at what it left."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from otklik.accounts.public import Workspace, create_key
from otklik.ingestion.public import EventService, open_event_service
from otklik.runtime.public import Runtime
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
        transport=httpx.ASGITransport(app=service, raise_app_exceptions=False),  # type: ignore[arg-type]
        base_url="http://otklik.test",
        auth=(secret_key, ""),
    ) as client:
        yield client


@pytest.fixture
async def bare_api(service: EventService) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=service, raise_app_exceptions=False),  # type: ignore[arg-type]
        base_url="http://otklik.test",
    ) as client:
        yield client


@pytest.fixture
def seen(rt: Runtime, workspace: Workspace) -> Ingestion:
    return Ingestion(rt, workspace.id)


# --- TEMPORARY until the first migration exists ---
from otklik.runtime.embedded.supervisor import EmbeddedEngines  # noqa: E402
from otklik.runtime.public import Settings, make_runtime, metadata  # noqa: E402


@pytest.fixture(scope="session")
async def runtime(engines: EmbeddedEngines, settings: Settings) -> AsyncIterator[Runtime]:
    import otklik.ingestion.tables
    import otklik.profiles.tables
    import otklik.runtime.outbox
    import otklik.runtime.web.idempotency  # noqa: F401
    from otklik.runtime.clickhouse_migrations import migrate_clickhouse
    from tests.conftest import NOW, Clock

    made = make_runtime(
        settings,
        database_url=engines.database_url,
        clickhouse_url=engines.clickhouse_url,
        clock=Clock(NOW),
    )
    async with made.db.engine.begin() as c:
        await c.run_sync(metadata.create_all)
    await migrate_clickhouse(engines.clickhouse_url, engines.database_url)
    yield made
    await made.close()


@pytest.fixture(scope="session")
async def app(runtime: Runtime) -> object:
    from litestar.di import Provide

    from otklik.accounts.http import HANDLERS as A
    from otklik.accounts.public import provide_principal
    from otklik.events.http import HANDLERS as E
    from otklik.ingestion.http import HANDLERS as G
    from otklik.runtime.web.app import create_app

    return create_app(runtime, api=[*A, *E, *G], dependencies={"who": Provide(provide_principal)})
