"""Keeping the people behind a part of a diagram as a list."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from otklik.rules.moments import epoch_millis
from otklik.runtime.public import Runtime, Tx
from otklik.segments.engine import REFRESH_S, store
from otklik.segments.model import RunReason, SegmentKind
from otklik.segments.operations.edit import create_segment
from otklik.segments.operations.refresh import Outcome, stored_size, write_outcome
from otklik.segments.overtime.bitmaps import People
from otklik.segments.queries.records import get_record


async def keep_people(
    rt: Runtime, tx: Tx, *, workspace_id: int, name: str, people: People, now: datetime
) -> UUID:
    """Make a list of `people` as they are now. Raises: SegmentInvalid (the name)."""
    list_id = await create_segment(
        tx, workspace_id=workspace_id, name=name, kind=SegmentKind.STATIC, now=now
    )
    query = people.stored()
    await store(
        rt,
        "INSERT INTO segment_memberships (workspace_id, segment_id, computed_at, members, size)"
        " SELECT {workspace:UInt32}, {target:UUID}, fromUnixTimestamp64Milli({at:Int64}, 'UTC'),"
        f" members, size FROM ({query.sql})",
        {**query.parameters, "target": str(list_id), "at": epoch_millis(now)},
        limit_s=REFRESH_S,
    )
    size = await stored_size(rt, workspace_id=workspace_id, segment_id=list_id)
    await write_outcome(
        tx,
        record=await get_record(tx, workspace_id=workspace_id, segment_id=list_id),
        asked=None,
        outcome=Outcome(took_ms=0, size=size),
        reason=RunReason.CREATED,
        now=now,
    )
    return list_id
