"""A large installation: 10 million profiles and 100 million events on this machine.

    python -m benchmarks scale [--people=N] [--events=N] [--data=FOLDER] [--only=PART]

Makes the population (see `population`) unless FOLDER already holds one, then asks what a marketer
asks: single segments against SQL written by hand, 500 segments that share conditions, the card, the
list, search and the start page through the real HTTP application. Prints the memory of every
process. Without arguments a hundredth of the size is made, to see that it works. PART is one of
single_segments, compound, shared_segments, pages.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from benchmarks import segment_compound
from benchmarks.harness import family, memory_mb, report, runtime
from benchmarks.population import Population, fill_facts, fill_people
from otklik.accounts.public import create_key, create_workspace
from otklik.entrypoints.engines import EngineUrls
from otklik.entrypoints.wiring import asgi_app
from otklik.rules.parse import parse
from otklik.runtime.embedded.supervisor import EmbeddedEngines
from otklik.runtime.public import Runtime
from otklik.segments.operations.recalculate import recalculate_due
from otklik.segments.public import SegmentKind, count_definition, create_segment

NOW = segment_compound.NOW
SEGMENTS = 500
RUNS = 5


def _argument(name: str, default: int) -> int:
    for one in sys.argv[1:]:
        if one.startswith(f"--{name}="):
            return int(one.split("=", 1)[1].replace("_", ""))
    return default


def _text(name: str) -> str | None:
    for one in sys.argv[1:]:
        if one.startswith(f"--{name}="):
            return one.split("=", 1)[1]
    return None


async def population(rt: Runtime, url: str) -> Population:
    """Return the population of the engines, made now if they hold none."""
    people, events = _argument("people", 100_000), _argument("events", 1_000_000)
    found = await rt.ch.query(
        "SELECT workspace_id, min(profile_id), count() FROM profiles GROUP BY workspace_id"
    )
    if found:
        workspace_id, first, count = found[0]
        return Population(int(workspace_id), int(first), int(count), events, NOW)
    async with rt.db.begin() as tx:
        workspace = await create_workspace(tx, name="Scale", timezone="UTC", now=NOW)
    shape = Population(workspace.id, 1_000, people, events, NOW)
    begun = time.perf_counter()
    await asyncio.to_thread(fill_people, url, shape)
    report("people into PostgreSQL", people=people, seconds=time.perf_counter() - begun)
    begun = time.perf_counter()
    async for part in fill_facts(rt.ch, shape):
        print(f"  {part}, {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    report("facts into ClickHouse", events=events, seconds=time.perf_counter() - begun)
    return shape


def definitions() -> list[dict[str, Any]]:
    """Return 500 trees of three to five conditions out of 55: a team copies its segments."""
    leaves: list[dict[str, Any]] = [
        {"kind": "trait", "trait": "city", "test": {"op": "eq", "value": f"city {one}"}}
        for one in range(10)
    ]
    leaves += [
        {"kind": "trait", "trait": "operators", "test": {"op": "gte", "value": one}}
        for one in range(1, 11)
    ]
    leaves += [
        {"kind": "trait", "trait": "plan", "test": {"op": "eq", "value": one}}
        for one in ("free", "start", "pro", "business", "none")
    ]
    leaves += [
        {
            "kind": "event",
            "event": event,
            "test": {"op": "at_least", "n": times},
            "window": {"kind": "last", "amount": days, "unit": "days"},
        }
        for event in ("Page viewed", "Product viewed", "Plan viewed", "Plan bought", "Event 20")
        for times, days in ((1, 7), (1, 30), (2, 30), (1, 90), (3, 90), (1, 365))
    ]
    made = []
    for number in range(SEGMENTS):
        size = 3 + number % 3
        chosen = [
            leaves[(number * 17 + place * (number % 11 + 7)) % len(leaves)] for place in range(size)
        ]
        unique = [one for at, one in enumerate(chosen) if one not in chosen[:at]]
        made.append({"kind": "all" if number % 4 else "any", "of": unique})
    return made


async def single_segments(rt: Runtime, shape: Population) -> None:
    singles = {
        "trait": segment_compound.DEFINITION["of"][0],
        "rare trait": {
            "kind": "trait",
            "trait": "attr_200",
            "test": {"op": "gt", "value": 500},
        },
        "event with window": segment_compound.DEFINITION["of"][2],
        "event with property": segment_compound.DEFINITION["of"][3],
        "most frequent event, 90 days": {
            "kind": "event",
            "event": "Page viewed",
            "test": {"op": "at_least", "n": 3},
            "window": {"kind": "last", "amount": 90, "unit": "days"},
        },
        "not for 60 days": segment_compound.DEFINITION["of"][4],
    }
    for name, tree in singles.items():
        definition = parse({"kind": "all", "of": [tree]})
        found, times = 0, list[float]()
        for _ in range(RUNS):
            counted = await count_definition(
                rt, workspace_id=shape.workspace_id, definition=definition, now=NOW, limit_s=120
            )
            found, times = counted.count, [*times, counted.took_ms / 1000]
        report(f"segment: {name}", people=found, seconds=statistics.median(times))


async def shared_segments(rt: Runtime, shape: Population) -> None:
    """Recalculate 500 segments together; of the separate queries every tenth is asked."""
    trees = [parse(one) for one in definitions()]
    async with rt.db.begin() as tx:
        await tx.exec_driver_sql("DELETE FROM segments")
        await tx.exec_driver_sql("DELETE FROM segment_answers")
        for number, tree in enumerate(trees):
            await create_segment(
                tx,
                workspace_id=shape.workspace_id,
                name=f"Segment {number}",
                kind=SegmentKind.DYNAMIC,
                definition=tree,
                now=NOW,
            )
    begun = time.perf_counter()
    done = await recalculate_due(rt, workspace_id=shape.workspace_id, now=NOW)
    together = time.perf_counter() - begun
    begun = time.perf_counter()
    for tree in trees[::10]:
        await count_definition(
            rt, workspace_id=shape.workspace_id, definition=tree, now=NOW, limit_s=300
        )
    apart = (time.perf_counter() - begun) * len(trees) / len(trees[::10])
    report(f"{done} segments together", seconds=together, apart_s=apart, ratio=together / apart)


async def pages(rt: Runtime, shape: Population) -> None:
    """Ask the server part of the pages that a marketer opens."""
    async with rt.db.begin() as tx:
        _, token = await create_key(
            tx, workspace_id=shape.workspace_id, kind="secret", name="scale", now=rt.clock()
        )
        segment = (
            await tx.exec_driver_sql(
                "SELECT id FROM segments WHERE size > 1000 ORDER BY size LIMIT 1"
            )
        ).scalar()
    transport = httpx.ASGITransport(app=asgi_app(rt))  # type: ignore[arg-type] # httpx has its own names
    one = shape.first_id + 2 * (shape.people // 5)
    busiest = shape.first_id
    asked = {
        "list": "/profiles?limit=50",
        "list of a segment": f"/profiles?limit=50&segment_id={segment}",
        "search: name": "/profiles?search=Григорий Беляк",
        "search: part of a name": "/profiles?search=асне",
        "search: part of an e-mail": "/profiles?search=2344@mail",
        "search: phone": f"/profiles?search=%2B7900{shape.people // 4 * 2:07d}",
        "card": f"/profiles/{one}",
        "card: timeline": f"/profiles/{one}/timeline",
        "card: segments": f"/profiles/{one}/segments",
        "card of the most active": f"/profiles/{busiest}",
        "its timeline": f"/profiles/{busiest}/timeline",
        "its events": f"/profiles/{busiest}/events",
        "its messages": f"/profiles/{busiest}/messages",
        "start page": "/home",
        "segments": "/segments",
        "names of events": "/events/names",
        "values of a trait": "/schema/traits/company/values?prefix=Comp",
    }
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://otklik.test",
        headers={"Authorization": f"Bearer {token}"},
        timeout=300,
    ) as http:
        for name, path in asked.items():
            times = []
            for _ in range(RUNS):
                begun = time.perf_counter()
                answer = await http.get("/api/v1" + path)
                times.append(time.perf_counter() - begun)
                assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
            body = answer.json()
            items = body.get("items") if isinstance(body, dict) else None
            report(
                f"page: {name}",
                items=len(items) if items is not None else "-",
                first_ms=times[0] * 1000,
                median_ms=statistics.median(times) * 1000,
            )


def memory() -> None:
    for pid in family():
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        name = b" ".join(words[:4]).decode("utf-8", "replace")
        size = memory_mb(pid)
        if size > 10:
            report(f"memory of {pid}", mb=size, command=name[:60])
    report("memory of all processes", mb=memory_mb(*family()))


async def measure(folder: Path) -> None:
    started = EmbeddedEngines(folder).start()
    try:
        urls = EngineUrls(started.database_url, started.clickhouse_url)
        async with runtime(urls) as rt:
            shape = await population(rt, started.database_url)
            rt.clock = lambda: NOW
            parts: list[Callable[[Runtime, Population], Awaitable[None]]] = [
                single_segments,
                compound,
                shared_segments,
                pages,
            ]
            for part in parts:
                if _text("only") in (None, part.__name__):
                    await part(rt, shape)
            memory()
    finally:
        started.stop()
    used = sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())
    report("on disk", gb=used / 1e9)


async def compound(rt: Runtime, shape: Population) -> None:
    await segment_compound.compare(rt, shape.workspace_id, shape.people, shape.events)


def main() -> None:
    given = _text("data")
    if given is not None:
        folder = Path(given)
        folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(measure(folder))
        return
    with tempfile.TemporaryDirectory(prefix="otklik-scale-") as temporary:
        asyncio.run(measure(Path(temporary)))
