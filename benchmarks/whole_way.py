"""The whole way of events: accepted, committed, identified, in ClickHouse, orders and names known.

This process accepts (the event API without its HTTP server) and a second one runs the pipeline, as
in a real installation. The people are known before the measurement begins; three sizes show how
the cost grows with their number. The reference is accepting alone. What the machine could do is
told by the processor time of an event in all processes together: two idle cores have two seconds
of it in each second, and other programs change it far less than they change the rate.

`--hold=300` measures one long stretch only, at 25,000 people, and prints every half minute what
waits and how much memory is taken; `--rate=30000` offers so many events a second, without it the
sender is stopped by the backlog alone.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from benchmarks.harness import engines, family, memory_mb, report, runtime
from otklik.accounts.public import create_key, create_workspace
from otklik.entrypoints.engines import EngineUrls
from otklik.entrypoints.up import stop_with_parent
from otklik.ingestion.public import EventService, backlog, open_event_service, pipeline_loop
from otklik.runtime.public import LoopRunner, Runtime
from otklik.runtime.settings import IngestionSettings

PEOPLE = (1_000, 5_000, 25_000, 100_000)
HELD_PEOPLE = 25_000
EVENTS = 60_000
HELD_EVENTS = 120_000
BATCH = 100
BACKLOG_MAX = 60_000
"""Events that may wait before the sender pauses; without it the log would grow with the test."""
_URLS = "OTKLIK_BENCH_URLS"
_LIMITS = IngestionSettings(events_per_s_max=10**9)
_numbers = itertools.count()


def main() -> None:
    with engines() as urls:
        uvloop.run(_measure(urls))


async def _measure(urls: EngineUrls) -> None:
    async with runtime(urls, ingestion=_LIMITS) as rt:
        async with rt.db.begin() as tx:
            workspace = await create_workspace(tx, name="Bench", lang="en", now=rt.clock())
            _, token = await create_key(
                tx, workspace_id=workspace.id, kind="secret", name="Bench", now=rt.clock()
            )
        async with open_event_service(rt) as service:
            shop = Shop(rt, service, workspace.id, token)
            alone = await shop.send(list(_visits(EVENTS, PEOPLE[0])))
            report(
                "accepting alone, 100 a request",
                events_per_s=alone.per_s,
                cpu_us=alone.cpu_us["accept"],
            )
            async with _worker(urls) as pid:
                shop.worker = pid
                await shop.drained()
                if hold := _option("--hold"):
                    await _hold(shop, hold)
                    return
                for people in PEOPLE:
                    await shop.send(list(_greetings(people)), whole=True)
                    await shop.rest()
                    # Whoever comes again is remembered; the first time costs more.
                    seen = await shop.send(list(_visits(EVENTS, people)), whole=True)
                    _show(f"first time, {people:,} people", seen, alone)
                    seen = await shop.send(list(_visits(EVENTS, people)), whole=True)
                    _show(f"whole way, {people:,} people", seen, alone)
                before = memory_mb(pid)
                held = await shop.send(list(_visits(HELD_EVENTS, PEOPLE[-1])), whole=True)
                _show(f"the same, {HELD_EVENTS:,} events", held, alone)
                report(
                    "memory of the pipeline's process",
                    before_mb=before,
                    after_mb=memory_mb(pid),
                    most_waiting=held.most_waiting,
                )


async def _hold(shop: Shop, seconds: float) -> None:
    """Offer events for a long time, and look at what waits and what grows."""
    await shop.send(list(_greetings(HELD_PEOPLE)), whole=True)
    await shop.rest()
    templates = list(_templates(300_000, HELD_PEOPLE))
    rate, begun, sent = _option("--rate"), time.perf_counter(), 0
    while (at := time.perf_counter() - begun) < seconds:
        bodies, until = _endless(templates), begun + min(at + 30, seconds)
        seen = await shop.send(_until(bodies, until, rate), whole=True, drain=False)
        sent += seen.events
        report(
            f"held, {time.perf_counter() - begun:,.0f} s",
            events_per_s=seen.per_s,
            **{f"{part}_us": spent for part, spent in seen.cpu_us.items()},
            cpu_us=sum(seen.cpu_us.values()),
            waiting=seen.waiting,
            most_waiting=seen.most_waiting,
            pipeline_mb=memory_mb(shop.worker),
            all_mb=memory_mb(*family()),
        )
    await shop.drained()
    report("held, all of it", events=sent, events_per_s=sent / (time.perf_counter() - begun))


def _until(bodies: Iterator[bytes], end: float, rate: float) -> Iterator[bytes | None]:
    """Give bodies until `end`, None where `rate` asks for a pause."""
    begun, given = time.perf_counter(), 0
    while (now := time.perf_counter()) < end:
        if rate and given * BATCH > (now - begun) * rate:
            yield None
        else:
            given += 1
            yield next(bodies)


def _option(name: str) -> float:
    found = [one.partition("=")[2] for one in sys.argv if one.startswith(f"{name}=")]
    return float(found[0]) if found else 0.0


def _show(name: str, seen: Sent, alone: Sent) -> None:
    total = sum(seen.cpu_us.values())
    report(
        name,
        events_per_s=seen.per_s,
        ratio=seen.per_s / alone.per_s,
        **{f"{part}_us": spent for part, spent in seen.cpu_us.items()},
        cpu_us=total,
        two_idle_cores_per_s=2e6 / total,
    )


class Sent(msgspec.Struct, frozen=True):
    """One measured stretch: events a second, processor time per event by part, the backlog."""

    events: int
    per_s: float
    cpu_us: dict[str, float]
    waiting: int
    most_waiting: int


class Shop:
    """Sends events the way a shop's server does, and looks at what became of them."""

    def __init__(self, rt: Runtime, service: EventService, workspace_id: int, token: str) -> None:
        self.worker = 0
        self._rt = rt
        self._service = service
        self._workspace_id = workspace_id
        self._auth = (b"authorization", b"Basic " + base64.b64encode(token.encode() + b":"))
        self._waiting = 0

    async def send(
        self, bodies: Iterable[bytes | None], *, whole: bool = False, drain: bool = True
    ) -> Sent:
        """Send the bodies, twenty at a time; with `whole` wait until all of it is stored.

        None among the bodies is a short pause. Without `drain` what waits at the end stays.
        """
        left, most, events = iter(bodies), 0, 0
        cpu, begun = self._spent(), time.perf_counter()

        async def one_sender() -> None:
            nonlocal events
            for body in left:
                while whole and self._waiting > BACKLOG_MAX:
                    await asyncio.sleep(0.05)
                if body is None:
                    await asyncio.sleep(0.01)
                else:
                    await self._post(body)
                    events += BATCH

        senders = asyncio.gather(*[one_sender() for _ in range(20)])
        while whole and not senders.done():
            await asyncio.sleep(0.25)
            self._waiting = await self._backlog()
            most = max(most, self._waiting)
        await senders
        if whole and drain:
            await self.drained()
        took = time.perf_counter() - begun
        spent = {part: (s - cpu[part]) / events * 1e6 for part, s in self._spent().items()}
        return Sent(events, events / took, spent, self._waiting, most)

    async def drained(self) -> None:
        """Return when everything that was accepted is in the store."""
        while await self._backlog():
            await asyncio.sleep(0.1)
        self._waiting = 0

    async def rest(self) -> None:
        """Let PostgreSQL see how its tables have grown, as it does by itself within a minute."""
        async with self._rt.db.engine.connect() as held:
            connection = await held.execution_options(isolation_level="AUTOCOMMIT")
            await connection.exec_driver_sql("VACUUM ANALYZE")

    async def _backlog(self) -> int:
        async with self._rt.db.begin() as tx:
            return (await backlog(tx, workspace_id=self._workspace_id)).events

    async def _post(self, body: bytes) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            assert message.get("status", 200) == 200

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/batch",
            "headers": [self._auth],
            "client": ("192.0.2.4", 40000),
        }
        await self._service(scope, receive, send)

    def _spent(self) -> dict[str, float]:
        """Return processor seconds so far, by part."""
        spent = {"accept": time.process_time(), "pipeline": 0.0, "postgres": 0.0, "clickhouse": 0.0}
        for pid in family():
            if pid != os.getpid():
                try:
                    stat = Path(f"/proc/{pid}/stat").read_text()
                except OSError:
                    continue
                name, _, rest = stat.partition("(")[2].rpartition(")")
                part = "postgres" if name.startswith("postgres") else "clickhouse"
                ticks = sum(int(one) for one in rest.split()[11:15])
                spent["pipeline" if pid == self.worker else part] += ticks / 100
        return spent


