"""Real processes killed with -9 in the middle of a mailing, against a mail server on loopback."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter

from otklik.accounts.public import Workspace
from otklik.delivery.jobs import tend
from otklik.delivery.operations import freeze
from otklik.delivery.operations.blocks import LEASE
from otklik.delivery.queries import progress
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.runtime.embedded.supervisor import EmbeddedEngines
from otklik.runtime.public import Runtime
from tests.conftest import Clock
from tests.delivery.support import MailServer, fates, mailing_to, make_people, tallies_match

WORKER = """
import asyncio, sys
from datetime import datetime
from otklik.channels.email.public import open_pool
from otklik.delivery.public import Dispatcher
from otklik.runtime.public import Settings, make_runtime

database, clickhouse, data, port, now = sys.argv[1:]

async def main():
    rt = make_runtime(
        Settings(data=data, secret_key="only for tests", public_url="http://otklik.test"),
        database_url=database, clickhouse_url=clickhouse,
        clock=lambda: datetime.fromisoformat(now),
    )
    pool = open_pool(f"smtp://127.0.0.1:{port}?tls=off", connections=4)
    dispatcher = Dispatcher(pool, parallel=4, chunk=10)

    async def lane():
        while await dispatcher.step(rt):
            pass

    await asyncio.gather(lane(), lane())
    await rt.close()

asyncio.run(main())
"""


async def test_it_survives_workers_killed_in_the_middle(
    rt: Runtime,
    clock: Clock,
    engines: EmbeddedEngines,
    workspace: Workspace,
) -> None:
    names = [f"kill{number}" for number in range(400)]
    ids = await make_people(rt, workspace, names)
    freeze_chunk, freeze.CHUNK = freeze.CHUNK, 50
    try:
        source_id = await mailing_to(rt, workspace, ids)
    finally:
        freeze.CHUNK = freeze_chunk
    async with MailServer() as server:
        server.delay_s = 0.01
        for _ in range(2):
            before = len(server.taken)
            worker = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                WORKER,
                engines.database_url,
                engines.clickhouse_url,
                rt.settings.data,
                str(server.port),
                clock().isoformat(),
            )
            while len(server.taken) < before + 40 and worker.returncode is None:
                await asyncio.sleep(0.005)
            if worker.returncode is None:
                worker.send_signal(signal.SIGKILL)
            await worker.wait()
            clock.move(seconds=LEASE.total_seconds() + 1)
            await tend(rt)
        server.delay_s = 0.0
        pool = server.pool(connections=4)
        dispatcher = Dispatcher(pool)
        while await dispatcher.step(rt):
            pass
        await tend(rt)
        await pool.close()
    found = await fates(rt, source_id)
    states = Counter(state for state, _ in found.values())
    async with rt.db.begin() as tx:
        done = await progress(tx, workspace_id=workspace.id, source_id=source_id, now=clock())
    assert max(server.copies().values()) == 1, "nobody gets two"
    assert done.state == "finished"
    assert states["sent"] + states["in_doubt"] == 400, "nobody is forgotten"
    # Two lanes with ten letters each, two kills.
    assert states["in_doubt"] <= 40
    got = set(server.copies())
    by_profile = dict(zip(ids, names, strict=True))
    lost = [
        one
        for one, (state, _) in found.items()
        if state == "sent" and f"{by_profile[one]}@example.com" not in got
    ]
    assert lost == [], "what is called sent was sent"
    assert await tallies_match(rt, source_id)
