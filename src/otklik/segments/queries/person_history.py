"""In which segments a person was, and since when: read from who entered and who left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from otklik.events.public import ids_of_person
from otklik.runtime.public import Runtime
from otklik.segments.queries.people import memberships

_LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)
CHANGES_MAX = 5_000
"""The newest changes of one person that are looked at."""


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """A time in a segment. `entered_at` null: before the history begins; `left_at` null: until
    now."""

    segment_id: UUID
    entered_at: datetime | None
    left_at: datetime | None


async def membership_history(
    rt: Runtime, *, workspace_id: int, profile_id: int, now: datetime
) -> list[Stay]:
    """Return the stays of a (present) profile in segments, as far back as changes are kept.

    Present stays come first, then the last ended. Changes of profiles merged into it count too.
    """
    ids = await ids_of_person(rt, workspace_id=workspace_id, profile_id=profile_id)
    changes = await rt.ch.query(
        "SELECT DISTINCT segment_id, at, change FROM segment_changes_of_person"
        " WHERE workspace_id = {workspace:UInt32} AND profile_id IN {ids:Array(UInt64)}"
        " ORDER BY at DESC, change LIMIT {limit:UInt32}",
        {"workspace": workspace_id, "ids": ids, "limit": CHANGES_MAX},
    )
    present = await memberships(rt, workspace_id=workspace_id, profile_id=profile_id)
    of_segment: dict[UUID, list[tuple[datetime, bool]]] = {one: [] for one in present}
    for segment_id, at, change in reversed(changes):
        of_segment.setdefault(UUID(str(segment_id)), []).append((at, change == "entered"))
    stays = [
        Stay(segment_id=segment_id, entered_at=entered_at, left_at=left_at)
        for segment_id, turns in of_segment.items()
        for entered_at, left_at in _stays(turns, is_in=segment_id in present, now=now)
    ]
    return sorted(
        stays,
        key=lambda one: (one.left_at is None, (one.left_at or one.entered_at or _LONG_AGO)),
        reverse=True,
    )


def _stays(
    turns: list[tuple[datetime, bool]], *, is_in: bool, now: datetime
) -> Iterable[tuple[datetime | None, datetime | None]]:
    """Return (entered, left) of each stay, from turns (moment, whether in) and the present state.

    What was merged makes turns that repeat themselves: the first entering and the last leaving
    count. Where the turns end otherwise than the present state, the present state is right.
    """
    is_inside = not turns[0][1] if turns else is_in
    entered: datetime | None = None
    left: datetime | None = None
    for at, comes in turns:
        if comes and not is_inside:
            is_inside, entered = True, at
        elif is_inside and not comes:
            is_inside, left = False, at
            yield entered, left
    if is_in:
        yield (entered if is_inside else left), None
    elif is_inside:
        yield entered, now
