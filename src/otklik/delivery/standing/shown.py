"""What requests brought for their letters, for those who look at a letter that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.delivery.standing.errors import RequestNotFound
from otklik.delivery.standing.tables import message_requests
from otklik.delivery.tables import mailings, messages
from otklik.runtime.public import Tx


class AnsweredRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request with its message. `variant`: of which edition the letter is, "" if it was skipped;
    `profile_id`: who got it, `address`: where (empty once it was erased)."""

    source_id: UUID
    name: str
    profile_id: int
    variant: str
    address: str
    data: Mapping[str, Any]
    state: str
    at: datetime | None


async def latest_data(
    tx: Tx, *, workspace_id: int, source_id: UUID, variant: str, profile_id: int
) -> Mapping[str, Any]:
    """Return what the latest request of a person brought for the letter of an edition, or {}."""
    row = (
        await tx.execute(
            sa.select(message_requests.c.data)
            .join(messages, messages.c.message_id == message_requests.c.message_id)
            .join(mailings, mailings.c.mailing_id == message_requests.c.mailing_id)
            .where(
                message_requests.c.workspace_id == workspace_id,
                message_requests.c.profile_id == profile_id,
                mailings.c.source_id == source_id,
                messages.c.variant == variant,
            )
            .order_by(message_requests.c.number.desc())
            .limit(1)
        )
    ).one_or_none()
    return {} if row is None else dict(row.data)


async def answered_request(
    tx: Tx,
    *,
    workspace_id: int,
    request_id: UUID | None = None,
    message_id: int | None = None,
) -> AnsweredRequest:
    """Return a request by its id or by that of its message.

    Raises: RequestNotFound, also while no message was made of it.
    """
    which = (
        message_requests.c.id == request_id
        if request_id is not None
        else message_requests.c.message_id == message_id
    )
    row = (
        await tx.execute(
            sa.select(
                message_requests.c.data,
                messages.c.profile_id,
                messages.c.variant,
                messages.c.address,
                messages.c.state,
                messages.c.at,
                mailings.c.source_id,
                mailings.c.name,
            )
            .join(messages, messages.c.message_id == message_requests.c.message_id)
            .join(mailings, mailings.c.mailing_id == message_requests.c.mailing_id)
            .where(message_requests.c.workspace_id == workspace_id, which)
        )
    ).one_or_none()
    if row is None:
        raise RequestNotFound()
    return AnsweredRequest(
        source_id=row.source_id,
        name=row.name,
        profile_id=row.profile_id,
        variant=row.variant,
        address=row.address,
        data=row.data,
        state=row.state,
        at=row.at,
    )
