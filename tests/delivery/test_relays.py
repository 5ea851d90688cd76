"""Relays of a workspace: weights, failover, pace by mail provider, warm-up; nobody gets two."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.channels.email.public import PaceLimit, WarmupPlan
from otklik.channels.email.relays.operations import (
    RelaySettings,
    create_relay,
    put_domain_warmup,
)
from otklik.channels.email.relays.queries import paces
from otklik.channels.email.relays.states import slow_down
from otklik.channels.email.relays.tables import relay_limits, relay_states, warmup_days
from otklik.delivery.jobs import tend
from otklik.delivery.operations.blocks import LEASE
from otklik.delivery.queries import progress
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.delivery.tables import mailings, messages
from otklik.profiles.public import Observation, resolve_identities
from otklik.runtime.public import Outgoing, Runtime
from tests.conftest import NOW, Clock
from tests.delivery.dispatching import Crash, dying
from tests.delivery.support import MailServer, fates, grant, mailing_to

LOCAL = Outgoing(allowed_networks=("127.0.0.0/8",))


@pytest.fixture
def here(rt: Runtime) -> Runtime:
    """The runtime, with relays of this machine allowed."""
    return replace(rt, outgoing=LOCAL)


@pytest.fixture
async def first() -> AsyncIterator[MailServer]:
    async with MailServer() as running:
        yield running


@pytest.fixture
async def second() -> AsyncIterator[MailServer]:
    async with MailServer() as running:
        yield running


class Nowhere:
    """The installation's own relay, which must not be asked in these tests."""

    async def send_each(self, letters: Any, settle: Any, *, lanes: int) -> None:
        raise AssertionError("a letter went by the installation's own relay")


async def add_relay(
    rt: Runtime, workspace: Workspace, name: str, server: MailServer, **changes: Any
) -> UUID:
    settings: dict[str, Any] = {
        "name": name,
        "host": "127.0.0.1",
        "port": server.port,
        "tls": "none",
        "username": None,
        "password_sealed": None,
        "weight": 1,
        "enabled": True,
        "connections": 2,
        "letters_per_connection": 100,
        "letters_per_s": None,
        "sender_domains": (),
        "warmup": None,
    }
    async with rt.db.begin() as tx:
        return await create_relay(
            tx, workspace_id=workspace.id, settings=RelaySettings(**settings | changes), now=NOW
        )


async def people(rt: Runtime, workspace: Workspace, addresses: list[str]) -> list[int]:
    async with rt.db.begin() as tx:
        found = await resolve_identities(
            tx,
            workspace_id=workspace.id,
            observations=[
                Observation(index=n, time=NOW, user_id=f"u{n}", email=one, trusted=True)
                for n, one in enumerate(addresses)
            ],
            now=NOW,
        )
        ids = list(found.profile_ids)
        await grant(rt, workspace, ids, tx=tx)
    return ids


async def drain(rt: Runtime, *dispatchers: Dispatcher) -> None:
    async def work(dispatcher: Dispatcher) -> None:
        while await dispatcher.step(rt):
            pass

    await asyncio.gather(*(work(one) for one in dispatchers))
    await tend(rt)


async def rows_of(rt: Runtime, source_id: UUID) -> list[Any]:
    async with rt.db.begin() as tx:
        rows = await tx.execute(
            sa.select(messages)
            .join(mailings, mailings.c.mailing_id == messages.c.mailing_id)
            .where(mailings.c.source_id == source_id)
            .order_by(messages.c.message_id)
        )
        return list(rows)


async def test_letters_are_spread_by_weight_and_say_which_relay_took_them(
    here: Runtime, workspace: Workspace, first: MailServer, second: MailServer
) -> None:
    await add_relay(here, workspace, "big", first, weight=3)
    await add_relay(here, workspace, "small", second, weight=1)
    await add_relay(here, workspace, "other", second, sender_domains=("other.example",), weight=9)
    ids = await people(here, workspace, [f"p{n}@example.com" for n in range(40)])
    source_id = await mailing_to(here, workspace, ids)
    # Two processes, each of which counts its own letters.
    dispatchers = [Dispatcher(Nowhere(), chunk=5, turn_s=0.0) for _ in range(2)]
    await drain(here, *dispatchers)
    for one in dispatchers:
        await one.close()
    assert (len(first.taken), len(second.taken)) == (30, 10)
    answers = Counter(row.answer.rsplit(" ", 1)[1] for row in await rows_of(here, source_id))
    assert answers == {"[big]": 30, "[small]": 10}
    async with here.db.begin() as tx:
        found = await paces(tx, workspace_id=workspace.id, rate_max=100, now=here.clock())
        later = await paces(
            tx, workspace_id=workspace.id, rate_max=100, now=NOW + timedelta(seconds=9)
        )
        nothing = await paces(
            tx, workspace_id=workspace.id + 1_000_000, rate_max=100, now=here.clock()
        )
    assert {(one.relay, one.provider): one.taken for one in found.providers} == {
        ("big", ""): 30,
        ("small", ""): 10,
    }
    assert found.pace_per_s == pytest.approx(40 / 50, abs=0.01), "the last span has just begun"
    assert later.pace_per_s == pytest.approx(40 / 59, abs=0.01)
    assert nothing.providers == [], "a stranger sees none of it"


