"""Accepting events over HTTP: batches of 100 and single events, committed before the answer.

The reference is a bare ASGI handler behind the same server in the same process: it decodes the same
JSON, and commits the same bytes by group commit before it answers. It knows no keys, limits, rules
or reasons. Both are driven by `wrk` in turns, so that the load of the machine meets both alike.
Ratios are given by requests a second and by the processor time of the web process per event.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
import uvloop
import zstandard

from benchmarks.harness import engines, report, runtime
from otklik.accounts.public import create_key, create_workspace
from otklik.entrypoints.serve import WebServer
from otklik.runtime.public import Runtime, driver
from otklik.runtime.settings import IngestionSettings

RUN_S = 2.0
ROUNDS = 3
BATCH = 100
CONNECTIONS = 64
Message = MutableMapping[str, Any]


class Outcome(msgspec.Struct, frozen=True):
    """What `wrk` saw, and what the web process spent; times in microseconds."""

    requests_per_s: float
    cpu_us: float
    p50_us: float
    p99_us: float
    failed: int


def main() -> None:
    if shutil.which("wrk") is None:
        print("accept_events needs the program wrk, which is not installed here.")
        return
    with engines() as urls:
        uvloop.run(_measure(urls))


async def _measure(urls: Any) -> None:
    limits = IngestionSettings(events_per_s_max=10**9)
    async with runtime(urls, ingestion=limits) as rt:
        async with rt.db.begin() as tx:
            workspace = await create_workspace(tx, name="Bench", lang="en", now=rt.clock())
            _, token = await create_key(
                tx, workspace_id=workspace.id, kind="secret", name="Bench", now=rt.clock()
            )
        web = WebServer(rt, host="127.0.0.1", port=0)
        port = await web.start()
        async with _bare_server(rt) as bare_port:
            await _compare(Bench(token, ours=port, bare=bare_port))
        await web.stop()


async def _compare(bench: Bench) -> None:
    singles, batches = [_event(i) for i in range(1_000)], _batches(BATCH, 40)
    await bench.run("ours", "/v1/batch", batches, seconds=1.0)
    await bench.run("bare", "/v1/batch", batches, seconds=1.0)
    for name, path, bodies, events in (
        ("batches of 100", "/v1/batch", batches, BATCH),
        ("single events", "/v1/track", singles, 1),
    ):
        ours, bare = await bench.both(path, bodies, rounds=ROUNDS)
        _show(f"accept, {name}", ours, bare, events)
        if events == 1:
            await _half_load(bench, bodies, ours.requests_per_s / 2)
    for size in (10, 1_000):
        bodies = _batches(size, max(4, 200 // size))
        ours, bare = await bench.both("/v1/batch", bodies, rounds=1)
        _show(f"accept, a batch of {size:,}", ours, bare, size)
    for connections in (8, 256):
        ours, bare = await bench.both("/v1/track", singles, rounds=1, connections=connections)
        _show(f"accept, singles, {connections} connections", ours, bare, 1)


async def _half_load(bench: Bench, bodies: list[bytes], per_s: float) -> None:
    for which in ("ours", "bare"):
        out = await bench.run(which, "/v1/track", bodies, seconds=3.0, per_s=per_s)
        report(
            f"singles at half load, {which}",
            requests_per_s=out.requests_per_s,
            p50_ms=out.p50_us / 1000,
            p99_ms=out.p99_us / 1000,
            failed=out.failed,
        )


def _show(name: str, ours: Outcome, bare: Outcome, events: int) -> None:
    report(
        name,
        events_per_s=ours.requests_per_s * events,
        bare_per_s=bare.requests_per_s * events,
        ratio=ours.requests_per_s / bare.requests_per_s,
        cpu_us=ours.cpu_us / events,
        bare_cpu_us=bare.cpu_us / events,
        cpu_ratio=bare.cpu_us / ours.cpu_us,
        p99_ms=ours.p99_us / 1000,
        failed=ours.failed + bare.failed,
    )


class Bench:
    """Drives `wrk` against one of the two servers."""

    def __init__(self, token: str, **ports: int) -> None:
        self._auth = base64.b64encode(token.encode() + b":").decode()
        self._ports = ports

    async def both(
        self, path: str, bodies: list[bytes], *, rounds: int, connections: int = CONNECTIONS
    ) -> tuple[Outcome, Outcome]:
        """Return the medians of both servers, measured in turns."""
        seen: dict[str, list[Outcome]] = {"ours": [], "bare": []}
        for _ in range(rounds):
            for which, outcomes in seen.items():
                outcomes.append(
                    await self.run(which, path, bodies, seconds=RUN_S, connections=connections)
                )
        return _median(seen["ours"]), _median(seen["bare"])

    async def run(
        self,
        which: str,
        path: str,
        bodies: list[bytes],
        *,
        seconds: float,
        connections: int = CONNECTIONS,
        per_s: float | None = None,
    ) -> Outcome:
        """Send `bodies` in a circle for some seconds; `per_s` asks for that many requests."""
        with tempfile.TemporaryDirectory(prefix="otklik-wrk-") as folder:
            script = Path(folder) / "send.lua"
            for number, body in enumerate(bodies):
                (Path(folder) / f"{number}.json").write_bytes(body)
            # Each connection pauses between two requests, so that all together make the rate.
            pause_ms = 1000 * connections / per_s if per_s else 0
            script.write_text(_LUA % (len(bodies), folder, path, self._auth, _delay(pause_ms)))
            cpu = time.process_time()
            process = await asyncio.create_subprocess_exec(
                *("wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "20s"),
                *("-s", str(script), f"http://127.0.0.1:{self._ports[which]}"),
                stdout=asyncio.subprocess.PIPE,
            )
            text, _ = await process.communicate()
            cpu = time.process_time() - cpu
        line = next(line for line in text.decode().splitlines() if line.startswith("SEEN "))
        count, micros, p50, p99, failed = (float(one) for one in line.split()[1:])
        return Outcome(count / micros * 1e6, cpu / count * 1e6, p50, p99, int(failed))


def _delay(pause_ms: float) -> str:
    if not pause_ms:
        return ""
    # Between nothing and twice the pause: otherwise all connections would send at one moment.
    return f"function delay() return math.random(0, {round(2 * pause_ms)}) end"


_LUA = """
local ready, next_one = {}, 0
function init(args)
  for i = 0, %d - 1 do
    local file = io.open("%s/" .. i .. ".json", "rb")
    ready[i] = wrk.format("POST", "%s", {
      ["Content-Type"] = "application/json", ["Authorization"] = "Basic %s"
    }, file:read("*a"))
    file:close()
  end
