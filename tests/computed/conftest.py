"""People with facts of one workspace, made through the doors of the lower slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import msgspec
import pytest

from otklik.accounts.public import Workspace
from otklik.computed.parse import parse
from otklik.computed.public import Outcome, create_trait, run_trait
from otklik.profiles.public import (
    Observation,
    Resolution,
    get_profile,
    resolve_identities,
    store_changes,
)
from otklik.runtime.public import Runtime
from tests.computed.world import time_text
from tests.conftest import NOW

_tokens = count()


class World:
    """Makes people of one workspace, gives them facts and computes their traits."""

    def __init__(self, rt: Runtime, workspace_id: int) -> None:
        self.rt = rt
        self.workspace_id = workspace_id

    async def people(self, *traits: Mapping[str, Any], start: int = 0) -> list[int]:
        """Create people u0, u1, … with traits; return their profile ids."""
        found = await self.observe(
            *(
                Observation(
                    index=number,
                    time=NOW - timedelta(days=100),
                    user_id=f"u{start + number}",
                    traits=dict(given),
                    trusted=True,
                )
                for number, given in enumerate(traits)
            )
        )
        return list(found.profile_ids)

    async def observe(self, *observations: Observation) -> Resolution:
        async with self.rt.db.begin() as tx:
            found = await resolve_identities(
                tx, workspace_id=self.workspace_id, observations=list(observations), now=NOW
            )
        await self.carry()
        return found

    async def carry(self) -> None:
        while await store_changes(self.rt):
            pass

    async def event(
        self, profile_id: int, name: str, *, days_ago: float = 0, **properties: Any
    ) -> None:
        await self._insert(
            "events",
            [
                {
                    "profile_id": profile_id,
                    "name": name,
                    "type": "track",
                    "time": time_text(NOW - timedelta(days=days_ago)),
                    "message_id": f"m{next(_tokens)}",
                    "properties": properties,
                }
            ],
        )

    async def order(self, profile_id: int, total: str, *, days_ago: float = 0) -> None:
        await self._insert(
            "orders",
            [
                {
                    "order_id": f"o{next(_tokens)}",
                    "profile_id": profile_id,
                    "status": "paid",
                    "placed_at": time_text(NOW - timedelta(days=days_ago)),
                    "total": total,
                    "version": 1,
                }
            ],
        )

    async def _insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        body = b"\n".join(
            msgspec.json.encode({"workspace_id": self.workspace_id, **row}) for row in rows
        )
        await self.rt.ch.insert_lines(table, body, f"computed-world-{next(_tokens)}")

    async def trait(self, name: str, definition: Mapping[str, Any]) -> UUID:
        async with self.rt.db.begin() as tx:
            return await create_trait(
                self.rt,
                tx,
                workspace_id=self.workspace_id,
                name=name,
                definition=parse(definition),
                now=NOW,
            )

    async def run(self, trait_id: UUID, *, now: datetime = NOW, batch: int = 10) -> Outcome | None:
        return await run_trait(
            self.rt, workspace_id=self.workspace_id, trait_id=trait_id, now=now, batch=batch
        )

    async def value(self, profile_id: int, name: str) -> Any:
        """Return a trait as the card shows it, after making sure that segments see the same."""
        async with self.rt.db.begin() as tx:
            card = await get_profile(tx, workspace_id=self.workspace_id, profile_id=profile_id)
        found = card.traits.get(name)
        rows = await self.rt.ch.query(
            "SELECT trait, toString(type), str, num FROM profile_traits FINAL WHERE workspace_id ="
            " {w:UInt32} AND profile_id = {p:UInt64} AND type != 'null'"
            " AND (trait = {t:String} OR startsWith(trait, concat({t:String}, '.')))",
            {"w": self.workspace_id, "p": card.id, "t": name},
        )
        stored = {
            trait.removeprefix(name).removeprefix("."): num if kind == "number" else text
            for trait, kind, text, num in rows
        }
        if isinstance(found, dict):
            assert stored == found
        else:
            assert stored == ({} if found is None else {"": found})
        return found


@pytest.fixture
def world(rt: Runtime, workspace: Workspace) -> World:
    return World(rt, workspace.id)
