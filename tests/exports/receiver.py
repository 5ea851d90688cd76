"""Stands where the network would be, and what tests of forwarding do with it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from otklik.accounts.public import Principal
from otklik.exports.forwarding.capture import step_captures, take_events
from otklik.exports.forwarding.deliver import step_deliveries
from otklik.exports.forwarding.form import NewForwarding
from otklik.exports.forwarding.model import (
    WebhookTarget,
)
from otklik.exports.forwarding.operations import (
    create_forwarding,
)
from otklik.exports.forwarding.queries import get_forwarding
from otklik.ingestion.public import EventsStored, StoredEvents
from otklik.kit.ids import new_id
from otklik.runtime.public import Answer, Runtime

from .world import START, World


class Receiver:
    """Stands where the network would be, and answers as the test says."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[Any] = []
        self.usual: Callable[..., Awaitable[Answer]] | None = None

    def check(self, url: str) -> None:
        pass

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 10.0,
        answer_bytes_max: int = 65_536,
    ) -> Answer:
        self.calls.append((url, dict(headers or {}), body))
        if self.answers:
            what = self.answers.pop(0)
            if isinstance(what, Exception):
                raise what
            return what if isinstance(what, Answer) else Answer(what, {}, b"said so", 5)
        if self.usual is not None:
            return await self.usual(url, dict(headers or {}), body)
        return Answer(204, {}, b"", 5)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.calls]


URL = "https://hooks.example.org/x"


async def make(rt: Runtime, who: Principal, **more: Any) -> tuple[UUID, str]:
    data = NewForwarding(name="Hook", target=more.pop("target", WebhookTarget(URL)), **more)
    async with rt.db.begin() as tx:
        found, secret = await create_forwarding(rt, tx, who=who, data=data, now=rt.clock())
    return found, secret or ""


async def store(world: World, *rows: tuple[str, dict[str, Any]], **other: Any) -> None:
    """Store events as the pipeline does, with its news; ids are m1, m2, …"""
    if not world.people:
        await world.add_people([{"name": "Анна", "email": "anna@example.org"}])
    one = world.people[0]
    made = [
        (
            one,
            name,
            other.get("at", START) + timedelta(seconds=i),
            f"{other.get('prefix', 'm')}{i + 1}",
            properties,
        )
        for i, (name, properties) in enumerate(rows)
    ]
    await world.add_events(made, **{k: v for k, v in other.items() if k not in {"prefix", "at"}})
    n = len(made)
    millis = [int(r[2].timestamp() * 1000) for r in made]
    news = EventsStored(
        workspace_id=world.workspace_id,
        batch_id=new_id(),
        events=StoredEvents(
            names=[r[1] for r in made],
            types=["track"] * n,
            profile_ids=[one] * n,
            times_ms=millis,
            received_ms=millis,
            message_ids=[r[3] for r in made],
            properties=[r[4] for r in made],
            sources=[other.get("source", "server")] * n,
        ),
        profile_ids=frozenset({one}),
        now=world.rt.clock(),
    )
    async with world.rt.db.begin() as tx:
        await take_events(news, tx)


async def carry(rt: Runtime) -> None:
    while await step_captures(rt):
        pass
    while await step_deliveries(rt):
        pass


async def health(world: World, forwarding_id: UUID) -> Any:
    async with world.rt.db.begin() as tx:
        return await get_forwarding(
            tx,
            workspace_id=world.workspace_id,
            forwarding_id=forwarding_id,
            now=world.rt.clock(),
            whole=True,
        )


async def count(rt: Runtime, table: sa.Table) -> int:
    async with rt.db.begin() as tx:
        found = await tx.execute(sa.select(sa.func.count()).select_from(table))
        return int(found.scalar_one())
