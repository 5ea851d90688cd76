"""Killing an engine with -9 under load loses nothing that was answered with 200."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from otklik.accounts.public import create_key, create_workspace
from otklik.ingestion.pipeline import Pipeline
from otklik.ingestion.public import open_event_service
from otklik.runtime.embedded.supervisor import EmbeddedEngines
from otklik.runtime.public import Runtime, Settings, make_runtime
from tests.conftest import NOW
from tests.ingestion.support import Ingestion, track


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[tuple[Runtime, EmbeddedEngines]]:
    """A runtime over engines of its own, which may be killed."""
    from otklik.entrypoints.engines import EngineUrls
    from otklik.entrypoints.process import migrate

    with EmbeddedEngines(tmp_path) as engines:
        await migrate(EngineUrls(engines.database_url, engines.clickhouse_url))
        rt = make_runtime(
            Settings(data=str(tmp_path), secret_key="only for tests"),
            database_url=engines.database_url,
            clickhouse_url=engines.clickhouse_url,
        )
        yield rt, engines
        await rt.close()


async def test_what_was_answered_with_200_is_stored_once(
    own: tuple[Runtime, EmbeddedEngines],
) -> None:
    rt, engines = own
    async with rt.db.begin() as tx:
        workspace = await create_workspace(tx, name="Acme", lang="en", now=NOW)
        _, key = await create_key(
            tx, workspace_id=workspace.id, kind="secret", name="Server", now=NOW
        )
    seen = Ingestion(rt, workspace.id)
    answered: set[str] = set()
    refused = 0
    stopping = False

    async def send(client: httpx.AsyncClient, sender: int) -> None:
        nonlocal refused
        number = 0
        while not stopping:
            message_id = f"{sender}-{number}"
            answer = await client.post(
                "/v1/track", json=track(f"u{number % 9}", messageId=message_id)
            )
            assert answer.status_code in {200, 503}
            if answer.status_code == 200:
                answered.add(message_id)
                number += 1
            else:
                refused += 1

    async def carry() -> None:
        pipeline = Pipeline()
        while not stopping:
            try:
                if not await pipeline.step(rt):
                    await asyncio.sleep(0.02)
            except Exception:
                await asyncio.sleep(0.1)

    async with open_event_service(rt) as service:
        transport = httpx.ASGITransport(app=service)  # type: ignore[arg-type]  # httpx and uvicorn have ASGI types of their own
        async with httpx.AsyncClient(
            transport=transport, base_url="http://t", auth=(key, ""), timeout=30
        ) as client:
            work = [asyncio.create_task(send(client, n)) for n in range(4)]
            work.append(asyncio.create_task(carry()))
            for pid in ("postgres_pid", "clickhouse_pid", "postgres_pid"):
                before = len(answered)
                while len(answered) < before + 40:
                    await asyncio.sleep(0.02)
                os.kill(getattr(engines, pid), signal.SIGKILL)
            before = len(answered)
            while len(answered) < before + 40:
                await asyncio.sleep(0.02)
            stopping = True
            await asyncio.gather(*work)
    await seen.drain()
    for batch in await seen.batches():
        if batch.state != "done":
            rt.clock = lambda: batch.lease_until  # noqa: B023 (used before the next turn)
            await seen.drain()
    stored = [row[0] for row in await seen.stored()]
    assert len(stored) == len(set(stored))
    assert answered <= set(stored)
