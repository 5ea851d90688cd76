"""Reads: returned mails with the letters, people and stops that they concern."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.channels.email.public import (
    CameBy,
    ReturnItem,
    ReturnKind,
    ReturnVerdict,
    get_return,
    get_soft_count,
    list_returns,
)
from otklik.delivery.operations.returns import EMAIL
from otklik.delivery.operations.second_look import address_of, stop_of
from otklik.delivery.tables import mailings, messages
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.privacy.public import Suppression, address_hash
from otklik.profiles.public import profile_items
from otklik.runtime.public import Tx


class ReturnedLetter(msgspec.Struct, frozen=True, kw_only=True):
    """The letter that a mail is about: the mailing it belongs to."""

    mailing_name: str
    source_kind: str
    source_id: UUID


class ReturnedPerson(msgspec.Struct, frozen=True, kw_only=True):
    profile_id: int
    name: str
    email: str | None


class ReturnedMailItem(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list: the mail, and whom and what it concerns, where that is known."""

    mail: ReturnItem
    person: ReturnedPerson | None
    letter: ReturnedLetter | None


class ReturnedMailCard(msgspec.Struct, frozen=True, kw_only=True):
    """One mail with what can be done about it.

    stop: the address's line on the stop list now. soft_now: letters in a row that have failed, as
    counted now; soft_bounces_max: how many stop an address.
    """

    mail: ReturnItem
    person: ReturnedPerson | None
    letter: ReturnedLetter | None
    stop: Suppression | None
    soft_now: int
    soft_bounces_max: int
    can_judge_again: bool


async def list_returned_mails(
    tx: Tx,
    *,
    workspace_id: int,
    kind: ReturnKind | None,
    verdict: ReturnVerdict | None,
    message_id: int | None,
    profile_id: int | None,
    cursor: str | None,
    limit: int,
    lang: Lang,
) -> Page[ReturnedMailItem]:
    """Return mails that came in, newest first."""
    page = await list_returns(
        tx,
        workspace_id=workspace_id,
        kind=kind,
        verdict=verdict,
        message_id=message_id,
        profile_ids=None if profile_id is None else [profile_id],
        cursor=cursor,
        limit=limit,
        lang=lang,
    )
    letters, people = await _concerned(tx, workspace_id, page.items)
    return Page(
        items=[
            ReturnedMailItem(
                mail=item,
                person=people.get(item.profile_id or 0),
                letter=letters.get(item.message_id or 0),
            )
            for item in page.items
        ],
        next_cursor=page.next_cursor,
    )


async def get_returned_mail(
    tx: Tx, *, workspace_id: int, return_id: int, soft_bounces_max: int, lang: Lang
) -> ReturnedMailCard:
    """Return one mail, with what it led to. Raises: ReturnedMailNotFound."""
    item = await get_return(tx, workspace_id=workspace_id, return_id=return_id, lang=lang)
    letters, people = await _concerned(tx, workspace_id, [item])
    address = await address_of(tx, workspace_id=workspace_id, item=item)
    stop, soft = None, 0
    if address:
        stop = await stop_of(tx, workspace_id=workspace_id, address=address)
        salt = (await get_workspace(tx, workspace_id=workspace_id)).salt
        soft = await get_soft_count(
            tx, workspace_id=workspace_id, address_hash=address_hash(salt, EMAIL, address)
        )
    return ReturnedMailCard(
        mail=item,
        person=people.get(item.profile_id or 0),
        letter=letters.get(item.message_id or 0),
        stop=stop,
        soft_now=soft,
        soft_bounces_max=soft_bounces_max,
        can_judge_again=item.came_by is not CameBy.REPORT,
    )


async def letters_of(
    tx: Tx, *, workspace_id: int, message_ids: Sequence[int]
) -> dict[int, ReturnedLetter]:
    """Return the mailings of messages, by message."""
    if not message_ids:
        return {}
    rows = await tx.execute(
        sa.select(
            messages.c.message_id, mailings.c.name, mailings.c.source_kind, mailings.c.source_id
        )
        .join(mailings, mailings.c.mailing_id == messages.c.mailing_id)
        .where(messages.c.message_id.in_(message_ids), messages.c.workspace_id == workspace_id)
    )
    return {
        row.message_id: ReturnedLetter(
            mailing_name=row.name, source_kind=row.source_kind, source_id=row.source_id
        )
        for row in rows
    }


async def _concerned(
    tx: Tx, workspace_id: int, items: Sequence[ReturnItem]
) -> tuple[dict[int, ReturnedLetter], dict[int, ReturnedPerson]]:
    message_ids = sorted({one.message_id for one in items if one.message_id is not None})
    letters = await letters_of(tx, workspace_id=workspace_id, message_ids=message_ids)
    ids = sorted({one.profile_id for one in items if one.profile_id is not None})
    found = await profile_items(tx, workspace_id=workspace_id, profile_ids=ids) if ids else {}
    people = {
        one: ReturnedPerson(profile_id=person.id, name=person.name, email=person.email)
        for one, person in found.items()
    }
    return letters, people
