"""Handing letters to the next mail server: a pool of SMTP connections with honest results.

aiosmtplib opens the connection, negotiates TLS and logs in; the letters themselves are handed over
by a small pipelining client (RFC 5321, RFC 2920), for two reasons. It needs a quarter of the time,
and it knows whether the final dot went out: before it, a failure is surely "not taken" and may be
tried again; after it, without an answer, nobody knows, and the letter is not sent again here.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal, NamedTuple, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib
import msgspec

from otklik.channels.email.errors import SmtpUrlInvalid
from otklik.channels.email.model import Phase, ReplyKind, ReplyVerdict, SendResult, SendState
from otklik.channels.email.replies import classify_reply, enhanced_code

REPLY_BYTES_MAX: Final = 32 * 1024
REPLY_TEXT_MAX: Final = 500
# A body up to this size goes out together with its final dot; a larger one is written first, so
# that a connection lost half-way is known to have delivered nothing.
WHOLE_BODY_MAX: Final = 64 * 1024
# After a relay could not be reached, letters are answered "not now" at once for this long.
PAUSE_FIRST_S: Final = 0.5
PAUSE_LONGEST_S: Final = 15.0
_ENVELOPE: Final = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{0,320}")
_BREAK: Final = re.compile(rb"\r\n|\r|\n")
_CLOSING: Final = 421


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach a relay, and what it bears."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    implicit_tls: bool = False
    start_tls: Literal["auto", "required", "off"] = "auto"
    verify: bool = True
    connections: int = 8
    messages_per_connection: int = 500
    rate_per_s: float | None = None
    timeout_s: float = 30.0
    final_timeout_s: float = 300.0
    """Wait for the answer to the final dot. Giving up leaves a letter in doubt, so it is long:
    RFC 5321 section 4.5.3.2.6 asks for ten minutes."""
    local_hostname: str | None = None

    def __repr__(self) -> str:
        # The password must not reach a log.
        return f"SmtpSettings({self.host}:{self.port})"


def parse_smtp_url(url: str) -> SmtpSettings:
    """Return the settings of `smtp://user:password@host:port?tls=…&connections=…`.

    Raises: SmtpUrlInvalid with the option, its value and what is allowed.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise SmtpUrlInvalid(what="the port is not a number up to 65535") from error
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SmtpUrlInvalid(what="it must begin with smtp:// or smtps:// and name a host")
    implicit = parts.scheme == "smtps"
    username = unquote(parts.username) if parts.username else None
    loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
    changes: dict[str, Any] = {
        # A password must not travel in the clear because somebody on the way hid STARTTLS.
        "start_tls": "required" if username and not loopback and not implicit else "auto",
    }
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in _OPTIONS:
            raise SmtpUrlInvalid(what=f"there is no option {name!r}; known: {', '.join(_OPTIONS)}")
        field, read = _OPTIONS[name]
        try:
            changes[field] = read(value)
        except (ValueError, KeyError) as error:
            raise SmtpUrlInvalid(what=f"the option {name} can't be {value!r}") from error
    plain = SmtpSettings(
        host=parts.hostname,
        port=port or (465 if implicit else 587 if username else 25),
        username=username,
        password=unquote(parts.password) if parts.password else None,
        implicit_tls=implicit,
    )
    return msgspec.structs.replace(plain, **changes)


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError(value)
    return number


def _seconds(value: str) -> float:
    number = float(value)
    if not 0 < number < 3600:
        raise ValueError(value)
    return number


_OPTIONS: Final[dict[str, tuple[str, Callable[[str], object]]]] = {
    "tls": ("start_tls", {"auto": "auto", "required": "required", "off": "off"}.__getitem__),
    "verify": ("verify", {"yes": True, "no": False}.__getitem__),
    "connections": ("connections", _positive),
    "per_connection": ("messages_per_connection", _positive),
    "rate": ("rate_per_s", _seconds),
    "timeout": ("timeout_s", _seconds),
    "final_timeout": ("final_timeout_s", _seconds),
    "hello": ("local_hostname", str),
}


