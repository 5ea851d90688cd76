"""Anna, of whom a company knows much, and how a test erases her and looks for what is left."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import zstandard

from otklik.accounts.public import Workspace
from otklik.channels.email.tables import caught_letters
from otklik.ingestion.log import append_in
from otklik.ingestion.model import Record, Reject, RejectCode
from otklik.ingestion.pipeline import Pipeline
from otklik.ingestion.rejects import put_rejects
from otklik.privacy.erasing import Basis
from otklik.privacy.operations.erasures import order_erasure, work_on_erasure
from otklik.privacy.public import (
    Action,
    ConsentEntry,
    Purpose,
    Source,
    record_consents,
)
from otklik.profiles.public import (
    list_profiles,
    store_changes,
)
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime, metadata
from tests.delivery.support import mailing_to

EMAIL = "anna.secretova@mail.example"


PHONE = "+79161234567"


NAME = "Secretova"


USER = "shop-user-774411"


DEVICE = "device-998877-anna"


NEEDLES = [EMAIL, "9161234567", NAME, USER, DEVICE, "anna.secretova"]


@dataclass
class Person:
    """Anna with everything that a company may know of her, and Boris who has to stay."""

    anna: int
    boris: int


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": "2026-06-14T10:00:00Z", **more}


EVENTS = [
    event(
        "identify",
        userId=USER,
        anonymousId=DEVICE,
        messageId="m1",
        traits={
            "email": EMAIL,
            "phone": "8 (916) 123-45-67",
            "first_name": "Anna",
            "last_name": NAME,
        },
    ),
    event(
        "track",
        event="Contact left",
        userId=USER,
        messageId="m2",
        properties={"mail": EMAIL, "comment": f"call {NAME}", "score": 7},
    ),
    event(
        "track",
        event="Order Completed",
        userId=USER,
        messageId="m3",
        properties={
            "order_id": "A-1",
            "total": 120.5,
            "currency": "RUB",
            "products": [{"product_id": "p1", "name": "Cup", "quantity": 1, "price": 120.5}],
        },
    ),
    event("page", anonymousId=DEVICE, name="Home"),
    event(
        "identify",
        userId="boris-5",
        traits={"email": "boris@mail.example", "first_name": "Boris"},
    ),
    event("track", event="Contact left", userId="boris-5", properties={"mail": "b@x.example"}),
]


async def send(rt: Runtime, workspace_id: int, *events: dict[str, Any]) -> None:
    record = Record(
        "batch",
        int(rt.clock().timestamp() * 1000),
        "server",
        None,
        "",
        None,
        json.dumps(list(events)).encode(),
    )
    async with rt.db.begin() as tx:
        await append_in(tx, workspace_id=workspace_id, records=[record], events=len(events))


async def settle(rt: Runtime) -> None:
    """Let everything that is on its way arrive."""
    pipeline = Pipeline()
    while await pipeline.step(rt):
        pass
    while await store_changes(rt) or await carry_facts(rt):
        pass


async def find(rt: Runtime, workspace_id: int, **by: str) -> int:
    (value,) = by.values()
    async with rt.db.begin() as tx:
        page = await list_profiles(tx, workspace_id=workspace_id, search=value)
    return page.items[0].id


async def meet(rt: Runtime, workspace: Workspace) -> Person:
    """Let Anna and Boris do everything that leaves a trace."""
    ws, now = workspace.id, rt.clock()
    await send(rt, ws, *EVENTS)
    await settle(rt)
    anna = await find(rt, ws, email=EMAIL)
    boris = await find(rt, ws, email="boris@mail.example")
    async with rt.db.begin() as tx:
        await record_consents(
            tx,
            workspace_id=ws,
            entries=[
                ConsentEntry(
                    profile_id=one,
                    purpose=purpose,
                    channel="email" if purpose is Purpose.ADVERTISING else "",
                    action=Action.GRANTED,
                    source=Source.FORM,
                    at=now,
                    ip="192.0.2.77",
                    proof={"email": EMAIL if one == anna else "boris@mail.example"},
                )
                for one in (anna, boris)
                for purpose in (Purpose.ADVERTISING, Purpose.PROCESSING)
            ],
            now=now,
        )
        await put_rejects(
            tx,
            workspace_id=ws,
            rejects=[
                (
                    int(now.timestamp() * 1000),
                    "server",
                    Reject(
                        code=RejectCode.TOO_DEEP,
                        detail="32",
                        type="track",
                        message_id="r1",
                        body=json.dumps({"traits": {"phone": "+7 916 123-45-67"}}),
                    ),
                )
            ],
        )
        await tx.execute(
            caught_letters.insert().values(
                workspace_id=ws,
                caught_at=now,
                envelope_from="shop@shop.example",
                envelope_to=EMAIL,
                from_shown="Shop",
                to_shown=f"Anna {NAME} <{EMAIL}>",
                subject=f"Dear {NAME}",
                size_bytes=10,
                source_zstd=zstandard.compress(f"To: {EMAIL}".encode()),
            )
        )
    await mailing_to(rt, workspace, [anna, boris])
    await settle(rt)
    return Person(anna, boris)


async def order(rt: Runtime, workspace: Workspace, profile_id: int) -> UUID:
    async with rt.db.begin() as tx:
        return await order_erasure(
            rt,
            tx,
            workspace_id=workspace.id,
            profile_id=profile_id,
            confirm=profile_id,
            basis=Basis.REQUEST,
            reason="request 1",
            request_id=None,
            user_id=None,
            now=rt.clock(),
        )


async def finish(rt: Runtime, workspace: Workspace, erasure_id: UUID) -> None:
    for _ in range(20):
        await settle(rt)
        later = await work_on_erasure(rt, workspace_id=workspace.id, erasure_id=erasure_id)
        if later is None:
            return
        rt.clock.now = max(later, rt.clock())  # type: ignore[attr-defined]  # the tests' clock
    pytest.fail("the erasure never ended")


async def everything(rt: Runtime, workspace_id: int) -> AsyncIterator[tuple[str, str]]:
    """Yield (table, text) of every row of the workspace in both engines, packed ones unpacked."""
    async with rt.db.begin() as tx:
        for table in metadata.sorted_tables:
            statement = sa.select(table)
            if "workspace_id" in table.c:
                statement = statement.where(table.c.workspace_id == workspace_id)
            for row in await tx.execute(statement):
                yield table.name, " ".join(_text(value) for value in row)
        for row in await tx.execute(sa.text("SELECT args::text FROM procrastinate_jobs")):
            yield "procrastinate_jobs", str(row[0])
    tables = await rt.ch.query(
        "SELECT DISTINCT table FROM system.columns WHERE database = currentDatabase()"
        " AND name = 'workspace_id' AND table NOT LIKE '.%'"
    )
    for (name,) in tables:
        lines = await rt.ch.query(
            f"SELECT formatRow('JSONEachRow', *) FROM {name} WHERE workspace_id = {{ws:UInt32}}",
            {"ws": workspace_id},
        )
        for (line,) in lines:
            yield f"clickhouse:{name}", str(line)


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
        try:
            raw = zstandard.decompress(raw)
        except zstandard.ZstdError:
            pass
        return raw.decode("utf-8", "replace")
    return str(value)


async def mentions(rt: Runtime, workspace_id: int) -> list[tuple[str, str]]:
    found = []
    async for table, text in everything(rt, workspace_id):
        tight = re.sub(r"[\s()+-]", "", text)
        found += [
            (table, needle)
            for needle in NEEDLES
            if needle.lower() in text.lower() or needle.lower() in tight.lower()
        ]
    return found
