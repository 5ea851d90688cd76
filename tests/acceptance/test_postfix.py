"""A mailing through a real Postfix, and everything that comes back from it.

Nothing of the way is put in place of ours or of Postfix's: the mailing is launched over HTTP, the
letters lie in Maildirs in the end, their signatures are verified by dkimpy, refusals and bounces
are written by Postfix, and come back to Otklik's own mail server, encrypted.
"""

from __future__ import annotations

import asyncio
import email
import smtplib
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from email.message import Message
from pathlib import Path
from typing import Any
from uuid import UUID

import dkim
import msgspec
import pytest

from otklik.accounts.public import Workspace
from otklik.campaigns.jobs import start_campaign
from otklik.campaigns.tables import campaigns
from otklik.channels.email.public import SmtpPool, open_pool
from otklik.channels.email.returns.forwarding import forward_reply
from otklik.delivery.jobs import tend
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.entrypoints.wiring.mail import inbound_server
from otklik.privacy.public import SuppressionReason, suppressed
from otklik.profiles.public import PROFILES_LOOP, Observation, resolve_identities
from otklik.runtime.outbox import OUTBOX_LOOP
from otklik.runtime.public import InboundSettings, Runtime
from tests.acceptance.postfix import Postfix, free_port, missing
from tests.conftest import Cast, Clock
from tests.delivery.support import LETTER, facts_of, fates, tallies_match

WAIT_S = 20.0
REFUSED = "gone@box.example"
FULL_NOW = "full@box.example"
LATE = "late@far.example"
QUOTA = "quota@far.example"
PEOPLE = ["ann@box.example", "bob@box.example", REFUSED, FULL_NOW, LATE, QUOTA]


