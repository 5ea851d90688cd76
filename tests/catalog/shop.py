"""A shop's server on loopback, and feeds to serve."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from otklik.runtime.public import Outgoing

LOCAL = ("127.0.0.0/8",)
Serve = Callable[["Shop", str, dict[str, str], asyncio.StreamWriter], object]


@dataclass
class Shop:
    """Answers every request with `body`; a test may change it between two requests."""

    body: bytes = b""
    etag: str | None = None
    login: str | None = None
    status: int = 200
    location: str | None = None
    endless: bytes | None = None
    port: int = 0
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/feed.xml"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        headers = {k.lower(): v for k, v in (one.split(": ", 1) for one in head[1:] if one)}
        self.asked.append((path, headers))
        status, body, more = self.status, self.body, ""
        if self.login is not None:
            expected = "Basic " + base64.b64encode(self.login.encode()).decode()
            if headers.get("authorization") != expected:
                status, body = 401, b""
        if self.location and path == "/feed.xml":
            status, body, more = 302, b"", f"Location: {self.location}\r\n"
        if self.etag:
            more += f"ETag: {self.etag}\r\n"
            if headers.get("if-none-match") == self.etag and status == 200:
                status, body = 304, b""
        length = "" if self.endless else f"Content-Length: {len(body)}\r\n"
        writer.write(f"HTTP/1.1 {status} Shop\r\n{more}{length}Connection: close\r\n\r\n".encode())
        writer.write(body)
        await writer.drain()
        while self.endless:
            writer.write(self.endless)
            await writer.drain()


@asynccontextmanager
async def open_shop(body: str | bytes = b"") -> AsyncIterator[Shop]:
    shop = Shop(body.encode() if isinstance(body, str) else body)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await shop.answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    shop.port = server.sockets[0].getsockname()[1]
    try:
        yield shop
    finally:
        server.close()


def local_outgoing() -> Outgoing:
    return Outgoing(allowed_networks=LOCAL)


def offer(number: int, price: float = 100, *, more: str = "", name: str = "") -> str:
    return (
        f'<offer id="{number}" available="true"><name>{name or f"Tea {number}"}</name>'
        f"<price>{price}</price><currencyId>RUB</currencyId><categoryId>2</categoryId>"
        f"<url>https://shop.example/{number}</url>"
        f"<picture>https://shop.example/{number}.jpg</picture>{more}</offer>"
    )


def feed(*offers: str, categories: str | None = None) -> str:
    tree = categories or (
        '<category id="1">Food</category><category id="2" parentId="1">Tea</category>'
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><yml_catalog date="2026-03-15 12:02"><shop>'
        '<currencies><currency id="RUB" rate="1"/></currencies>'
        f"<categories>{tree}</categories><offers>{''.join(offers)}</offers></shop></yml_catalog>"
    )
