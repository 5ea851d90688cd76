"""Profiles in ClickHouse: what arrives there is what PostgreSQL says, whatever happened before."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest

from otklik.accounts.public import Workspace
from otklik.profiles.public import (
    Observation,
    list_merges,
    merge_profiles,
    resolve_identities,
    set_traits,
    store_changes,
    trait_rows,
    undo_merge,
    waiting_changes,
)
from otklik.runtime.public import Runtime
from tests.profiles.conftest import said


class World:
    """A workspace whose every change is committed and carried over."""

    def __init__(self, rt: Runtime, workspace: Workspace, now: datetime) -> None:
        self.rt, self.ws, self.now = rt, workspace.id, now

    async def observe(self, *facts: tuple[float, dict[str, Any]]) -> list[int]:
        observations: list[Observation] = [said(self.now, at, **one) for at, one in facts]
        async with self.rt.db.begin() as tx:
            found = await resolve_identities(
                tx, workspace_id=self.ws, observations=observations, now=self.now
            )
        return found.profile_ids

    async def carry(self) -> None:
        while await store_changes(self.rt):
            pass
        async with self.rt.db.begin() as tx:
            assert await waiting_changes(tx, workspace_id=self.ws) == 0

    async def traits(self, profile_id: int) -> dict[str, str]:
        rows = await self.rt.ch.query(
            "SELECT trait, str FROM profile_traits FINAL WHERE workspace_id = {ws:UInt32} "
            "AND profile_id = {id:UInt64} AND type != 'null'",
            {"ws": self.ws, "id": profile_id},
        )
        return dict(rows)

    async def query(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.rt.ch.query(sql, {"ws": self.ws})]


@pytest.fixture
def world(rt: Runtime, workspace: Workspace, now: datetime) -> World:
    return World(rt, workspace, now)


async def test_new_profiles_and_traits_arrive(world: World) -> None:
    traits = {"age": 30, "address": {"city": "Омск"}}
    known, visitor = await world.observe(
        (0, {"user_id": "u1", "email": "a@b.ru", "traits": traits}), (1, {"anonymous_id": "d1"})
    )
    await world.carry()
    assert await world.traits(known) == {"age": "30", "address.city": "Омск", "email": "a@b.ru"}
    rows = await world.query(
        "SELECT profile_id, known, has_email, has_phone, is_deleted FROM profiles FINAL "
        "WHERE workspace_id = {ws:UInt32} ORDER BY profile_id"
    )
    assert sorted(rows) == sorted([(known, 1, 1, 0, 0), (visitor, 0, 0, 0, 0)])


async def test_what_is_gone_in_postgresql_is_gone_in_clickhouse(world: World) -> None:
    (one,) = await world.observe((0, {"user_id": "u1", "traits": {"a": {"x": 1, "y": 2}, "b": 3}}))
    await world.carry()
    await world.observe((1, {"user_id": "u1", "traits": {"a": {"x": 5}, "b": None}}))
    await world.carry()
    assert await world.traits(one) == {"a.x": "5"}
    async with world.rt.db.begin() as tx:
        await set_traits(
            tx, workspace_id=world.ws, profile_id=one, traits={"a": "text"}, now=world.now
        )
    await world.carry()
    assert await world.traits(one) == {"a": "text"}


async def test_merges_and_undone_merges_arrive(world: World) -> None:
    one, two = await world.observe(
        (0, {"user_id": "u1", "traits": {"a": 1}}), (0, {"user_id": "u2", "traits": {"b": 2}})
    )
    async with world.rt.db.begin() as tx:
        await merge_profiles(tx, workspace_id=world.ws, from_id=two, into_id=one, now=world.now)
    await world.carry()
    assert await world.traits(one) == {"a": "1", "b": "2"}
    assert await world.traits(two) == {}
    merges = (
        "SELECT from_id, into_id, undone FROM profile_merges FINAL WHERE workspace_id = {ws:UInt32}"
    )
    mapped = (
        "SELECT dictGetOrDefault('profile_merge_map', 'into_id', "
        f"(toUInt32({{ws:UInt32}}), toUInt64({two})), toUInt64({two}))"
    )
    assert await world.query(merges) == [(two, one, 0)]
    assert await world.query(mapped) == [(one,)]

    async with world.rt.db.begin() as tx:
        (merge,) = await list_merges(tx, workspace_id=world.ws, profile_id=one)
        await undo_merge(
            tx, workspace_id=world.ws, profile_id=one, merge_id=merge.id, now=world.now
        )
    await world.carry()
    assert await world.traits(one) == {"a": "1"}
    assert await world.traits(two) == {"b": "2"}
    assert await world.query(merges) == [(two, two, 1)]
    assert await world.query(mapped) == [(two,)]


async def test_carrying_again_changes_nothing(world: World) -> None:
    (one,) = await world.observe((0, {"user_id": "u1", "traits": {"a": 1}}))
    async with world.rt.db.begin() as tx:
        rows = await trait_rows(tx, workspace_id=world.ws, profile_ids=[one])
    await world.carry()
    await world.rt.ch.insert_arrow("profile_traits", rows, token="an earlier try")
    await world.observe((1, {"user_id": "u1", "traits": {"a": 2}}))
    await world.carry()
    await world.rt.ch.insert_arrow("profile_traits", rows, token="a very late try")
    assert await world.traits(one) == {"a": "2"}


async def test_several_carriers_share_the_work(world: World) -> None:
    for i in range(6):
        await world.observe((i, {"user_id": f"u{i}", "traits": {"n": i}}))
    await asyncio.gather(*(store_changes(world.rt) for _ in range(4)))
    await world.carry()
    rows = await world.query(
        "SELECT count(), sum(num) FROM profile_traits FINAL WHERE workspace_id = {ws:UInt32}"
    )
    assert rows == [(6, 15.0)]


async def test_writers_side_by_side_wait_for_each_other(world: World) -> None:
    facts = [(float(i), {"user_id": f"u{i % 7}", "anonymous_id": f"d{i % 5}"}) for i in range(40)]
    both = await asyncio.gather(
        world.observe(*facts), world.observe(*reversed(facts)), world.observe(*facts[::2])
    )
    assert both[0] == list(reversed(both[1]))
    assert both[0][::2] == both[2]

    async def edit(profile_id: int) -> None:
        async with world.rt.db.begin() as tx:
            await set_traits(
                tx, workspace_id=world.ws, profile_id=profile_id, traits={"x": 1}, now=world.now
            )

    await asyncio.gather(
        *(edit(one) for one in set(both[0])), *(world.observe(*facts) for _ in range(3))
    )
