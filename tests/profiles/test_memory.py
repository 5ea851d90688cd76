"""What a process remembers of people, and when it must not rely upon it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.profiles import tables as t
from otklik.profiles.operations import epochs, loads
from otklik.profiles.operations import memory as remembering
from otklik.profiles.operations.memory import LAST_SEEN_STEP_MS
from otklik.profiles.public import (
    IdentityMemory,
    IdentityRules,
    Names,
    Sightings,
    get_profile,
    list_merges,
    merge_profiles,
    resolve_stream,
    set_rules,
    undo_merge,
)
from otklik.runtime.public import Runtime, Tx
from tests.profiles.conftest import said

U1: Names = ("u1", "d1", "", "", ())
D1: Names = ("", "d1", "", "", ())
D2: Names = ("", "d2", "", "", ())
See = Callable[..., Awaitable[list[int]]]


@pytest.fixture
def see(tx: Tx, workspace: Workspace, now: datetime) -> See:
    """Resolve sightings in the test's transaction as if it were committed: see(names, …)."""

    async def run(
        memory: IdentityMemory,
        *names: Names,
        at: float = 0,
        told: Any = (),
        remember: bool = True,
    ) -> list[int]:
        ms = round((now + timedelta(seconds=at)).timestamp() * 1000)
        resolution = await resolve_stream(
            tx,
            workspace_id=workspace.id,
            observations=[said(now, at, **one) for one in told],
            sightings=sightings(ms, *names),
            memory=memory,
            now=now + timedelta(seconds=at),
        )
        if remember:
            resolution.remember()
        return resolution.sighted

    return run


