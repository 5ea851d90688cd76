"""The letter of one request as it was sent, for people who answer questions about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from otklik.content.public import remake_letter
from otklik.delivery.public import answered_request, sent_letters
from otklik.kit.errors import NotFound
from otklik.kit.i18n import Lang
from otklik.profiles.public import current_ids
from otklik.runtime.public import Runtime


class SentLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter made again: of the edition that was sent, with the data of its request.

    Values of the person are those of now. `html` is for a frame with an empty `sandbox`; empty when
    the letter can't be made any more. `state` and `at`: of the message.
    """

    letter_id: UUID
    name: str
    edition: int
    address: str
    state: str
    at: datetime | None
    subject: str
    html: str
    text: str
    data: dict[str, Any]


async def sent_letter(
    rt: Runtime,
    *,
    workspace_id: int,
    request_id: UUID | None = None,
    message_id: int | None = None,
    now: datetime,
    lang: Lang,
) -> SentLetter:
    """Return the letter of a request, named by its id or by that of its message.

    Raises: RequestNotFound; NotFound for one that was kept back; ProfileNotFound.
    """
    async with rt.db.begin() as tx:
        found = await answered_request(
            tx, workspace_id=workspace_id, request_id=request_id, message_id=message_id
        )
        if not found.variant:
            raise NotFound(what="letter")
        letters = await sent_letters(tx, workspace_id=workspace_id, source_id=found.source_id)
        current = await current_ids(tx, workspace_id=workspace_id, profile_ids=[found.profile_id])
    _, source = letters[found.variant]
    made = await remake_letter(
        rt,
        workspace_id=workspace_id,
        source=source,
        profile_id=current.get(found.profile_id, found.profile_id),
        data=found.data,
        # Dates in the letter are those of the day on which it went.
        now=found.at or now,
        lang=lang,
    )
    return SentLetter(
        letter_id=found.source_id,
        name=found.name,
        edition=int(found.variant),
        address=found.address,
        state=found.state,
        at=found.at,
        subject=made.subject,
        html=made.html,
        text=made.text,
        data=dict(found.data),
    )
