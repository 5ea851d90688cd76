"""What comes back: bounces, complaints, automatic replies and answers of people."""

from __future__ import annotations

import email
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
import zstandard

from otklik.accounts.public import Workspace
from otklik.channels.email.public import ReturnKind, list_returns, open_pool, return_address
from otklik.channels.email.returns.forwarding import NotForwarded, forward_reply
from otklik.channels.email.returns.mailboxes import (
    create_mailbox,
    delete_mailbox,
    list_mailboxes,
)
from otklik.delivery.jobs import tend
from otklik.delivery.model import MessageState
from otklik.delivery.operations.blocks import Outcome, Row
from otklik.delivery.operations.erasure import erase_messages
from otklik.delivery.operations.returns import Taken, TakenMail, accepts, take_return
from otklik.delivery.operations.verdicts import recount_returned, take_refusals
from otklik.delivery.polling import poll_mailbox
from otklik.delivery.queries import mailing_by_number, progress
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.delivery.tables import mailings, message_blocks, messages
from otklik.delivery.tokens import MessageLinks, MessageRef
from otklik.entrypoints.wiring.mail import inbound_server
from otklik.kit.traces import Traces
from otklik.privacy.public import State, SuppressionReason, consent_states, suppressed
from otklik.runtime.outgoing import Outgoing
from otklik.runtime.public import InboundSettings, Runtime
from tests.channels.email.fake_imap import HOST, FakeImap
from tests.conftest import Cast, Clock
from tests.delivery.support import (
    MailServer,
    facts_of,
    fates,
    mailing_to,
    make_people,
    tallies_match,
)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with MailServer() as running:
        yield running


async def send(rt: Runtime, server: MailServer, workspace: Workspace, ids: Sequence[int]) -> UUID:
    source_id = await mailing_to(rt, workspace, ids)
    pool = server.pool(connections=2)
    dispatcher = Dispatcher(pool, parallel=2)
    try:
        while await dispatcher.step(rt):
            pass
        await tend(rt)
    finally:
        await pool.close()
    return source_id


async def message_of(rt: Runtime, source_id: UUID, profile_id: int) -> MessageRef:
    async with rt.db.begin() as tx:
        row = (
            await tx.execute(
                sa.select(messages)
                .join(mailings, mailings.c.mailing_id == messages.c.mailing_id)
                .where(mailings.c.source_id == source_id, messages.c.profile_id == profile_id)
            )
        ).one()
    return MessageRef(row.workspace_id, row.mailing_id, row.message_id, profile_id)


def way_back(rt: Runtime, ref: MessageRef) -> str:
    return return_address(
        rt.signer, "shop.example", workspace_id=ref.workspace_id, message_id=ref.message_id
    )


def bounce(
    address: str, status: str = "5.1.1", said: str = "550 5.1.1 User unknown", mark: str = ""
) -> bytes:
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\nTo: x@shop.example\n"
        f"Subject: Undelivered Mail Returned to Sender {mark}\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="cut"\n\n'
        "--cut\nContent-Type: text/plain\n\nYour letter could not be delivered.\n\n"
        "--cut\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n"
        f"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {said}\n\n--cut--\n"
    ).encode()


def full(address: str, mark: str) -> bytes:
    return bounce(address, "5.2.2", "552 5.2.2 Mailbox full", mark)


def complaint(address: str, kind: str = "abuse") -> bytes:
    return (
        "From: fbl@provider.example\nTo: x@shop.example\nSubject: Feedback report\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=cut\n\n"
        f"--cut\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\n"
        f"Original-Rcpt-To: {address}\n\n--cut--\n"
    ).encode()


async def take(rt: Runtime, raw: bytes, recipient: str) -> TakenMail:
    async with rt.db.begin() as tx:
        return await take_return(rt, tx, raw=raw, recipient=recipient, now=rt.clock())


async def stopped(rt: Runtime, workspace: Workspace, name: str) -> SuppressionReason | None:
    address = f"{name}@example.com"
    async with rt.db.begin() as tx:
        found = await suppressed(
            tx, workspace_id=workspace.id, channel="email", addresses=[address]
        )
    return found.get(address)


