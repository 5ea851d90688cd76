"""Sending by several workers: crashes at every place, clocks that are set back, no double."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from otklik.accounts.public import Workspace
from otklik.delivery.jobs import tend
from otklik.delivery.operations.blocks import LEASE
from otklik.delivery.operations.mailings import (
    change_rate,
)
from otklik.delivery.operations.recovery import ClockWatch
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.runtime.public import Runtime
from tests.conftest import Clock
from tests.delivery.dispatching import Crash, Pools, drain, dying, progress_of
from tests.delivery.support import (
    MailServer,
    facts_of,
    fates,
    mailing_to,
    make_people,
    tallies_match,
)


@pytest.mark.parametrize("place", ["claimed", "made", "marked", "handed", "recorded"])
@pytest.mark.parametrize("at_call", [1, 2])
async def test_it_never_sends_twice_and_forgets_nobody_after_a_crash(
    rt: Runtime,
    clock: Clock,
    workspace: Workspace,
    server: MailServer,
    pools: Pools,
    place: str,
    at_call: int,
) -> None:
    names = [f"c{number}" for number in range(9)]
    ids = await make_people(rt, workspace, names)
    source_id = await mailing_to(rt, workspace, ids)
    crashed = Dispatcher(pools(server), chunk=3, checkpoint=dying(place, at_call))
    if place == "claimed" and at_call == 2:
        crashed.turn_s = 0.0  # A turn of one chunk, so that a second claim follows.
    with pytest.raises(Crash):
        await drain(crashed, rt)
    clock.move(seconds=LEASE.total_seconds() + 1)
    await tend(rt)
    await drain(Dispatcher(pools(server), chunk=3), rt)
    states = Counter(state for state, _ in (await fates(rt, source_id)).values())
    doubtful = 3 if place in ("marked", "handed") else 0
    assert states == Counter({"sent": 9 - doubtful, "in_doubt": doubtful}) - Counter()
    assert max(server.copies().values()) == 1
    # Who is called sent has the letter; who is in doubt may have it.
    sent = 9 - doubtful
    assert sent <= len(server.copies()) <= 9
    assert (await progress_of(rt, workspace, source_id)).state == "finished"
    assert await tallies_match(rt, source_id)
    facts = await facts_of(rt, source_id)
    assert facts["sent"].total() == sent
    assert facts["in_doubt"].total() == doubtful


async def test_it_lets_a_slow_worker_write_down_what_it_had_in_hand(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    ids = await make_people(rt, workspace, ["a1", "a2", "a3", "a4"])
    source_id = await mailing_to(rt, workspace, ids)

    async def oversleep(place: str) -> None:
        if place == "handed":
            clock.move(seconds=LEASE.total_seconds() + 1)
            await tend(rt)

    await Dispatcher(pools(server), chunk=2, checkpoint=oversleep).step(rt)
    states = Counter(state for state, _ in (await fates(rt, source_id)).values())
    assert states == Counter({"sent": 2, "planned": 2})
    assert await tallies_match(rt, source_id)
    await drain(Dispatcher(pools(server), chunk=2), rt)
    assert server.copies() == {f"a{n}@example.com": 1 for n in range(1, 5)}
    facts = await facts_of(rt, source_id)
    assert facts["sent"].total() == 4


async def test_a_block_of_a_dead_worker_comes_back_when_the_clock_is_set_back(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    ids = await make_people(rt, workspace, ["b1", "b2", "b3", "b4"])
    source_id = await mailing_to(rt, workspace, ids)
    with pytest.raises(Crash):
        await drain(Dispatcher(pools(server), chunk=2, checkpoint=dying("marked")), rt)
    clock.move(hours=-2)
    await tend(rt)
    # What was due by the old clock is due when the new one gets there.
    clock.move(hours=2)
    await drain(Dispatcher(pools(server), chunk=2), rt)
    states = Counter(state for state, _ in (await fates(rt, source_id)).values())
    assert states == Counter({"sent": 2, "in_doubt": 2})
    assert max(server.copies().values()) == 1


async def test_a_clock_that_ran_ahead_holds_no_mailing_up(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    """Five hours ahead letters were put off; then the clock is right again."""
    ids = await make_people(rt, workspace, ["w1", "w2", "w3"])
    source_id = await mailing_to(rt, workspace, ids)
    server.script = {"w1@example.com": ["452 4.2.2 mailbox full", "ok"]}
    watch = ClockWatch()
    await tend(rt, watch)
    clock.move(hours=5)
    await tend(rt, watch)
    dispatcher = Dispatcher(pools(server), chunk=1, turn_s=0.0)
    await dispatcher.step(rt)
    clock.move(hours=-5)
    assert await tend(rt, watch)
    await drain(dispatcher, rt)
    states = Counter(state for state, _ in (await fates(rt, source_id)).values())
    assert states == Counter({"sent": 2, "planned": 1}), "the full mailbox has its wait as ever"
    clock.move(hours=3.5)
    await tend(rt, watch)
    await drain(dispatcher, rt)
    states = Counter(state for state, _ in (await fates(rt, source_id)).values())
    assert states == Counter({"sent": 3})
    assert max(server.copies().values()) == 1


async def test_a_mailing_that_is_spread_keeps_its_hours_when_a_process_starts(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    ids = await make_people(rt, workspace, ["s1", "s2", "s3", "s4"])
    source_id = await mailing_to(rt, workspace, ids, spread_minutes=240)
    for expected in (1, 1, 2):
        await tend(rt, ClockWatch())
        await drain(Dispatcher(pools(server)), rt)
        states = Counter(state for state, _ in (await fates(rt, source_id)).values())
        assert states["sent"] == expected
        clock.move(minutes=40)


def test_only_a_clock_that_is_set_back_is_noticed() -> None:
    watch, began = ClockWatch(), datetime(2026, 6, 15, tzinfo=UTC)
    # The first beat of a process counts: nobody knows what was before.
    assert watch.went_back(began, 100.0)
    for after_s, moment, back in (
        (2, 102.0, False),
        (3_602, 104.0, False),
        (3_580, 106.0, False),
        (3_582, 1_108.0, True),
        (2, 1_110.0, True),
        (4, 1_112.0, False),
    ):
        assert watch.went_back(began + timedelta(seconds=after_s), moment) is back


async def test_a_working_worker_keeps_its_block_when_the_clock_is_set_back(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    ids = await make_people(rt, workspace, ["k1", "k2", "k3", "k4"])
    source_id = await mailing_to(rt, workspace, ids)

    async def set_back(place: str) -> None:
        if place == "handed":
            clock.move(hours=-2)
            await tend(rt)
            clock.move(hours=2)

    await drain(Dispatcher(pools(server), chunk=2, checkpoint=set_back), rt)
    await tend(rt)
    await drain(Dispatcher(pools(server), chunk=2), rt)
    states = Counter(state for state, _ in (await fates(rt, source_id)).values())
    assert states == Counter({"sent": 4})
    assert server.copies() == {f"k{n}@example.com": 1 for n in range(1, 5)}


async def test_two_workers_share_a_mailing_without_a_double(
    rt: Runtime,
    workspace: Workspace,
    server: MailServer,
    pools: Pools,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from otklik.delivery.operations import freeze

    names = [f"w{number}" for number in range(60)]
    ids = await make_people(rt, workspace, names)
    # Small chunks of the freezing make many blocks, so that there is something to share.
    monkeypatch.setattr(freeze, "CHUNK", 5)
    source_id = await mailing_to(rt, workspace, ids)
    workers = [Dispatcher(pools(server), chunk=3) for _ in range(2)]
    await asyncio.gather(*(drain(worker, rt) for worker in workers for _ in range(2)))
    await tend(rt)
    assert server.copies() == {f"{name}@example.com": 1 for name in names}
    assert (await progress_of(rt, workspace, source_id)).state == "finished"


async def test_it_keeps_the_rate_over_two_workers(
    rt: Runtime,
    workspace: Workspace,
    server: MailServer,
    pools: Pools,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from otklik.delivery.operations import freeze

    ids = await make_people(rt, workspace, [f"r{number}" for number in range(30)])
    monkeypatch.setattr(freeze, "CHUNK", 6)
    source_id = await mailing_to(rt, workspace, ids, rate_per_s=20)
    begun = asyncio.get_running_loop().time()
    workers = [Dispatcher(pools(server)) for _ in range(2)]
    await asyncio.gather(*(drain(worker, rt) for worker in workers))
    took = asyncio.get_running_loop().time() - begun
    assert len(server.taken) == 30
    assert took > 1.0, "30 letters at 20 a second take more than a second"
    async with rt.db.begin() as tx:
        await change_rate(tx, workspace_id=workspace.id, source_id=source_id, rate_per_s=None)
