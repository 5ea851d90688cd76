"""When people's own clocks show a time: how many of an audience it has passed for already."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from otklik.delivery.audience import Ids
from otklik.delivery.policy.hours import UTC_ZONE, wall_moment, zone_of
from otklik.runtime.public import Runtime

AMONG_MAX: Final = 100_000
"""Of a larger audience every so-manieth person is looked at."""
_ZONES = """
SELECT str, count()
FROM profile_traits FINAL
WHERE workspace_id = {workspace:UInt32} AND trait = 'timezone' AND type = 'string'
  AND profile_id IN {ids:Array(UInt64)}
GROUP BY str
"""


class OwnClocks(msgspec.Struct, frozen=True):
    """Of `people` the moment is over for `late`, who hear right after the launch. `first_at` and
    `last_at`: the first and the last of the moments."""

    people: int
    late: int
    first_at: datetime
    last_at: datetime


async def own_clocks(
    rt: Runtime, *, workspace_id: int, zone: str, ids: Ids, wall: datetime, now: datetime
) -> OwnClocks:
    """Return when the clocks of people show `wall`; one query.

    Shapes: `zone` is the workspace's, for people who name none of their own. Of more than
    `AMONG_MAX` people the share is that of every so-manieth.
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
    moments = [(wall_moment(one, wall), count) for one, count in counts.items() if count > 0]
    late = sum(count for moment, count in moments if moment <= now)
    known = [moment for moment, _ in moments] or [wall_moment(home, wall)]
    return OwnClocks(
        people=len(ids),
        late=round(late * len(ids) / len(asked)) if len(asked) else 0,
        first_at=min(known),
        last_at=max(known),
    )
