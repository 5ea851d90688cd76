"""The child process that owns the embedded ClickHouse and speaks its HTTP interface on loopback.

Started by `otklik.runtime.embedded.supervisor`. It ends by itself when its parent is gone: the
parent holds the other end of its standard input, and the end of that input means the end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import msgspec

from otklik.runtime.embedded.clickhouse_engine import Engine, Limits, Outcome
from otklik.runtime.embedded.clickhouse_http import (
    AUTHENTICATION_FAILED,
    EngineError,
    Request,
    build_request,
    content_type,
    credentials,
    decode_body,
    same_secret,
    split_arguments,
    too_large,
)
from otklik.runtime.embedded.files import FileLock, read_private

_LOCK_WAIT_S: Final = 30.0
_GRACE_S: Final = 10


class ClickHouseAddress(msgspec.Struct, frozen=True):
    """Where the embedded ClickHouse listens and the word that opens it."""

    port: int
    user: str
    password: str
    database: str


class Application:
    """The HTTP interface as an ASGI application."""

    def __init__(self, engine: Engine, address: ClickHouseAddress, limits: Limits) -> None:
        self._engine = engine
        self._address = address
        self._limits = limits
        self._pool = ThreadPoolExecutor(limits.queries, thread_name_prefix="query")
        self._slots = asyncio.Semaphore(limits.queries)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] in ("/ping", "/") and not scope["query_string"] and _is_get(scope):
            await _answer(send, 200, b"Ok.\n", [])
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        arguments = split_arguments(scope["query_string"])
        query_id = arguments.get("query_id") or str(uuid.uuid4())
        common = [
            (b"x-clickhouse-query-id", query_id.encode("latin-1", "replace")),
            (b"x-clickhouse-server-display-name", b"otklik"),
            (b"x-clickhouse-timezone", b"UTC"),
        ]
        try:
            self._authenticate(headers, arguments)
            body = await self._read_body(receive, headers)
            request = build_request(
                arguments,
                body,
                content_type=headers.get(b"content-type", b"").decode("latin-1"),
                default_database=self._address.database,
            )
            if _is_get(scope):
                request.settings.setdefault("readonly", "2")
            await self._run(request, query_id, common, receive, send)
        except EngineError as error:
            await _answer_error(send, error, common)
        except _Disconnected:
            return

    def _authenticate(self, headers: dict[bytes, bytes], arguments: dict[str, str]) -> None:
        user, password = credentials(headers, arguments)
        right_user = same_secret(user, self._address.user)
        right_password = same_secret(password, self._address.password)
        if not (right_user and right_password):
            raise EngineError.raised_here(
                AUTHENTICATION_FAILED,
                "AUTHENTICATION_FAILED",
                f"{user or 'default'}: Authentication failed: password is incorrect, "
                "or there is no user with such name.",
            )

    async def _read_body(self, receive: Any, headers: dict[bytes, bytes]) -> bytes:
        """Return the whole body: an insert starts only when its last byte has come."""
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Disconnected
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._limits.body:
                raise too_large(self._limits.body)
            chunks.append(chunk)
            if not message.get("more_body"):
                break
        encoding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
        if not encoding:
            return b"".join(chunks)
        return await asyncio.to_thread(decode_body, chunks, encoding, limit=self._limits.body)

    async def _run(
        self,
        request: Request,
        query_id: str,
        common: list[tuple[bytes, bytes]],
        receive: Any,
        send: Any,
    ) -> None:
        tag = f"{query_id}:{uuid.uuid4().hex[:8]}"
        gone = asyncio.create_task(_wait_disconnect(receive))
        try:
            async with self._slots:
                await self._run_in_slot(request, tag, common, gone, send)
        finally:
            gone.cancel()

    async def _run_in_slot(
        self,
        request: Request,
        tag: str,
        common: list[tuple[bytes, bytes]],
        gone: asyncio.Task[None],
        send: Any,
    ) -> None:
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._pool, self._engine.run, request, tag)
        waited: set[asyncio.Future[Any]] = {running, gone}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            # Nobody reads the answer any more. Writes go on: the client will ask again and the
            # token of an insert makes the repeat harmless, so a half of one must not stay.
            if request.data is None:
                await asyncio.to_thread(self._engine.cancel, tag)
            with contextlib.suppress(EngineError):
                _close((await running).parts)
            return
        await self._send_outcome(await running, common, gone, send)

    async def _send_outcome(
        self,
        outcome: Outcome,
        common: list[tuple[bytes, bytes]],
        gone: asyncio.Task[None],
        send: Any,
    ) -> None:
        headers = [*common]
        marker = uuid.uuid4().hex[:16]
        if outcome.format is not None:
            headers.append((b"x-clickhouse-format", outcome.format.encode()))
            headers.append((b"content-type", content_type(outcome.format).encode()))
        if outcome.size is None:
            headers.append((b"x-clickhouse-exception-tag", marker.encode()))
        else:
            headers.append((b"x-clickhouse-summary", json.dumps(outcome.summary).encode()))
            headers.append((b"content-length", str(outcome.size).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        loop = asyncio.get_running_loop()
        parts = outcome.parts
        try:
            while not gone.done():
                part = await loop.run_in_executor(self._pool, next, parts, None)
                if part is None:
                    break
                await send({"type": "http.response.body", "body": part, "more_body": True})
        except EngineError as error:
            # The status is already sent, so the error goes into the body in the form that
            # ClickHouse gives it there (src/Server/HTTP/WriteBufferFromHTTPServerResponse.cpp).
            text = error.text.encode()
            late = b"\r\n__exception__\r\n%s\r\n%s\r\n%d %s\r\n__exception__\r\n" % (
                marker.encode(),
                text,
                len(text),
                marker.encode(),
            )
            await send({"type": "http.response.body", "body": late, "more_body": True})
        finally:
            await loop.run_in_executor(self._pool, _close, parts)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Disconnected(Exception):
    """The client went away before it had sent its request."""


def _close(parts: Iterator[bytes]) -> None:
    close = getattr(parts, "close", None)
    if close is not None:
        close()


def _is_get(scope: Any) -> bool:
    return scope["method"] in ("GET", "HEAD")


async def _wait_disconnect(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Any, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    headers = [
        *headers,
        (b"content-type", b"text/plain; charset=UTF-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _answer_error(send: Any, error: EngineError, common: list[tuple[bytes, bytes]]) -> None:
    headers = [*common, (b"x-clickhouse-exception-code", str(error.code).encode())]
    await _answer(send, error.status, error.text.encode() + b"\n", headers)


def _end_with_parent(stop: threading.Event) -> None:
    """Set `stop` when the parent is gone, however it went."""
    parent = os.getppid()

    def watch_input() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        stop.set()

    def watch_parent() -> None:
        while os.getppid() == parent and not stop.wait(1.0):
            pass
        stop.set()

    threading.Thread(target=watch_input, name="parent-input", daemon=True).start()
    threading.Thread(target=watch_parent, name="parent-id", daemon=True).start()


def _take_lock(lock: FileLock) -> bool:
    """Wait for the previous owner of the folder, which may still be closing it."""
    deadline = time.monotonic() + _LOCK_WAIT_S
    while not lock.acquire():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


async def _serve(app: Application, listener: socket.socket, stop: threading.Event) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        ws="none",
        http="h11",
        # Bound values travel in the address line up to 4 KB, settings beside them.
        h11_max_incomplete_event_size=1 << 20,
        # A client that reuses a connection at the moment it is closed would see a lost request;
        # connections from this machine may stay open.
        timeout_keep_alive=3600,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = uvicorn.Server(config)

    async def watch() -> None:
        # A signal handler or a thread sets `stop`; neither may touch the loop's own events.
        while not stop.is_set():  # noqa: ASYNC110 (set by a signal)
            await asyncio.sleep(0.05)
        server.should_exit = True

    watcher = asyncio.create_task(watch())
    await server.serve(sockets=[listener])
    watcher.cancel()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="otklik.runtime.embedded.clickhouse_server")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--limits", default="{}")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _end_with_parent(stop)
    os.umask(0o077)
    address = read_private(options.port_file, ClickHouseAddress)
    if address is None:
        sys.stderr.write(f"No address in {options.port_file}\n")
        return 2
    limits = Limits(**json.loads(options.limits))
    options.data.mkdir(parents=True, exist_ok=True)
    lock = FileLock(options.data / "lock")
    if not _take_lock(lock):
        sys.stderr.write("The data folder is in use by another engine\n")
        return 3
    # Named as TCP, or asyncio would not switch Nagle's delay off and each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", address.port))
    except OSError as error:
        sys.stderr.write(f"Port {address.port} is taken: {error}\n")
        return 4
    engine = Engine(options.data, address.database, limits)
    if stop.is_set():
        engine.close(0)
        return 0
    # The engine puts its own handlers in place when it opens; ours must stay the last.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    app = Application(engine, address, limits)
    asyncio.run(_serve(app, listener, stop))
    engine.cancel_all()
    engine.close(_GRACE_S)
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # The interpreter's own end would run the destructors of an engine that is already closed.
    os._exit(code)
