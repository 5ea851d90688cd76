"""Reads of standing mailings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from otklik.delivery.errors import MailingNotFound
from otklik.delivery.model import reason_text
from otklik.delivery.standing.errors import RequestNotFound
from otklik.delivery.standing.model import RequestedMessage
from otklik.delivery.standing.tables import message_requests
from otklik.delivery.tables import mailings, messages
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx

ASKED = "asked"


async def data_of(tx: Tx, *, message_ids: Sequence[int]) -> dict[int, Any]:
    """Return what the requests of these messages brought for their letters, by message."""
    rows = await tx.execute(
        sa.select(message_requests.c.message_id, message_requests.c.data).where(
            message_requests.c.message_id == sa.any_(sa.literal(list(message_ids), _NUMBERS))
        )
    )
    return {row.message_id: row.data for row in rows}


async def get_request(
    tx: Tx, *, workspace_id: int, request_id: UUID, lang: Lang
) -> RequestedMessage:
    """Return what became of a request. Raises: RequestNotFound."""
    row = (
        await tx.execute(
            _states().where(
                message_requests.c.workspace_id == workspace_id,
                message_requests.c.id == request_id,
            )
        )
    ).one_or_none()
    if row is None:
        raise RequestNotFound()
    return _state(row, lang)


async def list_requests(
    tx: Tx,
    *,
    workspace_id: int,
    source_id: UUID,
    lang: Lang,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[RequestedMessage]:
    """Return the requests of a standing mailing, the newest first, by keyset."""
    mailing_id = (
        await tx.execute(
            sa.select(mailings.c.mailing_id).where(
                mailings.c.workspace_id == workspace_id, mailings.c.source_id == source_id
            )
        )
    ).scalar_one_or_none()
    if mailing_id is None:
        raise MailingNotFound()
    limit = clamp_limit(limit)
    query = _states().where(message_requests.c.mailing_id == mailing_id)
    if cursor:
        query = query.where(message_requests.c.id < decode_cursor(cursor, UUID)[0])
    rows = (await tx.execute(query.order_by(message_requests.c.id.desc()).limit(limit + 1))).all()
    items = [_state(row, lang) for row in rows[:limit]]
    return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


async def waiting_requests(
    tx: Tx, *, workspace_id: int, source_ids: Sequence[UUID]
) -> dict[UUID, int]:
    """Return how many requests of each standing mailing are no messages yet, if there are any."""
    rows = await tx.execute(
        sa.select(mailings.c.source_id, sa.func.count().label("n"))
        .join_from(
            mailings, message_requests, message_requests.c.mailing_id == mailings.c.mailing_id
        )
        .where(
            mailings.c.workspace_id == workspace_id,
            mailings.c.source_id.in_(source_ids),
            message_requests.c.message_id.is_(None),
        )
        .group_by(mailings.c.source_id)
    )
    return {row.source_id: row.n for row in rows}


_NUMBERS = sa.ARRAY(sa.BigInteger)


def _states() -> sa.Select[Any]:
    return sa.select(
        message_requests,
        messages.c.address,
        messages.c.state,
        messages.c.reason,
        messages.c.answer,
        messages.c.at,
    ).outerjoin_from(
        message_requests, messages, messages.c.message_id == message_requests.c.message_id
    )


def _state(row: Any, lang: Lang) -> RequestedMessage:
    state, reason = row.state or ASKED, row.reason or ""
    return RequestedMessage(
        id=row.id,
        profile_id=row.profile_id,
        address=row.address or "",
        key=row.key,
        asked_at=row.asked_at,
        state=state,
        reason=reason,
        reason_text=reason_text(state, reason, lang) if reason else "",
        answer=row.answer or "",
        at=row.at,
    )
