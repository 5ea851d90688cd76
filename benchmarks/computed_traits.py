"""Computed traits against the best SQL written by hand, and what writing all the values costs.

One million profiles (one in a hundred merged into another) with ten events each. The queries by
hand honour merges and people who are gone as ours do, and use what only their author knows: that a
price is always a number, a page always a text, that no value is ever too large.
`--people=200000` for another size.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from benchmarks.harness import engines, memory_mb, report, runtime
from otklik.accounts.public import create_workspace
from otklik.computed import model as m
from otklik.computed.compile import Compiler
from otklik.computed.public import create_trait, parse, run_trait
from otklik.rules.moments import Frame
from otklik.runtime.public import Runtime

PEOPLE = 1_000_000
EVENTS_PER_PERSON = 10
RUNS = 3
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
_FILTERS = [{"path": "price", "test": {"op": "gt", "value": 50}}]
DEFINITIONS: dict[str, dict[str, Any]] = {
    "count": {"kind": "event", "event": "Viewed", "measure": {"kind": "count"}},
    "sum": {"kind": "event", "event": "Viewed", "measure": {"kind": "sum", "property": "price"}},
    "most frequent": {
        "kind": "event",
        "event": "Viewed",
        "measure": {"kind": "most_frequent", "property": "page"},
    },
    "score": {
        "kind": "score",
        "actions": [
            {"event": "Viewed", "points": 1, "day_cap": 3},
            {"event": "Bought", "points": 40, "filters": _FILTERS},
        ],
        "half_life_days": 30,
    },
}

_PERSON = (
    "if(bitmapContains((SELECT groupBitmapState(from_id) FROM profile_merges FINAL"
    " WHERE workspace_id = {w:UInt32} AND undone = 0), profile_id),"
    " dictGet('profile_merge_map', 'into_id', (workspace_id, profile_id)), profile_id) AS person"
)
_VIEWED = "FROM events WHERE workspace_id = {w:UInt32} AND name = 'Viewed'"
_BOUGHT = (
    "FROM events WHERE workspace_id = {w:UInt32} AND name = 'Bought'"
    " AND properties.price.:Int64 > 50"
)
_HERE = (
    " HAVING bitmapContains((SELECT groupBitmapState(profile_id) FROM profiles FINAL"
    " WHERE workspace_id = {w:UInt32} AND is_deleted = 0), person)"
)
_FADED = "pow(2, -dateDiff('day', day, toDate({now:DateTime64(3)})) / 30)"
BY_HAND = {
    "count": f"SELECT {_PERSON}, count() AS v {_VIEWED} GROUP BY person",
    "sum": f"SELECT {_PERSON}, sum(properties.price.:Int64) AS v {_VIEWED} GROUP BY person",
    "most frequent": (
        "SELECT person, argMax(page, (n, latest, page)) AS v FROM (SELECT"
        f" {_PERSON}, assumeNotNull(properties.page.:String) AS page, count() AS n,"
        f" max(time) AS latest {_VIEWED} GROUP BY person, page) GROUP BY person"
    ),
    "score": (
        "SELECT person, sum(points) AS v FROM ("
        f"SELECT {_PERSON}, toDate(time) AS day, least(count(), 3) * {_FADED} AS points {_VIEWED}"
        " GROUP BY person, day UNION ALL"
        f" SELECT {_PERSON}, toDate(time) AS day, count() * 40 * {_FADED} AS points {_BOUGHT}"
        " GROUP BY person, day) GROUP BY person"
    ),
}


async def fill(rt: Runtime, workspace_id: int, people: int) -> None:
    """Make profiles, merges and events of plausible shape, most straight into ClickHouse."""
    gone = people // 100
    values = {"w": workspace_id, "n": people, "all": people + gone, "now": NOW}
    for sql in (
        "INSERT INTO profile_merges SELECT {w:UInt32}, {n:UInt64} + number + 1,"
        " cityHash64(number, 5) % {n:UInt64} + 1, 0, 1 FROM numbers({all:UInt64} - {n:UInt64})",
        "SYSTEM RELOAD DICTIONARY profile_merge_map",
        "INSERT INTO profiles (workspace_id, profile_id, known, has_email, has_phone, has_user_id,"
        " first_seen, last_seen, is_deleted, version) SELECT {w:UInt32}, number + 1, 1, 1, 0, 1,"
        " {now:DateTime64(3)}, {now:DateTime64(3)}, number >= {n:UInt64}, 1"
        " FROM numbers({all:UInt64})",
        "INSERT INTO events (workspace_id, profile_id, name, type, time, received_at, message_id,"
        " anonymous_id, user_id, properties, context, source)"
        " SELECT {w:UInt32}, cityHash64(number, 2) % {all:UInt64} + 1,"
        " ['Viewed', 'Viewed', 'Viewed', 'Bought', 'Other'][1 + number % 5],"
        " 'track', {now:DateTime64(3)} - toIntervalMinute(cityHash64(number, 3) % 259200),"
        " {now:DateTime64(3)}, toString(number), '', '',"
        ' concat(\'{"price":\', toString(cityHash64(number, 4) % 100), \',"page":"/p/\','
        " toString(cityHash64(number, 6) % 20), '\"}'), '{}', 'server'"
        f" FROM numbers({{n:UInt64}} * {EVENTS_PER_PERSON})",
    ):
        await rt.ch.command(sql, {k: v for k, v in values.items() if f"{{{k}:" in sql})
    async with rt.db.begin() as tx:
        for text in (
            "INSERT INTO profiles (profile_id, workspace_id, head, first_seen, last_seen, version,"
            " known, merged_into) SELECT n, :w, 'user_id:u' || n, :now, :now, 1, true,"
            " CASE WHEN n > :n THEN 1 END FROM generate_series(1, :all) n",
            "INSERT INTO identifiers (workspace_id, kind, value, home_id, first_seen)"
            " SELECT :w, 'user_id', 'u' || n, n, :now FROM generate_series(1, :n) n",
            "INSERT INTO trait_states (workspace_id, kind, value, state) SELECT :w, 'user_id',"
            " 'u' || n, '{\"city\":[\"City\",1700000000000]}' FROM generate_series(1, :n) n",
        ):
            named = {k: v for k, v in values.items() if f":{k}" in text}
            await tx.execute(sa.text(text), named)


async def measure(people: int) -> None:
    with engines() as urls:
        async with runtime(urls) as rt:
            async with rt.db.begin() as tx:
                workspace = await create_workspace(tx, name="Benchmark", now=NOW)
            await fill(rt, workspace.id, people)
            for name in DEFINITIONS:
                await compare(rt, workspace.id, name)
            await whole_run(rt, workspace.id)


async def compare(rt: Runtime, workspace_id: int, name: str) -> None:
    """Ask both in turn, so that a busy moment of the machine meets each of them."""
    query = Compiler(
        parse(DEFINITIONS[name]), Frame(now=NOW), workspace_id=workspace_id, facts=m.NO_FACTS
    ).values()
    by_hand = BY_HAND[name] + _HERE
    values = {"w": workspace_id} | ({"now": NOW} if "{now:" in by_hand else {})

    async def ours() -> tuple[Any, ...]:
        sql = f"SELECT count(), round(sum(numbers[1])) FROM ({query.sql})"
        return (await rt.ch.query(sql, query.parameters))[0]

    async def theirs() -> tuple[Any, ...]:
        value = "0" if name == "most frequent" else "round(sum(v))"
        sql = f"SELECT count(), {value}, any(v) FROM ({by_hand})"
        return (await rt.ch.query(sql, values))[0][:2]

    found, wanted = await ours(), await theirs()
    assert found[0] == wanted[0], (name, found, wanted)
    assert abs(float(found[1]) - float(wanted[1])) <= 0.001 * abs(float(wanted[1])), (found, wanted)
    ways: dict[str, Callable[[], Awaitable[object]]] = {"ours": ours, "by hand": theirs}
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(RUNS):
        for way, work in ways.items():
            begun = time.perf_counter()
            await work()
            times[way].append(time.perf_counter() - begun)
    ours_s, by_hand_s = (statistics.median(times[way]) for way in ways)
    report(
        f"computed {name}",
        people=int(found[0]),
        seconds=ours_s,
        by_hand_s=by_hand_s,
        ratio=ours_s / by_hand_s,
    )


async def whole_run(rt: Runtime, workspace_id: int) -> None:
    """Compute and write everybody's value; then again, with nothing to write; then one person's."""
    async with rt.db.begin() as tx:
        trait_id = await create_trait(
            rt,
            tx,
            workspace_id=workspace_id,
            name="engagement",
            definition=parse(DEFINITIONS["score"]),
            now=NOW,
        )

    async def timed(name: str) -> None:
        begun = time.perf_counter()
        outcome = await run_trait(rt, workspace_id=workspace_id, trait_id=trait_id, now=NOW)
        seconds = time.perf_counter() - begun
        written = outcome.changed if outcome else 0
        report(name, written=written, seconds=seconds, per_s=written / seconds, mb=memory_mb())

    await timed("run that writes everybody")
    async with rt.db.begin() as tx:
        await tx.execute(sa.text("UPDATE computed_traits SET requested_at = now()"))
    await timed("run that changes nothing")
    await rt.ch.command(
        "INSERT INTO events (workspace_id, profile_id, name, type, time, message_id, properties)"
        " SELECT {w:UInt32}, 5, 'Viewed', 'track', {now:DateTime64(3)}, 'new', '{}'",
        {"w": workspace_id, "now": NOW},
    )
    await timed("run after one new event")


def main() -> None:
    given = [one.removeprefix("--people=") for one in sys.argv if one.startswith("--people=")]
    asyncio.run(measure(int(given[0]) if given else PEOPLE))
