"""TEMPORARY"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

# --- TEMPORARY until the first migration exists ---
from otklik.runtime.embedded.supervisor import EmbeddedEngines
from otklik.runtime.public import Runtime, Settings, make_runtime, metadata


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
