"""Sending: every answer of a mail server, pauses and stops, what is shown of it."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.delivery.model import MailingFinished, Variant
from otklik.delivery.operations.mailings import (
    pause_mailing,
    resume_mailing,
    stop_mailing,
)
from otklik.delivery.queries import count_mailings, list_recipients, stalls
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.delivery.sending.schedule import FULL
from otklik.privacy.public import Action, suppressed
from otklik.runtime.public import Runtime
from tests.conftest import Clock
from tests.delivery.dispatching import Pools, drain, progress_of
from tests.delivery.support import (
    MailServer,
    facts_of,
    fates,
    grant,
    letter,
    mailing_to,
    make_people,
    make_sender,
    order,
    tallies_match,
)


async def test_it_hands_everybody_his_own_letter_once(
    rt: Runtime, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    ids = await make_people(rt, workspace, ["anna", "boris", "vera"])
    source_id = await mailing_to(rt, workspace, ids)
    await drain(Dispatcher(pools(server)), rt)
    assert server.copies() == {f"{name}@example.com": 1 for name in ("anna", "boris", "vera")}
    found = await progress_of(rt, workspace, source_id)
    assert (found.state, found.sent, found.pending) == ("finished", 3, 0)
    assert await facts_of(rt, source_id) == {
        "assigned": Counter({"": 3}),
        "sent": Counter({"": 3}),
    }
    mail = email.message_from_string(
        server.letter_to("anna@example.com"), policy=email.policy.default
    )
    assert mail["Subject"] == "For Anna"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(mail["List-Unsubscribe"]).startswith("<http://otklik.test/u/")
    signature = re.sub(r"\s", "", str(mail["DKIM-Signature"])).lower()
    assert "list-unsubscribe:" in signature
    assert "list-unsubscribe-post" in signature
    body = mail.get_body(("html",))
    assert body is not None
    html = body.get_content()
    assert "Hello Anna" in html
    assert "shop.example" not in html
    assert len(set(re.findall(r"http://otklik\.test/t/c/[\w.-]+", html))) == 5
    assert re.search(r"http://otklik\.test/t/o/[\w-]+\.gif", html)


async def test_it_handles_each_answer_of_a_mail_server(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    names = ["fine", "gone", "full", "spam", "drop", "dot"]
    fine, gone, full, spam, drop, dot = await make_people(rt, workspace, names)
    server.script = {
        "gone@example.com": ["550 5.1.1 no such user"],
        "full@example.com": ["452 4.2.2 mailbox full", "ok"],
        "spam@example.com": ["554 5.7.1 looks like spam"],
        "drop@example.com": ["drop", "ok"],
        "dot@example.com": ["drop_after_dot"],
    }
    source_id = await mailing_to(rt, workspace, [fine, gone, full, spam, drop, dot])
    await drain(Dispatcher(pools(server)), rt)
    found = await fates(rt, source_id)
    assert found[fine] == ("sent", "")
    assert found[gone] == ("bounced", "no_mailbox")
    assert found[full] == ("planned", "mailbox_full")
    assert found[spam][0] == "failed"
    assert found[drop] == ("planned", "network")
    assert found[dot] == ("in_doubt", "no_answer")
    assert (await progress_of(rt, workspace, source_id)).state == "running"
    async with rt.db.begin() as tx:
        stopped = await suppressed(
            tx,
            workspace_id=workspace.id,
            channel="email",
            addresses=[f"{name}@example.com" for name in names],
        )
    assert set(stopped) == {"gone@example.com"}
    clock.move(hours=4)
    await drain(Dispatcher(pools(server)), rt)
    found = await fates(rt, source_id)
    assert found[full] == found[drop] == ("sent", "")
    assert found[dot] == ("in_doubt", "no_answer"), "a doubtful message is never sent again"
    assert server.attempts["dot@example.com"] == 1
    done = await progress_of(rt, workspace, source_id)
    assert (done.state, done.sent, done.bounced, done.failed, done.in_doubt) == (
        "finished",
        3,
        1,
        1,
        1,
    )
    facts = await facts_of(rt, source_id)
    assert facts["bounced"] == Counter({"no_mailbox": 1})
    assert facts["in_doubt"] == Counter({"no_answer": 1})
    assert facts["sent"] == Counter({"": 3})
    assert await tallies_match(rt, source_id)


async def test_it_gives_up_on_a_mailbox_that_stays_full(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    (full,) = await make_people(rt, workspace, ["full"])
    server.script = {"full@example.com": ["452 4.2.2 mailbox full"]}
    source_id = await mailing_to(rt, workspace, [full])
    dispatcher = Dispatcher(pools(server))
    for _ in range(20):
        await drain(dispatcher, rt)
        clock.move(hours=5)
    assert await fates(rt, source_id) == {full: ("failed", "mailbox_full")}
    assert server.attempts["full@example.com"] == 1 + len(FULL.waits)
    assert (await progress_of(rt, workspace, source_id)).state == "finished"


async def test_it_waits_for_a_relay_that_is_away_without_using_up_attempts(
    rt: Runtime, clock: Clock, workspace: Workspace, pools: Pools
) -> None:
    ids = await make_people(rt, workspace, ["anna", "boris"])
    source_id = await mailing_to(rt, workspace, ids)
    async with MailServer() as server:
        pool = server.pool(connections=2)
        port = server.port
    dispatcher = Dispatcher(pool)
    await drain(dispatcher, rt)
    found = await progress_of(rt, workspace, source_id)
    assert (found.state, found.pending) == ("running", 2)
    assert found.trouble is not None
    async with rt.db.begin() as tx:
        page = await list_recipients(tx, workspace_id=workspace.id, source_id=source_id, lang="en")
        late = clock() + timedelta(minutes=6)
        (stall,) = await stalls(tx, workspace_id=workspace.id, now=late)
        counts = [
            await count_mailings(tx, workspace_id=one, source_kind="campaign")
            for one in (workspace.id, workspace.id + 1_000_000)
        ]
        nothing = await stalls(tx, workspace_id=workspace.id + 1_000_000, now=late)
    assert [one.attempts for one in page.items] == [0, 0]
    assert (stall.source_id, stall.name, stall.stalled) == (source_id, "Summer", True)
    assert (counts, nothing) == ([1, 0], []), "a stranger sees none of it"
    async with MailServer() as server:
        await server.__aexit__()
        back = MailServer()
        back.port = port
        async with back:
            await asyncio.sleep(1.6)  # The pool and the dispatcher leave a dead relay alone.
            clock.move(minutes=1)
            await drain(dispatcher, rt)
            assert back.copies() == {"anna@example.com": 1, "boris@example.com": 1}
    await pool.close()
    found = await progress_of(rt, workspace, source_id)
    assert (found.state, found.sent, found.trouble) == ("finished", 2, None)


async def test_it_asks_for_consent_again_at_the_moment_of_sending(
    rt: Runtime, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    stays, leaves = await make_people(rt, workspace, ["stays", "leaves"])
    source_id = await mailing_to(rt, workspace, [stays, leaves])
    await grant(rt, workspace, [leaves], action=Action.WITHDRAWN)
    await drain(Dispatcher(pools(server)), rt)
    assert await fates(rt, source_id) == {
        stays: ("sent", ""),
        leaves: ("skipped", "withdrawn"),
    }
    assert server.copies() == {"stays@example.com": 1}
    assert (await facts_of(rt, source_id))["skipped"] == Counter({"withdrawn": 1})


async def test_it_writes_once_to_a_person_who_was_two_profiles_when_frozen(
    rt: Runtime, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    from otklik.profiles.public import merge_profiles

    first, second = await make_people(rt, workspace, ["first", "second"])
    source_id = await mailing_to(rt, workspace, [first, second])
    async with rt.db.begin() as tx:
        await merge_profiles(
            tx,
            workspace_id=workspace.id,
            from_id=second,
            into_id=first,
            now=rt.clock(),
            bus=rt.bus,
        )
    await drain(Dispatcher(pools(server)), rt)
    assert await fates(rt, source_id) == {
        first: ("sent", ""),
        second: ("skipped", "profile_gone"),
    }
    assert len(server.taken) == 1


async def test_it_skips_a_person_whose_letter_cannot_be_made(
    rt: Runtime, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    (one,) = await make_people(rt, workspace, ["one"])
    endless = letter(source="<p>{% for a in (1..100000) %}x{% endfor %}{{ unsubscribe_url }}</p>")
    source_id = await mailing_to(rt, workspace, [one], variants=[Variant("A", "", 10_000, endless)])
    await drain(Dispatcher(pools(server)), rt)
    assert await fates(rt, source_id) == {one: ("skipped", "render_failed")}
    assert not server.taken
    assert (await progress_of(rt, workspace, source_id)).state == "finished"


async def test_it_says_when_the_sender_was_removed(
    rt: Runtime, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    from otklik.kit.ids import new_id

    (one,) = await make_people(rt, workspace, ["one"])
    source_id = await mailing_to(rt, workspace, [one], sender_id=new_id())
    await drain(Dispatcher(pools(server)), rt)
    found = await progress_of(rt, workspace, source_id)
    assert (found.state, found.pending) == ("running", 1)
    assert found.trouble


async def test_it_stops_within_a_second_of_a_pause_and_goes_on_after(
    rt: Runtime, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    names = [f"s{number}" for number in range(40)]
    ids = await make_people(rt, workspace, names)
    source_id = await mailing_to(rt, workspace, ids)
    server.delay_s = 0.2
    worker = asyncio.create_task(drain(Dispatcher(pools(server), parallel=2), rt))
    while len(server.taken) < 4:
        await asyncio.sleep(0.02)
    async with rt.db.begin() as tx:
        await pause_mailing(tx, workspace_id=workspace.id, source_id=source_id)
    begun = asyncio.get_running_loop().time()
    await worker
    assert asyncio.get_running_loop().time() - begun < 1.5
    taken = len(server.taken)
    assert taken < 40
    states = Counter(state for state, _ in (await fates(rt, source_id)).values())
    assert states == Counter({"sent": taken, "planned": 40 - taken})
    await drain(Dispatcher(pools(server)), rt)
    assert len(server.taken) == taken, "a paused mailing sends nothing"
    server.delay_s = 0.0
    async with rt.db.begin() as tx:
        await resume_mailing(tx, workspace_id=workspace.id, source_id=source_id)
    await drain(Dispatcher(pools(server)), rt)
    assert server.copies() == {f"{name}@example.com": 1 for name in names}


async def test_it_writes_off_the_rest_when_a_mailing_is_stopped(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    waits, other = await make_people(rt, workspace, ["waits", "other"])
    server.script = {"waits@example.com": ["452 4.2.2 mailbox full"]}
    source_id = await mailing_to(rt, workspace, [waits, other])
    heard: list[MailingFinished] = []

    async def listener(event: MailingFinished, _tx: object) -> None:
        heard.append(event)

    rt.bus.subscribe(MailingFinished, listener)
    await drain(Dispatcher(pools(server)), rt)
    async with rt.db.begin() as tx:
        await stop_mailing(tx, workspace_id=workspace.id, source_id=source_id)
    await drain(Dispatcher(pools(server)), rt)
    assert await fates(rt, source_id) == {
        waits: ("skipped", "campaign_stopped"),
        other: ("sent", ""),
    }
    assert (await progress_of(rt, workspace, source_id)).state == "finished"
    assert [event.source_id for event in heard if event.workspace_id == workspace.id] == [source_id]


async def test_it_says_who_the_message_went_to_and_what_the_server_answered(
    rt: Runtime, workspace: Workspace, server: MailServer, pools: Pools
) -> None:
    ids = await make_people(rt, workspace, ["x", "y", "z"])
    server.script = {"y@example.com": ["550 5.1.1 unknown"]}
    source_id = await mailing_to(rt, workspace, ids)
    await drain(Dispatcher(pools(server)), rt)
    async with rt.db.begin() as tx:
        page = await list_recipients(
            tx, workspace_id=workspace.id, source_id=source_id, lang="ru", state="bounced"
        )
    (bounced,) = page.items
    assert bounced.address == "y@example.com"
    assert bounced.reason_text == "такого ящика нет"
    assert "unknown" in bounced.answer


async def test_it_pages_through_recipients_by_state(
    rt: Runtime, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from otklik.delivery.operations import freeze

    ids = await make_people(rt, workspace, [f"l{number}" for number in range(9)])
    ids += await make_people(rt, workspace, [f"m{number}" for number in range(4)], consent=False)
    monkeypatch.setattr(freeze, "CHUNK", 2)
    source_id = await mailing_to(rt, workspace, ids)
    for state, expected in (("planned", 9), ("skipped", 4), (None, 13), ("sent", 0)):
        seen, cursor = [], None
        while True:
            async with rt.db.begin() as tx:
                page = await list_recipients(
                    tx,
                    workspace_id=workspace.id,
                    source_id=source_id,
                    lang="en",
                    state=state,
                    cursor=cursor,
                    limit=2,
                )
            seen += [one.message_id for one in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == expected
        assert seen == sorted(seen)


async def test_it_survives_hundreds_of_letters_that_are_not_offered(
    rt: Runtime, workspace: Workspace, pools: Pools
) -> None:
    """A relay that refuses our login stops the chunk at its first letter."""
    ids = await make_people(rt, workspace, [f"t{number}" for number in range(30)])
    source_id = await order(rt, workspace, sender_id=await make_sender(rt, workspace))
    import numpy as np

    from otklik.delivery.operations.freeze import freeze_audience

    await freeze_audience(
        rt, workspace_id=workspace.id, source_id=source_id, ids=np.array(ids, dtype=np.uint64)
    )
    server = MailServer()
    server.greeting = "554 no service for you"
    async with server:
        await drain(Dispatcher(pools(server)), rt)
    found = await progress_of(rt, workspace, source_id)
    assert found.pending == 30
    assert "no service" in (found.trouble or "")
    async with rt.db.begin() as tx:
        handing = await tx.execute(
            sa.text("SELECT count(*) FROM message_blocks WHERE handing <> '{}'")
        )
    assert handing.scalar_one() == 0
