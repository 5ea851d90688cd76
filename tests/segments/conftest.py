"""People with facts, made through the doors of the lower slices where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from otklik.accounts.public import Workspace
from otklik.profiles.public import Observation, resolve_identities, store_changes
from otklik.runtime.public import Runtime
from tests.conftest import NOW

_tokens = count()


class World:
    """Makes people of one workspace and gives them facts."""

    def __init__(self, rt: Runtime, workspace_id: int) -> None:
        self.rt = rt
        self.workspace_id = workspace_id

    async def people(
        self, *traits: Mapping[str, Any], start: int = 0, store: bool = True
    ) -> list[int]:
        """Create people u0, u1, … with an e-mail address and traits; return their profile ids.

        `store`: in ClickHouse too.
        """
        observations = [
            Observation(
                index=number,
                time=NOW - timedelta(days=100),
                user_id=f"u{start + number}",
                email=f"u{start + number}@otklik.test",
                traits=dict(given),
                trusted=True,
            )
            for number, given in enumerate(traits)
        ]
        async with self.rt.db.begin() as tx:
            found = await resolve_identities(
                tx, workspace_id=self.workspace_id, observations=observations, now=NOW
            )
        if store:
            await self.store()
        return list(found.profile_ids)

    async def store(self) -> None:
        while await store_changes(self.rt):
            pass

    async def event(
        self,
        profile_id: int,
        name: str,
        *,
        at: datetime = NOW,
        context: Mapping[str, Any] | None = None,
        **properties: Any,
    ) -> None:
        await self._insert(
            "events",
            [
                {
                    "profile_id": profile_id,
                    "name": name,
                    "type": "track",
                    "time": _text(at),
                    "received_at": _text(at),
                    "message_id": f"m{next(_tokens)}",
                    "properties": properties,
                    "context": msgspec.json.encode(context or {}).decode(),
                }
            ],
        )

    async def orders(self, profile_id: int, *days_ago: float, total: str = "10.00") -> None:
        await self._insert(
            "orders",
            [
                {
                    "order_id": f"o{next(_tokens)}",
                    "profile_id": profile_id,
                    "status": "paid",
                    "placed_at": _text(NOW - timedelta(days=days)),
                    "total": total,
                    "version": 1,
                }
                for days in days_ago
            ],
        )

    async def _insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        body = b"\n".join(
            msgspec.json.encode({"workspace_id": self.workspace_id, **row}) for row in rows
        )
        await self.rt.ch.insert_lines(table, body, f"segments-test-{next(_tokens)}")


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03d}"


@pytest.fixture
def world(rt: Runtime, workspace: Workspace) -> World:
    return World(rt, workspace.id)