async def kept(rt: Runtime, workspace: Workspace) -> list[ReturnKind]:
    async with rt.db.begin() as tx:
        page = await list_returns(
            tx,
            workspace_id=workspace.id,
            lang="en",
        )
    return [item.kind for item in page.items]


async def test_a_hard_bounce_stops_the_address(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    ids = await make_people(rt, workspace, ["ann", "bob"])
    source_id = await send(rt, server, workspace, ids)
    ref = await message_of(rt, source_id, ids[0])
    # Servers may change the case of a return path.
    taken = await take(rt, bounce("ann@example.com"), way_back(rt, ref).upper())
    assert taken == TakenMail(Taken.APPLIED, ReturnKind.BOUNCE, workspace.id, ref.message_id)
    assert await fates(rt, source_id) == {ids[0]: ("bounced", "no_mailbox"), ids[1]: ("sent", "")}
    assert await stopped(rt, workspace, "ann") is SuppressionReason.HARD_BOUNCE
    assert await stopped(rt, workspace, "bob") is None
    assert (await facts_of(rt, source_id))["bounced"] == {"no_mailbox": 1}
    assert await tallies_match(rt, source_id)
    async with rt.db.begin() as tx:
        now = rt.clock()
        done = await progress(tx, workspace_id=workspace.id, source_id=source_id, now=now)
    assert (done.sent, done.bounced) == (1, 1)

    # The same mail again, by another way: nothing changes.
    again = b"Received: from elsewhere\n\tby here\n" + bounce("ann@example.com")
    assert (await take(rt, again, way_back(rt, ref))).outcome is Taken.KNOWN
    assert (await facts_of(rt, source_id))["bounced"] == {"no_mailbox": 1}
    assert await kept(rt, workspace) == [ReturnKind.BOUNCE]

    # The gate of the next mailing leaves the address out.
    next_id = await send(rt, server, workspace, ids)
    assert (await fates(rt, next_id))[ids[0]] == ("skipped", "suppressed")


async def test_a_refusal_at_the_moment_of_sending_ends_the_same_way(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    ids = await make_people(rt, workspace, ["dead", "full"])
    server.script = {
        "dead@example.com": ["550 5.1.1 User unknown"],
        "full@example.com": ["552 5.2.2 Mailbox full"],
    }
    source_id = await send(rt, server, workspace, ids)
    assert (await fates(rt, source_id))[ids[0]] == ("bounced", "no_mailbox")
    assert await stopped(rt, workspace, "dead") is SuppressionReason.HARD_BOUNCE
    for _ in range(3):
        await send(rt, server, workspace, [ids[1]])
        assert await stopped(rt, workspace, "full") is None
    await send(rt, server, workspace, [ids[1]])
    assert await stopped(rt, workspace, "full") is SuppressionReason.SOFT_BOUNCES


async def test_five_soft_bounces_in_a_row_stop_the_address(
    rt: Runtime, workspace: Workspace, server: MailServer, clock: Clock
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    for number in range(7):
        clock.move(days=1)
        source_id = await send(rt, server, workspace, [ann])
        if number == 1:
            continue  # This one arrives: the row begins anew.
        ref = await message_of(rt, source_id, ann)
        taken = await take(rt, full("ann@example.com", f"n{number}"), way_back(rt, ref))
        assert taken.outcome is Taken.APPLIED
        assert (await fates(rt, source_id))[ann] == ("bounced", "mailbox_full")
        row_is_full = number == 6
        assert (await stopped(rt, workspace, "ann") is not None) == row_is_full
    assert await stopped(rt, workspace, "ann") is SuppressionReason.SOFT_BOUNCES


async def test_a_click_of_the_person_ends_a_row_of_soft_bounces(
    rt: Runtime, workspace: Workspace, server: MailServer, clock: Clock
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    for number in range(5):
        clock.move(days=1)
        source_id = await send(rt, server, workspace, [ann])
        ref = await message_of(rt, source_id, ann)
        if number == 3:
            await rt.ch.command(
                "INSERT INTO message_facts (workspace_id, message_id, profile_id, channel,"
                " source_kind, source_id, fact, verdict, at, fact_id) VALUES ({ws:UInt32}, 1,"
                " {id:UInt64}, 'email', 'campaign', {source:UUID}, 'clicked', 'person',"
                " {at:DateTime64(3, 'UTC')}, 'click')",
                {"ws": workspace.id, "id": ann, "source": str(source_id), "at": rt.clock()},
            )
        await take(rt, full("ann@example.com", f"n{number}"), way_back(rt, ref))
    assert await stopped(rt, workspace, "ann") is None


async def test_a_delay_changes_nothing(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    raw = bounce("ann@example.com", "4.4.1", "timed out").replace(b"failed", b"delayed")
    assert (await take(rt, raw, way_back(rt, ref))).kind is ReturnKind.NOTICE
    assert (await fates(rt, source_id))[ann] == ("sent", "")


async def test_a_complaint_stops_the_address_and_withdraws_the_consent(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    ann, bob = await make_people(rt, workspace, ["ann", "bob"])
    source_id = await send(rt, server, workspace, [ann, bob])
    for profile_id, name, kind in ((ann, "ann", "abuse"), (bob, "bob", "opt-out")):
        ref = await message_of(rt, source_id, profile_id)
        raw = complaint(f"{name}@example.com", kind)
        assert (await take(rt, raw, way_back(rt, ref))).kind is ReturnKind.COMPLAINT
        async with rt.db.begin() as tx:
            states = await consent_states(tx, workspace_id=workspace.id, profile_id=profile_id)
        assert {one.state for one in states if one.channel == "email"} == {State.WITHDRAWN}
    assert await stopped(rt, workspace, "ann") is SuppressionReason.COMPLAINT
    # Who only asked to be taken off is not stopped for letters that are no advertising.
    assert await stopped(rt, workspace, "bob") is None
    facts = await facts_of(rt, source_id)
    assert (facts["complained"], facts["unsubscribed"]) == ({"abuse": 1}, {"feedback_loop": 1})
    assert await fates(rt, source_id) == {ann: ("sent", ""), bob: ("sent", "")}


async def test_an_automatic_reply_is_kept_and_changes_nothing(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    raw = (
        b"From: ann@example.com\nSubject: Automatic reply: Hello\nAuto-Submitted: auto-replied\n\n"
        b"I am out of the office.\n"
    )
    assert (await take(rt, raw, way_back(rt, ref))).kind is ReturnKind.AUTO_REPLY
    assert (await fates(rt, source_id))[ann] == ("sent", "")
    assert await stopped(rt, workspace, "ann") is None
    assert "bounced" not in await facts_of(rt, source_id)


async def test_a_reply_finds_its_message_and_its_person(
    rt: Runtime, workspace: Workspace, other_workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    links = MessageLinks(rt.signer, "http://x", ref, variant=0, static=lambda _: None)
    raw = (
        f"From: Ann <ann@example.com>\nTo: news@shop.example\nSubject: Re: Hello\n"
        f"In-Reply-To: <{links.mail_id()}@shop.example>\n\nWhen do you open?\n"
    ).encode()
    taken = await take(rt, raw, "news@shop.example")
    assert taken == TakenMail(Taken.APPLIED, ReturnKind.REPLY, workspace.id, ref.message_id)
    # Without a trace of the letter it is still known who wrote.
    await take(rt, b"From: ann@example.com\nSubject: Hi\n\nHi.\n", way_back(rt, ref))
    assert await kept(rt, workspace) == [ReturnKind.REPLY, ReturnKind.REPLY]
    assert await kept(rt, other_workspace) == []


async def test_a_report_that_proves_nothing_stops_nobody(
    rt: Runtime, workspace: Workspace, other_workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    good = way_back(rt, ref)
    forged = f"b-{'a' if good[2] != 'a' else 'b'}{good[3:]}"
    foreign = way_back(rt, MessageRef(other_workspace.id, 0, ref.message_id, 0))
    for recipient in (forged, foreign, "nobody@elsewhere.example"):
        assert (await take(rt, bounce("ann@example.com"), recipient)).outcome is Taken.REFUSED
    # It may come to the sender's address; but then nothing shows that it is about our letter.
    await take(rt, bounce("ann@example.com"), "news@shop.example")
    assert await stopped(rt, workspace, "ann") is None
    assert (await fates(rt, source_id))[ann] == ("sent", "")
    async with rt.db.begin() as tx:
        for recipient, wanted in ((good, True), ("NEWS@shop.example", True), (forged, False)):
            assert await accepts(tx, rt.signer, recipient=recipient) is wanted
        assert not await accepts(tx, rt.signer, recipient="nobody@elsewhere.example")


async def test_nothing_is_kept_of_an_erased_person(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    await facts_of(rt, source_id)
    async with rt.db.begin() as tx:
        await erase_messages(
            rt,
            tx,
            Traces(
                workspace_id=workspace.id,
                profile_ids=(ann,),
                stand_in=ann + 1_000_000,
                identifiers=(("email", "ann@example.com"),),
                words=(),
                until=rt.clock(),
            ),
        )
    taken = await take(rt, bounce("ann@example.com"), way_back(rt, ref))
    assert taken.outcome is Taken.GONE
    assert await kept(rt, workspace) == []


async def test_counts_of_a_block_in_work_are_made_right_later(
    rt: Runtime, workspace: Workspace, server: MailServer, clock: Clock
) -> None:
    ids = await make_people(rt, workspace, ["ann", "bob"])
    source_id = await send(rt, server, workspace, ids)
    ref = await message_of(rt, source_id, ids[0])
    block_id = ref.message_id // 1000 * 1000

    async def hold(state: str) -> None:
        async with rt.db.begin() as tx:
            await tx.execute(
                message_blocks.update()
                .where(message_blocks.c.block_id == block_id)
                .values(state=state, lease_until=rt.clock() + timedelta(minutes=1))
            )

    await hold("claimed")
    await take(rt, bounce("ann@example.com"), way_back(rt, ref))
    assert not await tallies_match(rt, source_id)
    await hold("done")
    async with rt.db.begin() as tx:
        await recount_returned(rt, tx, block_id=block_id, now=clock.move(minutes=3))
    assert await tallies_match(rt, source_id)


async def test_a_reply_goes_on_to_the_colleague_once(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    inbound = InboundSettings(enabled=True, domain="in.shop.example")
    url = f"smtp://127.0.0.1:{server.port}?tls=off"
    settings = msgspec.structs.replace(rt.settings, inbound=inbound, smtp_url=url)
    here = replace(rt, settings=settings)
    source_id = await send(here, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    letter = email.message_from_string(server.letter_to("ann@example.com"))
    replies_to = str(letter["Reply-To"]).strip("<>")
    assert replies_to.endswith("@in.shop.example")
    assert server.senders["ann@example.com"] == return_address(
        rt.signer, "in.shop.example", workspace_id=workspace.id, message_id=ref.message_id
    )
    raw = (
        f"From: Ann <ann@example.com>\nTo: {replies_to}\nSubject: Re: Hello\n"
        f"In-Reply-To: {letter['Message-ID']}\nContent-Type: text/plain; charset=utf-8\n\n"
        "Когда вы <открыты>?\n"
    ).encode()
    taken = await take(here, raw, replies_to.upper())
    assert (taken.kind, taken.message_id) == (ReturnKind.REPLY, ref.message_id)
    async with rt.db.begin() as tx:
        page = await list_returns(
            tx,
            workspace_id=workspace.id,
            kind=ReturnKind.REPLY,
            message_id=ref.message_id,
            profile_ids=[ann],
            cursor=None,
            limit=10,
            lang="ru",
        )
    number = page.items[0].id
    # The sender names no address for replies, so they go to the sender's own.
    server.script["news@shop.example"] = ["451 4.3.0 later", "ok"]
    with pytest.raises(NotForwarded):
        await forward_reply(here, return_id=number, now=rt.clock())
    for _ in range(2):
        await forward_reply(here, return_id=number, now=rt.clock())
    assert server.copies()["news@shop.example"] == 1
    onward = email.message_from_string(server.letter_to("news@shop.example"))
    assert str(onward["Reply-To"]).strip("<>") == "ann@example.com"
    assert onward["X-Otklik-Forwarded"]

    # If it comes back here, it is recognised and stays.
    again = await take(here, server.letter_to("news@shop.example").encode(), replies_to)
    assert again.kind is ReturnKind.NOTICE


async def test_a_mailbox_is_read_mail_by_mail(
    rt: Runtime, workspace: Workspace, server: MailServer, tmp_path: Path
) -> None:
    ann, bob = await make_people(rt, workspace, ["ann", "bob"])
    source_id = await send(rt, server, workspace, [ann, bob])
    ref = await message_of(rt, source_id, ann)
    other = await message_of(rt, source_id, bob)
    links = MessageLinks(rt.signer, "http://x", other, variant=0, static=lambda _: None)
    head = f"Delivered-To: {way_back(rt, ref)}\n".encode()
    returned = bounce("bob@example.com", mark="2").replace(
        b"--cut--", f"--cut\nContent-Type: message/rfc822\n\nMessage-ID: <{links.mail_id()}@shop"
        f".example>\n\nHello\n--cut--".encode(),
    )  # fmt: skip
    local = Outgoing(allowed_networks=("127.0.0.0/8",), resolve=_loopback)
    here = replace(rt, outgoing=local)
    async with FakeImap(tmp_path) as imap:
        imap.mails = {
            1: b"From: friend@x.example\nTo: boss@shop.example\n\nA private mail.\n",
            2: head + bounce("ann@example.com"),
            3: returned,
        }
        async with rt.db.begin() as tx:
            box = await create_mailbox(
                tx,
                workspace_id=workspace.id,
                host=HOST,
                port=imap.port,
                username="me",
                password_sealed=rt.vault.seal("secret"),
                folder="INBOX",
                now=rt.clock(),
            )
        for _ in range(2):
            assert not await poll_mailbox(here, mailbox_id=box.id, context=imap.trusting())
        assert await fates(rt, source_id) == {
            ann: ("bounced", "no_mailbox"),
            bob: ("bounced", "no_mailbox"),
        }
        assert await kept(rt, workspace) == [ReturnKind.BOUNCE, ReturnKind.BOUNCE]
        imap.password = "changed"
        await poll_mailbox(here, mailbox_id=box.id, context=imap.trusting())
        async with rt.db.begin() as tx:
            (shown,) = await list_mailboxes(tx, workspace_id=workspace.id)
        assert "Invalid credentials" in (shown.trouble or "")
    # A private network is not looked into.
    await poll_mailbox(replace(rt, outgoing=Outgoing(resolve=_loopback)), mailbox_id=box.id)
    async with rt.db.begin() as tx:
        (shown,) = await list_mailboxes(tx, workspace_id=workspace.id)
        assert "allowed_networks" in (shown.trouble or "")
        await delete_mailbox(tx, workspace_id=workspace.id, mailbox_id=box.id)


async def _loopback(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


async def test_the_built_in_server_brings_a_bounce_home(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    back = server.senders["ann@example.com"]
    inbound = InboundSettings(enabled=True, smtp_port=0)
    here = replace(rt, settings=msgspec.structs.replace(rt.settings, inbound=inbound))
    async with inbound_server(here) as running:
        assert running is not None
        async with open_pool(f"smtp://127.0.0.1:{running.port}?tls=off") as relay:
            raw = bounce("ann@example.com")
            states = [(await relay.send("", to, raw)).code for to in (back, back, "x@y.example")]
    assert states == [250, 250, 550]
    assert (await fates(rt, source_id))[ann] == ("bounced", "no_mailbox")
    assert await kept(rt, workspace) == [ReturnKind.BOUNCE]
    async with inbound_server(rt) as nothing:
        assert nothing is None


async def test_a_judgement_is_looked_at_again_and_a_stop_lifted(
    rt: Runtime, workspace: Workspace, server: MailServer, cast: Cast
) -> None:
    ann, bob = await make_people(rt, workspace, ["ann", "bob"])
    source_id = await send(rt, server, workspace, [ann, bob])
    for profile_id, name in ((ann, "ann"), (bob, "bob")):
        ref = await message_of(rt, source_id, profile_id)
        await take(rt, bounce(f"{name}@example.com", mark=name), way_back(rt, ref))
    path = "/api/v1/returned-mails"
    listed = (await cast.colleague.get(path, params={"verdict": "hard"})).json()["items"]
    assert [one["person"]["name"] for one in listed] == ["Bob", "Ann"]
    assert {one["letter"]["source_id"] for one in listed} == {str(source_id)}
    bobs, anns = (one["mail"]["id"] for one in listed)
    card = (await cast.colleague.get(f"{path}/{anns}")).json()
    assert card["stop"]["reason"] == "hard_bounce"
    assert card["mail"]["followed"] == ["bounced", "stopped"]
    assert (card["mail"]["found_by"], card["can_judge_again"]) == ("return_path", True)

    # As if an older version had misread it: the second look finds out, and takes the stop back.
    async with rt.db.begin() as tx:
        await tx.execute(
            sa.text("UPDATE returned_mails SET source_zstd = :raw WHERE id = :id"),
            {
                "id": anns,
                "raw": zstandard.compress(full("ann@example.com", "again")),
            },
        )
    again = (await cast.marketer.post(f"{path}/{anns}/judgement")).json()
    assert (again["mail"]["verdict"], again["mail"]["reason"]) == ("soft", "mailbox_full")
    assert (again["stop"], again["mail"]["followed"][-1]) == (None, "lifted")
    assert await stopped(rt, workspace, "ann") is None
    assert await stopped(rt, workspace, "bob") is SuppressionReason.HARD_BOUNCE

    assert (await cast.marketer.put(f"{path}/{bobs}/lifting")).status_code == 403
    assert (await cast.colleague.post(f"{path}/{bobs}/judgement")).status_code == 403
    for method, place in (("GET", ""), ("POST", "/judgement"), ("PUT", "/lifting")):
        answer = await cast.stranger.request(method, f"{path}/{bobs}{place}")
        assert answer.status_code == 404
    lifted = (await cast.owner.put(f"{path}/{bobs}/lifting")).json()
    assert lifted["stop"] is None
    assert lifted["mail"]["corrected_at"]
    assert await stopped(rt, workspace, "bob") is None
    twice = await cast.owner.put(f"{path}/{bobs}/lifting")
    assert (twice.status_code, twice.json()["code"]) == (409, "nothing_to_lift")


async def test_a_refusal_of_the_letter_does_not_count_against_the_mailbox(
    rt: Runtime, workspace: Workspace, server: MailServer, clock: Clock
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    for number in range(6):
        clock.move(days=1)
        source_id = await send(rt, server, workspace, [ann])
        ref = await message_of(rt, source_id, ann)
        raw = bounce("ann@example.com", "5.7.26", "550 5.7.26 fails DMARC", f"n{number}")
        assert (await take(rt, raw, way_back(rt, ref))).outcome is Taken.APPLIED
        assert (await fates(rt, source_id))[ann] == ("bounced", "policy")
    assert await stopped(rt, workspace, "ann") is None


async def test_an_answer_stands_in_the_persons_timeline(
    rt: Runtime, workspace: Workspace, server: MailServer, cast: Cast
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    raw = b"From: ann@example.com\nSubject: Re: Hello\n\n<script>alert(1)</script> When?\n"
    await take(rt, raw, way_back(rt, ref))
    path = f"/api/v1/profiles/{ann}/timeline"
    (item,) = (await cast.colleague.get(path, params={"kinds": "return"})).json()["items"]
    assert (item["name"], item["facts"]["kind"]) == ("Re: Hello", "reply")
    assert item["facts"]["source_id"] == str(source_id)
    # What he wrote is for those who may read conversations.
    source = f"/api/v1/returned-mails/{item['id']}/source"
    assert "When?" in (await cast.owner.get(source)).json()["text"]
    assert (await cast.colleague.get(source)).status_code == 403


async def test_a_chunk_of_refusals_costs_the_same_statements_as_one(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    asked: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        asked.append(statement)

    async def cost(count: int) -> int:
        asked.clear()
        rows = [
            Row(1_000_000 + number, ann, "A", f"p{count}-{number}@full.example", 0)
            for number in range(count)
        ]
        outcomes = [
            Outcome(
                row=row,
                state=MessageState.BOUNCED if number % 2 else MessageState.FAILED,
                reason="no_mailbox" if number % 2 else "mailbox_full",
            )
            for number, row in enumerate(rows)
        ]
        async with rt.db.begin() as tx:
            mailing = await mailing_by_number(tx, mailing_id=ref.mailing_id)
            await take_refusals(rt, tx, mailing=mailing, outcomes=outcomes, now=rt.clock())
        return len(asked)

    engine = rt.db.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        assert await cost(2) == await cost(150)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