@pytest.mark.parametrize("failure", ["away", "greeting", "closes"])
async def test_letters_of_a_relay_that_fails_go_by_the_others_at_once(
    here: Runtime, workspace: Workspace, first: MailServer, second: MailServer, failure: str
) -> None:
    relay_id = await add_relay(here, workspace, "bad", first)
    await add_relay(here, workspace, "good", second)
    if failure == "away":
        await first.__aexit__()
    elif failure == "greeting":
        first.greeting = "421 4.3.2 not now"
    else:
        first.letters_per_connection = 1
    ids = await people(here, workspace, [f"p{n}@example.com" for n in range(30)])
    source_id = await mailing_to(here, workspace, ids)
    dispatchers = [Dispatcher(Nowhere(), chunk=7) for _ in range(2)]
    await drain(here, *dispatchers)
    for one in dispatchers:
        await one.close()
    assert set((await fates(here, source_id)).values()) == {("sent", "")}
    assert (first.copies() + second.copies()) == Counter(
        {f"p{n}@example.com": 1 for n in range(30)}
    )
    assert {row.attempts for row in await rows_of(here, source_id)} == {1}
    async with here.db.begin() as tx:
        done = await progress(tx, workspace_id=workspace.id, source_id=source_id, now=NOW)
        state = (
            await tx.execute(sa.select(relay_states).where(relay_states.c.relay_id == relay_id))
        ).one_or_none()
    assert (done.state, done.trouble) == ("finished", None), "one well relay is enough"
    if failure != "closes":
        assert state is not None
        assert state.workspace_id == workspace.id
        assert state.rests_until > NOW
        assert state.trouble


@pytest.mark.parametrize("place", ["marked", "handed"])
async def test_a_crash_while_letters_change_over_gives_nobody_two(
    here: Runtime,
    clock: Clock,
    workspace: Workspace,
    first: MailServer,
    second: MailServer,
    place: str,
) -> None:
    await add_relay(here, workspace, "bad", first)
    await add_relay(here, workspace, "good", second)
    first.greeting = "421 4.3.2 not now"
    ids = await people(here, workspace, [f"p{n}@example.com" for n in range(12)])
    source_id = await mailing_to(here, workspace, ids)
    crashed = Dispatcher(Nowhere(), chunk=4, checkpoint=dying(place))
    with pytest.raises(Crash):
        await crashed.step(here)
    await crashed.close()
    clock.move(seconds=LEASE.total_seconds() + 1)
    await tend(here)
    after = Dispatcher(Nowhere(), chunk=4)
    await drain(here, after)
    await after.close()
    found = Counter((await fates(here, source_id)).values())
    assert found == {("sent", ""): 8, ("in_doubt", "process_lost"): 4}
    assert max(second.copies().values()) == 1


async def test_a_mailing_waits_with_the_trouble_only_when_all_relays_fail(
    here: Runtime, workspace: Workspace, first: MailServer, second: MailServer
) -> None:
    await add_relay(here, workspace, "one", first)
    await add_relay(here, workspace, "two", second)
    first.greeting = second.greeting = "421 4.3.2 not now"
    ids = await people(here, workspace, [f"p{n}@example.com" for n in range(5)])
    source_id = await mailing_to(here, workspace, ids)
    dispatcher = Dispatcher(Nowhere())
    await drain(here, dispatcher)
    async with here.db.begin() as tx:
        waits = await progress(tx, workspace_id=workspace.id, source_id=source_id, now=NOW)
    assert (waits.state, waits.pending) == ("running", 5)
    assert "not now" in (waits.trouble or "")
    assert {row.attempts for row in await rows_of(here, source_id)} == {0}
    await dispatcher.close()


