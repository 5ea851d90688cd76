"""A mass mailing: personalised letters of about 10 KB through SMTP to Postfix's `smtp-sink`.

The reference is Postfix's `smtp-source` with letters of the same size to the same sink, right after
ours. Ours is the product's own way with two sender processes: a frozen audience, the gate,
rendering, links rewritten, MIME, every mark and every row written, facts carried to ClickHouse;
once without and once with DKIM signatures (RSA, 2,048 bits). The people are made beforehand.
`ratio` compares letters a second; `cpu_ratio` compares processor time for a letter, which a busy
machine changes less: theirs is of `smtp-source` and the sink, ours of the senders, PostgreSQL and
the sink.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import uvloop

from benchmarks.harness import engines, memory_mb, report, runtime
from benchmarks.prepare_mailing import add_people, add_suppressions, processor_s
from otklik.accounts.public import Workspace, create_workspace
from otklik.channels.email.public import (
    Outgoing,
    SenderIdentity,
    Settle,
    create_sender,
    open_pool,
    sender_identity,
)
from otklik.delivery import jobs
from otklik.delivery.public import (
    Dispatcher,
    LetterContent,
    MailingSpec,
    Variant,
    create_mailing,
    freeze_audience,
    letter_links,
    progress,
    source_of,
    tend,
)
from otklik.delivery.sending import letters
from otklik.entrypoints import wiring
from otklik.entrypoints.engines import EngineUrls
from otklik.kit.ids import new_id
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime, Settings, make_runtime

COUNT = 12_000
SENDERS = 2
CONNECTIONS = 8
SOURCE_COUNT = 12_000
_WORDS = "Some text of the letter with a good many words, such as people read in the morning."
LETTER = (
    "<!doctype html><html><body><p>Hello {{ customer.first_name }}, in {{ customer.city }}"
    " you have {{ customer.bonus }} points.</p>"
    + "".join(f"<p>{number}. {_WORDS}</p>" for number in range(32))
    + "".join(
        f'<p><a href="https://shop.example/p/{number}?from=letter">Product {number}</a></p>'
        for number in range(10)
    )
    + '<a href="{{ unsubscribe_url }}">Unsubscribe</a></body></html>'
)


class WorkerResult(msgspec.Struct, frozen=True):
    """What one sender process says at its end; moments are seconds of the machine's clock."""

    begun: float
    ended: float
    cpu_s: float
    memory_early_mb: float
    memory_mb: float
    letter_bytes: int


def main() -> None:
    tools = [shutil.which(name, path=_PATH) for name in ("smtp-sink", "smtp-source")]
    if None in tools:
        print("mass_mailing needs smtp-sink and smtp-source of Postfix, which are not here.")
        return
    sink, source = map(str, tools)
    with engines() as urls, _sink(sink) as port:
        uvloop.run(_measure(urls, port, source))


async def _measure(urls: EngineUrls, port: int, source: str) -> None:
    async with runtime(urls) as rt:
        for dkim in (False, True):
            workspace, source_id = await _mailing(rt)
            before = processor_s("postgres"), processor_s("smtp-sink")
            results = await _send(urls, rt, port, dkim=dkim)
            postgres_s = processor_s("postgres") - before[0]
            sink_s = processor_s("smtp-sink") - before[1]
            size = results[0].letter_bytes
            plain = [_source(source, port, size) for _ in range(3)]
            plain_rate = statistics.median(one.rate for one in plain)
            plain_us = statistics.median(one.cpu_us for one in plain)
            await tend(rt)
            async with rt.db.begin() as tx:
                seen = await progress(
                    tx, workspace_id=workspace.id, source_id=source_id, now=rt.clock()
                )
            facts = await rt.ch.query(
                "SELECT count() FROM message_facts WHERE source_id = {id:UUID} AND fact = 'sent'",
                {"id": str(source_id)},
            )
            took = max(one.ended for one in results) - min(one.begun for one in results)
            rate = seen.sent / took
            senders_us = sum(one.cpu_s for one in results) / max(1, seen.sent) * 1e6
            others_us = (postgres_s + sink_s) / max(1, seen.sent) * 1e6
            report(
                f"{SENDERS} senders, DKIM {'on' if dkim else 'off'}",
                letters_per_s=rate,
                source_per_s=plain_rate,
                ratio=rate / plain_rate,
                cpu_ratio=plain_us / (senders_us + others_us),
                senders_us=senders_us,
                postgres_us=postgres_s / max(1, seen.sent) * 1e6,
                sink_us=sink_s / max(1, seen.sent) * 1e6,
                source_and_sink_us=plain_us,
                letter_bytes=size,
                sent=seen.sent,
                facts=facts[0][0],
                state=seen.state,
                memory_early_mb=max(one.memory_early_mb for one in results),
                memory_mb=max(one.memory_mb for one in results),
            )


