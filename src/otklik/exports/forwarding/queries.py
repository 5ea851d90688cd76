"""Forwardings and their health, as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from otklik.exports.errors import ForwardingNotFound
from otklik.exports.forwarding.model import (
    ForwardingKind,
    ForwardingState,
    Target,
    shown_target,
)
from otklik.exports.tables import (
    forward_attempts,
    forward_captures,
    forward_changes,
    forward_deliveries,
    forward_hours,
    forwarding_segments,
    forwardings,
)
from otklik.runtime.public import Tx
from otklik.segments.public import segment_names


class SegmentChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A segment whose people are told of when they enter it, leave it, or both."""

    segment_id: UUID
    name: str
    entered: bool
    left: bool


class ForwardingView(msgspec.Struct, frozen=True, kw_only=True):
    """A forwarding and its health. No secret is ever shown here, and of an address its host only
    to those who may not set it up.

    `delivered_hour`, `delivered_day`: events of the last hour (two clock hours) and 24 hours.
    `waiting`, `dead`: events. `preparing`: events of the workspace, and people who entered or left
    its segments, that are noted and not yet prepared.
    `open_until`: the receiver failed again and again and is left alone until then.
    `stopped_by` "gone": it answered 410.
    """

    id: UUID
    kind: ForwardingKind
    name: str
    state: ForwardingState
    stopped_by: str | None
    target: Target
    names: list[str] | None
    filters: list[dict[str, Any]]
    imported: bool
    segments: list[SegmentChoice]
    with_customer: bool
    batch: int
    concurrency: int
    delivered_hour: int
    delivered_day: int
    failed_day: int
    waiting: int
    dead: int
    preparing: int
    oldest_at: datetime | None
    last_error: str | None
    failures: int
    open_until: datetime | None
    old_secret_until: datetime | None
    created_at: datetime


async def list_forwardings(
    tx: Tx, *, workspace_id: int, now: datetime, whole: bool, only: UUID | None = None
) -> list[ForwardingView]:
    """Return the forwardings of a workspace by name. `whole`: with their whole addresses."""
    f, d, h = forwardings.c, forward_deliveries.c, forward_hours.c
    where = [f.workspace_id == workspace_id]
    if only is not None:
        where.append(f.forwarding_id == only)
    rows = (await tx.execute(sa.select(forwardings).where(*where).order_by(f.name))).all()
    ids = [row.forwarding_id for row in rows]
    waiting = (
        await tx.execute(
            sa.select(
                d.forwarding_id,
                d.state,
                sa.func.sum(d.events).label("events"),
                sa.func.min(d.created_at).label("oldest"),
            )
            .where(d.forwarding_id.in_(ids))
            .group_by(d.forwarding_id, d.state)
        )
    ).all()
    counts = {(row.forwarding_id, row.state): row for row in waiting}
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    sums = {
        row.forwarding_id: row
        for row in await tx.execute(
            sa.select(
                h.forwarding_id,
                sa.func.sum(h.delivered).label("day"),
                sa.func.sum(h.failed).label("failed"),
                sa.func.sum(sa.case((h.hour >= hour, h.delivered), else_=0)).label("hour"),
            )
            .where(h.forwarding_id.in_(ids), h.hour > now - timedelta(days=1))
            .group_by(h.forwarding_id)
        )
    }
    errors = {
        row.forwarding_id: row.error
        for row in await tx.execute(
            sa.select(forward_attempts.c.forwarding_id, forward_attempts.c.error)
            .ext(distinct_on(forward_attempts.c.forwarding_id))
            .where(forward_attempts.c.forwarding_id.in_(ids))
            .order_by(forward_attempts.c.forwarding_id, forward_attempts.c.attempt_id.desc())
        )
    }
    preparing = (
        await tx.execute(
            sa.select(sa.func.coalesce(sa.func.sum(forward_captures.c.events), 0)).where(
                forward_captures.c.workspace_id == workspace_id
            )
        )
    ).scalar_one()
    c = forward_changes.c
    changing = {
        row.forwarding_id: int(row.people)
        for row in await tx.execute(
            sa.select(
                c.forwarding_id,
                sa.func.sum(sa.func.greatest(c.people - c.done, 0)).label("people"),
            )
            .where(c.forwarding_id.in_(ids))
            .group_by(c.forwarding_id)
        )
    }
    segments = await _segments(tx, workspace_id, ids)
    return [
        _view(
            row,
            counts.get((row.forwarding_id, "waiting")),
            counts.get((row.forwarding_id, "dead")),
            sums.get(row.forwarding_id),
            errors.get(row.forwarding_id),
            preparing=int(preparing) + changing.get(row.forwarding_id, 0),
            segments=segments.get(row.forwarding_id, []),
            whole=whole,
        )
        for row in rows
    ]


async def _segments(
    tx: Tx, workspace_id: int, forwarding_ids: Sequence[UUID]
) -> dict[UUID, list[SegmentChoice]]:
    s = forwarding_segments.c
    rows = (
        await tx.execute(sa.select(forwarding_segments).where(s.forwarding_id.in_(forwarding_ids)))
    ).all()
    names = await segment_names(tx, workspace_id=workspace_id) if rows else {}
    found: dict[UUID, list[SegmentChoice]] = {}
    for row in sorted(rows, key=lambda row: names.get(row.segment_id, "")):
        found.setdefault(row.forwarding_id, []).append(
            SegmentChoice(
                segment_id=row.segment_id,
                name=names.get(row.segment_id, ""),
                entered=row.entered,
                left=row.left,
            )
        )
    return found


async def get_forwarding(
    tx: Tx, *, workspace_id: int, forwarding_id: UUID, now: datetime, whole: bool
) -> ForwardingView:
    """Raises: ForwardingNotFound."""
    found = await list_forwardings(
        tx, workspace_id=workspace_id, now=now, whole=whole, only=forwarding_id
    )
    if not found:
        raise ForwardingNotFound(what="forwarding")
    return found[0]


async def forwarding_row(tx: Tx, *, workspace_id: int, forwarding_id: UUID) -> Any:
    """Return the row of a forwarding. Raises: ForwardingNotFound."""
    f = forwardings.c
    row = (
        await tx.execute(
            sa.select(forwardings).where(
                f.workspace_id == workspace_id, f.forwarding_id == forwarding_id
            )
        )
    ).first()
    if row is None:
        raise ForwardingNotFound(what="forwarding")
    return row


def _view(
    row: Any,
    waiting: Any,
    dead: Any,
    sums: Any,
    error: str | None,
    *,
    preparing: int,
    segments: list[SegmentChoice],
    whole: bool,
) -> ForwardingView:
    return ForwardingView(
        id=row.forwarding_id,
        kind=ForwardingKind(row.kind),
        name=row.name,
        state=ForwardingState(row.state),
        stopped_by=row.stopped_by,
        target=shown_target(msgspec.convert(row.target, Target), whole=whole),
        names=row.names,
        filters=row.filters,
        imported=row.imported,
        segments=segments,
        with_customer=row.with_customer,
        batch=row.batch,
        concurrency=row.concurrency,
        delivered_hour=int(sums.hour) if sums else 0,
        delivered_day=int(sums.day) if sums else 0,
        failed_day=int(sums.failed) if sums else 0,
        waiting=int(waiting.events) if waiting else 0,
        dead=int(dead.events) if dead else 0,
        preparing=preparing if row.state != "off" else 0,
        oldest_at=waiting.oldest if waiting else None,
        last_error=error,
        failures=row.failures,
        open_until=row.open_until,
        old_secret_until=row.old_secret_until,
        created_at=row.created_at,
    )
