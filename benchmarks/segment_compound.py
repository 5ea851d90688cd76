"""A compound segment against the best SQL written by hand for it, at three sizes.

Two traits, two event conditions with windows and properties, one exclusion.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from benchmarks.harness import engines, median_of, report, runtime
from otklik.accounts.public import create_workspace
from otklik.rules.parse import parse
from otklik.runtime.public import Runtime
from otklik.segments.public import count_definition

SIZES = (100_000, 300_000, 1_000_000)
EVENTS_PER_PROFILE = 8
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

BY_HAND = """
SELECT count() FROM (
    SELECT profile_id FROM profile_traits FINAL
    WHERE workspace_id = {w:UInt32} AND trait = 'city' AND str = 'city 3' AND type = 'string'
) WHERE profile_id IN (
    SELECT profile_id FROM profile_traits FINAL
    WHERE workspace_id = {w:UInt32} AND trait = 'operators' AND num >= 5 AND type = 'number'
) AND profile_id IN (
    SELECT profile_id FROM events WHERE workspace_id = {w:UInt32} AND name = 'Plan viewed'
    AND time > {now:DateTime64(3)} - INTERVAL 30 DAY AND time <= {now:DateTime64(3)}
) AND profile_id IN (
    SELECT profile_id FROM events WHERE workspace_id = {w:UInt32} AND name = 'Channel connected'
    AND time > {now:DateTime64(3)} - INTERVAL 90 DAY AND time <= {now:DateTime64(3)}
    AND properties.price.:Int64 > 50
) AND profile_id NOT IN (
    SELECT profile_id FROM events WHERE workspace_id = {w:UInt32} AND name = 'Plan bought'
    AND time > {now:DateTime64(3)} - INTERVAL 60 DAY AND time <= {now:DateTime64(3)}
)
"""


async def fill(rt: Runtime, workspace_id: int, size: int) -> None:
    """Make profiles, traits and events of plausible shape inside ClickHouse."""
    values = {"w": workspace_id, "n": size, "now": NOW}
    await rt.ch.command(
        "INSERT INTO profiles (workspace_id, profile_id, known, has_email, has_phone, has_user_id,"
        " first_seen, last_seen, is_deleted, version) SELECT {w:UInt32}, number, 1, 1, 0, 1,"
        " {now:DateTime64(3)}, {now:DateTime64(3)}, 0, 1 FROM numbers({n:UInt64})",
        values,
    )
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
    await rt.ch.command(
        "INSERT INTO events (workspace_id, profile_id, name, type, time, received_at, message_id,"
        " anonymous_id, user_id, properties, context, source)"
        " SELECT {w:UInt32}, cityHash64(number, 2) % {n:UInt64},"
        " ['Plan viewed', 'Channel connected', 'Plan bought', 'Page viewed'][1 + number % 4],"
        " 'track', {now:DateTime64(3)} - toIntervalMinute(cityHash64(number, 3) % 259200),"
        " {now:DateTime64(3)}, toString(number), '', '',"
        " concat('{\"price\":', toString(cityHash64(number, 4) % 100), '}'), '{}', 'server'"
        " FROM numbers({m:UInt64})",
        {**values, "m": size * EVENTS_PER_PROFILE},
    )


async def measure() -> None:
    with engines() as urls:
        async with runtime(urls) as rt:
            definition = parse(DEFINITION)
            for size in SIZES:
                async with rt.db.begin() as tx:
                    workspace = await create_workspace(tx, name=str(size), now=NOW)
                await fill(rt, workspace.id, size)
                values = {"w": workspace.id, "now": NOW}
                expected = (await rt.ch.query(BY_HAND, values))[0][0]
                found = await count_definition(
                    rt, workspace_id=workspace.id, definition=definition, now=NOW
                )
                assert found.count == expected, (found.count, expected)
                ours = await median_of(
                    lambda w=workspace.id: count_definition(  # type: ignore[misc]
                        rt, workspace_id=w, definition=definition, now=NOW
                    )
                )
                hand = await median_of(lambda v=values: rt.ch.query(BY_HAND, v))  # type: ignore[misc]
                report(
                    f"segment {size:,} people",
                    events=size * EVENTS_PER_PROFILE,
                    people=found.count,
                    seconds=ours,
                    by_hand_s=hand,
                    ratio=ours / hand,
                )


def main() -> None:
    asyncio.run(measure())
