"""Preparing a mailing: from a set of people to frozen messages, blocks and facts of assignment.

The reference is one plain `INSERT … SELECT` that writes as many rows of messages into a table with
the same columns and indexes, from the same profiles. Ours does what a launch does: the audience
without an excluded set, the gate (addresses, their form, consents, the stop list, doubles), two
variants and a control group, rows, blocks, and facts in ClickHouse. Both are measured in turns.
`cpu` is processor time of this process and of PostgreSQL, in seconds.
"""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import numpy as np
import sqlalchemy as sa
import uvloop

from benchmarks.harness import engines, family, memory_mb, report, runtime
from otklik.accounts.public import Workspace, create_workspace
from otklik.channels.email.public import create_sender
from otklik.delivery.public import (
    Ids,
    LetterContent,
    MailingSpec,
    Variant,
    combine,
    create_mailing,
    freeze_audience,
    letter_links,
    progress,
    source_of,
)
from otklik.entrypoints.engines import EngineUrls
from otklik.kit.ids import new_id
from otklik.privacy.public import address_hash
from otklik.runtime.public import Runtime

SIZES = (30_000, 300_000, 1_000_000)
ROUNDS = 3
EXCLUDED_SHARE = 0.05
_LETTER = LetterContent(
    kind="html",
    subject="For {{ customer.first_name }}",
    source="<!doctype html><html><body><p>Hello</p>"
    '<a href="https://shop.example/sale">Sale</a>'
    '<a href="{{ unsubscribe_url }}">Unsubscribe</a></body></html>',
)


class Cost(NamedTuple):
    wall_s: float
    cpu_s: float


def main() -> None:
    with engines() as urls:
        uvloop.run(_measure(urls))


async def _measure(urls: EngineUrls) -> None:
    async with runtime(urls) as rt:
        found: list[tuple[int, Cost]] = []
        for size in SIZES:
            found.append((size, await _at_size(rt, size)))
        (first, least), (last, most) = found[0], found[-1]
        grown = math.log(most.cpu_s / least.cpu_s) / math.log(last / first)
        report("how cost grows", slope=grown)


async def _at_size(rt: Runtime, size: int) -> Cost:
    async with rt.db.begin() as tx:
        workspace = await create_workspace(tx, name="Bench", lang="en", now=rt.clock())
        sender = await create_sender(
            tx,
            workspace_id=workspace.id,
            name="Shop",
            address="news@shop.example",
            now=rt.clock(),
        )
    audience_size = round(size / (1 - EXCLUDED_SHARE))
    ids = await add_people(rt, workspace, audience_size)
    await add_suppressions(rt, workspace, size // 100)
    excluded = ids[:: round(1 / EXCLUDED_SHARE)]
    ours: list[Cost] = []
    plain: list[Cost] = []
    for _ in range(ROUNDS):
        await _empty(rt)
        plain.append(await _cost(lambda: _plain(rt, workspace, size)))
        source_id = await _order(rt, workspace, sender.id)
        ours.append(await _cost(partial(_freeze, rt, workspace, source_id, ids, excluded)))
    async with rt.db.begin() as tx:
        seen = await progress(tx, workspace_id=workspace.id, source_id=source_id, now=rt.clock())
        await tx.execute(sa.text("TRUNCATE messages"))
        await tx.execute(sa.text("UPDATE mailings SET state = 'finished'"))
    mine, base = _median(ours), _median(plain)
    report(
        f"prepare a mailing to {seen.total:,}",
        wall_s=mine.wall_s,
        insert_s=base.wall_s,
        ratio=mine.wall_s / base.wall_s,
        cpu_s=mine.cpu_s,
        insert_cpu_s=base.cpu_s,
        cpu_ratio=mine.cpu_s / base.cpu_s,
        planned=seen.pending,
        skipped=seen.skipped,
        control=seen.control,
        memory_mb=memory_mb(),
    )
    return mine


async def _freeze(
    rt: Runtime, workspace: Workspace, source_id: UUID, ids: Ids, excluded: Ids
) -> None:
    await freeze_audience(
        rt, workspace_id=workspace.id, source_id=source_id, ids=combine([ids], [excluded])
    )


async def _empty(rt: Runtime) -> None:
    # In a transaction of its own: rows of a table emptied in the same one might not be logged.
    async with rt.db.begin() as tx:
        await tx.execute(
            sa.text("CREATE TABLE IF NOT EXISTS plain_messages (LIKE messages INCLUDING ALL)")
        )
        await tx.execute(sa.text("TRUNCATE plain_messages"))


async def _plain(rt: Runtime, workspace: Workspace, size: int) -> None:
    async with rt.db.begin() as tx:
        await tx.execute(
            sa.text(
                """
                INSERT INTO plain_messages (message_id, profile_id, workspace_id, mailing_id,
                                            state, variant, address)
                SELECT profile_id, profile_id, workspace_id, 1, 'planned', 'A',
                       coalesce(email, '')
                  FROM profiles WHERE workspace_id = :workspace_id LIMIT :size
                """
            ),
            {"workspace_id": workspace.id, "size": size},
        )


async def _order(rt: Runtime, workspace: Workspace, sender_id: UUID) -> UUID:
    async with rt.db.begin() as tx:
        spec = MailingSpec(
            workspace_id=workspace.id,
            source_kind="campaign",
            source_id=new_id(),
            name="Summer",
            channel="email",
            topic_id=None,
            sender_id=sender_id,
            variants=(Variant("A", "", 4_500, _LETTER), Variant("B", "", 4_500, _LETTER)),
            control_share=1_000,
        )
        links = [letter_links(source_of(one.letter)) for one in spec.variants]
        await create_mailing(tx, spec=spec, links=links, now=rt.clock())
    return spec.source_id


async def _cost(work: Callable[[], Awaitable[None]]) -> Cost:
    wall, cpu = time.perf_counter(), _cpu_s()
    await work()
    return Cost(time.perf_counter() - wall, _cpu_s() - cpu)


def _cpu_s() -> float:
    return time.process_time() + processor_s("postgres")


def processor_s(name: str) -> float:
    """Return processor time of our processes called so, those included that have ended."""
    total = 0
    for pid in family():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            continue
        called, fields = stat.split("(", 1)[1].rsplit(")", 1)
        if called.startswith(name):
            parts = fields.split()
            total += sum(int(parts[place]) for place in (11, 12, 13, 14))
    return total / os.sysconf("SC_CLK_TCK")


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(one.wall_s for one in costs),
        statistics.median(one.cpu_s for one in costs),
    )