@asynccontextmanager
async def _worker(urls: EngineUrls) -> AsyncIterator[int]:
    """Run the pipeline in a process of its own while the block lasts."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.whole_way"),
        env={**os.environ, _URLS: f"{urls.database_url} {urls.clickhouse_url}"},
        stdin=asyncio.subprocess.PIPE,
    )
    try:
        yield process.pid
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def _carry() -> None:
    stopping = asyncio.Event()
    database_url, clickhouse_url = os.environ[_URLS].split()
    async with runtime(EngineUrls(database_url, clickhouse_url), ingestion=_LIMITS) as rt:
        runner = LoopRunner(rt, [pipeline_loop()])
        running = asyncio.create_task(runner.run())
        await stop_with_parent(stopping)
        runner.stop()
        await running


def _greetings(people: int) -> Iterator[bytes]:
    calls = [
        {
            "type": "identify",
            "messageId": f"m{next(_numbers)}",
            "userId": f"user-{person}",
            "anonymousId": f"device-{person}",
            "traits": {
                "email": f"user{person}@example.com",
                "name": f"Name {person}",
                "plan": "a",
                "age": person % 90,
            },
        }
        for person in range(people)
    ]
    return _requests(calls)


def _visits(events: int, people: int) -> Iterator[bytes]:
    """Of 100 calls 5 change what is known of a person, 2 are orders, the others just happen.

    They happen now: what is told late changes who was seen first where, and costs more.
    """
    return (_filled(template) for template in _templates(events, people))


def _endless(templates: list[bytes]) -> Iterator[bytes]:
    return (_filled(template) for template in itertools.cycle(templates))


def _templates(events: int, people: int) -> Iterator[bytes]:
    """Give requests in which numbers, times and one trait are still to be filled in."""
    chance = random.Random(7)
    return _requests([_visit(chance, chance.randrange(people), i) for i in range(events)])


def _filled(template: bytes) -> bytes:
    number = next(_numbers)
    now = datetime.now(UTC).isoformat().encode()
    return (
        template.replace(b"~number~", b"%d" % number)
        .replace(b"~now~", now)
        .replace(b"~plan~", b"abcd"[number % 4 : number % 4 + 1])
    )


def _visit(chance: random.Random, person: int, i: int) -> dict[str, Any]:
    call: dict[str, Any] = {"messageId": f"m~number~-{i % BATCH}", "userId": f"user-{person}"}
    if i % 20 == 0:
        traits = {"plan": "~plan~", "name": f"Name {person}", "age": person % 90}
        return call | {"type": "identify", "traits": traits}
    properties: dict[str, Any] = {
        "total": 12.5,
        "currency": "GBP",
        "sku": f"A-{i % 100}",
        "count": i,
        "gift": True,
        "category": "Toys",
    }
    name = chance.choice(["Product Viewed", "Product Added", "Signed Up", "Article Read"])
    if i % 50 == 1:
        name = "Order Completed"
        properties |= {"order_id": f"o~number~-{i % BATCH}"}
    return call | {
        "type": "track",
        "event": name,
        "anonymousId": f"device-{person}",
        "timestamp": "~now~",
        "properties": properties,
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
    }


def _requests(calls: list[dict[str, Any]]) -> Iterator[bytes]:
    for begin in range(0, len(calls), BATCH):
        yield json.dumps({"batch": calls[begin : begin + BATCH]}).encode()


if __name__ == "__main__":
    uvloop.run(_carry())
