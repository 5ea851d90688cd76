"""A source of incoming webhooks as a test calls it."""

from __future__ import annotations

from typing import Any

import httpx
import sqlalchemy as sa

from otklik.ingestion.hooks import operations, work
from otklik.ingestion.hooks.model import (
    Check,
    HookMapping,
    HookRule,
    HookService,
)
from otklik.ingestion.hooks.receive import HookApi
from otklik.ingestion.hooks.tables import hook_calls, hook_sources
from otklik.runtime.public import Runtime

EMAIL = HookRule(path=["Email"], to="email")


NAME = HookRule(path=["Name"], to="trait", name="name")


SENT = HookMapping(event="Form Submitted", rules=[EMAIL, NAME])


FORM = {"Email": "anna@example.com", "Name": "Анна"}


class Hook:
    """A source with its address, and short ways to call it."""

    def __init__(self, rt: Runtime, workspace_id: int, source_id: Any, address: str) -> None:
        self.rt, self.workspace_id = rt, workspace_id
        self.source_id, self.address = source_id, address
        self.api = HookApi(rt, clock=lambda: rt.clock().timestamp())
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.api, client=("192.0.2.9", 1)),  # type: ignore[arg-type]  # httpx and uvicorn have ASGI types of their own
            base_url="http://otklik.test",
        )

    async def send(self, **call: Any) -> httpx.Response:
        return await self.client.post(f"/h/{self.address}", **call)

    async def rows(self) -> list[Any]:
        async with self.rt.db.begin() as tx:
            found = await tx.execute(
                sa.select(hook_calls)
                .where(hook_calls.c.source_id == self.source_id)
                .order_by(hook_calls.c.received_at, hook_calls.c.call_id)
            )
            return list(found)

    async def map(self, mapping: HookMapping = SENT, *, replay: bool = True) -> int:
        async with self.rt.db.begin() as tx:
            return await operations.set_mapping(
                tx,
                workspace_id=self.workspace_id,
                source_id=self.source_id,
                mapping=mapping,
                replay_caught=replay,
                now=self.rt.clock(),
            )

    async def check(self, check: Check, secret: str | None = None) -> str | None:
        async with self.rt.db.begin() as tx:
            made = await operations.set_check(
                tx,
                vault=self.rt.vault,
                workspace_id=self.workspace_id,
                source_id=self.source_id,
                check=check,
                secret=secret,
                now=self.rt.clock(),
            )
        self.api = HookApi(self.rt, clock=lambda: self.rt.clock().timestamp())
        self.client._transport.app = self.api  # type: ignore[attr-defined]  # a fresh memory
        return made

    async def change(self, **changes: Any) -> None:
        async with self.rt.db.begin() as tx:
            await operations.change_source(
                tx,
                workspace_id=self.workspace_id,
                source_id=self.source_id,
                now=self.rt.clock(),
                **changes,
            )
        self.api._known.clear()

    async def replay(self, **which: Any) -> int:
        async with self.rt.db.begin() as tx:
            return await operations.replay(
                tx, workspace_id=self.workspace_id, source_id=self.source_id, **which
            )

    async def drain(self) -> None:
        while await work.step_hooks(self.rt):
            pass


async def make_hook(
    rt: Runtime, workspace_id: int, service: HookService = HookService.OTHER
) -> Hook:
    async with rt.db.begin() as tx:
        source_id, _ = await operations.create_source(
            tx,
            vault=rt.vault,
            workspace_id=workspace_id,
            name="Shop",
            service=service,
            now=rt.clock(),
        )
        address = (
            await tx.execute(
                sa.select(hook_sources.c.address).where(hook_sources.c.source_id == source_id)
            )
        ).scalar_one()
    return Hook(rt, workspace_id, source_id, address)