@pytest.fixture
def relay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Postfix, set up and not yet started; its way back leads to `in.shop.example`."""
    if why := missing():
        with capsys.disabled():
            sys.stdout.write(f"\nnot tried with a real Postfix: {why}\n")
        pytest.skip(why)
    folder = tmp_path / "postfix"
    folder.mkdir()
    for parent in (tmp_path, *tmp_path.parents[:2]):
        # Its programs give up the rights of root and still have to reach the folder.
        parent.chmod(0o755)
    with Postfix(folder, inbound_port=free_port()) as made:
        made.mailboxes(["ann", "bob", "full", "boss"])
        made.access({FULL_NOW: "452 4.2.2 Mailbox full"})
        made.table(
            "far",
            {
                LATE: "550 5.1.1 No such user here",
                QUOTA: "552 5.2.2 Mailbox is over quota",
            },
        )
        yield made


@pytest.fixture
async def here(rt: Runtime, relay: Postfix) -> AsyncIterator[Runtime]:
    """The program with its mail server running, TLS and all, and Postfix beside it."""
    certificate, key = relay.authority.issue("inbound", "in.shop.example")
    settings = msgspec.structs.replace(
        rt.settings,
        smtp_url=f"smtp://127.0.0.1:{relay.port}?tls=required&verify=no",
        inbound=InboundSettings(
            enabled=True,
            smtp_port=relay.inbound_port,
            domain="in.shop.example",
            tls_certificate=certificate,
            tls_key=key,
        ),
    )
    made = replace(rt, settings=settings)
    async with inbound_server(made):
        await asyncio.to_thread(relay.start)
        yield made


class Shop:
    """What the shop does over HTTP, and the sender's work."""

    def __init__(self, rt: Runtime, workspace: Workspace, cast: Cast) -> None:
        self.rt, self.workspace, self._owner = rt, workspace, cast.owner

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        answer = await self._owner.request(method, f"/api/v1{path}", timeout=60, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def people(self) -> dict[str, int]:
        now = self.rt.clock()
        async with self.rt.db.begin() as tx:
            found = await resolve_identities(
                tx,
                workspace_id=self.workspace.id,
                observations=[
                    Observation(
                        index=number,
                        time=now,
                        user_id=address.partition("@")[0],
                        email=address,
                        traits={"first_name": "Анна"},
                        trusted=True,
                    )
                    for number, address in enumerate(PEOPLE)
                ],
                now=now,
            )
        while any([await loop.step(self.rt) for loop in (PROFILES_LOOP, OUTBOX_LOOP)]):
            pass
        return dict(zip(PEOPLE, found.profile_ids, strict=True))

    async def launch(self) -> UUID:
        await self.ask("PATCH", "/consent-policy", json={"email_needs_consent": False})
        self.sender = await self.ask(
            "POST",
            "/senders",
            json={"name": "Лавка", "email": "news@shop.example", "reply_to": "boss@box.example"},
        )
        letter = {"name": "Sale", "kind": "html", "subject": "Для {{ customer.first_name }}"}
        letter_id = (await self.ask("POST", "/letters", json={**letter, "source": LETTER}))["id"]
        everybody = {"name": "All", "definition": {"kind": "everyone"}}
        segment_id = (await self.ask("POST", "/segments", json=everybody))["id"]
        made = await self.ask(
            "POST",
            "/campaigns",
            json={
                "name": "Sale",
                "audience": {"segment_ids": [segment_id]},
                "sender_id": self.sender["id"],
                "variants": [{"key": "A", "name": "A", "letter_id": letter_id, "share": 100}],
                "control_share": 0,
            },
        )
        campaign_id = UUID(made["id"])
        confirmed = {"confirm_count": len(PEOPLE)}
        await self.ask("PUT", f"/campaigns/{campaign_id}/launch", json=confirmed)
        async with self.rt.db.begin() as tx:
            row = (await tx.execute(campaigns.select().where(campaigns.c.id == campaign_id))).one()
        await start_campaign(
            self.rt,
            workspace_id=self.workspace.id,
            campaign_id=made["id"],
            launch_id=str(row.launch_id),
        )
        return campaign_id

    async def send(self) -> None:
        """Hand over what is due, as a worker does."""
        pool: SmtpPool = open_pool(self.rt.settings.smtp_url or "", connections=2, timeout_s=5.0)
        dispatcher = Dispatcher(pool, parallel=2)
        try:
            while await dispatcher.step(self.rt):
                pass
            await tend(self.rt)
        finally:
            await pool.close()

    async def returned(self) -> list[dict[str, Any]]:
        return [one["mail"] for one in (await self.ask("GET", "/returned-mails"))["items"]]

    async def stopped(self, address: str) -> SuppressionReason | None:
        async with self.rt.db.begin() as tx:
            found = await suppressed(
                tx, workspace_id=self.workspace.id, channel="email", addresses=[address]
            )
        return found.get(address)


async def until(relay: Postfix, done: Callable[[], Any]) -> None:
    """Wait for what another program does. `done` may be a coroutine function."""
    ends = time.monotonic() + WAIT_S
    while time.monotonic() < ends:
        found = done()
        if await found if asyncio.iscoroutine(found) else found:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(relay.log())


def by_postfix(relay: Postfix, sender: str, to: str, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", relay.port, timeout=5) as client:
        client.sendmail(sender, [to], raw)


def only_letter(relay: Postfix, name: str) -> tuple[bytes, Message]:
    (raw,) = relay.letters(name)
    return raw, email.message_from_bytes(raw)


def bare(value: str | None) -> str:
    return (value or "").strip().strip("<>")


def complaint(letter: bytes, address: str) -> bytes:
    return (
        b"From: fbl@box.example\r\nTo: <fbl>\r\nSubject: Complaint\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/report; report-type=feedback-report; boundary=cut\r\n\r\n"
        b"--cut\r\nContent-Type: text/plain\r\n\r\nAn abuse report.\r\n"
        b"--cut\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
        b"User-Agent: Box/1.0\r\nVersion: 1\r\nOriginal-Rcpt-To: %b\r\n\r\n"
        b"--cut\r\nContent-Type: message/rfc822\r\n\r\n%b\r\n--cut--\r\n"
    ) % (address.encode(), letter)


@pytest.mark.timeout(60)
async def test_letters_arrive_signed_and_everything_comes_back(
    here: Runtime, clock: Clock, workspace: Workspace, cast: Cast, relay: Postfix
) -> None:
    shop = Shop(here, workspace, cast)
    ids = await shop.people()
    campaign_id = await shop.launch()
    await shop.send()

    # What Postfix answered at once: the unknown mailbox is dead, the full one is tried again.
    at_once = await fates(here, campaign_id)
    assert at_once[ids[REFUSED]] == ("bounced", "no_mailbox")
    assert at_once[ids[FULL_NOW]] == ("planned", "mailbox_full")
    assert await shop.stopped(REFUSED) is SuppressionReason.HARD_BOUNCE

    await until(relay, lambda: relay.letters("ann") and relay.letters("bob"))
    for name in ("ann", "bob"):
        raw, letter = only_letter(relay, name)
        assert letter["To"] == f"{name}@box.example"
        assert str(email.header.make_header(email.header.decode_header(letter["Subject"]))) == (
            "Для Анна"
        )
        assert bare(letter["Return-Path"]).startswith("b-")
        assert bare(letter["Return-Path"]).endswith("@in.shop.example")
        assert bare(letter["Reply-To"]).startswith("r-")
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert " with ESMTPS id " in str(letter["Received"])
        verify(raw, shop.sender)
        with pytest.raises(AssertionError):
            verify(raw.replace(b"Sale", b"Fail"), shop.sender)

    # What Postfix found out later, in the bounces that it wrote itself.
    async def both_bounced() -> bool:
        return len(await shop.returned()) == 2

    await until(relay, both_bounced)
    later = await fates(here, campaign_id)
    assert later[ids[LATE]] == ("bounced", "no_mailbox")
    assert later[ids[QUOTA]] == ("bounced", "mailbox_full")
    assert await shop.stopped(LATE) is SuppressionReason.HARD_BOUNCE
    assert await shop.stopped(QUOTA) is None
    bounces = {item["profile_id"]: item for item in await shop.returned()}
    assert {one["kind"] for one in bounces.values()} == {"bounce"}
    assert (bounces[ids[LATE]]["verdict"], bounces[ids[LATE]]["status"]) == ("hard", "5.1.1")
    assert (bounces[ids[QUOTA]]["verdict"], bounces[ids[QUOTA]]["status"]) == ("soft", "5.2.2")
    assert bounces[ids[LATE]]["followed"] == ["bounced", "stopped"]
    assert (bounces[ids[QUOTA]]["followed"], bounces[ids[QUOTA]]["soft_count"]) == (
        ["bounced", "counted"],
        1,
    )
    assert {(one["came_by"], one["found_by"]) for one in bounces.values()} == {
        ("smtp", "return_path")
    }
    assert "Verified TLS connection established to 127.0.0.1" in relay.log()

    # A complaint, an absence note, an answer of a person: all by way of Postfix.
    to_bob, bobs = only_letter(relay, "bob")
    back = bare(bobs["Return-Path"])
    by_postfix(relay, "fbl@box.example", back, complaint(to_bob, "bob@box.example"))
    _, anns = only_letter(relay, "ann")
    note = (
        b"From: ann@box.example\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\n"
        b"Back on Monday.\r\n"
    )
    by_postfix(relay, "", bare(anns["Return-Path"]), note)
    answer = (
        f"From: ann@box.example\r\nSubject: Re: Sale\r\nIn-Reply-To: {anns['Message-ID']}\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\nКогда вы открыты?\r\n"
    ).encode()
    by_postfix(relay, "ann@box.example", bare(anns["Reply-To"]), answer)

    async def all_here() -> bool:
        return len(await shop.returned()) == 5

    await until(relay, all_here)
    found = {item["kind"]: item for item in await shop.returned()}
    assert found["complaint"]["profile_id"] == ids["bob@box.example"]
    assert found["auto_reply"]["profile_id"] == found["reply"]["profile_id"] == ids[PEOPLE[0]]
    assert found["reply"]["message_id"] == found["auto_reply"]["message_id"]
    assert await shop.stopped("bob@box.example") is SuppressionReason.COMPLAINT
    assert await shop.stopped("ann@box.example") is None
    await forward_reply(here, return_id=found["reply"]["id"], now=clock())
    await until(relay, lambda: relay.letters("boss"))
    raw, handed_on = only_letter(relay, "boss")
    assert handed_on["Reply-To"] == "ann@box.example"
    assert "Когда вы открыты?" in text_of(handed_on)
    verify(raw, shop.sender)

    # The mailbox has room again: the letter that waited goes, on its own schedule.
    await asyncio.to_thread(relay.access, {})
    clock.move(days=1)
    await shop.send()
    assert (await fates(here, campaign_id))[ids[FULL_NOW]] == ("sent", "")
    await until(relay, lambda: relay.letters("full"))
    assert await tallies_match(here, campaign_id)

    facts = await facts_of(here, campaign_id)
    assert facts["bounced"] == {"no_mailbox": 2, "mailbox_full": 1}
    assert facts["complained"] == {"abuse": 1}
    (arm,) = (await shop.ask("GET", f"/campaigns/{campaign_id}/report"))["arms"]
    counted = {name: arm[name] for name in ("assigned", "bounced", "complained", "in_doubt")}
    assert counted == {"assigned": 6, "bounced": 3, "complained": 1, "in_doubt": 0}
    # Three of the six came back, one of them at once; the full mailbox got its letter in the end.
    assert (arm["sent"], arm["delivered"]) == (6, 3)


def text_of(letter: Message) -> str:
    parts = [part for part in letter.walk() if part.get_content_type() == "text/plain"]
    return str(parts[0].get_payload(decode=True), "utf-8")  # type: ignore[arg-type]


def verify(raw: bytes, sender: dict[str, Any]) -> None:
    """Verify a letter's DKIM signature with dkimpy against the record that Otklik shows."""
    wire = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    asked: list[str] = []

    def dns(name: Any, timeout: int = 5) -> bytes:
        asked.append(name.decode() if isinstance(name, bytes) else str(name))
        record: str = sender["dkim_record"]
        return record.encode()

    assert dkim.verify(wire, dnsfunc=dns)
    assert asked == [f"{sender['dkim_record_name']}."]
