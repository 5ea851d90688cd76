"""From an event to the letter handed to SMTP, at 2,000 events/s (`--rate=`, `--seconds=60`).

A shop sends events, one in twenty of which asks for a letter (`--share=0.05`). They go the whole
way: accepted, committed, identified, stored in ClickHouse; then what reacts to them asks for a
message of a standing mailing, as journeys do, and the letter passes the gate, is rendered, signed
and handed to a relay that notes the moment. The time is from the sending of the request with the
event to the relay's having the letter. One process accepts, one does everything else.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import uvloop

from benchmarks.harness import engines, memory_mb, report, runtime
from benchmarks.prepare_mailing import add_people
from benchmarks.trial.program import free_port
from otklik.accounts.public import create_key, create_workspace
from otklik.channels.email.public import create_sender
from otklik.delivery.public import (
    Edition,
    LetterContent,
    Request,
    SendingPolicy,
    ask_for_messages,
    letter_links,
    open_standing,
    set_sending_policy,
    source_of,
)
from otklik.entrypoints import wiring
from otklik.entrypoints.engines import EngineUrls
from otklik.entrypoints.up import stop_with_parent
from otklik.ingestion.public import EventService, EventsStored, backlog, open_event_service
from otklik.kit.ids import new_id
from otklik.runtime.public import LoopRunner, Runtime, Tx
from otklik.runtime.settings import IngestionSettings

PEOPLE = 20_000
BATCH = 20
TRIGGER = "Order placed"
_LIMITS = IngestionSettings(events_per_s_max=10**9, events_per_address_s_max=10**9)
_LETTER = """<!doctype html><html><body><p>Hello {{ customer.first_name }}</p>
<p>We have your order {{ data.number }}.</p>
<a href="https://shop.example/orders">Orders</a>
<a href="{{ unsubscribe_url }}">Unsubscribe</a></body></html>"""


def main() -> None:
    given = dict(one[2:].split("=", 1) for one in sys.argv if one.startswith("--") and "=" in one)
    rate, seconds = float(given.get("rate", 2_000)), float(given.get("seconds", 20))
    share = float(given.get("share", 0.05))
    with engines() as urls:
        uvloop.run(_measure(urls, rate, seconds, share))


async def _measure(urls: EngineUrls, rate: float, seconds: float, share: float) -> None:
    async with runtime(urls, ingestion=_LIMITS) as rt:
        async with rt.db.begin() as tx:
            workspace = await create_workspace(tx, name="Bench", lang="en", now=rt.clock())
            _, token = await create_key(
                tx, workspace_id=workspace.id, kind="secret", name="Bench", now=rt.clock()
            )
        people = [int(one) for one in await add_people(rt, workspace, PEOPLE)]
        # One of a hundred has no address, and so gets no letter.
        readers = [one for one in people if one % 100 > 2]
        source_id = await _open_mailing(rt, workspace.id)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "relay.txt"
            async with (
                _relay(file) as port,
                _worker(urls, port, workspace.id, source_id) as worker,
                open_event_service(rt) as service,
            ):
                for warm_up in (True, False):
                    sent = await _send(
                        service, token, readers, rate, 5.0 if warm_up else seconds, share
                    )
                    await _drained(rt, workspace.id, file, len(sent))
                    if warm_up:
                        file.write_text("")
                memory = memory_mb(worker)
                reacted = await _reacted(rt, sent)
                moments = [line.split("\t") for line in file.read_text().splitlines()]
    waits = sorted(float(at) - sent[subject] for subject, _, at in moments if subject in sent)
    report(
        f"{rate:,.0f} events/s, {share:.0%} ask for a letter",
        letters=len(waits),
        lost=len(sent) - len(waits),
        reacted_p50_s=statistics.median(reacted),
        p50_s=statistics.median(waits),
        p95_s=waits[int(len(waits) * 0.95)],
        p99_s=waits[int(len(waits) * 0.99)],
        longest_s=waits[-1],
        worker_mb=memory,
    )


async def _reacted(rt: Runtime, sent: dict[str, float]) -> list[float]:
    """Return how long each event took to the transaction in which its letter was asked for."""
    async with rt.db.begin() as tx:
        rows = await tx.execute(sa.text("SELECT key, asked_at FROM message_requests"))
        return [row.asked_at.timestamp() - sent[row.key] for row in rows if row.key in sent]


async def _open_mailing(rt: Runtime, workspace_id: int) -> UUID:
    source_id = new_id()
    letter = LetterContent(kind="html", subject="{{ data.number }}", source=_LETTER)
    async with rt.db.begin() as tx:
        await set_sending_policy(
            tx,
            workspace_id=workspace_id,
            policy=SendingPolicy(service_without_consent=True),
            version=0,
            now=rt.clock(),
        )
        sender = await create_sender(
            tx, workspace_id=workspace_id, name="Shop", address="news@shop.example", now=rt.clock()
        )
        await open_standing(
            tx,
            workspace_id=workspace_id,
            source_kind="transactional",
            source_id=source_id,
            edition=Edition(
                letter=letter,
                links=letter_links(source_of(letter)),
                sender_id=sender.id,
                topic_id=None,
                service=True,
                name="Orders",
            ),
            now=rt.clock(),
        )
    return source_id


async def _send(
    service: EventService,
    token: str,
    people: list[int],
    rate: float,
    seconds: float,
    share: float,
) -> dict[str, float]:
    """Send events evenly; returns when the request of each event that asks for a letter began."""
    auth = (b"authorization", b"Basic " + base64.b64encode(token.encode() + b":"))
    sent: dict[str, float] = {}
    every = round(1 / share)
    begun, number = time.perf_counter(), 0
    posts: set[asyncio.Task[None]] = set()
    while (at := number / rate) < seconds:
        late = begun + at - time.perf_counter()
        if late > 0:
            await asyncio.sleep(late)
        calls = []
        for one in range(number, number + BATCH):
            is_order = one % every == 0
            name = f"O{time.time_ns()}-{one}"
            calls.append(
                {
                    "type": "track",
                    "messageId": name,
                    "userId": f"u{people[one % len(people)]}",
                    "event": TRIGGER if is_order else "Product viewed",
                    "properties": {"number": name},
                    "timestamp": datetime.now(UTC).isoformat(),
                }
            )
            if is_order:
                sent[name] = time.time()
        post = asyncio.create_task(_post(service, auth, json.dumps({"batch": calls}).encode()))
        posts.add(post)
        post.add_done_callback(posts.discard)
        number += BATCH
    await asyncio.gather(*posts)
    return sent


async def _post(service: EventService, auth: tuple[bytes, bytes], body: bytes) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200, message

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/batch",
        "headers": [auth],
        "client": ("192.0.2.4", 40000),
    }
    await service(scope, receive, send)


async def _drained(rt: Runtime, workspace_id: int, file: Path, letters: int) -> None:
    """Return when all events are stored and all letters handed over, or after a minute."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        await asyncio.sleep(0.2)
        async with rt.db.begin() as tx:
            left = (await backlog(tx, workspace_id=workspace_id)).events
        if not left and len(file.read_text().splitlines()) >= letters:
            return


