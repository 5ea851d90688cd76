"""A whole mailing through relays that misbehave: everybody's fate is right, nobody gets two."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.delivery.jobs import tend
from otklik.delivery.queries import list_recipients, progress
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.delivery.sending.schedule import LOST
from otklik.delivery.tables import messages
from otklik.kit.i18n import LANGS
from otklik.runtime.public import Runtime
from tests.conftest import Clock
from tests.delivery.support import (
    MailServer,
    facts_of,
    fates,
    mailing_to,
    make_people,
    tallies_match,
)

LATER, NEVER, DOUBT = "planned", "failed", "in_doubt"
# What the relay does for one address, the state after it, its reason, and whether the letter
# arrives when the relay is well again.
MISDEEDS: dict[str, tuple[str, str, str]] = {
    "full": ("452 4.2.2 mailbox full", LATER, "mailbox_full"),
    "grey": ("451 4.7.1 greylisted", LATER, "rate"),
    "busy": ("data 451 4.3.0 busy", LATER, "server"),
    "late": ("dot 451 4.3.0 no room", LATER, "server"),
    "gone": ("550 5.1.1 no such user", "bounced", "no_mailbox"),
    "spam": ("dot 554 5.7.1 looks like spam", NEVER, "spam"),
    "rules": ("550 5.7.26 not authenticated", NEVER, "policy"),
    "drop": ("drop", LATER, "network"),
    "hang": ("hang", LATER, "network"),
    "cut": ("drop_in_data", DOUBT, "no_answer"),
    "shut": ("drop_after_dot", DOUBT, "no_answer"),
    "mute": ("hang_after_dot", DOUBT, "no_answer"),
}
OTHERS = [f"other{number}" for number in range(30)]


def address(name: str) -> str:
    return f"{name}@example.com"


async def drain(dispatcher: Dispatcher, rt: Runtime) -> None:
    while await dispatcher.step(rt):
        pass
    await tend(rt)


@pytest.mark.parametrize("connections", [1, 4])
async def test_each_letter_has_its_right_end_and_the_others_go_on(
    rt: Runtime, clock: Clock, workspace: Workspace, connections: int
) -> None:
    names = [*MISDEEDS, *OTHERS]
    # The troublemakers stand between the others, so each has neighbours on its connection.
    mixed = [name for pair in zip(OTHERS, names, strict=False) for name in pair]
    mixed = list(dict.fromkeys([*mixed, *names]))
    ids = dict(zip(mixed, await make_people(rt, workspace, mixed), strict=True))
    source_id = await mailing_to(rt, workspace, list(ids.values()))
    async with MailServer() as server:
        server.script = {
            address(name): [misdeed, "ok"] for name, (misdeed, _, _) in MISDEEDS.items()
        }
        pool = server.pool(connections=connections, timeout_s=0.2, final_timeout_s=0.2)
        dispatcher = Dispatcher(pool, parallel=connections, chunk=7)
        await drain(dispatcher, rt)
        found = await fates(rt, source_id)
        for name, (_, state, reason) in MISDEEDS.items():
            assert found[ids[name]] == (state, reason), name
        for name in OTHERS:
            assert found[ids[name]] == ("sent", ""), name
        first_round = Counter(server.attempts)
        clock.move(hours=4)
        await drain(dispatcher, rt)
        await pool.close()
        copies = server.copies()
    assert max(copies.values()) == 1, "nobody gets two"
    found = await fates(rt, source_id)
    for name, (_, state, reason) in MISDEEDS.items():
        if state == LATER:
            assert found[ids[name]] == ("sent", ""), name
            assert copies[address(name)] == 1
        else:
            assert found[ids[name]] == (state, reason), name
            assert server.attempts[address(name)] == first_round[address(name)] == 1
    async with rt.db.begin() as tx:
        done = await progress(tx, workspace_id=workspace.id, source_id=source_id, now=clock())
    states = Counter(state for _, state, _ in MISDEEDS.values())
    assert (done.state, done.pending, done.sending) == ("finished", 0, 0)
    assert (done.sent, done.bounced, done.failed, done.in_doubt) == (
        len(OTHERS) + states[LATER],
        states["bounced"],
        states[NEVER],
        states[DOUBT],
    )
    assert await tallies_match(rt, source_id)
    facts = await facts_of(rt, source_id)
    assert facts["sent"].total() == done.sent
    assert facts["in_doubt"] == Counter({"no_answer": states[DOUBT]})
    async with rt.db.begin() as tx:
        for lang in LANGS:
            page = await list_recipients(
                tx,
                workspace_id=workspace.id,
                source_id=source_id,
                lang=lang,
                limit=200,
            )
            for one in page.items:
                if one.state != "sent":
                    assert one.reason_text
                    assert one.reason_text != one.reason
                    assert one.reason_text.isascii() is (lang == "en")


async def test_who_was_asked_to_wait_has_the_reason_and_the_time(
    rt: Runtime, clock: Clock, workspace: Workspace
) -> None:
    (one,) = await make_people(rt, workspace, ["waits"])
    source_id = await mailing_to(rt, workspace, [one])
    async with MailServer() as server:
        server.script = {address("waits"): ["hang"]}
        pool = server.pool(connections=1, timeout_s=0.1, final_timeout_s=0.1)
        await drain(Dispatcher(pool), rt)
        await pool.close()
    async with rt.db.begin() as tx:
        (row,) = (await tx.execute(sa.select(messages).where(messages.c.profile_id == one))).all()
        page = await list_recipients(
            tx, workspace_id=workspace.id, source_id=source_id, lang="ru", reason="network"
        )
    assert (row.state, row.attempts) == ("planned", 1)
    assert LOST.waits[0] <= row.next_at - clock() <= LOST.waits[0] * 1.1
    assert [found.reason_text for found in page.items] == ["соединение потеряно"]
    assert "no answer" in page.items[0].answer


async def test_a_relay_that_dies_between_two_letters_costs_nobody_anything(
    rt: Runtime, workspace: Workspace
) -> None:
    """It answers a letter and closes, with the envelope of the next one already on its way."""
    ids = await make_people(rt, workspace, [f"n{number}" for number in range(12)])
    source_id = await mailing_to(rt, workspace, ids)
    async with MailServer() as server:
        server.letters_per_connection = 2
        pool = server.pool(connections=2)
        await drain(Dispatcher(pool, parallel=2), rt)
        await pool.close()
    assert set((await fates(rt, source_id)).values()) == {("sent", "")}
    assert set(server.copies().values()) == {1}
    assert len(server.taken) == 12


async def test_a_relay_that_confirms_nothing_brings_few_letters_into_doubt(
    rt: Runtime, clock: Clock, workspace: Workspace
) -> None:
    names = [f"n{number}" for number in range(60)]
    ids = await make_people(rt, workspace, names)
    source_id = await mailing_to(rt, workspace, ids)
    async with MailServer() as server:
        server.script = {address(name): ["hang_after_dot"] for name in names}
        pool = server.pool(connections=4, timeout_s=0.5, final_timeout_s=0.3)
        dispatcher = Dispatcher(pool, parallel=4, chunk=20)
        await drain(dispatcher, rt)
        await dispatcher.close()
        found = Counter(state for state, _ in (await fates(rt, source_id)).values())
        async with rt.db.begin() as tx:
            shown = await progress(tx, workspace_id=workspace.id, source_id=source_id, now=clock())
        # Each of the four connections had one more letter in hand, and one ahead.
        assert 5 <= found["in_doubt"] <= 5 + 2 * 4, found
        assert found["in_doubt"] + found["planned"] == 60
        assert shown.trouble
        # It is well again: the rest goes, each letter once.
        server.script = {}
        clock.move(minutes=2)
        await drain(Dispatcher(pool, parallel=4, chunk=20), rt)
        await pool.close()
    last = Counter(state for state, _ in (await fates(rt, source_id)).values())
    assert last == {"in_doubt": found["in_doubt"], "sent": 60 - found["in_doubt"]}
    assert set(server.copies().values()) == {1}


async def test_one_letter_shows_whether_a_relay_answers_again(
    rt: Runtime, workspace: Workspace
) -> None:
    """Four connections at once would bring four more letters into doubt at each attempt."""
    names = [f"n{number}" for number in range(30)]
    source_id = await mailing_to(rt, workspace, await make_people(rt, workspace, names))
    async with MailServer() as server:
        server.script = {address(name): ["hang_after_dot"] for name in names}
        pool = server.pool(connections=4, timeout_s=0.5, final_timeout_s=0.3)
        dispatcher = Dispatcher(pool, parallel=4, chunk=20)
        await drain(dispatcher, rt)
        before = sum(server.attempts.values())
        await asyncio.sleep(1.1)
        await drain(dispatcher, rt)
        assert sum(server.attempts.values()) - before <= 1
        await dispatcher.close()
        await pool.close()
    found = Counter(state for state, _ in (await fates(rt, source_id)).values())
    assert found["in_doubt"] <= 5 + 2 * 4 + 1
