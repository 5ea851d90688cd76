"""Requests to addresses of users: nothing of the own network can be reached by them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from otklik.runtime.public import Outgoing, OutgoingFailed, OutgoingRefused

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LOCAL = ("127.0.0.0/8",)


@asynccontextmanager
async def serving(answer: Serve) -> AsyncIterator[int]:
    """A server on loopback that answers as the test says; yields its port."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def client(**settings: object) -> AsyncIterator[Outgoing]:
    made = Outgoing(**settings)  # type: ignore[arg-type] # a test gives only what it needs
    try:
        yield made
    finally:
        await made.close()


async def head_of(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[64:ff9b::a00:1]/",
        "http://[2002:a00:1::]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.0.1:8080/x",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
    ],
)
async def test_it_reaches_no_private_address(url: str) -> None:
    async with client() as outgoing:
        # Old ways to write an address are resolved by the system; a machine may refuse them too.
        with pytest.raises((OutgoingRefused, OutgoingFailed)) as refused:
            await outgoing.send("GET", url)
        assert "127.0.0.1/" not in str(refused.value) or isinstance(refused.value, OutgoingRefused)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com",
        "//example.com",
        "example.com",
        "http://",
        "http://user:geheim@example.com/",
        "http://example.com:25/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://exa mple.com/",
        "http://example.com\r\nX: y/",
        "",
        "\x00",
    ],
)
def test_it_refuses_what_is_no_web_address(url: str) -> None:
    with pytest.raises(OutgoingRefused) as refused:
        Outgoing().check(url)
    assert "geheim" not in str(refused.value)
    assert refused.value.text("ru") != refused.value.text("en")


async def test_a_name_that_leads_inside_is_refused_whatever_else_it_gives() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.7"]

    async with client(resolve=resolve) as outgoing:
        with pytest.raises(OutgoingRefused, match=r"two-faced\.example.*private network"):
            await outgoing.send("GET", "http://two-faced.example/")


async def test_it_connects_to_the_address_that_was_checked() -> None:
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await head_of(reader)).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Kind: yes\r\n\r\nok")
        await writer.drain()

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with serving(answer) as port, client(allowed_networks=LOCAL, resolve=resolve) as out:
        got = await out.send("POST", f"http://shop.example:{port}/in?a=1", body=b"{}")
    assert (got.status, got.body, got.headers["x-kind"]) == (200, b"ok", "yes")
    assert asked[0].startswith("POST /in?a=1 HTTP/1.1\r\n")
    assert f"Host: shop.example:{port}\r\n" in asked[0]


async def test_it_follows_nothing() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(
            b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"
        )
        await writer.drain()

    async with serving(answer) as port, client(allowed_networks=LOCAL) as outgoing:
        assert (await outgoing.send("GET", f"http://127.0.0.1:{port}/")).status == 302


async def test_an_answer_without_an_end_is_cut() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with serving(answer) as port, client(allowed_networks=LOCAL) as outgoing:
        url = f"http://127.0.0.1:{port}/"
        assert len((await outgoing.send("GET", url, answer_bytes_max=1000)).body) == 1000
        with pytest.raises(OutgoingFailed) as failed:
            async with outgoing.open(url, bytes_max=1_000_000) as download:
                taken = 0
                async for chunk in download.chunks():
                    taken += len(chunk)
        assert failed.value.reason == "too_large"
        assert taken <= 1_000_000
        with pytest.raises(OutgoingFailed) as failed:
            async with outgoing.open(url, bytes_max=1 << 40, seconds_max=0.05) as download:
                async for _ in download.chunks():
                    pass
        assert failed.value.reason == "too_long"


async def test_a_body_may_be_a_stream() -> None:
    got = bytearray()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await head_of(reader)
        assert b"Transfer-Encoding: chunked" in head
        while not got.endswith(b"0\r\n\r\n"):
            got.extend(await reader.read(1000))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    async with serving(answer) as port, client(allowed_networks=LOCAL) as outgoing:
        sent = await outgoing.send("PUT", f"http://127.0.0.1:{port}/", body=pieces())
    assert sent.status == 204
    assert b"one " in got
    assert b"two" in got


async def test_every_failure_has_its_reason() -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()

    async def no_handshake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()

    async def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    async with client(allowed_networks=LOCAL) as outgoing:
        async with serving(silence) as port:
            with pytest.raises(OutgoingFailed) as failed:
                await outgoing.send("GET", f"http://127.0.0.1:{port}/", timeout_s=0.05)
            assert failed.value.reason == "timeout"
        with pytest.raises(OutgoingFailed) as failed:
            await outgoing.send("GET", f"http://127.0.0.1:{port}/")
        assert failed.value.reason == "connect"
        async with serving(nonsense) as port:
            with pytest.raises(OutgoingFailed) as failed:
                await outgoing.send("GET", f"http://127.0.0.1:{port}/")
            assert failed.value.reason == "protocol"
        async with serving(no_handshake) as port:
            with pytest.raises(OutgoingFailed) as failed:
                await outgoing.send("GET", f"https://127.0.0.1:{port}/")
            assert failed.value.reason == "tls"
        async with serving(silence) as port:
            with pytest.raises(OutgoingFailed) as failed:
                await outgoing.send("GET", f"https://127.0.0.1:{port}/", timeout_s=0.05)
            assert failed.value.reason == "timeout"
    async with client(resolve=unknown) as outgoing:
        with pytest.raises(OutgoingFailed) as failed:
            await outgoing.send("GET", "http://nowhere.example/")
        assert failed.value.reason == "dns"
        assert failed.value.text("ru").startswith("nowhere.example: имя не находится")


async def test_letters_of_a_header_go_back_as_they_came() -> None:
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await head_of(reader))
        writer.write(b'HTTP/1.1 200 OK\r\nETag: "\xe4\xff"\r\nContent-Length: 0\r\n\r\n')
        await writer.drain()

    async with serving(answer) as port, client(allowed_networks=LOCAL) as outgoing:
        first = await outgoing.send("GET", f"http://127.0.0.1:{port}/")
        headers = {"If-None-Match": first.headers["etag"], "X-Name": "Имя"}
        await outgoing.send("GET", f"http://127.0.0.1:{port}/", headers=headers)
    assert b'If-None-Match: "\xe4\xff"' in heads[1]
    assert "X-Name: Имя".encode() in heads[1]


async def test_a_header_can_smuggle_nothing() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(answer) as port, client(allowed_networks=LOCAL) as outgoing:
        with pytest.raises(OutgoingFailed):
            await outgoing.send(
                "GET", f"http://127.0.0.1:{port}/", headers={"X-A": "b\r\nX-Smuggled: c"}
            )
