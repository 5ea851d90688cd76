"""The letters of a mailing as they went out."""

from __future__ import annotations

from uuid import UUID

from otklik.content.public import LetterSource
from otklik.delivery.queries import get_mailing, mailing_letters
from otklik.delivery.sending.letters import source_of
from otklik.runtime.public import Tx


async def sent_letters(
    tx: Tx, *, workspace_id: int, source_id: UUID
) -> dict[str, tuple[str, LetterSource]]:
    """Return the name and the letter of each variant by its key, in their order.

    Raises: MailingNotFound, also before the launch.
    """
    mailing = await get_mailing(tx, workspace_id=workspace_id, source_id=source_id)
    found = await mailing_letters(tx, mailing_id=mailing.mailing_id)
    return {one.key: (one.name, source_of(one.letter)) for one in found}