@asynccontextmanager
async def _relay(file: Path) -> AsyncIterator[int]:
    port = free_port()
    program = Path(__file__).with_name("trial") / "relay.py"
    process = subprocess.Popen([sys.executable, str(program), str(port), str(file)])
    try:
        await asyncio.sleep(1)
        yield port
    finally:
        process.terminate()
        process.wait()


@asynccontextmanager
async def _worker(
    urls: EngineUrls, port: int, workspace_id: int, source_id: UUID
) -> AsyncIterator[int]:
    """Run everything that a worker does in a process of its own while the block lasts."""
    order = {
        "urls": [urls.database_url, urls.clickhouse_url],
        "smtp_url": f"smtp://127.0.0.1:{port}?tls=off",
        "workspace_id": workspace_id,
        "source_id": str(source_id),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.event_to_letter", json.dumps(order)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=dict(os.environ),
        cwd=Path(__file__).parents[1],
    )
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        yield process.pid
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def _react(order: dict[str, Any], news: EventsStored, tx: Tx) -> None:
    """Ask for a letter for each event that should cause one, in the transaction of its batch."""
    requests = [
        Request(
            profile_id=event.profile_id,
            data={"number": event.properties["number"]},
            key=event.properties["number"],
        )
        for event in news.events.rows(names={TRIGGER})
    ]
    if requests and news.workspace_id == order["workspace_id"]:
        await ask_for_messages(
            tx,
            workspace_id=news.workspace_id,
            source_id=UUID(order["source_id"]),
            requests=requests,
            now=news.now,
        )


async def _work(order: dict[str, Any]) -> None:
    database_url, clickhouse_url = order["urls"]
    stopping = asyncio.Event()
    async with runtime(
        EngineUrls(database_url, clickhouse_url), ingestion=_LIMITS, smtp_url=order["smtp_url"]
    ) as rt:
        rt.bus.subscribe(EventsStored, partial(_react, order))
        async with wiring.worker_loops(rt) as loops:
            runner = LoopRunner(rt, loops)
            running = asyncio.create_task(runner.run())
            print("ready", flush=True)
            await stop_with_parent(stopping)
            runner.stop()
            await running


if __name__ == "__main__":
    uvloop.run(_work(json.loads(sys.argv[1])))