def sightings(ms: int, *names: Names) -> Sightings:
    return Sightings(
        indexes=list(range(len(names))),
        names=list(names),
        trusted=[True] * len(names),
        times_ms=[ms] * len(names),
    )


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the identifiers that are looked up in the tables, call by call."""
    seen: list[int] = []
    load = loads.load_known

    async def counted(tx: Tx, *, workspace_id: int, keys: Any) -> Any:
        if keys:
            seen.append(len(keys))
        return await load(tx, workspace_id=workspace_id, keys=keys)

    monkeypatch.setattr(loads, "load_known", counted)
    return seen


async def test_whoever_comes_again_is_not_looked_up(see: See, lookups: list[int]) -> None:
    memory = IdentityMemory()
    first = await see(memory, U1)
    lookups.clear()
    assert await see(memory, U1, U1, at=1) == [*first, *first]
    assert lookups == []


async def test_an_event_from_before_the_first_one_is_looked_up(
    see: See, lookups: list[int]
) -> None:
    memory = IdentityMemory()
    first = await see(memory, U1)
    lookups.clear()
    assert await see(memory, U1, at=-60) == first
    assert lookups
    lookups.clear()
    assert await see(memory, U1, at=-30) == first
    assert lookups == []


async def test_what_was_rolled_back_is_not_remembered(
    tx: Tx, see: See, workspace: Workspace
) -> None:
    memory = IdentityMemory()
    nested = await tx.begin_nested()
    (gone,) = await see(memory, U1, remember=False)
    await nested.rollback()
    (found,) = await see(memory, U1, at=1)
    assert found != gone
    assert (await get_profile(tx, workspace_id=workspace.id, profile_id=found)).user_id == "u1"


async def test_a_join_in_one_process_is_known_to_the_other(see: See) -> None:
    one, other = IdentityMemory(), IdentityMemory()
    (user,) = await see(one, ("u1", "", "", "", ()))
    (visitor,) = await see(other, D1)
    assert visitor != user
    assert await see(one, U1, at=1) == [user]
    assert await see(other, D1, at=2) == [user]


async def test_a_join_in_the_same_batch_is_known_to_the_rest_of_it(see: See) -> None:
    memory = IdentityMemory()
    (user,) = await see(memory, ("u1", "", "", "", ()))
    (visitor,) = await see(memory, D1)
    assert visitor != user
    assert await see(memory, D1, at=1, told=[{"user_id": "u1", "anonymous_id": "d1"}]) == [user]
    assert await see(memory, D1, at=2) == [user]


async def test_merging_by_hand_and_undoing_it_are_noticed(
    tx: Tx, see: See, workspace: Workspace, now: datetime
) -> None:
    memory = IdentityMemory()
    one, two = await see(memory, D1, D2)
    await merge_profiles(tx, workspace_id=workspace.id, from_id=two, into_id=one, now=now)
    assert await see(memory, D1, D2, at=1) == [one, one]
    (merge,) = await list_merges(tx, workspace_id=workspace.id, profile_id=one)
    await undo_merge(tx, workspace_id=workspace.id, profile_id=one, merge_id=merge.id, now=now)
    assert await see(memory, D1, D2, at=2) == [one, two]


async def test_other_rules_are_noticed(
    tx: Tx, see: See, workspace: Workspace, now: datetime
) -> None:
    memory = IdentityMemory()
    await set_rules(
        tx, workspace_id=workspace.id, rules=IdentityRules(merge_by_email=False), now=now
    )
    names: list[Names] = [("u1", "", "a@x.ru", "", ()), ("u2", "", "a@x.ru", "", ())]
    one, two = await see(memory, *names)
    assert one != two
    await set_rules(
        tx, workspace_id=workspace.id, rules=IdentityRules(merge_by_email=True), now=now
    )
    assert len(set(await see(memory, *names, at=1))) == 1


async def test_too_many_changes_since_make_it_forget_everybody(
    tx: Tx, see: See, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, lookups: list[int]
) -> None:
    memory = IdentityMemory()
    await see(memory, D1, D2)
    for number in range(5):
        await epochs.note_identity_change(tx, workspace_id=workspace.id, roots=[number], kept=3)
    kept = await tx.execute(
        sa.select(sa.func.count()).where(t.identity_changes.c.workspace_id == workspace.id)
    )
    assert kept.scalar_one() == 3
    lookups.clear()
    await see(memory, D1, at=1)
    assert lookups == [1]


async def test_a_database_from_a_backup_makes_it_forget_everybody(
    tx: Tx, see: See, workspace: Workspace, lookups: list[int]
) -> None:
    memory = IdentityMemory()
    await epochs.note_identity_change(tx, workspace_id=workspace.id, roots=[1], kept=3)
    await see(memory, D1)
    await tx.execute(
        t.identity_changes.delete().where(t.identity_changes.c.workspace_id == workspace.id)
    )
    lookups.clear()
    await see(memory, D1, at=1)
    assert lookups == [1]


async def test_a_refused_part_is_told_of_every_time(
    tx: Tx, workspace: Workspace, now: datetime
) -> None:
    memory = IdentityMemory()
    for at in (0, 1):
        resolution = await resolve_stream(
            tx,
            workspace_id=workspace.id,
            observations=[],
            sightings=sightings(
                round(now.timestamp() * 1000) + at, ("u1", "", "not an address", "", ())
            ),
            memory=memory,
            now=now,
        )
        resolution.remember()
        assert [one.part for one in resolution.observed.refused] == ["email"]


async def test_names_with_the_separator_inside_are_never_confused(see: See) -> None:
    memory = IdentityMemory()
    # Both are one text when joined; the first is an address, the second a phone.
    mixed: list[Names] = [("", "d1", "\x1fa@x.ru", "", ()), ("", "d1", "", "a@x.ru\x1f", ())]
    assert remembering.key_of(mixed[0], True) == remembering.key_of(mixed[1], True)
    await see(memory, mixed[0])
    (one,) = await see(memory, ("", "", "a@x.ru", "", ()), at=1)
    (two,) = await see(memory, mixed[1], at=2)
    assert one == two, "the device belongs to the address; the phone is none"
    assert not any(
        remembering.key_of(mixed[0], True) in held.recent for held in memory._workspaces.values()
    )


async def test_last_seen_goes_on_for_whoever_is_remembered(
    tx: Tx, see: See, workspace: Workspace, now: datetime
) -> None:
    memory = IdentityMemory()
    (one,) = await see(memory, U1)
    step_s = LAST_SEEN_STEP_MS / 1000
    for turn in range(1, 6):
        at = turn * step_s * 0.7
        await see(memory, U1, at=at)
        card = await get_profile(tx, workspace_id=workspace.id, profile_id=one)
        assert now + timedelta(seconds=at - 2 * step_s) <= card.last_seen
        assert card.last_seen <= now + timedelta(seconds=at)
    await see(memory, U1, at=3600)
    card = await get_profile(tx, workspace_id=workspace.id, profile_id=one)
    assert card.last_seen == now + timedelta(seconds=3600)


async def test_it_holds_no_more_than_it_may(see: See) -> None:
    memory = IdentityMemory(shapes_max=20)
    for turn in range(50):
        await see(memory, ("", f"d{turn}", "", "", ()), at=turn)
    (held,) = memory._workspaces.values()
    assert len(held.recent) + len(held.older) <= 22
    assert len(held.people) <= 22


async def test_two_workers_at_once_end_in_the_same_people(
    rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    """Two processes work on batches of the same people, in real transactions, one failing."""
    memories = [IdentityMemory(), IdentityMemory()]
    failed = 0

    async def work(turn: int) -> None:
        nonlocal failed
        names: list[Names] = [
            (f"u{(turn + i) % 7}" if (turn + i) % 3 else "", f"d{i}", "", "", ()) for i in range(6)
        ]
        ms = round(now.timestamp() * 1000) + turn
        try:
            async with rt.db.begin() as tx:
                resolution = await resolve_stream(
                    tx,
                    workspace_id=workspace.id,
                    observations=[],
                    sightings=sightings(ms, *names),
                    memory=memories[turn % 2],
                    now=now,
                )
                if turn % 5 == 4:
                    raise RuntimeError("crash before the commit")
        except RuntimeError:
            failed += 1
            return
        await asyncio.sleep(0)
        resolution.remember()

    for begin in range(0, 40, 4):
        await asyncio.gather(*[work(turn) for turn in range(begin, begin + 4)])
    assert failed == 8
    async with rt.db.begin() as tx:
        ms = round(now.timestamp() * 1000) + 100
        everybody: list[Names] = [(f"u{i}", "", "", "", ()) for i in range(7)]
        everybody += [("", f"d{i}", "", "", ()) for i in range(6)]
        answers = [
            (
                await resolve_stream(
                    tx,
                    workspace_id=workspace.id,
                    observations=[],
                    sightings=sightings(ms, *everybody),
                    memory=memory,
                    now=now,
                )
            ).sighted
            for memory in (*memories, IdentityMemory())
        ]
        assert answers[0] == answers[1] == answers[2]
