"""Mailboxes that are looked into for returned mail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from otklik.channels.email.returns.imap import (
    FIRST_MAILS,
    MAILS_AT_ONCE,
    MailboxAccess,
    MailboxBrokeOff,
    MailboxCertificate,
    MailboxNoTls,
    MailboxRefused,
    MailboxTrouble,
    NewMails,
    new_mails,
)
from tests.channels.email.fake_imap import HOST, FakeImap

MAIL = b"From: a@b.example\r\nSubject: x\r\n\r\nHello\r\n"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[FakeImap]:
    async with FakeImap(tmp_path) as running:
        yield running


async def look(
    server: FakeImap,
    *,
    validity: int | None = 7,
    last: int | None = 0,
    password: str = "secret",
    host: str = HOST,
) -> NewMails:
    access = MailboxAccess(host, "127.0.0.1", server.port, "me", password, 'In"box')
    assert password not in repr(access)
    return await new_mails(
        access,
        uid_validity=validity,
        last_uid=last,
        bytes_max=10_000,
        context=server.trusting(),
    )


async def test_it_reads_what_is_new_by_number(server: FakeImap) -> None:
    server.mails = {3: MAIL, 5: MAIL + b"5", 9: b"x" * 20_000}
    found = await look(server)
    assert [(mail.uid, mail.raw) for mail in found.mails] == [
        (3, MAIL),
        (5, MAIL + b"5"),
        (9, None),  # too big: passed over, but not read again
    ]
    assert (found.uid_validity, found.last_uid, found.more) == (7, 9, False)
    assert (await look(server, last=9)).mails == []
    assert [mail.uid for mail in (await look(server, last=4)).mails] == [5, 9]
    # Nothing is marked as read or deleted there.
    assert not any("STORE" in one or one.startswith("SELECT") for one in server.commands)
    assert 'EXAMINE "In\\"box"' in server.commands


async def test_a_folder_made_anew_is_read_anew(server: FakeImap) -> None:
    server.mails = {1: MAIL}
    server.validity = 8
    found = await look(server, validity=7, last=100)
    assert [mail.uid for mail in found.mails] == [1]
    assert found.uid_validity == 8


async def test_the_first_look_takes_the_newest_in_pieces(server: FakeImap) -> None:
    server.mails = dict.fromkeys(range(1, 301), MAIL)
    found = await look(server, validity=None, last=None)
    assert len(found.mails) == MAILS_AT_ONCE
    assert found.mails[0].uid == 300 - FIRST_MAILS + 1
    assert found.more


async def test_trouble_is_told_with_what_to_do(server: FakeImap) -> None:
    server.mails = {1: MAIL}
    with pytest.raises(MailboxTrouble, match="Invalid credentials") as refused:
        await look(server, password="wrong")
    said = "[AUTHENTICATIONFAILED] Invalid credentials"
    assert refused.value.text("ru") == f"Почтовый сервер ответил: {said}"
    with pytest.raises(MailboxCertificate, match="Hostname mismatch"):
        await look(server, host="other.test")
    server.says_size = 4_000_000_000
    with pytest.raises(MailboxTrouble, match="4000000000"):
        await look(server)
    port, server.port = server.port, 1
    with pytest.raises(MailboxRefused, match="port 1"):
        await look(server)
    server.port = port


@pytest.mark.parametrize("greeting", [b"* OK plain IMAP here\r\n", b""])
async def test_a_server_without_tls_is_named_so(server: FakeImap, greeting: bytes) -> None:
    """The port of plain IMAP greets in plain text; another program closes at once."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as plain:
        server.port = plain.sockets[0].getsockname()[1]
        with pytest.raises(MailboxNoTls if greeting else MailboxBrokeOff):
            await look(server)
