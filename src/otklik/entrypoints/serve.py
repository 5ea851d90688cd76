"""Running the roles: web serves HTTP, worker does background work, all is both.

With `all` the worker is a process of its own, so that a heavy batch never makes a visitor wait.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import uvicorn

from otklik.entrypoints import wiring
from otklik.entrypoints.engines import EngineUrls
from otklik.entrypoints.process import child_environment, open_runtime
from otklik.runtime.public import LoopRunner, Runtime, Settings, end_task, log

Ready = Callable[[Runtime, int, "wiring.FirstLogin | None"], None]
"""Called when the process is up: runtime, port (0 without HTTP), the first login when just made."""

STOP_S = 25.0
KILL_AFTER_S = 2 * STOP_S
_RESTART_PAUSE_S = 1.0


class WebServer:
    """The HTTP server inside a running event loop."""

    def __init__(self, rt: Runtime, *, host: str, port: int) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                wiring.asgi_app(rt),
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="on",
                timeout_graceful_shutdown=int(STOP_S),
                timeout_keep_alive=30,
                loop="none",
            )
        )
        # The signals belong to the whole process, which stops its parts in the right order.
        self._server.capture_signals = suppress  # type: ignore[assignment, method-assign]
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Begin to listen; returns the port, which matters when 0 was asked for."""
        self._task = asyncio.create_task(self._server.serve(), name="web")
        while not self._server.started:
            if self._task.done():
                await self._task
                raise RuntimeError("the HTTP server ended before it began to listen")
            await asyncio.sleep(0.01)
        port: int = self._server.servers[0].sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Finish the requests in hand and stop."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task


@asynccontextmanager
async def worker_running(rt: Runtime) -> AsyncIterator[None]:
    """Run jobs and loops in this process while the block lasts; stop gracefully after it."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(rt.jobs.app.open_async())
        loops = await stack.enter_async_context(wiring.worker_loops(rt))
        await stack.enter_async_context(wiring.inbound_server(rt))
        runner = LoopRunner(rt, loops)
        looping = asyncio.create_task(runner.run(), name="loops")
        working = asyncio.create_task(_work_for_ever(rt), name="jobs")
        try:
            yield
        finally:
            runner.stop()
            # Jobs in hand get their time: a second cancellation would cut them short.
            await end_task(working, again_s=KILL_AFTER_S)
            await looping


async def _work_for_ever(rt: Runtime) -> None:
    while True:
        try:
            await rt.jobs.work(stop_timeout_s=STOP_S)
            return
        except Exception as error:
            # PostgreSQL may be restarting; jobs are safe in their table.
            log.warning("the job worker was interrupted", error=repr(error))
            await asyncio.sleep(_RESTART_PAUSE_S)


@asynccontextmanager
async def worker_process(settings: Settings, urls: EngineUrls) -> AsyncIterator[None]:
    """Keep a worker process alive while the block lasts."""
    keeper = asyncio.create_task(_keep_worker(settings, urls), name="worker process")
    try:
        yield
    finally:
        await end_task(keeper, again_s=KILL_AFTER_S)


async def _keep_worker(settings: Settings, urls: EngineUrls) -> None:
    while True:
        process = subprocess.Popen(  # noqa: ASYNC220 (a start takes a moment; the wait is a thread's)
            [sys.executable, "-m", "otklik.entrypoints.cli", "up", "--child"],
            env=child_environment(settings, urls),
            stdin=subprocess.PIPE,
        )
        # A thread waits for its end: that needs no signal of a child, which a loop can miss.
        ended = asyncio.ensure_future(asyncio.to_thread(process.wait))
        try:
            code = await asyncio.shield(ended)
        except asyncio.CancelledError:
            await _end_process(process, ended)
            raise
        log.warning("the worker process ended and is started again", code=code)
        await asyncio.sleep(_RESTART_PAUSE_S)


async def _end_process(process: subprocess.Popen[bytes], ended: asyncio.Future[int]) -> None:
    """Ask a process to stop, and end it if it has not done so in time: a crash loses nothing."""
    # A signal that comes between fork and exec is lost; the end of its standard input is not.
    if process.stdin is not None:
        process.stdin.close()
    process.terminate()
    try:
        async with asyncio.timeout(KILL_AFTER_S):
            await asyncio.shield(ended)
    except TimeoutError:
        log.warning("the worker process did not stop in time and is killed")
        process.kill()
        await ended


async def serve(
    settings: Settings,
    urls: EngineUrls,
    *,
    child: bool,
    ready: Ready,
    stopping: asyncio.Event,
) -> None:
    """Run the role of the settings on these engines until `stopping` is set."""
    async with AsyncExitStack() as stack:
        rt = await stack.enter_async_context(open_runtime(settings, urls=urls, migrated=child))
        if not child and settings.role != "web":
            await stack.enter_async_context(wiring.mail_catcher(rt))
        if settings.role == "worker":
            await stack.enter_async_context(worker_running(rt))
            if not child:
                ready(rt, 0, None)
            await stopping.wait()
            return
        first_login = await wiring.first_start(rt)
        web = WebServer(rt, host=settings.host, port=settings.port)
        port = await web.start()
        stack.push_async_callback(web.stop)
        if settings.role == "all":
            await stack.enter_async_context(worker_process(settings, urls))
        ready(rt, port, first_login)
        await stopping.wait()
        log.info("stopping")
