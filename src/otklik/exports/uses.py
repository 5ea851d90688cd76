"""What of exports needs a segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.exports.tables import export_schedules, forwarding_segments, forwardings
from otklik.runtime.public import Tx


class SegmentUse(msgspec.Struct, frozen=True):
    """A schedule that takes out a segment, or a forwarding that tells who enters or leaves it."""

    kind: Literal["schedule", "forwarding"]
    id: UUID
    name: str


async def exports_using(
    tx: Tx, *, workspace_id: int, segment_ids: Sequence[UUID]
) -> dict[UUID, list[SegmentUse]]:
    """Return what uses each of the segments."""
    s, f, e = forwarding_segments.c, forwardings.c, export_schedules.c
    found: dict[UUID, list[SegmentUse]] = {}
    for row in await tx.execute(
        sa.select(s.segment_id, f.forwarding_id, f.name)
        .join(forwardings, f.forwarding_id == s.forwarding_id)
        .where(s.workspace_id == workspace_id, s.segment_id.in_(segment_ids))
        .order_by(f.name)
    ):
        use = SegmentUse("forwarding", row.forwarding_id, row.name)
        found.setdefault(row.segment_id, []).append(use)
    chosen = e.plan["segment_id"].astext
    for row in await tx.execute(
        sa.select(chosen.label("segment_id"), e.schedule_id, e.name)
        .where(e.workspace_id == workspace_id, chosen.in_([str(one) for one in segment_ids]))
        .order_by(e.name)
    ):
        use = SegmentUse("schedule", row.schedule_id, row.name)
        found.setdefault(UUID(row.segment_id), []).append(use)
    return found
