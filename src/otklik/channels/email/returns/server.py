"""The built-in mail server for what comes back: bounces, complaints, replies.

It takes mail for addresses of this installation only (a signed return path or reply address, or
the address of a sender), so it is no open relay; it refuses during the SMTP dialogue and never
writes a bounce itself, so nobody's forged sender gets mail from it. "250" is answered after the
commit: until then the sending server keeps the mail.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from otklik.channels.email.smtp.lean_server import LeanServer
from otklik.runtime.public import log

RECIPIENTS_MAX: Final = 20
CONNECTIONS_MAX: Final = 200
CONNECTIONS_OF_CLIENT_MAX: Final = 20
SILENCE_S: Final = 60.0
_MINUTE_S: Final = 60.0

Accepts = Callable[[str], Awaitable[bool]]
"""Tells whether mail to an address is wanted."""
Takes = Callable[[bytes, str], Awaitable[bool]]
"""Takes a mail to an address, durably; False when it belongs to nobody here."""


class InboundServer:
    """A running server; end it with `await stop()`. `port` is the one that it listens on."""

    def __init__(
        self, *, accepts: Accepts, takes: Takes, bytes_max: int, mails_per_minute_max: int
    ) -> None:
        self.accepts, self.takes = accepts, takes
        self.bytes_max = bytes_max
        self.mails_per_minute_max = mails_per_minute_max
        self.open: Counter[str] = Counter()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._minute = 0
        self._brought: Counter[str] = Counter()

    async def start(self, host: str, port: int) -> None:
        """Listen. Several processes of one machine may share the port. Raises: OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Guarded(self, loop), host, port, reuse_port=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def within_rate(self, client: str) -> bool:
        """Count a mail of a client; False when it has brought too many in this minute."""
        minute = int(asyncio.get_running_loop().time() / _MINUTE_S)
        if minute != self._minute:
            self._minute = minute
            self._brought.clear()
        self._brought[client] += 1
        return self._brought[client] <= self.mails_per_minute_max


class _Guarded(LeanServer):
    """One connection: refused while there are too many."""

    def __init__(self, server: InboundServer, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            _Handler(server),
            loop=loop,
            bytes_max=server.bytes_max,
            hostname="otklik",
            ident="Otklik",
            timeout_s=SILENCE_S,
        )
        self._inbound = server
        self._client = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self._client = str(peer[0]) if peer else "?"
        count = self._inbound.open
        count[self._client] += 1
        if count[self._client] > CONNECTIONS_OF_CLIENT_MAX or count.total() > CONNECTIONS_MAX:
            assert isinstance(transport, asyncio.Transport)
            transport.write(b"421 4.7.0 Too many connections, come back later\r\n")
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        count = self._inbound.open
        count[self._client] -= 1
        if count[self._client] <= 0:
            del count[self._client]
        if self.session is not None:
            super().connection_lost(error)


class _Handler:
    """The decisions of the server; aiosmtpd calls these by name."""

    def __init__(self, server: InboundServer) -> None:
        self.server = server

    async def handle_MAIL(  # noqa: N802 -- the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.server.within_rate(str(session.peer[0]) if session.peer else "?"):
            return "451 4.7.1 Too many mails, come back later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 -- the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= RECIPIENTS_MAX:
            return "452 4.5.3 Too many recipients"
        try:
            wanted = await self.server.accepts(address)
        except Exception as error:
            log.error("an address could not be looked up", error=type(error).__name__)
            return "451 4.3.0 Try again later"
        if not wanted:
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 -- the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        wanted = False
        for recipient in envelope.rcpt_tos:
            try:
                wanted = await self.server.takes(raw, recipient) or wanted
            except Exception as error:
                # The sending server keeps the mail; what was committed is known the second time.
                log.error("a returned mail was not taken", error=type(error).__name__)
                return "451 4.3.0 Try again later"
        return "250 2.0.0 Taken" if wanted else "550 5.7.1 The mail belongs to nobody here"
