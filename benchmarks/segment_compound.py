"""A compound segment against the best SQL written by hand for it, at three sizes.

Two traits, two event conditions with windows and properties, one exclusion; one profile in a
hundred was merged into another. Of two queries written by hand the faster one counts.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

from benchmarks.harness import engines, report, runtime
from otklik.accounts.public import create_workspace
from otklik.rules.parse import parse
from otklik.runtime.public import Runtime
from otklik.segments.public import count_definition

SIZES = (100_000, 1_000_000, 3_000_000)
EVENTS_PER_PROFILE = 8
RUNS = 9
NOW = datetime(2026, 6, 15, tzinfo=UTC)

DEFINITION = {
    "kind": "all",
    "of": [
        {"kind": "trait", "trait": "city", "test": {"op": "eq", "value": "city 3"}},
        {"kind": "trait", "trait": "operators", "test": {"op": "gte", "value": 5}},
        {
            "kind": "event",
            "event": "Plan viewed",
            "test": {"op": "at_least", "n": 1},
            "window": {"kind": "last", "amount": 30, "unit": "days"},
        },
        {
            "kind": "event",
            "event": "Channel connected",
            "test": {"op": "at_least", "n": 1},
            "window": {"kind": "last", "amount": 90, "unit": "days"},
            "filters": [{"path": "price", "test": {"op": "gt", "value": 50}}],
        },
        {
            "kind": "none",
            "of": [
                {
                    "kind": "event",
                    "event": "Plan bought",
                    "test": {"op": "at_least", "n": 1},
                    "window": {"kind": "last", "amount": 60, "unit": "days"},
                }
            ],
        },
    ],
}

# What both queries written by hand share. They honour merges and left profiles as ours does, and
# know what ours cannot: that a price is always a whole number, a city always a text.
_TRAIT = "SELECT {what} FROM profile_traits FINAL WHERE workspace_id = {{w:UInt32}} AND trait = "
_CITY = f"{_TRAIT}'city' AND type = 'string' AND str = 'city 3'"
_OPERATORS = f"{_TRAIT}'operators' AND type = 'number' AND num >= 5"
_EVENT = (
    "SELECT {{what}} FROM events WHERE workspace_id = {{{{w:UInt32}}}} AND name = '{name}'"
    " AND time >= {{{{now:DateTime64(3)}}}} - INTERVAL {days} DAY"
    " AND time <= {{{{now:DateTime64(3)}}}}"
)
_VIEWED = _EVENT.format(name="Plan viewed", days=30)
_CONNECTED = _EVENT.format(name="Channel connected", days=90) + " AND properties.price.:Int64 > 50"
_BOUGHT = _EVENT.format(name="Plan bought", days=60)
_PEOPLE = "SELECT {what} FROM profiles FINAL WHERE workspace_id = {{w:UInt32}} AND is_deleted = 0"
_MERGED = "FROM profile_merges FINAL WHERE workspace_id = {w:UInt32} AND undone = 0"
_INTO = "dictGet('profile_merge_map', 'into_id', (workspace_id, profile_id))"


def _by_sets() -> str:
    """Return the query as most people would write it: sets of ids inside each other."""
    person = f"if(profile_id IN merged, {_INTO}, profile_id)"
    return (
        f"WITH merged AS (SELECT from_id {_MERGED}) {_PEOPLE.format(what='count()')}"
        f" AND profile_id IN ({_CITY.format(what='profile_id')})"
        f" AND profile_id IN ({_OPERATORS.format(what='profile_id')})"
        f" AND profile_id IN ({_VIEWED.format(what=person)})"
        f" AND profile_id IN ({_CONNECTED.format(what=person)})"
        f" AND profile_id NOT IN ({_BOUGHT.format(what=person)})"
    )


def _by_bitmaps() -> str:
    """Return the query as somebody would write it who knows the engine well."""
    bitmap = "groupBitmapState(profile_id)"
    today = f"groupBitmapState(if(bitmapContains(merged, profile_id), {_INTO}, profile_id))"
    return (
        f"WITH (SELECT groupBitmapState(from_id) {_MERGED}) AS merged"
        " SELECT bitmapAndCardinality("
        f"({_PEOPLE.format(what=bitmap)}), bitmapAndnot(bitmapAnd(bitmapAnd("
        f"({_CITY.format(what=bitmap)}), ({_OPERATORS.format(what=bitmap)})), bitmapAnd("
        f"({_VIEWED.format(what=today)}), ({_CONNECTED.format(what=today)}))),"
        f" ({_BOUGHT.format(what=today)})))"
    )


BY_HAND = {"sets": _by_sets(), "bitmaps": _by_bitmaps()}


async def fill(rt: Runtime, workspace_id: int, size: int) -> None:
    """Make profiles, merges, traits and events of plausible shape inside ClickHouse."""
    gone = size // 100
    values = {"w": workspace_id, "n": size, "all": size + gone, "now": NOW}
    for sql in (
        "INSERT INTO profile_merges SELECT {w:UInt32}, {n:UInt64} + number,"
        " cityHash64(number, 5) % {n:UInt64}, 0, 1 FROM numbers({all:UInt64} - {n:UInt64})",
        "SYSTEM RELOAD DICTIONARY profile_merge_map",
        "INSERT INTO profiles (workspace_id, profile_id, known, has_email, has_phone, has_user_id,"
        " first_seen, last_seen, is_deleted, version) SELECT {w:UInt32}, number, 1, 1, 0, 1,"
        " {now:DateTime64(3)}, {now:DateTime64(3)}, number >= {n:UInt64}, 1"
        " FROM numbers({all:UInt64})",
        "INSERT INTO events (workspace_id, profile_id, name, type, time, received_at, message_id,"
        " anonymous_id, user_id, properties, context, source)"
        " SELECT {w:UInt32}, cityHash64(number, 2) % {all:UInt64},"
        " ['Plan viewed', 'Channel connected', 'Plan bought', 'Page viewed'][1 + number % 4],"
        " 'track', {now:DateTime64(3)} - toIntervalMinute(cityHash64(number, 3) % 259200),"
        " {now:DateTime64(3)}, toString(number), '', '',"
        " concat('{\"price\":', toString(cityHash64(number, 4) % 100), '}'), '{}', 'server'"
        f" FROM numbers({{n:UInt64}} * {EVENTS_PER_PROFILE})",
    ):
        await rt.ch.command(sql, {k: v for k, v in values.items() if f"{{{k}:" in sql})
    for trait, kind, text, number in (
        ("city", "string", "concat('city ', toString(cityHash64(number) % 10))", "0"),
        ("operators", "number", "''", "cityHash64(number, 1) % 12"),
    ):
        await rt.ch.command(
            "INSERT INTO profile_traits (workspace_id, trait, profile_id, type, str, num, list,"
            f" version) SELECT {{w:UInt32}}, '{trait}', number, '{kind}', {text}, {number}, [], 1"
            " FROM numbers({n:UInt64})",
            {"w": workspace_id, "n": size},
        )


async def measure() -> None:
    with engines() as urls:
        async with runtime(urls) as rt:
            for size in SIZES:
                async with rt.db.begin() as tx:
                    workspace = await create_workspace(tx, name=str(size), now=NOW)
                await fill(rt, workspace.id, size)
                await compare(rt, workspace.id, size, size * EVENTS_PER_PROFILE)


async def compare(rt: Runtime, workspace_id: int, size: int, events: int) -> None:
    """Ask all queries in turn, so that a busy moment of the machine meets each of them."""
    definition = parse(DEFINITION)
    values = {"w": workspace_id, "now": NOW}

    async def ours() -> int:
        found = await count_definition(
            rt, workspace_id=workspace_id, definition=definition, now=NOW, limit_s=60
        )
        return found.count

    async def by_hand(sql: str) -> int:
        return int((await rt.ch.query(sql, values))[0][0])

    ways: dict[str, Callable[[], Awaitable[int]]] = {"ours": ours}
    ways |= {name: partial(by_hand, sql) for name, sql in BY_HAND.items()}
    found = {name: await way() for name, way in ways.items()}
    assert len(set(found.values())) == 1, found
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(RUNS):
        for name, way in ways.items():
            begun = time.perf_counter()
            await way()
            times[name].append(time.perf_counter() - begun)
    medians = {name: statistics.median(given) for name, given in times.items()}
    best = min(BY_HAND, key=lambda name: medians[name])
    report(
        f"segment {size:,} people",
        events=events,
        people=found["ours"],
        seconds=medians["ours"],
        **{f"by_{name}_s": medians[name] for name in BY_HAND},
        ratio=medians["ours"] / medians[best],
        least_ratio=min(times["ours"]) / min(times[best]),
    )


def main() -> None:
    asyncio.run(measure())
