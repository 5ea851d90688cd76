"""The connections of one process to one relay."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, cast

import aiosmtplib
import msgspec

from otklik.channels.email.model import Phase, ReplyKind, SendResult
from otklik.channels.email.smtp.connection import Connection, Manners
from otklik.channels.email.smtp.doors import Doors
from otklik.channels.email.smtp.results import is_crowded, not_connected
from otklik.channels.email.smtp.settings import SmtpSettings, parse_smtp_url
from otklik.channels.email.smtp.supply import Outgoing, Settle, Supply
from otklik.channels.email.smtp.wire import Wire
from otklik.kit.errors import OtklikError

# After a relay could not be reached, letters are answered "not now" at once for this long.
PAUSE_FIRST_S: Final = 0.5
PAUSE_LONGEST_S: Final = 15.0

Sleep = Callable[[float], Awaitable[None]]
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Gives the addresses of a host that may be connected to; raises what it refuses."""


class SmtpPool:
    """Connections of one process to one relay. Use `open_pool`; close with `await pool.close()`.

    resolve: with it connections are made only to addresses that it gives.
    """

    def __init__(
        self,
        settings: SmtpSettings,
        *,
        sleep: Sleep = asyncio.sleep,
        resolve: Resolve | None = None,
    ) -> None:
        self.settings = settings
        self._sleep = sleep
        self._resolve = resolve
        self._doors = Doors(settings.connections)
        self._idle: list[Connection] = []
        self._open_now = 0
        self._closed = False
        self._manners = Manners()
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
        results: dict[int, SendResult] = {}
        letters = iter([Outgoing(0, to, data, envelope_from)])
        await self._work(Supply(letters, results.__setitem__))
        return results[0]

    async def send_each(self, letters: Iterator[Outgoing], settle: Settle, *, lanes: int) -> None:
        """Hand letters over on up to `lanes` connections; the same promises for each as of `send`.

        `letters` is asked for the next one when a connection is nearly free, so it may end early;
        `settle(key, result)` is called once for every letter taken from it, as soon as its fate
        is known.
        """
        supply = Supply(letters, settle)
        tasks = {asyncio.ensure_future(self._work(supply)) for _ in range(lanes)}
        supply.waiting |= tasks
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            raise
        # A fault of one lane has not broken off the letters of the others; now it is told.
        for task in tasks:
            if not task.cancelled():
                task.result()

    async def connect(self) -> Connection | SendResult:
        """Open a connection, log in, and lend it to the caller; or say why that is not possible."""
        return await self._open()

    @property
    def connections(self) -> int:
        """How many connections it uses at most: those of the settings, or what the relay bears."""
        return self._doors.most

    async def close(self) -> None:
        """Say good-bye on idle connections; letters in hand are finished by their callers."""
        self._closed = True
        while self._idle:
            await self._let_go(self._idle.pop())

    async def _work(self, supply: Supply) -> None:
        """Hand letters over on one connection at a time, until there are none."""
        await self._doors.enter()
        me, inside = cast("asyncio.Task[None]", asyncio.current_task()), True
        try:
            supply.waiting.discard(me)
            again: Outgoing | None = None
            while (letter := again or supply.take()) is not None:
                if again is None:
                    await self._wait_turn()
                connection = self._take_idle() if again is None else None
                again = None
                if connection is None:
                    fresh = await self._connect()
                    if fresh is None:
                        # The others have all the connections there are; one of them takes it.
                        supply.give_back(letter)
                        self._doors.leave()
                        inside = False
                        supply.waiting.add(me)
                        await self._doors.enter()
                        inside = True
                        supply.waiting.discard(me)
                        continue
                    if isinstance(fresh, SendResult):
                        supply.settle(letter.key, fresh)
                        continue
                    connection = fresh
                again = await self._on(connection, letter, supply)
        finally:
            if inside:
                self._doors.leave()

    async def _on(
        self, connection: Connection, letter: Outgoing, supply: Supply
    ) -> Outgoing | None:
        turn = self._wait_turn if self.settings.rate_per_s is not None else None
        try:
            again = await connection.convey(letter, supply, turn)
        except BaseException:
            # Cancelled in the middle: the connection is in an unknown state.
            connection.wire.abort()
            self._open_now -= 1
            raise
        if connection.usable and not self._closed:
            self._idle.append(connection)
        else:
            await self._let_go(connection)
        return again

    def _take_idle(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
            connection.wire.abort()
            self._open_now -= 1
        return None

    async def _let_go(self, connection: Connection) -> None:
        self._open_now -= 1
        await connection.quit()

    async def _wait_turn(self) -> None:
        if self.settings.rate_per_s is None:
            return
        now = asyncio.get_running_loop().time()
        self._next_at = max(self._next_at, now)
        wait, self._next_at = self._next_at - now, self._next_at + 1 / self.settings.rate_per_s
        if wait > 0:
            await self._sleep(wait)

    async def _connect(self) -> Connection | SendResult | None:
        """Return a new connection, or why there is none; None: the relay wants no more of them."""
        now = asyncio.get_running_loop().time()
        if self._down is not None and now < self._down_until:
            return self._down
        outcome = await self._open()
        if not isinstance(outcome, SendResult):
            self._down, self._pause_s = None, 0.0
            self._open_now += 1
            self._doors.opened(self._open_now)
            return outcome
        if is_crowded(outcome):
            self._doors.refused(self._open_now)
            if self._doors.busy > 1:
                return None
        self._pause_s = min(PAUSE_LONGEST_S, self._pause_s * 2 or PAUSE_FIRST_S)
        self._down, self._down_until = outcome, now + self._pause_s
        return outcome

    async def _open(self) -> Connection | SendResult:
        settings = self.settings
        if self._tls is None and (settings.implicit_tls or settings.start_tls != "off"):
            self._tls = await asyncio.to_thread(_tls_context, settings.verify)
        checked: socket.socket | None = None
        if self._resolve is not None:
            try:
                checked = await _connected(
                    await self._resolve(settings.host, settings.port),
                    settings.port,
                    settings.timeout_s,
                )
            except (OtklikError, OSError) as error:
                return not_connected(None, str(error) or type(error).__name__, ReplyKind.NETWORK)
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port if checked is None else None,
            sock=checked,
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
            return not_connected(error.code, str(error.message), ReplyKind.AUTHENTICATION, "login")
        except aiosmtplib.SMTPResponseException as error:
            return not_connected(error.code, str(error.message), None, phase)
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, ValueError) as error:
            client.close()
            return not_connected(None, str(error) or type(error).__name__, ReplyKind.NETWORK)
        transport = cast("asyncio.Transport", client.transport)
        wire = Wire()
        # From here on our own reader has the connection; the client object is left behind.
        transport.set_protocol(wire)
        wire.attach(transport)
        return Connection(wire, dict(client.esmtp_extensions), settings, self._manners)


def open_pool(url: str, *, settings: SmtpSettings | None = None, **changes: Any) -> SmtpPool:
    """Return a pool for a relay; no connection is opened before the first letter.

    url: see `parse_smtp_url`. changes: fields of SmtpSettings that win over the URL, such as
    connections=8, messages_per_connection=500, timeout_s=30.0.

    Raises: SmtpUrlInvalid.
    """
    base = settings or parse_smtp_url(url)
    return SmtpPool(msgspec.structs.replace(base, **changes))


async def _connected(addresses: list[str], port: int, timeout_s: float) -> socket.socket:
    """Return a socket that is connected to the first address that answers. Raises: OSError."""
    last: OSError = ConnectionRefusedError("the host has no address")
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        one = socket.socket(family, socket.SOCK_STREAM)
        one.setblocking(False)
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.get_running_loop().sock_connect(one, (address, port))
            return one
        except OSError as error:
            # A time-out is an OSError as well.
            one.close()
            last = error
        except BaseException:
            one.close()
            raise
    raise last


def _tls_context(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
