"""Forwardings, their health, their log and their dead letters, as they are shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from otklik.exports.errors import DeliveryNotFound, ForwardingNotFound
from otklik.exports.forwarding.capture import unpack
from otklik.exports.forwarding.model import AttemptOutcome, ForwardingKind, ForwardingState, Target
from otklik.exports.forwarding.webhook import event_body
from otklik.exports.tables import (
    forward_attempts,
    forward_captures,
    forward_deliveries,
    forward_hours,
    forwardings,
)
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx


class ForwardingView(msgspec.Struct, frozen=True, kw_only=True):
    """A forwarding and its health. No secret is ever shown here.

    `delivered_hour`, `delivered_day`: events of the last hour (two clock hours) and 24 hours.
    `waiting`, `dead`: events. `preparing`: events of the workspace noted and not yet prepared.
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


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log: every failure, and of successes the first of each round."""

    id: int
    delivery_id: UUID
    event: str
    events: int
    attempt: int
    at: datetime
    outcome: AttemptOutcome
    status: int | None
    took_ms: int
    error: str | None
    answer: str


class DeadView(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    event: str
    events: int
    attempts: int
    status: int | None
    error: str | None
    created_at: datetime
    dead_at: datetime


class DeadBody(msgspec.Struct, frozen=True):
    """The events inside a dead letter, as they would leave."""

    events: list[dict[str, Any]]


async def list_forwardings(
    tx: Tx, *, workspace_id: int, now: datetime, only: UUID | None = None
) -> list[ForwardingView]:
    """Return the forwardings of a workspace by name."""
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
    return [
        _view(
            row,
            counts.get((row.forwarding_id, "waiting")),
            counts.get((row.forwarding_id, "dead")),
            sums.get(row.forwarding_id),
            errors.get(row.forwarding_id),
            int(preparing),
        )
        for row in rows
    ]


async def get_forwarding(
    tx: Tx, *, workspace_id: int, forwarding_id: UUID, now: datetime
) -> ForwardingView:
    """Raises: ForwardingNotFound."""
    found = await list_forwardings(tx, workspace_id=workspace_id, now=now, only=forwarding_id)
    if not found:
        raise ForwardingNotFound(what="forwarding")
    return found[0]


async def list_attempts(
    tx: Tx,
    *,
    workspace_id: int,
    forwarding_id: UUID,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AttemptView]:
    """Return the log, newest first. Raises: BadCursor."""
    limit = clamp_limit(limit)
    a = forward_attempts.c
    where = [a.workspace_id == workspace_id, a.forwarding_id == forwarding_id]
    if cursor is not None:
        where.append(a.attempt_id < decode_cursor(cursor, int)[0])
    rows = (
        await tx.execute(
            sa.select(forward_attempts).where(*where).order_by(a.attempt_id.desc()).limit(limit + 1)
        )
    ).all()
    items = [
        AttemptView(
            id=row.attempt_id,
            delivery_id=row.delivery_id,
            event=row.event,
            events=row.events,
            attempt=row.attempt,
            at=row.at,
            outcome=AttemptOutcome(row.outcome),
            status=row.status,
            took_ms=row.took_ms,
            error=row.error,
            answer=row.answer,
        )
        for row in rows[:limit]
    ]
    return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


async def list_dead(
    tx: Tx,
    *,
    workspace_id: int,
    forwarding_id: UUID,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[DeadView]:
    """Return dead letters, newest first. Raises: BadCursor."""
    limit = clamp_limit(limit)
    d = forward_deliveries.c
    where = [
        d.workspace_id == workspace_id,
        d.forwarding_id == forwarding_id,
        d.state == "dead",
    ]
    if cursor is not None:
        at, one = decode_cursor(cursor, datetime, UUID)
        where.append(sa.tuple_(d.dead_at, d.delivery_id) < sa.tuple_(sa.literal(at), one))
    rows = (
        await tx.execute(
            sa.select(forward_deliveries)
            .where(*where)
            .order_by(d.dead_at.desc(), d.delivery_id.desc())
            .limit(limit + 1)
        )
    ).all()
    items = [
        DeadView(
            id=row.delivery_id,
            event=row.event,
            events=row.events,
            attempts=row.attempts,
            status=row.status,
            error=row.error,
            created_at=row.created_at,
            dead_at=row.dead_at,
        )
        for row in rows[:limit]
    ]
    following = None
    if len(rows) > limit:
        following = encode_cursor(items[-1].dead_at, items[-1].id)
    return Page(items, following)


async def dead_body(
    tx: Tx, *, workspace_id: int, forwarding_id: UUID, delivery_id: UUID
) -> DeadBody:
    """Raises: DeliveryNotFound."""
    d = forward_deliveries.c
    body = (
        await tx.execute(
            sa.select(d.body).where(
                d.workspace_id == workspace_id,
                d.forwarding_id == forwarding_id,
                d.delivery_id == delivery_id,
            )
        )
    ).scalar_one_or_none()
    if body is None:
        raise DeliveryNotFound(what="delivery")
    return DeadBody([event_body(event) for event in unpack(body)])


def _view(
    row: Any, waiting: Any, dead: Any, sums: Any, error: str | None, preparing: int
) -> ForwardingView:
    return ForwardingView(
        id=row.forwarding_id,
        kind=ForwardingKind(row.kind),
        name=row.name,
        state=ForwardingState(row.state),
        stopped_by=row.stopped_by,
        target=msgspec.convert(row.target, Target),
        names=row.names,
        filters=row.filters,
        imported=row.imported,
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