async def _mailing(rt: Runtime) -> tuple[Workspace, UUID]:
    """Make people and a mailing to them that is ready to be sent."""
    async with rt.db.begin() as tx:
        workspace = await create_workspace(tx, name="Bench", lang="en", now=rt.clock())
        sender = await create_sender(
            tx, workspace_id=workspace.id, name="Shop", address="news@shop.example", now=rt.clock()
        )
    ids = await add_people(rt, workspace, round(COUNT / 0.88))
    await add_suppressions(rt, workspace, COUNT // 100)
    content = LetterContent(kind="html", subject="For {{ customer.first_name }}", source=LETTER)
    spec = MailingSpec(
        workspace_id=workspace.id,
        source_kind="campaign",
        source_id=new_id(),
        name="Summer",
        channel="email",
        topic_id=None,
        sender_id=sender.id,
        variants=(Variant("A", "", 5_000, content), Variant("B", "", 5_000, content)),
    )
    async with rt.db.begin() as tx:
        links = [letter_links(source_of(one.letter)) for one in spec.variants]
        await create_mailing(tx, spec=spec, links=links, now=rt.clock())
    await freeze_audience(rt, workspace_id=workspace.id, source_id=spec.source_id, ids=ids)
    return workspace, spec.source_id


async def _send(urls: EngineUrls, rt: Runtime, port: int, *, dkim: bool) -> list[WorkerResult]:
    order = {
        "database_url": urls.database_url,
        "clickhouse_url": urls.clickhouse_url,
        "data": rt.settings.data,
        "port": port,
        "dkim": dkim,
    }
    workers = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.mass_mailing", json.dumps(order)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parent.parent,
        )
        for _ in range(SENDERS)
    ]
    try:
        for worker in workers:
            assert worker.stdout is not None
            await worker.stdout.readline()
        outputs = await asyncio.gather(*(worker.communicate(b"go\n") for worker in workers))
    finally:
        for worker in workers:
            if worker.returncode is None:
                worker.kill()
    return [msgspec.json.decode(output, type=WorkerResult) for output, _ in outputs]


async def work(order: dict[str, Any]) -> None:
    """Be one sender process: the loops of a worker that hand letters over, until none is left."""
    rt = make_runtime(
        Settings(data=order["data"], secret_key="only for benchmarks"),
        database_url=order["database_url"],
        clickhouse_url=order["clickhouse_url"],
    )
    wiring.connect(rt)
    pool = open_pool(f"smtp://127.0.0.1:{order['port']}?tls=off", connections=CONNECTIONS)
    transport = _Counting(pool)
    dispatcher = Dispatcher(transport, parallel=CONNECTIONS)
    if not order["dkim"]:
        _leave_unsigned()
    await rt.db.wait_ready()
    # A worker lives for weeks: what it loads once is not the mailing's.
    await rt.ch.query("SELECT 1")
    jobs.settle_in()
    print("ready", flush=True)
    sys.stdin.readline()
    begun, cpu = time.time(), time.process_time()

    async def lane() -> None:
        while await dispatcher.step(rt):
            pass

    lanes = asyncio.gather(*(lane() for _ in range(jobs.LANES)))
    while not lanes.done():
        await asyncio.wait([lanes], timeout=0.5)
        while await carry_facts(rt):
            pass
    await lanes
    result = WorkerResult(
        begun,
        time.time(),
        time.process_time() - cpu,
        transport.memory_early_mb,
        memory_mb(),
        transport.bytes // max(1, transport.count),
    )
    print(msgspec.json.encode(result).decode(), flush=True)
    await pool.close()
    await rt.close()


class _Counting:
    """Passes letters on; notes their size, and the memory when the work has just begun."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.count = self.bytes = 0
        self.memory_early_mb = 0.0

    async def send_each(self, letters: Iterator[Outgoing], settle: Settle, *, lanes: int) -> None:
        await self._pool.send_each(self._counted(letters), settle, lanes=lanes)

    def _counted(self, letters: Iterator[Outgoing]) -> Iterator[Outgoing]:
        for letter in letters:
            self.count += 1
            self.bytes += len(letter.data)
            if self.count == COUNT // SENDERS // 5:
                self.memory_early_mb = memory_mb()
            yield letter


def _leave_unsigned() -> None:
    """Take the DKIM key from every sender: the product itself always signs."""
    with_key = sender_identity

    async def without_key(*args: Any, **kwargs: Any) -> SenderIdentity:
        return msgspec.structs.replace(await with_key(*args, **kwargs), dkim=None)

    setattr(letters, "sender_identity", without_key)  # noqa: B010 -- a plain assignment to a module is refused by mypy


_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])


@contextmanager
def _sink(program: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    process = subprocess.Popen(
        [program, *user, f"127.0.0.1:{port}", "1000"], stdout=subprocess.DEVNULL
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


class Plain(NamedTuple):
    """What `smtp-source` did: letters a second, processor time for each with the sink's."""

    rate: float
    cpu_us: float


def _source(program: str, port: int, size: int) -> Plain:
    """Let `smtp-source` hand letters over."""
    begun, sink_s, before = time.perf_counter(), processor_s("smtp-sink"), os.times()
    subprocess.run(
        [
            *(program, "-s", str(SENDERS * CONNECTIONS), "-l", str(size)),
            *("-m", str(SOURCE_COUNT), "-f", "a@b.example", "-t", "c@d.example"),
            f"127.0.0.1:{port}",
        ],
        check=True,
    )
    took, after = time.perf_counter() - begun, os.times()
    cpu_s = processor_s("smtp-sink") - sink_s
    cpu_s += after.children_user + after.children_system
    cpu_s -= before.children_user + before.children_system
    return Plain(SOURCE_COUNT / took, cpu_s / SOURCE_COUNT * 1e6)


if __name__ == "__main__":
    # The event loop of the product.
    uvloop.run(work(json.loads(sys.argv[1])))
