"""In which segments a person was, and since when: read from the stored memberships."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from otklik.runtime.public import Runtime

HISTORY = timedelta(days=180)


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """A time in a segment. `entered_at` null: before the history begins; `left_at` null: until
    the last recount."""

    segment_id: UUID
    entered_at: datetime | None
    left_at: datetime | None


async def membership_history(
    rt: Runtime, *, workspace_id: int, profile_id: int, now: datetime
) -> list[Stay]:
    """Return the stays of a (present) profile in segments over the last 180 days.

    Of each day the last recount is looked at, as is kept in the long run anyway; the profile is
    in where it or one merged into it is. Present stays come first, then the last ended.
    """
    rows = await rt.ch.query(
        """
        WITH (SELECT groupBitmapState(id) FROM (
            SELECT {profile:UInt64} AS id UNION ALL
            SELECT from_id AS id FROM profile_merges FINAL
            WHERE workspace_id = {workspace:UInt32} AND into_id = {profile:UInt64} AND undone = 0
        )) AS mine
        SELECT segment_id, computed_at, bitmapHasAny(members, mine) AS is_in
        FROM segment_memberships
        WHERE workspace_id = {workspace:UInt32} AND computed_at >= {since:DateTime64(3, 'UTC')}
          AND (segment_id, computed_at) IN (
            SELECT segment_id, max(computed_at) FROM segment_memberships
            WHERE workspace_id = {workspace:UInt32}
              AND computed_at >= {since:DateTime64(3, 'UTC')}
            GROUP BY segment_id, toDate(computed_at)
          )
        ORDER BY segment_id, computed_at
        SETTINGS max_execution_time = 10
        """,
        {"workspace": workspace_id, "profile": profile_id, "since": now - HISTORY},
    )
    stays: list[Stay] = []
    segment: UUID | None = None
    is_first, is_inside, entered = True, False, None
    for segment_id, computed_at, is_in in [*rows, (None, now, 0)]:
        if segment_id != segment:
            if segment is not None and is_inside:
                stays.append(Stay(segment_id=segment, entered_at=entered, left_at=None))
            segment, is_first, is_inside, entered = segment_id, True, False, None
        if segment is not None and bool(is_in) != is_inside:
            is_inside = bool(is_in)
            if is_inside:
                entered = None if is_first else computed_at
            else:
                stays.append(Stay(segment_id=segment, entered_at=entered, left_at=computed_at))
        is_first = False
    oldest = now - HISTORY
    return sorted(
        stays,
        key=lambda one: (one.left_at is None, one.left_at or one.entered_at or oldest),
        reverse=True,
    )
