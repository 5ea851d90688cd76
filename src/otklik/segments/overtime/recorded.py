"""The people of one change, page by page, as they were written down."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from otklik.rules.moments import epoch_millis
from otklik.runtime.public import Runtime
from otklik.segments.overtime.model import Change


async def recorded_people(
    rt: Runtime,
    *,
    workspace_id: int,
    segment_id: UUID,
    at: datetime,
    change: Change,
    after: int = 0,
    limit: int,
) -> list[int]:
    """Return who entered (or left) by the change of the moment `at`: the `limit` ids that follow
    `after`, ascending, under the numbers of that time.

    Those numbers never change, so pages neither lose nor repeat anybody while profiles are merged;
    each page is found by the table's key, however many people the change has.
    """
    rows = await rt.ch.query(
        "SELECT DISTINCT profile_id FROM segment_changes"
        " WHERE workspace_id = {workspace:UInt32} AND segment_id = {segment:UUID}"
        " AND at = fromUnixTimestamp64Milli({at:Int64}, 'UTC') AND change = {change:String}"
        " AND profile_id > {after:UInt64} ORDER BY profile_id LIMIT {limit:UInt32}",
        {
            "workspace": workspace_id,
            "segment": str(segment_id),
            "at": epoch_millis(at),
            "change": change,
            "after": after,
            "limit": limit,
        },
    )
    return [int(profile_id) for (profile_id,) in rows]
