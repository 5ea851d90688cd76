"""Reads of the register of requests."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import get_user, get_workspace
from otklik.kit.errors import NotFound
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.privacy import tables as t
from otklik.privacy.errors import RequestNotFound
from otklik.privacy.requests import (
    TERMS,
    Law,
    PersonRequest,
    RequestKind,
    RequestState,
    Unit,
    days_left,
    urgency_of,
)
from otklik.runtime.public import Tx


class DueRequests(msgspec.Struct, frozen=True):
    """Open requests by urgency, for the start page: over their term, and with a term soon.

    `overdue_since`: the oldest term that is over; `next_due_on`: the nearest that is not.
    """

    overdue: int
    soon: int
    overdue_since: date | None
    next_due_on: date | None


async def own_days(tx: Tx, *, workspace_id: int) -> dict[date, bool]:
    """Return the workspace's own days: True for a working one."""
    c = t.calendar_days.c
    rows = await tx.execute(
        sa.select(c.day, c.working).where(c.workspace_id == workspace_id).order_by(c.day)
    )
    return {row.day: row.working for row in rows}


async def get_request(
    tx: Tx, *, workspace_id: int, request_id: UUID, now: datetime
) -> PersonRequest:
    """Return a request with its countdown; raises RequestNotFound."""
    c = t.person_requests.c
    row = (
        await tx.execute(
            sa.select(t.person_requests).where(c.workspace_id == workspace_id, c.id == request_id)
        )
    ).one_or_none()
    if row is None:
        raise RequestNotFound()
    view = await _View.of(tx, workspace_id, now)
    return await view.request(row)


async def list_requests(
    tx: Tx,
    *,
    workspace_id: int,
    now: datetime,
    state: RequestState | None = None,
    profile_id: int | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[PersonRequest]:
    """Return requests: open ones first, the most urgent at the top, then the newest answers."""
    limit = clamp_limit(limit)
    c = t.person_requests.c
    closed = sa.case((c.state == RequestState.OPEN.value, 0), else_=1)
    # One rising number for both parts of the list: days to the term, then days since the answer.
    order = sa.case(
        (c.state == RequestState.OPEN.value, c.due_on - sa.literal(date(2000, 1, 1))),
        else_=sa.literal(date(2100, 1, 1)) - c.received_on,
    )
    statement = (
        sa.select(t.person_requests, closed.label("closed"), order.label("place"))
        .where(c.workspace_id == workspace_id)
        .order_by(closed, order, c.number)
        .limit(limit + 1)
    )
    if state is not None:
        statement = statement.where(c.state == state.value)
    if profile_id is not None:
        statement = statement.where(c.profile_id == profile_id)
    if cursor:
        last = decode_cursor(cursor, int, int, int)
        statement = statement.where(
            sa.tuple_(closed, order, c.number)
            > sa.tuple_(*(sa.literal(value, sa.Integer) for value in last))
        )
    rows = (await tx.execute(statement)).all()
    view = await _View.of(tx, workspace_id, now)
    following = None
    if len(rows) > limit:
        end = rows[limit - 1]
        following = encode_cursor(end.closed, end.place, end.number)
    return Page([await view.request(row) for row in rows[:limit]], following)


async def requests_due(tx: Tx, *, workspace_id: int, now: datetime) -> DueRequests:
    """Return how many open requests are over their term or near it."""
    c = t.person_requests.c
    rows = (
        await tx.execute(
            sa.select(t.person_requests).where(
                c.workspace_id == workspace_id, c.state == RequestState.OPEN.value
            )
        )
    ).all()
    if not rows:
        return DueRequests(0, 0, None, None)
    view = await _View.of(tx, workspace_id, now)
    terms = [(view.urgency(row), row.due_on) for row in rows]
    over = [due_on for urgency, due_on in terms if urgency == "overdue"]
    near = [due_on for urgency, due_on in terms if urgency != "overdue"]
    return DueRequests(
        overdue=len(over),
        soon=sum(1 for urgency, _ in terms if urgency in {"today", "soon"}),
        overdue_since=min(over, default=None),
        next_due_on=min(near, default=None),
    )


class _View:
    """What turns a row into what people see: today in the workspace's zone, its days, names."""

    def __init__(self, tx: Tx, today: date, own: dict[date, bool]) -> None:
        self._tx, self._today, self._own = tx, today, own
        self._names: dict[UUID, str | None] = {}

    @classmethod
    async def of(cls, tx: Tx, workspace_id: int, now: datetime) -> _View:
        zone = ZoneInfo((await get_workspace(tx, workspace_id=workspace_id)).timezone)
        own = await own_days(tx, workspace_id=workspace_id)
        return cls(tx, now.astimezone(zone).date(), own)

    def left(self, row: Any) -> int:
        term = TERMS[Law(row.law), RequestKind(row.kind)]
        return days_left(term, self._today, row.due_on, self._own)

    def urgency(self, row: Any) -> str:
        return urgency_of(RequestState(row.state), self._today, row.due_on, self.left(row))

    async def request(self, row: Any) -> PersonRequest:
        law, kind, state = Law(row.law), RequestKind(row.kind), RequestState(row.state)
        term = TERMS[law, kind]
        left = self.left(row)
        return PersonRequest(
            id=row.id,
            number=row.number,
            kind=kind,
            law=law,
            article=term.article,
            state=state,
            profile_id=row.profile_id,
            person=row.person,
            note=row.note,
            received_on=row.received_on,
            due_on=row.due_on,
            left=left,
            left_unit="working_days" if term.unit is Unit.WORKING_DAYS else "days",
            urgency=urgency_of(state, self._today, row.due_on, left),
            extendable=(
                state is RequestState.OPEN and term.extension > 0 and row.extended_at is None
            ),
            extension_reason=row.extension_reason,
            answer=row.answer,
            answered_at=row.answered_at,
            answered_by=await self._name(row.answered_by),
            created_at=row.created_at,
        )

    async def _name(self, user_id: UUID | None) -> str | None:
        if user_id is None:
            return None
        if user_id not in self._names:
            self._names[user_id] = await user_name(self._tx, user_id)
        return self._names[user_id]


async def user_name(tx: Tx, user_id: UUID | None) -> str | None:
    """Return the name of a colleague, or None where there is none (a key, an account removed)."""
    if user_id is None:
        return None
    try:
        return (await get_user(tx, user_id=user_id)).name
    except NotFound:
        return None
