from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa
import pytest

from otklik.analytics.public import ReportSpec
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime

from .recount import EventRow, FactRow, OrderRow, TraitRow

START = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
_workspaces = itertools.count(3_000_000)


class Store:
    """Puts raw rows into ClickHouse, each store in a workspace of its own."""

    def __init__(self, rt: Runtime) -> None:
        self.rt = rt
        self.workspace_id = next(_workspaces)
        self.source_id: UUID = new_id()

    async def facts(self, rows: Sequence[FactRow], **other: Any) -> None:
        n = len(rows)
        table = {
            "workspace_id": pa.array(
                [other.get("workspace_id", self.workspace_id)] * n, pa.uint32()
            ),
            "message_id": pa.array([row.message_id for row in rows], pa.uint64()),
            "profile_id": pa.array([row.profile_id for row in rows], pa.uint64()),
            "channel": ["email"] * n,
            "source_kind": [other.get("source_kind", "campaign")] * n,
            "source_id": [str(other.get("source_id", self.source_id))] * n,
            "variant": [row.variant for row in rows],
            "fact": [row.fact for row in rows],
            "verdict": [row.verdict for row in rows],
            "reason": [row.reason for row in rows],
            "link": pa.array([0] * n, pa.uint16()),
            "url": [row.url for row in rows],
            "user_agent": [row.user_agent for row in rows],
            "at": pa.array([row.at for row in rows], pa.timestamp("ms", tz="UTC")),
            "fact_id": [f"{i}" for i in range(n)],
            "wave": pa.array([other.get("wave", 0)] * n, pa.uint8()),
        }
        await self.rt.ch.insert_arrow("message_facts", pa.table(table))

    async def events(self, rows: Sequence[EventRow], **other: Any) -> None:
        n = len(rows)
        times = pa.array([row.time for row in rows], pa.timestamp("ms", tz="UTC"))
        table = {
            "workspace_id": pa.array(
                [other.get("workspace_id", self.workspace_id)] * n, pa.uint32()
            ),
            "profile_id": pa.array([row.profile_id for row in rows], pa.uint64()),
            "name": [row.name for row in rows],
            "type": ["track"] * n,
            "time": times,
            "received_at": times,
            "message_id": [f"m{i}" for i in range(n)],
            "anonymous_id": [""] * n,
            "user_id": [""] * n,
            "properties": [json.dumps(row.properties) for row in rows],
            "context": ["{}"] * n,
            "source": ["api"] * n,
        }
        await self.rt.ch.insert_arrow("events", pa.table(table))

    async def orders(self, rows: Sequence[OrderRow]) -> None:
        """Store orders, each with an older version that says something else."""
        for version in (1, 2):
            body = b"\n".join(
                msgspec.json.encode(
                    {
                        "workspace_id": self.workspace_id,
                        "order_id": row.order_id,
                        "given_back_at": [at for at, _ in row.given_back]
                        if version == 2
                        else [START],
                        "given_back_share": [share for _, share in row.given_back]
                        if version == 2
                        else [0.9],
                        "version": version,
                    }
                )
                for row in rows
            )
            await self.rt.ch.insert_lines("orders", body, f"{self.workspace_id}-{version}")

    async def sold(self, rows: Sequence[Any]) -> None:
        """Store orders as the catalogue does: order_id, profile_id, at, total, status, back (the
        share that was given back), currency."""
        body = b"\n".join(
            msgspec.json.encode(
                {
                    "workspace_id": self.workspace_id,
                    "order_id": row.order_id,
                    "profile_id": row.profile_id,
                    "status": row.status,
                    "placed_at": row.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:23],
                    "total": str(row.total),
                    "currency": row.currency,
                    "given_back_at": ["2026-05-01 00:00:00.000"] if row.back else [],
                    "given_back_share": [row.back] if row.back else [],
                    "version": 1,
                }
            )
            for row in rows
        )
        await self.rt.ch.insert_lines("orders", body, f"sold-{self.workspace_id}")

    async def merges(self, into: dict[int, int]) -> None:
        n = len(into)
        table = {
            "workspace_id": pa.array([self.workspace_id] * n, pa.uint32()),
            "from_id": pa.array(list(into), pa.uint64()),
            "into_id": pa.array(list(into.values()), pa.uint64()),
            "undone": pa.array([0] * n, pa.uint8()),
            "version": pa.array([1] * n, pa.uint64()),
        }
        await self.rt.ch.insert_arrow("profile_merges", pa.table(table))

    async def traits(self, trait: str, rows: Sequence[TraitRow]) -> None:
        n = len(rows)
        table = {
            "workspace_id": pa.array([self.workspace_id] * n, pa.uint32()),
            "trait": [trait] * n,
            "profile_id": pa.array([row.profile_id for row in rows], pa.uint64()),
            "type": [row.type for row in rows],
            "str": [row.text for row in rows],
            "num": [row.number for row in rows],
            "list": pa.array([row.items for row in rows], pa.list_(pa.string())),
            "version": pa.array([row.version for row in rows], pa.uint64()),
        }
        await self.rt.ch.insert_arrow("profile_traits", pa.table(table))

    async def domains(self, domains: Mapping[int, list[str]]) -> None:
        table = {
            "workspace_id": pa.array([self.workspace_id] * len(domains), pa.uint32()),
            "profile_id": pa.array(list(domains), pa.uint64()),
            "email_domains": pa.array(list(domains.values()), pa.list_(pa.string())),
        }
        await self.rt.ch.insert_arrow("profiles", pa.table(table))

    async def segments(self, members: Mapping[UUID, list[int]], *, hours: int = 0) -> None:
        await self.rt.ch.command(
            "INSERT INTO segment_memberships (workspace_id, segment_id, computed_at, members, size)"
            " SELECT {workspace:UInt32}, one.1, {at:DateTime64(3, 'UTC')},"
            " bitmapBuild(CAST(one.2, 'Array(UInt64)')), length(one.2)"
            " FROM (SELECT arrayJoin(arrayZip({segments:Array(UUID)}, {sets:Array(Array(UInt64))}))"
            " AS one)",
            {
                "workspace": self.workspace_id,
                "at": START + timedelta(hours=hours),
                "segments": [str(one) for one in members],
                "sets": list(members.values()),
            },
        )

    def spec(self, **fields: Any) -> ReportSpec:
        given: dict[str, Any] = {
            "workspace_id": self.workspace_id,
            "source_kind": "campaign",
            "source_id": self.source_id,
            "name": "Come back",
            "launched_at": START,
            **fields,
        }
        return ReportSpec(**given)


@pytest.fixture
def store(rt: Runtime) -> Store:
    return Store(rt)