async def test_only_what_was_surely_not_taken_goes_by_another_relay(
    here: Runtime, workspace: Workspace, first: MailServer, second: MailServer
) -> None:
    """An answer to the recipient stands, and a letter in doubt stays in doubt."""
    await add_relay(here, workspace, "one", first)
    await add_relay(here, workspace, "two", second)
    deeds = {
        "gone": "550 5.1.1 no such user",
        "full": "452 4.2.2 mailbox full",
        "doubt": "drop_after_dot",
        "drop": "drop",
    }
    for server in (first, second):
        server.script = {f"{name}@example.com": [deed] for name, deed in deeds.items()}
    ids = dict(
        zip(
            deeds,
            await people(here, workspace, [f"{name}@example.com" for name in deeds]),
            strict=True,
        )
    )
    source_id = await mailing_to(here, workspace, list(ids.values()))
    dispatcher = Dispatcher(Nowhere())
    await drain(here, dispatcher)
    await dispatcher.close()
    found = await fates(here, source_id)
    assert found[ids["gone"]] == ("bounced", "no_mailbox")
    assert found[ids["full"]] == ("planned", "mailbox_full")
    assert found[ids["doubt"]] == ("in_doubt", "no_answer")
    assert found[ids["drop"]] == ("planned", "network")
    attempts = first.attempts + second.attempts
    assert {name: attempts[f"{name}@example.com"] for name in deeds} == {
        "gone": 1,
        "full": 1,
        "doubt": 1,
        "drop": 2,
    }


async def test_a_provider_that_asks_for_less_holds_up_nobody_else(
    here: Runtime, clock: Clock, workspace: Workspace, first: MailServer
) -> None:
    await add_relay(here, workspace, "one", first)
    slow = [f"g{n}@gmail.com" for n in range(60)]
    fast = [f"p{n}@example.com" for n in range(60)]
    first.script = {one: [f"421 4.7.28 <{one}> unusual rate of mail", "ok"] for one in slow[5:8]}
    mixed = [one for pair in zip(slow, fast, strict=True) for one in pair]
    ids = dict(zip(mixed, await people(here, workspace, mixed), strict=True))
    source_id = await mailing_to(here, workspace, list(ids.values()))
    dispatcher = Dispatcher(Nowhere(), chunk=20)
    await drain(here, dispatcher)
    found = await fates(here, source_id)
    assert {found[ids[one]] for one in fast} == {("sent", "")}
    waiting = [one for one in slow if found[ids[one]] == ("planned", "waits_relay_pace")]
    assert len(waiting) >= 5
    rows = {row.address: row for row in await rows_of(here, source_id)}
    assert {rows[one].attempts for one in waiting} == {0}, "what was not offered is not counted"
    assert {rows[one].next_at > clock() for one in waiting} == {True}
    async with here.db.begin() as tx:
        limit = (await tx.execute(sa.select(relay_limits))).one()
        page = await paces(tx, workspace_id=workspace.id, rate_max=100, now=clock())
    assert (limit.provider, limit.workspace_id) == ("gmail.com", workspace.id)
    assert limit.answer == "4.7.28 <…> unusual rate of mail", "no person belongs there"
    (shown,) = [one for one in page.providers if one.provider == "gmail.com"]
    assert shown.limit_per_s == limit.rate_per_s
    # A new process knows of it.
    again = Dispatcher(Nowhere(), chunk=20)
    async with here.db.begin() as tx:
        await tx.execute(relay_limits.update().values(rate_per_s=1_000.0))
        # What was promised at the slower pace is kept in the time of the database, which no test
        # moves.
        await tx.execute(sa.text("DELETE FROM rate_slots WHERE key LIKE 'pace:%'"))
    clock.move(hours=1)
    await drain(here, again)
    assert set((await fates(here, source_id)).values()) == {("sent", "")}
    assert set(first.copies().values()) == {1}
    await dispatcher.close()
    await again.close()
    async with here.db.begin() as tx:
        await tx.execute(relay_limits.delete())


