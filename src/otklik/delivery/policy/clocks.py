"""Where the people of an audience live, and what their clocks and the rules mean for a mailing that
is still to go; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from otklik.delivery.audience import Ids
from otklik.delivery.policy.hours import UTC_ZONE, free_from, wall_moment, zone_of
from otklik.delivery.policy.model import Allowance, SendingPolicy, allowance, day_of
from otklik.delivery.policy.queries import marks_of
from otklik.runtime.public import Runtime

AMONG_MAX: Final = 100_000
"""Of a larger audience every so-manieth person is looked at."""
LIMITS_AMONG_MAX: Final = 20_000
"""The same for the ledger of what people got, which is read person by person: the share is then
right within a point."""
_ZONES = """
SELECT str, count()
FROM profile_traits FINAL
WHERE workspace_id = {workspace:UInt32} AND trait = 'timezone' AND type = 'string'
  AND profile_id IN {ids:Array(UInt64)}
GROUP BY str
"""
ZONE_OF_EACH = """
SELECT profile_id, str
FROM profile_traits FINAL
WHERE workspace_id = {workspace:UInt32} AND trait = 'timezone' AND type = 'string'
  AND profile_id IN {ids:Array(UInt64)}
"""


class OwnClocks(msgspec.Struct, frozen=True):
    """Of `people` the moment is over for `late`, who hear right after the launch. `first_at` and
    `last_at`: the first and the last of the moments."""

    people: int
    late: int
    first_at: datetime
    last_at: datetime


async def people_of_zones(
    rt: Runtime, *, workspace_id: int, zone: str, ids: Ids
) -> dict[ZoneInfo, int]:
    """Return how many of the people live in which zone; one query.

    Shapes: `zone` is the workspace's, for people who name none of their own. Of more than
    `AMONG_MAX` people the shares are those of every so-manieth.
    """
    step = -(-len(ids) // AMONG_MAX) or 1
    asked = ids[::step]
    home = zone_of(zone, UTC_ZONE)
    rows = await rt.ch.query(_ZONES, {"workspace": workspace_id, "ids": asked.tolist()})
    counts = {home: len(asked)}
    for name, count in rows:
        own = zone_of(name, home)
        counts[own] = counts.get(own, 0) + int(count)
        counts[home] -= int(count)
    return {one: round(count * len(ids) / len(asked)) for one, count in counts.items() if count > 0}


def own_clocks(
    people: Mapping[ZoneInfo, int], *, zone: str, wall: datetime, now: datetime
) -> OwnClocks:
    """Return when the clocks of people show `wall`; pure. `people`: see `people_of_zones`."""
    moments = [(wall_moment(one, wall), count) for one, count in people.items()]
    known = [moment for moment, _ in moments] or [wall_moment(zone_of(zone, UTC_ZONE), wall)]
    return OwnClocks(
        people=sum(people.values()),
        late=sum(count for moment, count in moments if moment <= now),
        first_at=min(known),
        last_at=max(known),
    )


async def held_by_limits(
    rt: Runtime,
    *,
    workspace_id: int,
    zone: str,
    policy: SendingPolicy,
    ids: Ids,
    at: datetime,
    wall: datetime | None = None,
) -> int:
    """Return how many of the people would get no mass message that goes at `at`, or at `wall` of
    their own clocks, because what the frequency rules allow is used up, as far as is known now.

    Of more than `LIMITS_AMONG_MAX` people the share is that of every so-manieth. Two queries.
    """
    if not policy.counts or not len(ids):
        return 0
    step = -(-len(ids) // LIMITS_AMONG_MAX)
    asked = ids[::step]
    async with rt.db.begin() as tx:
        marks = await marks_of(tx, workspace_id=workspace_id, profile_ids=asked.tolist())
    if not marks:
        return 0
    rows = await rt.ch.query(ZONE_OF_EACH, {"workspace": workspace_id, "ids": list(marks)})
    home = zone_of(zone, UTC_ZONE)
    zones = {int(one): zone_of(name, home) for one, name in rows}
    days: dict[ZoneInfo, int] = {}
    held = 0
    for one, theirs in marks.items():
        own = zones.get(one, home)
        if own not in days:
            goes = at if wall is None else max(at, wall_moment(own, wall))
            days[own] = day_of((free_from(policy, own, goes) or goes).astimezone(own))
        said = allowance(policy, theirs, day=days[own], mass=True, message_id=0)
        held += said is Allowance.USED_UP
    return round(held * len(ids) / len(asked))
