"""`otklik up`: the engines start while the rest of the program is being loaded."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from otklik.entrypoints.engines import open_engines
from otklik.runtime.settings import Settings

if TYPE_CHECKING:
    from otklik.entrypoints.serve import Ready


async def stop_with_parent(stopping: asyncio.Event) -> None:
    """Set `stopping` when the parent is gone: its end of the pipe on standard input closes."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    await reader.read()
    stopping.set()


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM or SIGINT sets."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping


async def run_up(settings: Settings, *, child: bool, ready: Ready) -> None:
    """Run the role of the settings until a signal comes."""
    stopping = stop_on_signals()
    async with AsyncExitStack() as stack:
        if child:
            watch = asyncio.create_task(stop_with_parent(stopping), name="parent watch")
            stack.callback(watch.cancel)
        opening = asyncio.create_task(stack.enter_async_context(open_engines(settings)))
        # The engines are started by a thread; this lets the task get that far.
        await asyncio.sleep(0)
        try:
            from otklik.entrypoints.serve import serve
        finally:
            urls = await opening
        await serve(settings, urls, child=child, ready=ready, stopping=stopping)
