"""Waiting for what the program does in the background."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from otklik.delivery.public import waiting_hits
from otklik.entrypoints.demo.api import Api, DemoError
from otklik.entrypoints.demo.telling import Teller
from otklik.ingestion.public import backlog
from otklik.profiles.public import waiting_changes
from otklik.runtime.public import Runtime, waiting_facts

_WAIT_S = 300.0


class Waiter:
    """Orders background work of a running program and waits for its end."""

    def __init__(self, rt: Runtime, workspace_id: int, api: Api, teller: Teller) -> None:
        self.rt, self.workspace_id, self.api, self.teller = rt, workspace_id, api, teller

    async def run_import(
        self,
        file: Path,
        *,
        kind: str,
        key: str | None,
        mapping: dict[str, str],
        options: dict[str, Any],
    ) -> dict[str, Any]:
        uploaded = await self.api.upload("/imports/files", file, kind=kind)
        ordered = await self.api.post(
            "/imports",
            {
                "file_id": uploaded["file_id"],
                "kind": kind,
                "mapping": mapping,
                "key": key,
                "options": options,
            },
        )
        with self.teller.bar("bytes", ordered["bytes_total"]) as (bar, task):
            async for _ in patience("the import did not end"):
                seen: dict[str, Any] = await self.api.get(f"/imports/{ordered['id']}")
                bar.update(task, completed=seen["bytes_done"])
                if seen["state"] == "done":
                    return seen
                if seen["state"] in {"failed", "cancelled"}:
                    raise DemoError(f"the import ended as {seen['state']}: {seen['error']}")
        raise AssertionError("patience ends with an error")

    async def drained(self) -> None:
        """Wait until everything accepted has reached ClickHouse and its consequences are drawn."""
        async for _ in patience("the backlog did not empty"):
            async with self.rt.db.begin() as tx:
                waiting = await backlog(tx, workspace_id=self.workspace_id)
                if waiting.quarantined:
                    raise DemoError(f"a batch was set apart: {waiting.quarantined[0].error}")
                if not waiting.events and not await waiting_facts(tx) and await self.settled(tx):
                    return

    async def settled(self, tx: Any) -> bool:
        return not await waiting_hits(tx) and not await waiting_changes(
            tx, workspace_id=self.workspace_id
        )


async def patience(complaint: str) -> AsyncIterator[None]:
    """Yield every tenth of a second, for at most five minutes."""
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        yield
        await asyncio.sleep(0.1)
    raise DemoError(complaint)
