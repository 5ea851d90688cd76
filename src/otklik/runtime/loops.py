"""Loops: work that goes on as long as there is any, and sleeps until somebody wakes it.

A loop's step takes one batch under a lease of its own, so any number of processes can run the
same loop. `notify(tx, channel)` wakes it at the commit of the one who made work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec

from otklik.runtime.logs import log
from otklik.runtime.postgres import driver
from otklik.runtime.tasks import end_task

if TYPE_CHECKING:
    from otklik.runtime.context import Runtime

PAUSE_MAX_S = 30.0


class Loop(msgspec.Struct, frozen=True, kw_only=True):
    """`step(rt)` returns True when there was work; then it is called again at once.

    `gathers_s`: how long a sleeping loop lets work collect after it was woken, for work that is
    cheaper together and that nobody waits for.
    """

    name: str
    step: Callable[[Runtime], Awaitable[bool]]
    channel: str | None = None
    idle_s: float = 5.0
    copies: int = 1
    gathers_s: float = 0.0


class LoopRunner:
    """Runs loops until `stop`; a step in hand is finished, none is begun after that."""

    def __init__(self, rt: Runtime, loops: list[Loop]) -> None:
        self._rt = rt
        self._loops = loops
        self._wakers: dict[str, list[asyncio.Event]] = {}
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            listener = group.create_task(self._listen(), name="loops.listen")
            workers = [
                group.create_task(self._drive(loop, self._waker(loop)), name=loop.name)
                for loop in self._loops
                for _ in range(loop.copies)
            ]
            await self._stopping.wait()
            for wakers in self._wakers.values():
                for waker in wakers:
                    waker.set()
            await asyncio.gather(*workers)
            await end_task(listener)

    def stop(self) -> None:
        self._stopping.set()

    def _waker(self, loop: Loop) -> asyncio.Event:
        waker = asyncio.Event()
        self._wakers.setdefault(loop.channel or "", []).append(waker)
        return waker

    async def _drive(self, loop: Loop, waker: asyncio.Event) -> None:
        pause = 0.2
        while not self._stopping.is_set():
            waker.clear()
            try:
                worked = await loop.step(self._rt)
                pause = 0.2
            except Exception as error:
                # One failed step must not end the loop: its lease expires and it is tried again.
                log.error("loop step failed", loop=loop.name, error=repr(error), exc_info=True)
                self._rt.metrics.loop_errors.labels(loop.name).inc()
                await self._sleep(waker, pause)
                pause = min(pause * 2, PAUSE_MAX_S)
                continue
            if not worked and not self._stopping.is_set():
                await self._sleep(waker, loop.idle_s)
                if loop.gathers_s and not self._stopping.is_set():
                    await self._sleep(self._stopping, loop.gathers_s)

    @staticmethod
    async def _sleep(waker: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await waker.wait()
        except TimeoutError:
            pass

    async def _listen(self) -> None:
        while True:
            try:
                # The engine resets the isolation level when the connection goes back to the pool.
                engine = self._rt.db.engine.execution_options(isolation_level="AUTOCOMMIT")
                async with engine.connect() as held:
                    connection = await driver(held)
                    await connection.execute("LISTEN otklik")
                    self._wake_all()
                    async for notice in connection.notifies():
                        for waker in self._wakers.get(notice.payload, ()):
                            waker.set()
            except Exception as error:
                # While the server restarts the loops go on by their idle time.
                log.warning("listening was interrupted", error=repr(error))
                await asyncio.sleep(0.5)

    def _wake_all(self) -> None:
        # What was notified between two connections must not be lost.
        for wakers in self._wakers.values():
            for waker in wakers:
                waker.set()