class Reply(NamedTuple):
    code: int
    text: str


class _Answers(NamedTuple):
    """Replies to one group of commands; fewer than asked for when something went wrong."""

    replies: list[Reply]
    failure: str | None


class _Wire(asyncio.Protocol):
    """Reads replies; one waiter at a time waits for a number of them."""

    def __init__(self) -> None:
        self.lost: str | None = None
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._lines: list[str] = []
        self._replies: list[Reply] = []
        self._wanted = 0
        self._waiter: asyncio.Future[_Answers] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._drained: asyncio.Future[None] | None = None

    def attach(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        # Zero marks: `resume_writing` then means that everything went to the kernel.
        transport.set_write_buffer_limits(high=0, low=0)

    def ask(self, data: bytes, *, replies: int, timeout_s: float) -> asyncio.Future[_Answers]:
        """Write commands and return the future of so many replies."""
        waiter: asyncio.Future[_Answers] = self._loop.create_future()
        if self.lost is not None or self._transport is None or self._transport.is_closing():
            waiter.set_result(_Answers([], self.lost or "the connection is closed"))
            return waiter
        self._wanted, self._waiter, self._replies = replies, waiter, []
        self._timer = self._loop.call_later(timeout_s, self._late, timeout_s)
        self._transport.write(data)
        return waiter

    async def drain(self, data: bytes, *, timeout_s: float) -> str | None:
        """Write `data`, wait until the kernel has it all; return what went wrong, if anything."""
        if self.lost is not None or self._transport is None or self._transport.is_closing():
            return self.lost or "the connection is closed"
        self._transport.write(data)
        if self._transport.get_write_buffer_size() == 0:
            return self.lost
        self._drained = self._loop.create_future()
        try:
            async with asyncio.timeout(timeout_s):
                await self._drained
        except TimeoutError:
            return f"the server took no data for {timeout_s:g} s"
        finally:
            self._drained = None
        return self.lost

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def pause_writing(self) -> None:
        pass

    def resume_writing(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = self._buffer.find(b"\n")
            if end < 0:
                break
            line = bytes(self._buffer[:end]).rstrip(b"\r").decode("utf-8", "replace")
            del self._buffer[: end + 1]
            if not self._take(line):
                return
        if len(self._buffer) + sum(map(len, self._lines)) > REPLY_BYTES_MAX:
            self._break("the server's answer has no end")

    def _take(self, line: str) -> bool:
        code = line[:3]
        if not (
            code.isascii() and code.isdigit() and code[0] in "12345" and line[3:4] in ("", " ", "-")
        ):
            self._break(f"not an SMTP answer: {line[:80]!r}")
            return False
        self._lines.append(line[4:])
        if line[3:4] == "-":
            return True
        reply = Reply(int(code), " ".join(self._lines).strip()[:REPLY_TEXT_MAX])
        self._lines = []
        if self._waiter is None:
            # Nothing was asked: the server says good-bye to an idle connection.
            self._break(f"{reply.code} {reply.text}")
            return False
        self._replies.append(reply)
        if len(self._replies) >= self._wanted:
            self._finish(None)
        return True

    def eof_received(self) -> bool:
        self._break("the server closed the connection")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._break(f"the connection was lost: {exc}" if exc else "the connection was closed")

    def _late(self, timeout_s: float) -> None:
        self._break(f"no answer within {timeout_s:g} s")

    def _break(self, why: str) -> None:
        self.lost = self.lost or why
        self._finish(self.lost)
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.abort()

    def _finish(self, failure: str | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(_Answers(self._replies, failure))


class _Connection:
    """One open, logged-in connection."""

    def __init__(self, wire: _Wire, extensions: dict[str, str], settings: SmtpSettings) -> None:
        self.wire = wire
        self.settings = settings
        self.pipelining = "pipelining" in extensions
        self.size_max = int(extensions["size"] or 0) if extensions.get("size", "").isdigit() else 0
        self.announce_size = "size" in extensions
        self.sent = 0
        self.dirty = False  # a refused transaction must be reset before the next one

    @property
    def usable(self) -> bool:
        return self.wire.lost is None and self.sent < self.settings.messages_per_connection

    async def hand_over(self, envelope_from: str, to: str, data: bytes) -> SendResult:
        """Offer one letter. Afterwards the connection may be unusable: look at `usable`."""
        size = f" SIZE={len(data)}" if self.announce_size else ""
        if self.announce_size and 0 < self.size_max < len(data):
            text = f"the letter has {len(data)} bytes, the server takes {self.size_max}"
            return _refused(Reply(552, f"5.3.4 {text}"), "mail")
        commands: list[tuple[Phase, bytes]] = [
            ("mail", f"MAIL FROM:<{envelope_from}>{size}\r\n".encode()),
            ("rcpt", f"RCPT TO:<{to}>\r\n".encode()),
            ("data", b"DATA\r\n"),
        ]
        if self.dirty:
            commands.insert(0, ("mail", b"RSET\r\n"))
            self.dirty = False
        refusal = await (self._pipelined(commands) if self.pipelining else self._stepwise(commands))
        if refusal is not None:
            return refusal
        return await self._body(data)

    async def _pipelined(self, commands: list[tuple[Phase, bytes]]) -> SendResult | None:
        answers = await self.wire.ask(
            b"".join(command for _, command in commands),
            replies=len(commands),
            timeout_s=self.settings.timeout_s,
        )
        refusal: SendResult | None = None
        for (phase, command), reply in zip(commands, answers.replies, strict=False):
            good = 354 if command == b"DATA\r\n" else 250
            if refusal is None and not _is_good(reply, good):
                refusal = _refused(reply, phase)
        if answers.failure is not None:
            phase = commands[min(len(answers.replies), len(commands) - 1)][0]
            return refusal or _lost(answers.failure, phase)
        if refusal is not None:
            self.dirty = True
            if answers.replies[-1].code == 354:
                # RFC 2920 section 3.1: the server waits for a body although it refused before.
                # It gets an empty one, which goes to nobody.
                await self.wire.ask(b".\r\n", replies=1, timeout_s=self.settings.timeout_s)
            self._leave_if_closing(refusal)
        return refusal

    async def _stepwise(self, commands: list[tuple[Phase, bytes]]) -> SendResult | None:
        for phase, command in commands:
            answers = await self.wire.ask(command, replies=1, timeout_s=self.settings.timeout_s)
            if not answers.replies:
                return _lost(answers.failure or "", phase)
            if not _is_good(answers.replies[0], 354 if command == b"DATA\r\n" else 250):
                self.dirty = True
                refusal = _refused(answers.replies[0], phase)
                self._leave_if_closing(refusal)
                return refusal
        return None

    async def _body(self, data: bytes) -> SendResult:
        body = _transparent(data)
        dot = b".\r\n"
        if len(body) <= WHOLE_BODY_MAX:
            body, dot = b"", body + dot
        elif failure := await self.wire.drain(body, timeout_s=self.settings.timeout_s):
            self.wire.abort()
            return _lost(failure, "data")
        if self.wire.lost is not None:
            return _lost(self.wire.lost, "data")
        answers = await self.wire.ask(dot, replies=1, timeout_s=self.settings.final_timeout_s)
        self.sent += 1
        if not answers.replies:
            # The dot may have arrived. Only the receiver knows, and it can't be asked.
            self.wire.abort()
            text = answers.failure or ""
            return SendResult(SendState.UNKNOWN, None, None, text[:REPLY_TEXT_MAX], "body")
        reply = answers.replies[0]
        if 200 <= reply.code < 300:
            return SendResult(
                SendState.ACCEPTED, reply.code, enhanced_code(reply.text), reply.text, "done"
            )
        refusal = _refused(reply, "body")
        self._leave_if_closing(refusal)
        return refusal

    def _leave_if_closing(self, refusal: SendResult) -> None:
        if refusal.code == _CLOSING:
            self.wire.lost = self.wire.lost or refusal.text
            self.wire.abort()

    async def quit(self) -> None:
        if self.wire.lost is None:
            await self.wire.ask(b"QUIT\r\n", replies=1, timeout_s=min(2.0, self.settings.timeout_s))
        self.wire.abort()


Sleep = Callable[[float], Awaitable[None]]


class SmtpPool:
    """Connections of one process to one relay. Use `open_pool`; close with `await pool.close()`."""

    def __init__(self, settings: SmtpSettings, *, sleep: Sleep = asyncio.sleep) -> None:
        self.settings = settings
        self._sleep = sleep
        self._slots = asyncio.Semaphore(settings.connections)
        self._idle: list[_Connection] = []
        self._closed = False
        self._next_at = 0.0
        self._down_until = 0.0
        self._pause_s = 0.0
        self._down: SendResult | None = None
        self._tls: ssl.SSLContext | None = None

    async def __aenter__(self) -> SmtpPool:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def send(self, envelope_from: str, to: str, data: bytes) -> SendResult:
        """Hand one letter over and say what became of it; never raises for what a server does.

        A letter whose fate is unknown is never offered again. A letter that was surely not taken
        because an idle connection had died is offered once more, on a new connection.
        """
        if not (_ENVELOPE.fullmatch(envelope_from) and _ENVELOPE.fullmatch(to) and to):
            verdict = ReplyVerdict(permanent=True, kind=ReplyKind.CONTENT, code=0)
            return SendResult(
                SendState.PERMANENT, None, None, "not an envelope address", "mail", verdict
            )
        async with self._slots:
            await self._wait_turn()
            connection = self._take_idle()
            if connection is not None:
                result = await self._on(connection, envelope_from, to, data)
                if not _died_before_letter(connection, result):
                    return result
            fresh = await self._connect()
            if isinstance(fresh, SendResult):
                return fresh
            return await self._on(fresh, envelope_from, to, data)

    async def close(self) -> None:
        """Say good-bye on idle connections; letters in hand are finished by their callers."""
        self._closed = True
        while self._idle:
            await self._idle.pop().quit()

    async def _on(
        self, connection: _Connection, envelope_from: str, to: str, data: bytes
    ) -> SendResult:
        try:
            result = await connection.hand_over(envelope_from, to, data)
        except BaseException:
            # Cancelled in the middle: the connection is in an unknown state.
            connection.wire.abort()
            raise
        if connection.usable and not self._closed:
            self._idle.append(connection)
        else:
            await connection.quit()
        return result

    def _take_idle(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
        return None

    async def _wait_turn(self) -> None:
        if self.settings.rate_per_s is None:
            return
        now = asyncio.get_running_loop().time()
        self._next_at = max(self._next_at, now)
        wait, self._next_at = self._next_at - now, self._next_at + 1 / self.settings.rate_per_s
        if wait > 0:
            await self._sleep(wait)

    async def _connect(self) -> _Connection | SendResult:
        now = asyncio.get_running_loop().time()
        if self._down is not None and now < self._down_until:
            return self._down
        outcome = await self._open()
        if isinstance(outcome, SendResult):
            self._pause_s = min(PAUSE_LONGEST_S, self._pause_s * 2 or PAUSE_FIRST_S)
            self._down, self._down_until = outcome, now + self._pause_s
            return outcome
        self._down, self._pause_s = None, 0.0
        return outcome

    async def _open(self) -> _Connection | SendResult:
        settings = self.settings
        if self._tls is None and (settings.implicit_tls or settings.start_tls != "off"):
            self._tls = await asyncio.to_thread(_tls_context, settings.verify)
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=settings.password,
            use_tls=settings.implicit_tls,
            start_tls={"auto": None, "required": True, "off": False}[settings.start_tls]
            if not settings.implicit_tls
            else False,
            tls_context=self._tls,
            local_hostname=settings.local_hostname or "localhost",
            timeout=settings.timeout_s,
        )
        phase: Phase = "connect"
        try:
            await client.connect()
            phase = "greeting"
            await client._ehlo_or_helo_if_needed()
        except aiosmtplib.SMTPAuthenticationError as error:
            return _not_connected(error.code, str(error.message), ReplyKind.AUTHENTICATION)
        except aiosmtplib.SMTPResponseException as error:
            return _not_connected(error.code, str(error.message), None, phase)
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, ValueError) as error:
            client.close()
            return _not_connected(None, str(error) or type(error).__name__, ReplyKind.NETWORK)
        transport = cast("asyncio.Transport", client.transport)
        wire = _Wire()
        # From here on our own reader has the connection; the client object is left behind.
        transport.set_protocol(wire)
        wire.attach(transport)
        return _Connection(wire, dict(client.esmtp_extensions), settings)


def open_pool(url: str, *, settings: SmtpSettings | None = None, **changes: Any) -> SmtpPool:
    """Return a pool for a relay; no connection is opened before the first letter.

    url: see `parse_smtp_url`. changes: fields of SmtpSettings that win over the URL, such as
    connections=8, messages_per_connection=500, timeout_s=30.0.

    Raises: SmtpUrlInvalid.
    """
    base = settings or parse_smtp_url(url)
    return SmtpPool(msgspec.structs.replace(base, **changes))


def _tls_context(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_good(reply: Reply, good: int) -> bool:
    return reply.code == good or (good == 250 and reply.code in (250, 251, 252))


def _refused(reply: Reply, phase: Phase) -> SendResult:
    """Return the result of an answer that does not take the letter."""
    code = (
        reply.code if reply.code >= 400 else 451
    )  # 2xx or 3xx out of place: the server is confused
    verdict = classify_reply(code, reply.text, phase=phase)
    return SendResult(
        state=SendState.PERMANENT if verdict.permanent else SendState.TEMPORARY,
        code=reply.code,
        enhanced=verdict.enhanced,
        text=reply.text,
        phase=phase,
        verdict=verdict,
    )


def _lost(why: str, phase: Phase) -> SendResult:
    verdict = ReplyVerdict(permanent=False, kind=ReplyKind.NETWORK, code=0)
    return SendResult(SendState.TEMPORARY, None, None, why[:REPLY_TEXT_MAX], phase, verdict)


def _not_connected(
    code: int | None, text: str, kind: ReplyKind | None, phase: Phase = "connect"
) -> SendResult:
    """Return the result for a letter that could not even be offered.

    Always temporary: a relay that is away or refuses our login says nothing about the recipient.
    """
    if kind is None:
        kind = classify_reply(code or 0, text, phase=phase).kind
    verdict = ReplyVerdict(permanent=False, kind=kind, code=code or 0, enhanced=enhanced_code(text))
    return SendResult(
        SendState.TEMPORARY, code, verdict.enhanced, text[:REPLY_TEXT_MAX], phase, verdict
    )


def _died_before_letter(connection: _Connection, result: SendResult) -> bool:
    """Tell whether a kept connection turned out dead before the letter was offered on it."""
    return (
        result.state is SendState.TEMPORARY
        and result.phase == "mail"
        and (result.code == _CLOSING or result.code is None)
        and connection.wire.lost is not None
    )


def _transparent(data: bytes) -> bytes:
    """Return the letter as it goes over the wire: CRLF everywhere, dots doubled, CRLF at the end.

    A bare CR or LF would let a letter smuggle a second one past servers that read them as line
    ends, so each becomes CRLF.
    """
    if data.count(b"\n") != data.count(b"\r\n") or data.count(b"\r") != data.count(b"\r\n"):
        data = _BREAK.sub(b"\r\n", data)
    if b"\r\n." in data:
        data = data.replace(b"\r\n.", b"\r\n..")
    if data.startswith(b"."):
        data = b"." + data
    return data if data.endswith(b"\r\n") else data + b"\r\n"
