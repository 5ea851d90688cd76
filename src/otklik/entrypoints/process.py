"""A process of Otklik: engines up, schemas migrated, runtime wired; and all of it down again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from otklik.channels.email.public import seal_old_keys
from otklik.entrypoints import wiring
from otklik.entrypoints.engines import EngineUrls, open_engines
from otklik.runtime.clickhouse_migrations import migrate_clickhouse
from otklik.runtime.postgres_migrations import migrate_postgres
from otklik.runtime.public import Runtime, Settings, make_runtime
from otklik.runtime.settings import setting_names


async def migrate(urls: EngineUrls) -> None:
    """Bring both schemas up to date; safe when several processes start at once."""
    async with asyncio.TaskGroup() as both:
        both.create_task(asyncio.to_thread(migrate_postgres, urls.database_url))
        both.create_task(migrate_clickhouse(urls.clickhouse_url, urls.database_url))


@asynccontextmanager
async def open_runtime(
    settings: Settings, *, urls: EngineUrls | None = None, migrated: bool = False
) -> AsyncIterator[Runtime]:
    """Open the runtime of a process: engines (unless given), schemas, wiring."""
    async with AsyncExitStack() as stack:
        if urls is None:
            urls = await stack.enter_async_context(open_engines(settings))
        if not migrated:
            await migrate(urls)
        rt = make_runtime(
            settings, database_url=urls.database_url, clickhouse_url=urls.clickhouse_url
        )
        stack.push_async_callback(rt.close)
        wiring.connect(rt)
        async with rt.db.begin() as tx:
            await seal_old_keys(tx)
        yield rt


def child_environment(settings: Settings, urls: EngineUrls) -> dict[str, str]:
    """Return the environment of a worker process with these settings and engines."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OTKLIK_")}
    for name, path, _ in setting_names():
        value: object = settings
        for part in path.split("."):
            value = getattr(value, part)
        if isinstance(value, tuple):
            value = ",".join(map(str, value)) or None
        if value is not None:
            environment[name] = str(value)
    return environment | {
        "OTKLIK_ROLE": "worker",
        "OTKLIK_DATA": str(settings.data_dir),
        "OTKLIK_DATABASE_URL": urls.database_url,
        "OTKLIK_CLICKHOUSE_URL": urls.clickhouse_url,
    }
