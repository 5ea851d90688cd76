"""The latest event of each name of many people, as letters speak of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from otklik.events.model import EventRow
from otklik.events.queries import AHEAD, COLUMNS, OF_PROFILE, event_of
from otklik.runtime.public import Runtime

LATEST_WITHIN = timedelta(days=400)
"""What is older than a year and its holidays is nothing to begin a letter with."""


async def latest_of_people(
    rt: Runtime,
    *,
    workspace_id: int,
    profile_ids: Sequence[int],
    names: Collection[str],
    now: datetime,
) -> dict[int, dict[str, EventRow]]:
    """Return per profile its latest event of each name in the last 400 days, those of profiles
    that were merged into it included. Who has none is left out."""
    if not profile_ids or not names:
        return {}
    merged = await rt.ch.query(
        "SELECT from_id FROM dictionary('profile_merge_map')"
        " WHERE workspace_id = {workspace_id:UInt32} AND into_id IN {into_ids:Array(UInt64)}",
        {"workspace_id": workspace_id, "into_ids": list(profile_ids)},
    )
    where = f"""
        workspace_id = {{workspace_id:UInt32}} AND name IN {{names:Array(String)}}
        AND {OF_PROFILE}
        AND time >= {{since:DateTime64(3, 'UTC')}} AND time <= {{until:DateTime64(3, 'UTC')}}
    """
    # First the moments, which are narrow columns: only the events of these are read whole.
    rows = await rt.ch.query(
        f"""
        SELECT {COLUMNS} FROM events
        WHERE {where} AND (name, profile_id, time) IN (
            SELECT name, profile_id, max(time) FROM events WHERE {where} GROUP BY name, profile_id
        )
        ORDER BY time DESC, message_id DESC LIMIT 1 BY current_id, name
        """,
        {
            "workspace_id": workspace_id,
            "names": sorted(names),
            "profile_ids": [*profile_ids, *(int(from_id) for (from_id,) in merged)],
            "since": now - LATEST_WITHIN,
            "until": now + AHEAD,
        },
    )
    found: dict[int, dict[str, EventRow]] = {}
    for event in map(event_of, rows):
        found.setdefault(event.profile_id, {})[event.name] = event
    return found


def sample_of(paths: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return properties made of the samples of a registry, nested as their dotted paths say."""
    made: dict[str, Any] = {}
    for path, sample in paths:
        if sample is None or "[]" in path:
            continue
        *steps, last = path.split(".")
        place = made
        for step in steps:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place.setdefault(last, msgspec.to_builtins(sample))
    return made