end
function request()
  next_one = (next_one + 1) %% (#ready + 1)
  return ready[next_one]
end
%s
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("SEEN %%d %%d %%f %%f %%d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def _median(outcomes: list[Outcome]) -> Outcome:
    return Outcome(
        statistics.median(one.requests_per_s for one in outcomes),
        statistics.median(one.cpu_us for one in outcomes),
        statistics.median(one.p50_us for one in outcomes),
        statistics.median(one.p99_us for one in outcomes),
        sum(one.failed for one in outcomes),
    )


class BareHandler:
    """Decodes, commits together with whoever waits, answers; and nothing else."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._decode = msgspec.json.Decoder().decode
        self._waiting: list[bytes] = []
        self._something = asyncio.Event()
        self._done = asyncio.Event()

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        message = await receive()
        parts = [message["body"]]
        while message.get("more_body"):
            message = await receive()
            parts.append(message["body"])
        body = b"".join(parts)
        self._decode(body)
        self._waiting.append(body)
        self._something.set()
        await self._done.wait()
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"application/json"), (b"content-length", b"2")],
            }
        )
        await send({"type": "http.response.body", "body": b"{}"})

    async def commit_for_ever(self) -> None:
        async with self._rt.db.engine.connect() as held:
            connection = await driver(await held.execution_options(isolation_level="AUTOCOMMIT"))
            await connection.execute("CREATE TABLE bare_log (id uuid PRIMARY KEY, body bytea)")
            while True:
                await self._something.wait()
                self._something.clear()
                bodies, self._waiting = self._waiting, []
                done, self._done = self._done, asyncio.Event()
                await connection.execute(
                    "INSERT INTO bare_log VALUES (%s, %b)",
                    (uuid.uuid4(), zstandard.compress(b"".join(bodies), 1)),
                )
                done.set()


@asynccontextmanager
async def _bare_server(rt: Runtime) -> AsyncIterator[int]:
    handler = BareHandler(rt)
    committer = asyncio.create_task(handler.commit_for_ever())
    server = uvicorn.Server(
        uvicorn.Config(
            handler,
            host="127.0.0.1",
            port=0,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_keep_alive=30,
            loop="none",
        )
    )
    # The signals are those of the benchmark, not of one of its two servers.
    vars(server)["capture_signals"] = nullcontext
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving
        committer.cancel()
        with suppress(asyncio.CancelledError):
            await committer


def _call(i: int) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": str(uuid.uuid4()),
        "userId": f"user-{i}",
        "timestamp": "2026-11-21T20:00:00.123Z",
        "properties": {
            "total": 12.5,
            "currency": "GBP",
            "sku": f"A-{i}",
            "count": i,
            "gift": True,
            "category": "Toys",
        },
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}, "ip": "192.0.2.4"},
        "integrations": {},
    }


def _event(i: int) -> bytes:
    return json.dumps(_call(i)).encode()


def _batches(size: int, count: int) -> list[bytes]:
    return [
        json.dumps(
            {"batch": [_call(n) for n in range(size)], "sentAt": "2026-11-21T20:00:00Z"}
        ).encode()
        for _ in range(count)
    ]
