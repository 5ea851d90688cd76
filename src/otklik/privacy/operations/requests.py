"""Writes of the register of requests, and of the days that its terms are counted by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.accounts.public import get_workspace
from otklik.kit.ids import new_id
from otklik.privacy import tables as t
from otklik.privacy.errors import ReceivedInFuture, RequestClosed, RequestNotExtendable
from otklik.privacy.model import CHANNELS, Action, ConsentEntry, Purpose, Source
from otklik.privacy.operations.ledger import lock_workspace, record_consents
from otklik.privacy.queries.requests import get_request, own_days
from otklik.privacy.requests import (
    TERMS,
    Law,
    PersonRequest,
    RequestKind,
    RequestState,
)
from otklik.profiles.public import get_profile
from otklik.runtime.public import Tx


async def add_request(
    tx: Tx,
    *,
    workspace_id: int,
    kind: RequestKind,
    law: Law,
    received_on: date,
    profile_id: int | None,
    person: str,
    note: str,
    user_id: UUID | None,
    now: datetime,
) -> PersonRequest:
    """Enter a request into the register; its term begins on the day after it came.

    Raises: ReceivedInFuture, ProfileNotFound.
    """
    workspace = await get_workspace(tx, workspace_id=workspace_id)
    if received_on > now.astimezone(ZoneInfo(workspace.timezone)).date():
        raise ReceivedInFuture()
    if profile_id is not None:
        profile_id = (await get_profile(tx, workspace_id=workspace_id, profile_id=profile_id)).id
    await lock_workspace(tx, workspace_id)
    c = t.person_requests.c
    newest = await tx.execute(
        sa.select(sa.func.coalesce(sa.func.max(c.number), 0)).where(c.workspace_id == workspace_id)
    )
    own = await own_days(tx, workspace_id=workspace_id)
    request_id = new_id()
    await tx.execute(
        t.person_requests.insert().values(
            id=request_id,
            workspace_id=workspace_id,
            number=newest.scalar_one() + 1,
            kind=kind.value,
            law=law.value,
            state=RequestState.OPEN.value,
            profile_id=profile_id,
            person=person.strip(),
            note=note.strip(),
            received_on=received_on,
            due_on=TERMS[law, kind].ends(received_on, own),
            answer="",
            created_at=now,
            created_by=user_id,
        )
    )
    return await get_request(tx, workspace_id=workspace_id, request_id=request_id, now=now)


async def attach_profile(
    tx: Tx, *, workspace_id: int, request_id: UUID, profile_id: int, now: datetime
) -> PersonRequest:
    """Say whose request it is. Raises: RequestNotFound, ProfileNotFound."""
    await get_request(tx, workspace_id=workspace_id, request_id=request_id, now=now)
    card = await get_profile(tx, workspace_id=workspace_id, profile_id=profile_id)
    return await _change(tx, workspace_id, request_id, now, profile_id=card.id)


async def extend_request(
    tx: Tx, *, workspace_id: int, request_id: UUID, reason: str, now: datetime
) -> PersonRequest:
    """Take the longer term that the law allows once, with a reason that the person is told.

    Raises: RequestNotFound, RequestClosed, RequestNotExtendable.
    """
    request = await _open(tx, workspace_id, request_id, now)
    if not request.extendable:
        raise RequestNotExtendable(number=request.number)
    own = await own_days(tx, workspace_id=workspace_id)
    term = TERMS[request.law, request.kind]
    return await _change(
        tx,
        workspace_id,
        request_id,
        now,
        due_on=term.ends(request.received_on, own, extended=True),
        extension_reason=reason.strip(),
        extended_at=now,
    )


async def answer_request(
    tx: Tx,
    *,
    workspace_id: int,
    request_id: UUID,
    state: RequestState,
    answer: str,
    user_id: UUID | None,
    withdraw: Sequence[Purpose] = (),
    now: datetime,
) -> PersonRequest:
    """Close a request with what was answered.

    `withdraw`: purposes for which the person's consents are taken back by the same act; for
    advertising on every channel. Raises: RequestNotFound, RequestClosed.
    """
    request = await _open(tx, workspace_id, request_id, now)
    if withdraw and request.profile_id is not None:
        entries = [
            ConsentEntry(
                profile_id=request.profile_id,
                purpose=purpose,
                channel=channel,
                action=Action.WITHDRAWN,
                source=Source.OPERATOR,
                at=now,
                proof={"request": request.number},
            )
            for purpose in withdraw
            for channel in (CHANNELS if purpose is Purpose.ADVERTISING else ("",))
        ]
        await record_consents(tx, workspace_id=workspace_id, entries=entries, now=now)
    return await _change(
        tx,
        workspace_id,
        request_id,
        now,
        state=state.value,
        answer=answer.strip(),
        answered_at=now,
        answered_by=user_id,
    )


async def _open(tx: Tx, workspace_id: int, request_id: UUID, now: datetime) -> PersonRequest:
    request = await get_request(tx, workspace_id=workspace_id, request_id=request_id, now=now)
    if request.state is not RequestState.OPEN:
        raise RequestClosed(number=request.number)
    return request


async def _change(
    tx: Tx, workspace_id: int, request_id: UUID, now: datetime, **values: object
) -> PersonRequest:
    c = t.person_requests.c
    await tx.execute(
        t.person_requests.update()
        .where(c.workspace_id == workspace_id, c.id == request_id)
        .values(**values)
    )
    return await get_request(tx, workspace_id=workspace_id, request_id=request_id, now=now)


async def set_calendar_days(
    tx: Tx, *, workspace_id: int, days: dict[date, bool], now: datetime
) -> None:
    """Replace the workspace's own days (True: a working one), and count open terms again."""
    await lock_workspace(tx, workspace_id)
    c = t.calendar_days.c
    await tx.execute(t.calendar_days.delete().where(c.workspace_id == workspace_id))
    if days:
        await tx.execute(
            insert(t.calendar_days),
            [
                {"workspace_id": workspace_id, "day": day, "working": working}
                for day, working in days.items()
            ],
        )
    r = t.person_requests.c
    rows = await tx.execute(
        sa.select(r.id, r.law, r.kind, r.received_on, r.extended_at).where(
            r.workspace_id == workspace_id, r.state == RequestState.OPEN.value
        )
    )
    for row in rows:
        term = TERMS[Law(row.law), RequestKind(row.kind)]
        due_on = term.ends(row.received_on, days, extended=row.extended_at is not None)
        await _change(tx, workspace_id, row.id, now, due_on=due_on)
