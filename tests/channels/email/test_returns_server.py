"""The server for returned mail, spoken to over a socket, and the list of what it took."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from otklik.accounts.public import Workspace
from otklik.channels.email.model import SendState
from otklik.channels.email.returns.model import Kept, ReturnKind
from otklik.channels.email.returns.operations import content_hash, keep_return
from otklik.channels.email.returns.server import CONNECTIONS_OF_CLIENT_MAX, InboundServer
from otklik.channels.email.returns.tls import BadCertificate, TlsFiles, covers
from otklik.channels.email.smtp import SmtpPool, open_pool
from otklik.channels.email.verdicts import ReturnReason, ReturnVerdict, judge_return
from otklik.runtime.public import Runtime
from tests.acceptance.postfix import Authority
from tests.conftest import Cast

MAIL = b"From: ann@example.com\r\nSubject: hi\r\n\r\n.dot\r\nbye\r\n"


class Box:
    """What the server asks and hands over."""

    def __init__(self) -> None:
        self.taken: list[tuple[bytes, str]] = []
        self.is_away = False

    async def accepts(self, recipient: str) -> bool:
        return recipient.startswith(("b-", "r-"))

    async def takes(self, raw: bytes, recipient: str) -> bool:
        if self.is_away:
            raise OSError("the database is away")
        self.taken.append((raw, recipient))
        return not recipient.startswith("r-")


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
async def server(box: Box) -> AsyncIterator[InboundServer]:
    running = InboundServer(
        accepts=box.accepts, takes=box.takes, bytes_max=64 * 1024, mails_per_minute_max=5
    )
    await running.start("127.0.0.1", 0)
    yield running
    await running.stop()


@pytest.fixture
async def pool(server: InboundServer) -> AsyncIterator[SmtpPool]:
    url = f"smtp://127.0.0.1:{server.port}?tls=off"
    async with open_pool(url, connections=1, timeout_s=5.0) as opened:
        yield opened


async def test_it_takes_only_mail_for_its_own_addresses(pool: SmtpPool, box: Box) -> None:
    ann = await pool.send("ann@example.com", "b-token@shop.example", MAIL)
    program = await pool.send("", "b-token@shop.example", MAIL)
    assert ann.state is program.state is SendState.ACCEPTED
    # What nobody may answer is marked so: it is no reply of a person, whatever its words.
    assert [raw for raw, _ in box.taken] == [MAIL, b"Return-Path: <>\r\n" + MAIL]
    assert [judge_return(raw).automatic for raw, _ in box.taken] == [False, True]
    box.taken.pop()
    stranger = await pool.send("spam@x.example", "victim@elsewhere.example", MAIL)
    assert (stranger.state, stranger.code) == (SendState.PERMANENT, 550)
    nobodys = await pool.send("", "r-token@shop.example", MAIL)
    assert (nobodys.state, nobodys.code) == (SendState.PERMANENT, 550)
    big = await pool.send("", "b-token@shop.example", b"Subject: x\r\n\r\n" + b"x" * 70_000)
    assert big.code == 552
    assert len(box.taken) == 2


async def test_the_sender_keeps_a_mail_that_could_not_be_stored(pool: SmtpPool, box: Box) -> None:
    box.is_away = True
    result = await pool.send("", "b-token@shop.example", MAIL)
    assert (result.state, result.code) == (SendState.TEMPORARY, 451)
    box.is_away = False
    for _ in range(4):
        assert (await pool.send("", "b-token@shop.example", MAIL)).state is SendState.ACCEPTED
    # Five mails a minute are enough for one client.
    assert (await pool.send("", "b-token@shop.example", MAIL)).code == 451


async def test_one_client_cannot_hold_all_connections(server: InboundServer) -> None:
    talks = [
        await asyncio.open_connection("127.0.0.1", server.port)
        for _ in range(CONNECTIONS_OF_CLIENT_MAX)
    ]
    for reader, _ in talks:
        assert (await reader.readline()).startswith(b"220")
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    assert (await reader.readline()).startswith(b"421")
    for _, one in [*talks, (reader, writer)]:
        one.close()
        await one.wait_closed()


async def test_a_conversation_is_encrypted_and_a_renewed_certificate_used(
    box: Box, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    files = TlsFiles(*authority.issue("mx", "old.example"))
    assert covers(files.facts().names, "OLD.example.")
    running = InboundServer(
        accepts=box.accepts, takes=box.takes, bytes_max=64 * 1024, mails_per_minute_max=5, tls=files
    )
    await running.start("127.0.0.1", 0)

    def talk(host: str) -> tuple[int, bytes]:
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        with smtplib.SMTP("127.0.0.1", running.port, timeout=5) as client:
            client._host = host  # type: ignore[attr-defined]  # the name that is to be proven
            client.starttls(context=context)
            assert client.sock.version() in ("TLSv1.2", "TLSv1.3")  # type: ignore[union-attr]
            assert client.docmd("MAIL FROM:<>")[0] == 503, "it must be greeted anew"
            client.ehlo()
            assert not client.has_extn("starttls")
            client.sendmail("", ["b-token@shop.example"], MAIL)
            return client.noop()

    def injected() -> bytes:
        with socket.create_connection(("127.0.0.1", running.port), 5) as raw:
            stream = raw.makefile("rb")
            stream.readline()
            raw.sendall(b"EHLO x\r\n")
            while stream.readline()[3:4] == b"-":
                pass
            raw.sendall(b"STARTTLS\r\nRSET\r\nMAIL FROM:<evil@x.example>\r\n")
            assert stream.readline().startswith(b"220")
            context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
            with context.wrap_socket(raw, server_hostname="old.example") as secure:
                secure.sendall(b"NOOP\r\nQUIT\r\n")
                answers = b""
                while piece := secure.recv(1000):
                    answers += piece
        return answers

    def no_tls() -> bytes:
        with socket.create_connection(("127.0.0.1", running.port), 5) as raw:
            raw.sendall(b"EHLO x\r\nSTARTTLS\r\n")
            raw.settimeout(5)
            while b"Go ahead" not in raw.recv(1000):
                pass
            raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
            try:
                return raw.recv(1000)
            except ConnectionError:
                return b""

    try:
        await asyncio.to_thread(no_tls)
        async with asyncio.timeout(5):
            while running.open:
                await asyncio.sleep(0.01)
        await asyncio.to_thread(talk, "old.example")
        assert box.taken == [(b"Return-Path: <>\r\n" + MAIL, "b-token@shop.example")]
        # What was slipped in before the encryption is not heard.
        assert [line[:3] for line in (await asyncio.to_thread(injected)).splitlines()] == [
            b"250",
            b"221",
        ]
        authority.issue("mx", "new.example")
        await asyncio.to_thread(talk, "new.example")
        # A half-written pair: the old one goes on.
        files.key.write_text("nothing yet")
        await asyncio.to_thread(talk, "new.example")
    finally:
        await running.stop()
    with pytest.raises(BadCertificate, match=r"fit|PEM"):
        TlsFiles(str(files.certificate), str(files.key)).context()


async def test_returned_mails_are_listed_and_read(
    rt: Runtime, cast: Cast, workspace: Workspace
) -> None:
    raw = b"From: ann@example.com\r\nContent-Type: text/html\r\n\r\n<p>Bad <b>news</b>\x00</p>"
    kept = Kept(
        workspace_id=workspace.id,
        content_hash=content_hash(raw),
        kind=ReturnKind.BOUNCE,
        verdict=ReturnVerdict.SOFT,
        reason=ReturnReason.MAILBOX_FULL,
        status="5.2.2",
        diagnostic="full\x00",
        message_id=77,
        profile_id=None,
        sender="ann@example.com",
        recipient="b-x@shop.example",
        subject="Returned",
        raw=raw,
    )
    async with rt.db.begin() as tx:
        number = await keep_return(tx, kept=kept, now=rt.clock())
        assert await keep_return(tx, kept=kept, now=rt.clock()) is None
    path = "/api/v1/returned-mails"
    found = (await cast.owner.get(path, params={"kind": "bounce", "message_id": 77})).json()
    assert [item["mail"]["id"] for item in found["items"]] == [number]
    assert found["items"][0]["mail"]["reason"] == "mailbox_full"
    assert (await cast.owner.get(path, params={"kind": "reply"})).json()["items"] == []
    assert (await cast.owner.get(path, params={"profile_id": 1})).json()["items"] == []
    assert (await cast.owner.get(path, params={"kind": "x"})).status_code == 422
    assert (await cast.owner.get(path, params={"verdict": "hard"})).json()["items"] == []
    assert (await cast.owner.get(path, params={"verdict": "soft"})).json()["items"]
    source = (await cast.owner.get(f"{path}/{number}/source")).json()
    assert source["text"].split() == ["Bad", "news", "\ufffd"]
    assert "<b>" in source["source"]
    assert source["headers"][0] == {"name": "From", "value": "ann@example.com"}
    # A colleague sees that something came back, but not what people wrote; a stranger neither.
    assert (await cast.colleague.get(path)).json()["items"]
    assert (await cast.colleague.get(f"{path}/{number}/source")).status_code == 403
    assert (await cast.stranger.get(path)).json()["items"] == []
    assert (await cast.stranger.get(f"{path}/{number}/source")).status_code == 404


async def test_mailboxes_are_set_up_by_the_owner(cast: Cast) -> None:
    path = "/api/v1/return-mailboxes"
    refused = await cast.owner.post(
        path, json={"host": "127.0.0.1", "username": "me", "password": "secret"}
    )
    assert refused.status_code in (400, 422)
    made = await cast.owner.post(
        path, json={"host": "93.184.215.14", "username": "me", "password": "secret"}
    )
    assert made.status_code == 201
    box = made.json()
    assert "secret" not in made.text
    again = await cast.owner.post(
        path, json={"host": "93.184.215.14", "username": "me", "password": "other"}
    )
    assert again.status_code == 409
    changed = await cast.owner.patch(f"{path}/{box['id']}", json={"enabled": False})
    assert changed.json()["enabled"] is False
    assert (await cast.stranger.get(path)).json() == []
    for person, status in ((cast.stranger, 404), (cast.colleague, 403), (cast.marketer, 403)):
        answer = await person.patch(f"{path}/{box['id']}", json={"enabled": True})
        assert answer.status_code == status
    assert (await cast.stranger.delete(f"{path}/{box['id']}")).status_code == 404
    assert (await cast.owner.delete(f"{path}/{box['id']}")).status_code == 204
    assert (await cast.owner.get(path)).json() == []
