"""Where letters go and how they get there: addresses of servers, passwords, encryption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from otklik.channels.email.errors import SmtpUrlInvalid
from otklik.channels.email.model import ReplyKind, SendState
from otklik.channels.email.smtp import parse_smtp_url
from tests.channels.email.fake_smtp import fake_server, own_certificate
from tests.channels.email.pooled import BIG, pool_for, sent


async def test_a_wrong_password_is_our_fault_not_the_recipients() -> None:
    async with fake_server(
        {"AUTH": "535 5.7.8 Authentication failed"}, extensions=("AUTH PLAIN LOGIN",)
    ) as server:
        result = await sent(server, username="me", password="secret")
    assert result.state is SendState.TEMPORARY
    assert result.verdict is not None
    assert result.verdict.kind is ReplyKind.AUTHENTICATION


async def test_it_logs_in_before_it_sends() -> None:
    async with fake_server({"AUTH": "235 2.7.0 OK"}, extensions=("AUTH PLAIN",)) as server:
        result = await sent(server, username="me", password="secret")
    assert result.state is SendState.ACCEPTED
    assert any(c.startswith("AUTH PLAIN") for c in server.commands)


@pytest.mark.parametrize("implicit", [True, False], ids=["smtps", "starttls"])
async def test_letters_travel_encrypted(tmp_path: Path, implicit: bool) -> None:
    context = own_certificate(tmp_path)
    async with fake_server(
        tls=context, implicit_tls=implicit, extensions=() if implicit else ("STARTTLS",)
    ) as server:
        given: dict[str, Any] = {
            "implicit_tls": implicit,
            "start_tls": "required",
            "timeout_s": 5.0,
            "final_timeout_s": 5.0,
            "connections": 1,
        }
        async with pool_for(server, **given, verify=False) as pool:
            for to in ("ann@x.ru", "bob@x.ru"):
                assert (await pool.send("me@x.ru", to, BIG)).state is SendState.ACCEPTED
        assert [data for _, _, data in server.letters] == [BIG, BIG]
        assert server.connections == 1
        assert ("STARTTLS" in server.commands) is not implicit


async def test_a_certificate_of_nobody_is_not_trusted(tmp_path: Path) -> None:
    async with fake_server(tls=own_certificate(tmp_path), extensions=("STARTTLS",)) as server:
        result = await sent(server, start_tls="auto", timeout_s=5.0)
    assert result.state is SendState.TEMPORARY
    assert "CERTIFICATE_VERIFY_FAILED" in result.text
    assert not server.letters


async def test_a_server_without_tls_gets_nothing_where_tls_is_required() -> None:
    async with fake_server() as server:
        result = await sent(server, start_tls="required")
    assert result.state is SendState.TEMPORARY
    assert not any(c.startswith("MAIL") for c in server.commands)


def test_it_reads_an_address_with_options() -> None:
    settings = parse_smtp_url(
        "smtp://me%40x.ru:p%3Ass@mail.x.ru:2525?connections=3&per_connection=9&rate=5.5&timeout=7"
        "&final_timeout=60&verify=no&tls=auto&hello=crm.x.ru"
    )
    assert (settings.host, settings.port) == ("mail.x.ru", 2525)
    assert (settings.username, settings.password) == ("me@x.ru", "p:ss")
    assert (settings.connections, settings.messages_per_connection) == (3, 9)
    assert (settings.rate_per_s, settings.timeout_s, settings.final_timeout_s) == (5.5, 7, 60)
    assert (settings.verify, settings.start_tls, settings.local_hostname) == (
        False,
        "auto",
        "crm.x.ru",
    )
    assert "p:ss" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "port", "implicit", "start_tls"),
    [
        ("smtp://x.ru", 25, False, "auto"),
        ("smtp://me:p@x.ru", 587, False, "required"),
        ("smtp://me:p@127.0.0.1", 587, False, "auto"),
        ("smtps://me:p@x.ru", 465, True, "auto"),
    ],
)
def test_a_password_travels_only_encrypted(
    url: str, port: int, implicit: bool, start_tls: str
) -> None:
    settings = parse_smtp_url(url)
    assert (settings.port, settings.implicit_tls, settings.start_tls) == (port, implicit, start_tls)


@pytest.mark.parametrize(
    "url",
    [
        *("http://x.ru", "smtp://", "smtp://x.ru:99999", "smtp://x.ru?tls=maybe"),
        *("smtp://x.ru?nope=1", "smtp://x.ru?connections=0", "smtp://x.ru?timeout=-1"),
        "smtp://x.ru?rate=fast",
    ],
)
def test_it_refuses_a_wrong_address(url: str) -> None:
    with pytest.raises(SmtpUrlInvalid) as error:
        parse_smtp_url(url)
    assert error.value.text("ru")