async def add_people(rt: Runtime, workspace: Workspace, count: int) -> Ids:
    """Write people straight into the tables, as ingestion would leave them; returns their ids.

    Of each hundred, one has no address, two share one address, five never agreed and five withdrew.
    Making a million people through the door would take longer than what is measured.
    """
    async with rt.db.begin() as tx:
        ids = np.array(
            (
                await tx.execute(
                    sa.text("SELECT nextval('profile_ids') FROM generate_series(1, :count)"),
                    {"count": count},
                )
            )
            .scalars()
            .all(),
            dtype=np.uint64,
        )
        values = {
            "workspace_id": workspace.id,
            "first": int(ids.min()),
            "last": int(ids.max()),
            "zero": UUID(int=0),
        }
        for statement in _PEOPLE.split(";"):
            await tx.execute(sa.text(statement), values)
    async with rt.db.engine.connect() as connection:
        apart = await connection.execution_options(isolation_level="AUTOCOMMIT")
        # What the server does by itself some minutes after people were added.
        for table in ("profiles", "identifiers", "trait_states", "consent_states"):
            await apart.execute(sa.text(f"VACUUM ANALYZE {table}"))
    return np.sort(ids)


_PEOPLE = """
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT g AS id, 'u' || g AS user_id,
       CASE WHEN g % 100 = 1 THEN NULL
            WHEN g % 100 = 2 THEN 'person' || g - 1000 || '@mail' || g % 7 || '.example'
            ELSE 'person' || g || '@mail' || g % 7 || '.example' END AS email
  FROM generate_series(CAST(:first AS bigint), :last) g;
INSERT INTO profiles (profile_id, workspace_id, head, first_seen, last_seen, version, name, email,
                      user_id, known)
SELECT id, :workspace_id, 'user_id:' || user_id, now(), now(), id, 'Anna Petrova', email, user_id,
       true
  FROM made;
INSERT INTO identifiers (workspace_id, kind, value, home_id, first_seen)
SELECT :workspace_id, 'user_id', user_id, id, now() FROM made
UNION ALL
SELECT :workspace_id, 'email', email, id, now() FROM made WHERE email IS NOT NULL
ON CONFLICT DO NOTHING;
INSERT INTO trait_states (workspace_id, kind, value, state)
SELECT :workspace_id, 'user_id', user_id,
       '{"first_name":["Anna",1780000000000],"last_name":["Petrova",1780000000000],'
       '"city":["Moscow",1780000000000],"bonus":[' || id % 1000 || ',1780000000000]'
       || coalesce(',"email":["' || email || '",1780000000000]', '') || '}'
  FROM made;
INSERT INTO consent_states (workspace_id, profile_id, channel, topic_id, state, at, source)
SELECT :workspace_id, id, 'email', CAST(:zero AS uuid),
       CASE WHEN id % 20 = 3 THEN 'withdrawn' ELSE 'granted' END, now(), 'form'
  FROM made WHERE id % 20 <> 4
"""


async def add_suppressions(rt: Runtime, workspace: Workspace, count: int) -> None:
    """Put addresses on the stop list, of which some are the people's."""
    now = rt.clock()
    rows = [
        {
            "id": new_id(),
            "workspace_id": workspace.id,
            "channel": "email",
            "address_hash": address_hash(
                workspace.salt, "email", f"person{number * 100}@mail{number * 100 % 7}.example"
            ),
            "hint": "",
            "reason": "hard_bounce",
            "at": now,
        }
        for number in range(count)
    ]
    async with rt.db.begin() as tx:
        await tx.execute(
            sa.text(
                "INSERT INTO suppressions (id, workspace_id, channel, address_hash, hint, reason,"
                " at) VALUES (:id, :workspace_id, :channel, :address_hash, :hint, :reason, :at)"
            ),
            rows,
        )
