"""The log of forwarding and its dead letters, as they are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.exports.errors import DeliveryNotFound
from otklik.exports.forwarding.model import AttemptOutcome
from otklik.exports.forwarding.preparing import unpack
from otklik.exports.forwarding.queries import forwarding_row
from otklik.exports.forwarding.webhook import event_body
from otklik.exports.model import Moment, Number
from otklik.exports.tables import forward_attempts, forward_deliveries
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of a forwarding's list is wanted."""

    workspace_id: int
    forwarding_id: UUID
    cursor: str | None = None
    limit: int = 50


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


async def list_attempts(tx: Tx, asked: Asked) -> Page[AttemptView]:
    """Return the log, newest first. Raises: ForwardingNotFound, BadCursor."""
    await forwarding_row(tx, workspace_id=asked.workspace_id, forwarding_id=asked.forwarding_id)
    limit = clamp_limit(asked.limit)
    a = forward_attempts.c
    where = [a.workspace_id == asked.workspace_id, a.forwarding_id == asked.forwarding_id]
    if asked.cursor is not None:
        (reached,) = decode_cursor(asked.cursor, Number)
        where.append(a.attempt_id < reached)
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


async def list_dead(tx: Tx, asked: Asked) -> Page[DeadView]:
    """Return dead letters, newest first. Raises: ForwardingNotFound, BadCursor."""
    await forwarding_row(tx, workspace_id=asked.workspace_id, forwarding_id=asked.forwarding_id)
    limit = clamp_limit(asked.limit)
    d = forward_deliveries.c
    where = [
        d.workspace_id == asked.workspace_id,
        d.forwarding_id == asked.forwarding_id,
        d.state == "dead",
    ]
    if asked.cursor is not None:
        at, one = decode_cursor(asked.cursor, Moment, UUID)
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