async def test_a_warm_up_sends_so_many_a_day_and_no_more(
    here: Runtime, clock: Clock, workspace: Workspace, first: MailServer
) -> None:
    relay_id = await add_relay(here, workspace, "new", first, warmup=WarmupPlan(days=[5, 8]))
    first.script = {"p1@example.com": ["550 5.1.1 no such user"]}
    ids = await people(here, workspace, [f"p{n}@example.com" for n in range(16)])
    source_id = await mailing_to(here, workspace, ids)
    for expected in (5, 13, 15):
        dispatchers = [Dispatcher(Nowhere(), chunk=3) for _ in range(2)]
        await drain(here, *dispatchers)
        clock.move(minutes=2)
        await drain(here, *dispatchers)
        for one in dispatchers:
            await one.close()
        assert len(first.taken) == expected
        found = Counter((await fates(here, source_id)).values())
        assert found["planned", "waits_warm_up"] == 15 - expected
        clock.move(hours=25)
    async with here.db.begin() as tx:
        days = (
            await tx.execute(
                sa.select(warmup_days.c.allowed, warmup_days.c.taken)
                .where(warmup_days.c.subject == str(relay_id))
                .order_by(warmup_days.c.day)
            )
        ).all()
    assert [tuple(day) for day in days] == [(5, 5), (8, 8)]


async def test_over_the_allowance_of_one_relay_letters_go_by_another(
    here: Runtime, workspace: Workspace, first: MailServer, second: MailServer
) -> None:
    await add_relay(here, workspace, "new", first, warmup=WarmupPlan(days=[4]))
    await add_relay(here, workspace, "old", second)
    ids = await people(here, workspace, [f"p{n}@example.com" for n in range(20)])
    source_id = await mailing_to(here, workspace, ids)
    dispatcher = Dispatcher(Nowhere(), chunk=6)
    await drain(here, dispatcher)
    await dispatcher.close()
    assert set((await fates(here, source_id)).values()) == {("sent", "")}
    assert (len(first.taken), len(second.taken)) == (4, 16)


async def test_a_new_domain_is_warmed_up_whatever_relay_it_uses(
    rt: Runtime, workspace: Workspace, first: MailServer
) -> None:
    async with rt.db.begin() as tx:
        await put_domain_warmup(
            tx,
            workspace_id=workspace.id,
            domain="shop.example",
            plan=WarmupPlan(days=[6, 50]),
            now=NOW,
        )
    ids = await people(rt, workspace, [f"p{n}@example.com" for n in range(10)])
    source_id = await mailing_to(rt, workspace, ids)
    pool = first.pool(connections=2)
    await drain(rt, Dispatcher(pool, chunk=4))
    await pool.close()
    found = Counter((await fates(rt, source_id)).values())
    assert found == {("sent", ""): 6, ("planned", "waits_warm_up"): 4}


async def test_a_relay_with_a_rate_keeps_it_and_the_other_takes_the_rest(
    here: Runtime, workspace: Workspace, first: MailServer, second: MailServer
) -> None:
    await add_relay(here, workspace, "slow", first, letters_per_s=2.0)
    await add_relay(here, workspace, "fast", second)
    ids = await people(here, workspace, [f"p{n}@example.com" for n in range(30)])
    source_id = await mailing_to(here, workspace, ids)
    dispatcher = Dispatcher(Nowhere(), chunk=10)
    began = asyncio.get_running_loop().time()
    await drain(here, dispatcher)
    took_s = asyncio.get_running_loop().time() - began
    await dispatcher.close()
    assert set((await fates(here, source_id)).values()) == {("sent", "")}
    assert 1 <= len(first.taken) <= 2 * (took_s + 0.5) + 1
    assert len(first.taken) + len(second.taken) == 30


async def test_two_processes_share_one_limit(rt: Runtime, workspace: Workspace) -> None:
    """The second complaint about letters that were under way together cuts nothing."""
    relay_id = UUID(int=workspace.id + 1)
    found: list[PaceLimit] = []
    for measured in (100.0, 90.0):
        async with rt.db.begin() as tx:
            found.append(
                await slow_down(
                    tx,
                    relay_id=relay_id,
                    workspace_id=workspace.id,
                    provider="mail.ru",
                    measured_per_s=measured,
                    answer="421 4.7.0 too many connections",
                    now=NOW,
                )
            )
    assert [one.rate_per_s for one in found] == [50.0, 50.0]
    async with rt.db.begin() as tx:
        later = await slow_down(
            tx,
            relay_id=relay_id,
            workspace_id=workspace.id,
            provider="mail.ru",
            measured_per_s=40.0,
            answer="",
            now=NOW + timedelta(seconds=11),
        )
        await tx.execute(relay_limits.delete().where(relay_limits.c.relay_id == relay_id))
    assert later.rate_per_s == 20.0
