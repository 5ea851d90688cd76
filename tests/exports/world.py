"""A workspace with people, events, orders and messages, and what is taken out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa
import sqlalchemy as sa

from otklik.exports.files.stream import open_export, write_export
from otklik.exports.model import ExportPlan
from otklik.kit.ids import new_id
from otklik.profiles.public import Observation, resolve_identities, store_changes
from otklik.runtime.public import Bus, Runtime

START = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
MOMENT = pa.timestamp("ms", "UTC")


@dataclass
class World:
    """Puts rows where exports read them."""

    rt: Runtime
    workspace_id: int
    people: list[int] = field(default_factory=list)

    async def add_people(self, traits: Sequence[dict[str, Any]]) -> list[int]:
        observations = [
            Observation(
                index=i,
                user_id=f"u{len(self.people) + i}",
                anonymous_id=None,
                traits=dict(one),
                time=START,
            )
            for i, one in enumerate(traits)
        ]
        async with self.rt.db.begin() as tx:
            found = await resolve_identities(
                tx,
                workspace_id=self.workspace_id,
                observations=observations,
                now=START,
                bus=Bus(),
            )
        while await store_changes(self.rt):
            pass
        self.people += found.profile_ids
        return list(found.profile_ids)

    async def add_events(
        self, rows: Sequence[tuple[int, str, datetime, str, dict[str, Any]]], **other: Any
    ) -> None:
        """Rows: profile, name, time, message id, properties."""
        n = len(rows)
        received = other.get("received_at", START)
        context = other.get("context", {})
        table = pa.table(
            {
                "workspace_id": pa.array([self.workspace_id] * n, pa.uint32()),
                "profile_id": pa.array([r[0] for r in rows], pa.uint64()),
                "name": [r[1] for r in rows],
                "type": ["track"] * n,
                "time": pa.array([r[2] for r in rows], MOMENT),
                "received_at": pa.array([received] * n, MOMENT),
                "message_id": [r[3] for r in rows],
                "anonymous_id": [other.get("anonymous_id", "")] * n,
                "user_id": [other.get("user_id", "u")] * n,
                "properties": [msgspec.json.encode(r[4]).decode() for r in rows],
                "context": [msgspec.json.encode(context).decode()] * n,
                "source": [other.get("source", "server")] * n,
            }
        )
        await self.rt.ch.insert_arrow("events", table)

    async def add_orders(self, rows: Sequence[tuple[str, int, str, Any]]) -> None:
        """Rows: order id, profile, status, total."""
        n = len(rows)
        table = pa.table(
            {
                "workspace_id": pa.array([self.workspace_id] * n, pa.uint32()),
                "order_id": [r[0] for r in rows],
                "profile_id": pa.array([r[1] for r in rows], pa.uint64()),
                "status": [r[2] for r in rows],
                "placed_at": pa.array([START + timedelta(minutes=i) for i in range(n)], MOMENT),
                "total": pa.array([r[3] for r in rows], pa.decimal128(18, 2)),
                "currency": ["RUB"] * n,
                "product_ids": pa.array([["p1", "p'2"]] * n, pa.list_(pa.string())),
                "product_names": pa.array([["Чашка", 'a "b"']] * n, pa.list_(pa.string())),
                "categories": pa.array([["k"]] * n, pa.list_(pa.string())),
                "quantities": pa.array([[1.0, 2.5]] * n, pa.list_(pa.float64())),
                "prices": pa.array([[10.0, 0.1]] * n, pa.list_(pa.float64())),
                "version": pa.array([1] * n, pa.uint64()),
            }
        )
        await self.rt.ch.insert_arrow("orders", table)

    async def add_messages(self, profiles: Sequence[int], *, at: datetime) -> Any:
        """One finished mailing to these people; returns its source id."""
        source_id = new_id()
        async with self.rt.db.begin() as tx:
            values = {"w": self.workspace_id, "s": source_id, "sender": new_id(), "at": at}
            mailing = (
                await tx.execute(
                    sa.text(
                        "INSERT INTO mailings (workspace_id, source_kind, source_id, name, channel,"
                        " sender_id, state, arms, created_at) VALUES (:w, 'campaign', :s, 'June',"
                        " 'email', :sender, 'finished', '[]', :at) RETURNING mailing_id"
                    ),
                    values,
                )
            ).scalar_one()
            first = (await tx.execute(sa.text("SELECT nextval('message_ids')"))).scalar_one()
            await tx.execute(
                sa.text(
                    "INSERT INTO message_blocks (block_id, workspace_id, mailing_id, last_id,"
                    " state, due_at, tally) VALUES (:b, :w, :m, :l, 'done', :at, '{}')"
                ),
                {"b": first, "w": self.workspace_id, "m": mailing, "l": first + 999, "at": at},
            )
            await tx.execute(
                sa.text(
                    "INSERT INTO messages (message_id, profile_id, workspace_id, mailing_id, state,"
                    " variant, address, at) VALUES (:id, :p, :w, :m, 'sent', 'A', :a, :at)"
                ),
                [
                    {
                        "id": first + i,
                        "p": one,
                        "w": self.workspace_id,
                        "m": mailing,
                        "a": f"a{i}@example.org",
                        "at": at,
                    }
                    for i, one in enumerate(profiles)
                ],
            )
        facts = [
            (first, profiles[0], "delivered", ""),
            (first, profiles[0], "opened", "machine"),
            (first, profiles[0], "clicked", "person"),
        ]
        table = pa.table(
            {
                "workspace_id": pa.array([self.workspace_id] * 3, pa.uint32()),
                "message_id": pa.array([f[0] for f in facts], pa.uint64()),
                "profile_id": pa.array([f[1] for f in facts], pa.uint64()),
                "channel": ["email"] * 3,
                "source_kind": ["campaign"] * 3,
                "source_id": [str(source_id)] * 3,
                "variant": ["A"] * 3,
                "fact": [f[2] for f in facts],
                "verdict": [f[3] for f in facts],
                "reason": [""] * 3,
                "link": pa.array([0] * 3, pa.uint16()),
                "url": [""] * 3,
                "user_agent": [""] * 3,
                "at": pa.array([at + timedelta(minutes=i) for i in range(3)], MOMENT),
                "fact_id": ["1", "2", "3"],
            }
        )
        await self.rt.ch.insert_arrow("message_facts", table)
        return source_id

    async def export(self, plan: ExportPlan, **more: Any) -> bytes:
        export = await open_export(
            self.rt,
            plan,
            workspace_id=more.pop("workspace_id", self.workspace_id),
            now=more.pop("now", self.rt.clock()),
            **more,
        )
        return b"".join([piece.body async for piece in write_export(self.rt, export)])
