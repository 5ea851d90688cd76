"""The ways by which mail comes back and goes on: mailboxes, our server, colleagues, the card."""

from __future__ import annotations

import email
from dataclasses import replace
from pathlib import Path

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
from otklik.delivery.polling import poll_mailbox
from otklik.delivery.tokens import MessageLinks
from otklik.entrypoints.wiring.mail import inbound_server
from otklik.privacy.public import SuppressionReason
from otklik.runtime.outgoing import Outgoing
from otklik.runtime.public import InboundSettings, Runtime
from tests.channels.email.fake_imap import HOST, FakeImap
from tests.conftest import Cast
from tests.delivery.returned import bounce, full, kept, message_of, send, stopped, take, way_back
from tests.delivery.support import (
    MailServer,
    fates,
    make_people,
)


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
