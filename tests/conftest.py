"""Fixtures that every test may ask for.

The engines start once per run. Tests are apart from each other by workspace: each gets fresh ones,
so nothing is truncated and no order matters. Time stands still at `NOW` unless a test moves it.
"""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import hypothesis
import pytest
import structlog

from otklik.accounts.public import (
    Principal,
    Role,
    Workspace,
    create_user,
    create_workspace,
)
from otklik.entrypoints.engines import EngineUrls
from otklik.kit.ids import new_token
from otklik.runtime.embedded.supervisor import EmbeddedEngines
from otklik.runtime.public import Runtime, Settings, Tx, make_runtime

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"

# How long an example takes says something of the machine, nothing of the program.
hypothesis.settings.register_profile(
    "otklik", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("otklik")

# Left to itself, structlog paints the local variables of every frame: seconds for one error.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what is there until the end of the run."""
    gc.collect()
    gc.freeze()


class Clock:
    """A clock that goes only when a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="otklik-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def engines(data_dir: Path) -> Iterator[EngineUrls]:
    """Both engines: embedded, or the empty database of a server that the environment names."""
    external = os.environ.get("OTKLIK_TEST_DATABASE_URL")
    with EmbeddedEngines(data_dir, postgres=external is None) as started:
        yield EngineUrls(external or started.database_url, started.clickhouse_url)


@pytest.fixture(scope="session")
def settings(data_dir: Path) -> Settings:
    return Settings(
        data=str(data_dir), secret_key="only for tests", public_url="http://otklik.test"
    )


@pytest.fixture(scope="session")
async def runtime(engines: EngineUrls, settings: Settings) -> AsyncIterator[Runtime]:
    """The wired runtime of the whole run; tests take `rt`, which sets its clock."""
    from otklik.entrypoints import wiring
    from otklik.entrypoints.process import migrate

    await migrate(engines)
    made = make_runtime(
        settings,
        database_url=engines.database_url,
        clickhouse_url=engines.clickhouse_url,
        clock=Clock(NOW),
    )
    wiring.connect(made)
    async with made.jobs.app.open_async():
        yield made
    await made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def rt(runtime: Runtime, clock: Clock) -> Runtime:
    runtime.clock = clock
    return runtime


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
async def tx(rt: Runtime) -> AsyncIterator[Tx]:
    """A transaction that is rolled back after the test."""
    async with rt.db.engine.connect() as connection:
        transaction = await connection.begin()
        yield connection
        await transaction.rollback()


@pytest.fixture
async def workspace(rt: Runtime) -> Workspace:
    """A fresh workspace, committed."""
    async with rt.db.begin() as tx:
        return await create_workspace(tx, name="Acme", lang="en", now=NOW)


@pytest.fixture
async def other_workspace(rt: Runtime) -> Workspace:
    """The stranger's workspace."""
    async with rt.db.begin() as tx:
        return await create_workspace(tx, name="Elsewhere", lang="en", now=NOW)


@dataclass
class Cast:
    """The fixed cast, each with an HTTP client that is signed in."""

    owner: httpx.AsyncClient
    marketer: httpx.AsyncClient
    colleague: httpx.AsyncClient
    """An analyst: may look, not touch."""
    stranger: httpx.AsyncClient
    """The owner of another workspace: must see nothing of this one."""
    nobody: httpx.AsyncClient


@pytest.fixture(scope="session")
async def app(runtime: Runtime) -> object:
    from otklik.entrypoints import wiring

    return wiring.asgi_app(runtime)


def client_of(app: object, *, ip: str = "192.0.2.1", **headers: str) -> httpx.AsyncClient:
    """Return a client that calls the application directly, from the address `ip`."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(  # type: ignore[arg-type]
            app=app, raise_app_exceptions=False, client=(ip, 40000)
        ),
        base_url="http://otklik.test",
        headers={"accept-language": "en", **headers},
    )


@pytest.fixture
async def cast(
    rt: Runtime, app: object, workspace: Workspace, other_workspace: Workspace
) -> AsyncIterator[Cast]:
    clients = {"nobody": client_of(app)}
    people = {
        "owner": (workspace.id, Role.OWNER),
        "marketer": (workspace.id, Role.MARKETER),
        "colleague": (workspace.id, Role.ANALYST),
        "stranger": (other_workspace.id, Role.OWNER),
    }
    for person, (workspace_id, role) in people.items():
        clients[person] = await signed_in(rt, app, workspace_id, role)
    yield Cast(**clients)
    for client in clients.values():
        await client.aclose()


async def signed_in(rt: Runtime, app: object, workspace_id: int, role: Role) -> httpx.AsyncClient:
    """Return a client with a fresh user's session; the cookie is made without the slow hash."""
    from otklik.accounts.operations import hash_token
    from otklik.accounts.tables import memberships, sessions, users
    from otklik.kit.ids import new_id

    user_id, token, csrf = new_id(), new_token(), new_token()
    async with rt.db.begin() as tx:
        await tx.execute(
            users.insert().values(
                id=user_id,
                email=f"{user_id}@otklik.test",
                name=role.value.title(),
                password_hash="none",
                lang="en",
                created_at=NOW,
            )
        )
        await tx.execute(
            memberships.insert().values(
                workspace_id=workspace_id, user_id=user_id, role=role, created_at=NOW
            )
        )
        await tx.execute(
            sessions.insert().values(
                token_hash=hash_token(token),
                user_id=user_id,
                workspace_id=workspace_id,
                csrf_token=csrf,
                epoch=0,
                created_at=NOW,
                last_seen_at=NOW,
                expires_at=NOW + timedelta(days=3650),
                ip="",
                user_agent="",
            )
        )
    client = client_of(app, **{"x-csrf-token": csrf})
    client.cookies.set("otklik_session", token)
    return client


@pytest.fixture
def principal(workspace: Workspace) -> Principal:
    return Principal(workspace_id=workspace.id, role=Role.OWNER)


__all__ = ["NOW", "PASSWORD", "Clock", "create_user"]
