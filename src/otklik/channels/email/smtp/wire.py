"""One connection as bytes: commands out, numbered replies in."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from otklik.channels.email.smtp.results import REPLY_TEXT_MAX, Reply

REPLY_BYTES_MAX: Final = 32 * 1024


class Answers(NamedTuple):
    """Replies to one group of commands; fewer than asked for when something went wrong.

    `late`: the server fell silent, which is what went wrong.
    """

    replies: list[Reply]
    failure: str | None
    late: bool = False


class Wire(asyncio.Protocol):
    """Reads replies; one waiter at a time waits for a number of them."""

    def __init__(self) -> None:
        self.lost: str | None = None
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._lines: list[str] = []
        self._lines_size = 0
        self._replies: list[Reply] = []
        self._wanted = 0
        self._waiter: asyncio.Future[Answers] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._next_s = 0.0
        self._drained: asyncio.Future[None] | None = None

    def attach(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def ask(
        self, data: bytes, *, replies: int, timeout_s: float, next_s: float = 0.0
    ) -> asyncio.Future[Answers]:
        """Write commands and return the future of so many replies.

        timeout_s: wait for the first of them; next_s: for each after it, when that is another time.
        """
        waiter: asyncio.Future[Answers] = self._loop.create_future()
        if self.lost is not None or self._transport is None or self._transport.is_closing():
            waiter.set_result(Answers([], self.lost or "the connection is closed"))
            return waiter
        self._wanted, self._waiter, self._replies = replies, waiter, []
        self._next_s = next_s or timeout_s
        self._timer = self._loop.call_later(timeout_s, self._late, timeout_s)
        self._transport.write(data)
        return waiter

    async def drain(self, data: bytes, *, timeout_s: float) -> str | None:
        """Write `data`, wait until the kernel has it all; return what went wrong, if anything."""
        if self.lost is not None or self._transport is None or self._transport.is_closing():
            return self.lost or "the connection is closed"
        # Zero marks: `resume_writing` then means that everything went to the kernel.
        self._transport.set_write_buffer_limits(high=0, low=0)
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
            if self.lost is None:
                self._transport.set_write_buffer_limits()
        return self.lost

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def leave(self, why: str) -> None:
        """End the connection from our side; `why` is what later commands are answered."""
        self.lost = self.lost or why
        self.abort()

    def pause_writing(self) -> None:
        pass

    def resume_writing(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if not self._take(line.rstrip(b"\r").decode("utf-8", "replace")):
                return
        if len(self._rest) + self._lines_size > REPLY_BYTES_MAX:
            self._break("the server's answer has no end")
        elif lines and self._timer is not None:
            # The server is at work: the rest has its own time.
            self._timer.cancel()
            self._timer = self._loop.call_later(self._next_s, self._late, self._next_s)

    def _take(self, line: str) -> bool:
        code = line[:3]
        if not (
            code.isascii() and code.isdigit() and code[0] in "12345" and line[3:4] in ("", " ", "-")
        ):
            self._break(f"not an SMTP answer: {line[:80]!r}")
            return False
        self._lines.append(line[4:])
        if line[3:4] == "-":
            self._lines_size += len(line)
            return True
        reply = Reply(int(code), " ".join(self._lines).strip()[:REPLY_TEXT_MAX])
        self._lines, self._lines_size = [], 0
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
        self._break(f"no answer within {timeout_s:g} s", late=True)

    def _break(self, why: str, *, late: bool = False) -> None:
        self.lost = self.lost or why
        self._finish(self.lost, late=late)
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.abort()

    def _finish(self, failure: str | None, *, late: bool = False) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(Answers(self._replies, failure, late))
