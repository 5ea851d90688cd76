"""The engines of a process: embedded ones, or those that the settings name.

Kept light of imports: the engines start while the rest of the program is still being loaded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from otklik.runtime.embedded.supervisor import EmbeddedEngines
from otklik.runtime.settings import Settings


class EngineUrls(msgspec.Struct, frozen=True):
    """Where both engines answer."""

    database_url: str
    clickhouse_url: str


@asynccontextmanager
async def open_engines(settings: Settings) -> AsyncIterator[EngineUrls]:
    """Start the embedded engines that the settings do not replace by external ones."""
    if settings.database_url and settings.clickhouse_url:
        yield EngineUrls(settings.database_url, settings.clickhouse_url)
        return
    async with EmbeddedEngines(
        settings.data_dir,
        postgres=settings.database_url is None,
        clickhouse=settings.clickhouse_url is None,
        memory_bytes_max=settings.clickhouse.memory_bytes_max,
        threads_max=settings.clickhouse.threads_max,
    ) as engines:
        yield EngineUrls(
            settings.database_url or engines.database_url,
            settings.clickhouse_url or engines.clickhouse_url,
        )
