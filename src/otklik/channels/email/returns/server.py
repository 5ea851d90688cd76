"""The built-in mail server for what comes back: bounces, complaints, replies.

It takes mail for addresses of this installation only (a signed return path or reply address, or
the address of a sender), so it is no open relay; it refuses during the SMTP dialogue and never
writes a bounce itself, so nobody's forged sender gets mail from it. "250" is answered after the
commit: until then the sending server keeps the mail.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from otklik.channels.email.returns.tls import BadCertificate, TlsFiles
from otklik.channels.email.smtp.lean_server import LeanServer
from otklik.runtime.public import log

RECIPIENTS_MAX: Final = 20
CONNECTIONS_MAX: Final = 200
CONNECTIONS_OF_CLIENT_MAX: Final = 20
SILENCE_S: Final = 60.0
HANDSHAKE_S: Final = 20.0
_MINUTE_S: Final = 60.0

Accepts = Callable[[str], Awaitable[bool]]
"""Tells whether mail to an address is wanted."""
Takes = Callable[[bytes, str], Awaitable[bool]]
"""Takes a mail to an address, durably; False when it belongs to nobody here."""


class InboundServer:
    """A running server; end it with `await stop()`. `port` is the one that it listens on."""

    def __init__(
        self,
        *,
        accepts: Accepts,
        takes: Takes,
        bytes_max: int,
        mails_per_minute_max: int,
        hostname: str = "otklik",
        tls: TlsFiles | None = None,
    ) -> None:
        self.accepts, self.takes = accepts, takes
        self.hostname, self.tls = hostname, tls
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

    def context(self) -> ssl.SSLContext | None:
        """Return what to encrypt with; None where no certificate is set, or none can be used."""
        if self.tls is None:
            return None
        try:
            return self.tls.context()
        except BadCertificate as error:
            log.error("returned mail is taken unencrypted", error=str(error))
            return None

    def within_rate(self, client: str) -> bool:
        """Count a mail of a client; False when it has brought too many in this minute."""
        minute = int(asyncio.get_running_loop().time() / _MINUTE_S)
        if minute != self._minute:
            self._minute = minute
            self._brought.clear()
        self._brought[client] += 1
        return self._brought[client] <= self.mails_per_minute_max


class _Guarded(LeanServer):
    """One connection: refused while there are too many, encrypted when the client asks for it."""

    def __init__(self, server: InboundServer, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            _Handler(server),
            loop=loop,
            bytes_max=server.bytes_max,
            hostname=server.hostname,
            ident="Otklik",
            timeout_s=SILENCE_S,
        )
        self._inbound = server
        self._client = ""
        # A server whose certificate can't be used takes mail unencrypted rather than none.
        self.tls_context = server.context()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self._client = str(peer[0]) if peer else "?"
        count = self._inbound.open
        count[self._client] += 1
        if count[self._client] > CONNECTIONS_OF_CLIENT_MAX or count.total() > CONNECTIONS_MAX:
            # Those of uvloop are no subclasses, so there is nothing to assert.
            refused = cast(asyncio.Transport, transport)
            refused.write(b"421 4.7.0 Too many connections, come back later\r\n")
            refused.close()
            return
        super().connection_made(transport)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802 -- the name is aiosmtpd's
        """Encrypt the conversation, and begin it anew (RFC 3207 section 4.2).

        aiosmtpd's own way reaches into the plain event loop; this one works on any.
        """
        reader, writer = self._reader, self._writer
        plain = cast(asyncio.Transport, self.transport)
        if arg or self.tls_context is None or self._tls_protocol is not None:
            await self.push("501 5.5.4 No TLS now")
            return
        assert reader is not None
        assert writer is not None
        await self.push("220 2.0.0 Go ahead")
        # What came unencrypted behind the command might be anybody's.
        reader._buffer.clear()  # type: ignore[attr-defined]  # asyncio offers no door to it
        try:
            secure = await self.loop.start_tls(
                plain,
                self,
                self.tls_context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_S,
            )
        except OSError:
            # Whoever asks for TLS and then speaks none is a scanner: nothing to write home about.
            secure = None
        if secure is None:
            plain.abort()
            return
        self.transport = self._tls_protocol = secure  # type: ignore[assignment]
        self._over_ssl = True
        reader._transport = writer._transport = secure  # type: ignore[attr-defined]
        self._set_rset_state()  # type: ignore[no-untyped-call]  # aiosmtpd has no types there
        peer = self.session.peer if self.session else None
        self.session = self._create_session()
        self.session.peer = peer
        self._tls_handshake_okay = True

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
        if envelope.mail_from in ("", "<>", None):
            # Mail that nobody may answer was written by a program, whatever its words (RFC 5321
            # section 4.4: who delivers a mail writes its return path into it).
            raw = b"Return-Path: <>\r\n" + raw
        wanted = False
        for recipient in envelope.rcpt_tos:
            try:
                wanted = await self.server.takes(raw, recipient) or wanted
            except Exception as error:
                # The sending server keeps the mail; what was committed is known the second time.
                log.error("a returned mail was not taken", error=type(error).__name__)
                return "451 4.3.0 Try again later"
        return "250 2.0.0 Taken" if wanted else "550 5.7.1 The mail belongs to nobody here"
