"""Looking at what ingestion left in both stores."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from otklik.ingestion.log import append_in, unpack
from otklik.ingestion.model import Record
from otklik.ingestion.pipeline import Pipeline
from otklik.ingestion.tables import event_batches, event_chunks, event_rejects
from otklik.runtime.public import Runtime


@dataclass
class Ingestion:
    """What one workspace's events have become."""

    rt: Runtime
    workspace_id: int

    async def bodies(self) -> list[Any]:
        """Return the bodies that wait or waited in the log."""
        async with self.rt.db.begin() as tx:
            rows = await tx.execute(
                sa.select(event_chunks.c.body)
                .where(event_chunks.c.workspace_id == self.workspace_id)
                .order_by(event_chunks.c.received_at, event_chunks.c.chunk_id)
            )
            return [json.loads(record.body) for row in rows for record in unpack(row.body)]

    async def logged(self) -> int:
        """Return how many events are in the log."""
        async with self.rt.db.begin() as tx:
            found = await tx.execute(
                sa.select(sa.func.coalesce(sa.func.sum(event_chunks.c.events), 0)).where(
                    event_chunks.c.workspace_id == self.workspace_id
                )
            )
            return int(found.scalar_one())

    async def rejects(self) -> list[Any]:
        async with self.rt.db.begin() as tx:
            rows = await tx.execute(
                sa.select(event_rejects)
                .where(event_rejects.c.workspace_id == self.workspace_id)
                .order_by(event_rejects.c.reject_id)
            )
            return list(rows)

    async def batches(self) -> list[Any]:
        async with self.rt.db.begin() as tx:
            rows = await tx.execute(
                sa.select(event_batches)
                .where(event_batches.c.workspace_id == self.workspace_id)
                .order_by(event_batches.c.created_at)
            )
            return list(rows)

    async def stored(self, columns: str = "message_id") -> list[tuple[Any, ...]]:
        """Return rows of the workspace's events in ClickHouse, by message id."""
        return await self.rt.ch.query(
            f"SELECT {columns} FROM events WHERE workspace_id = {{w:UInt32}} ORDER BY message_id",
            {"w": self.workspace_id},
        )

    async def put(
        self, *items: dict[str, Any], source: str = "server", sent_at: Any = None
    ) -> None:
        """Write events into the log as one chunk, without the API."""
        record = Record(
            "batch",
            int(self.rt.clock().timestamp() * 1000),
            source,
            sent_at,
            "",
            None,
            json.dumps(list(items)).encode(),
        )
        async with self.rt.db.begin() as tx:
            await append_in(tx, workspace_id=self.workspace_id, records=[record], events=len(items))

    async def drain(self, pipeline: Pipeline | None = None) -> None:
        """Run the pipeline until nothing waits."""
        pipeline = pipeline or Pipeline()
        while await pipeline.step(self.rt):
            pass


def track(user: str = "u1", event: str = "Signed up", **more: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": event,
        "userId": user,
        "messageId": str(uuid.uuid4()),
        "properties": {"plan": "pro", "amount": 5},
        **more,
    }
