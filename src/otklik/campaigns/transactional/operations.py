"""Writes of transactional letters: made, changed, published, held back, closed, sent."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.campaigns.model import Goal
from otklik.campaigns.transactional.errors import (
    KeyTaken,
    NobodyNamed,
    NotLive,
    NotReady,
    RecipientUnusable,
    TransactionalNotFound,
    WrongTransactionalState,
)
from otklik.campaigns.transactional.model import (
    SOURCE_KIND,
    MessageOrder,
    NewTransactional,
    Transactional,
    TransactionalChanges,
    TransactionalState,
)
from otklik.campaigns.transactional.queries import get_transactional, transactional_row
from otklik.campaigns.transactional.tables import transactional_letters
from otklik.channels.email.public import get_sender
from otklik.content.public import LetterSource, check_letter, get_letter, letter_names
from otklik.delivery.public import (
    AskedMessage,
    Edition,
    LetterContent,
    Request,
    ask_for_messages,
    close_standing,
    letter_links,
    open_standing,
    pause_mailing,
    publish_edition,
    resume_mailing,
    source_of,
)
from otklik.kit.errors import Problem
from otklik.kit.i18n import LANGS, Text
from otklik.kit.ids import new_id
from otklik.privacy.public import get_topic
from otklik.profiles.public import Observation, ProfileNotFound, current_ids, resolve_identities
from otklik.rules.parse import parse_filters
from otklik.rules.shape import literal
from otklik.runtime.public import Bus, Tx

_NO_LETTER = Text(en="Choose a letter.", ru="Выберите письмо.")
_NO_SENDER = Text(en="Choose a sender.", ru="Выберите отправителя.")


async def create_transactional(
    tx: Tx, *, workspace_id: int, new: NewTransactional, now: datetime
) -> Transactional:
    """Make a draft. Raises: KeyTaken; DefinitionInvalid for conditions of a target action."""
    letter_id = new_id()
    values = msgspec.structs.asdict(new)
    values["goal"] = _goal(new.goal)
    made = await tx.execute(
        insert(transactional_letters)
        .values(
            **values,
            id=letter_id,
            workspace_id=workspace_id,
            state=TransactionalState.DRAFT,
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing(index_elements=["workspace_id", "key"])
        .returning(transactional_letters.c.id)
    )
    if made.scalar_one_or_none() is None:
        raise KeyTaken(key=new.key)
    return await get_transactional(tx, workspace_id=workspace_id, letter_id=letter_id, now=now)


async def change_transactional(
    tx: Tx, *, workspace_id: int, letter_id: UUID, changes: TransactionalChanges, now: datetime
) -> Transactional:
    """Change what the next publication will send; what is live stays as it is.

    The target action is of the report only, so it is in force at once. Raises:
    TransactionalNotFound; DefinitionInvalid for its conditions; WrongTransactionalState.
    """
    row = await transactional_row(tx, workspace_id=workspace_id, letter_id=letter_id, lock=True)
    values = {
        name: value
        for name, value in msgspec.structs.asdict(changes).items()
        if value is not msgspec.UNSET
    }
    if row.state == TransactionalState.CLOSED and values.keys() - {"goal"}:
        raise WrongTransactionalState(state=row.state)
    if values.keys() - {"goal"}:
        values["updated_at"] = now
    if changes.goal is not msgspec.UNSET:
        values["goal"] = _goal(changes.goal)
    if values:
        await tx.execute(
            transactional_letters.update()
            .where(transactional_letters.c.id == letter_id)
            .values(values)
        )
    return await get_transactional(tx, workspace_id=workspace_id, letter_id=letter_id, now=now)


async def delete_transactional(tx: Tx, *, workspace_id: int, letter_id: UUID) -> None:
    """Remove a draft: nothing was ever sent by it. Raises: WrongTransactionalState."""
    row = await transactional_row(tx, workspace_id=workspace_id, letter_id=letter_id, lock=True)
    if row.state != TransactionalState.DRAFT:
        raise WrongTransactionalState(state=row.state)
    await tx.execute(transactional_letters.delete().where(transactional_letters.c.id == letter_id))


async def publish_transactional(
    tx: Tx, *, workspace_id: int, letter_id: UUID, now: datetime
) -> Transactional:
    """Send the letter as it is now from now on; a draft becomes live.

    Raises: NotReady with what is missing or broken, by field; WrongTransactionalState.
    """
    row = await transactional_row(tx, workspace_id=workspace_id, letter_id=letter_id, lock=True)
    if row.state == TransactionalState.CLOSED:
        raise WrongTransactionalState(state=row.state)
    edition = await _edition(tx, workspace_id, row)
    if row.state == TransactionalState.DRAFT:
        await open_standing(
            tx,
            workspace_id=workspace_id,
            source_kind=SOURCE_KIND,
            source_id=letter_id,
            edition=edition,
            now=now,
        )
    else:
        await publish_edition(tx, workspace_id=workspace_id, source_id=letter_id, edition=edition)
    await tx.execute(
        transactional_letters.update()
        .where(transactional_letters.c.id == letter_id)
        .values(
            state=row.state if row.state != TransactionalState.DRAFT else TransactionalState.LIVE,
            edition=row.edition + 1,
            published_at=now,
        )
    )
    return await get_transactional(tx, workspace_id=workspace_id, letter_id=letter_id, now=now)


async def pause_transactional(
    tx: Tx, *, workspace_id: int, letter_id: UUID, now: datetime
) -> Transactional:
    """Hold letters back; requests are taken and wait."""
    await _turn(tx, workspace_id, letter_id, TransactionalState.LIVE, TransactionalState.PAUSED)
    await pause_mailing(tx, workspace_id=workspace_id, source_id=letter_id)
    return await get_transactional(tx, workspace_id=workspace_id, letter_id=letter_id, now=now)


async def resume_transactional(
    tx: Tx, *, workspace_id: int, letter_id: UUID, now: datetime
) -> Transactional:
    """Let the letters go on, those first that wait."""
    await _turn(tx, workspace_id, letter_id, TransactionalState.PAUSED, TransactionalState.LIVE)
    await resume_mailing(tx, workspace_id=workspace_id, source_id=letter_id)
    return await get_transactional(tx, workspace_id=workspace_id, letter_id=letter_id, now=now)


async def close_transactional(
    tx: Tx, *, workspace_id: int, letter_id: UUID, now: datetime
) -> Transactional:
    """Take no more requests, for ever; those that wait are skipped. Its report stays."""
    row = await transactional_row(tx, workspace_id=workspace_id, letter_id=letter_id, lock=True)
    if row.state == TransactionalState.DRAFT:
        raise WrongTransactionalState(state=row.state)
    await close_standing(tx, workspace_id=workspace_id, source_id=letter_id)
    await tx.execute(
        transactional_letters.update()
        .where(transactional_letters.c.id == letter_id)
        .values(state=TransactionalState.CLOSED, updated_at=now)
    )
    return await get_transactional(tx, workspace_id=workspace_id, letter_id=letter_id, now=now)


async def send_messages(
    tx: Tx, bus: Bus, *, workspace_id: int, orders: Sequence[MessageOrder], now: datetime
) -> list[AskedMessage]:
    """Take orders of letters, all or none; they are durable when `tx` commits.

    Returns them in their order. Raises: TransactionalNotFound, NotLive, NobodyNamed,
    RecipientUnusable, ProfileNotFound, DataTooBig.
    """
    letters = await _letters(tx, workspace_id, {order.letter for order in orders})
    people = await _people(tx, bus, workspace_id, orders, now)
    by_letter: defaultdict[str, list[int]] = defaultdict(list)
    for place, order in enumerate(orders):
        by_letter[order.letter].append(place)
    asked: list[AskedMessage | None] = [None] * len(orders)
    for key in sorted(by_letter):
        places = by_letter[key]
        answers = await ask_for_messages(
            tx,
            workspace_id=workspace_id,
            source_id=letters[key],
            requests=[
                Request(profile_id=people[place], data=orders[place].data, key=orders[place].key)
                for place in places
            ],
            now=now,
        )
        for place, answer in zip(places, answers, strict=True):
            asked[place] = answer
    return [one for one in asked if one is not None]


async def _letters(tx: Tx, workspace_id: int, keys: set[str]) -> dict[str, UUID]:
    rows = (
        await tx.execute(
            sa.select(
                transactional_letters.c.key,
                transactional_letters.c.id,
                transactional_letters.c.state,
            ).where(
                transactional_letters.c.workspace_id == workspace_id,
                transactional_letters.c.key.in_(sorted(keys)),
            )
        )
    ).all()
    for row in rows:
        if row.state not in (TransactionalState.LIVE, TransactionalState.PAUSED):
            raise NotLive(key=row.key, state=row.state)
    found = {row.key: row.id for row in rows}
    for key in sorted(keys - found.keys()):
        raise TransactionalNotFound(key=key)
    return found


async def _people(
    tx: Tx, bus: Bus, workspace_id: int, orders: Sequence[MessageOrder], now: datetime
) -> list[int]:
    """Return the profile of each order; identifiers are resolved as those of events are."""
    named = {order.to.profile_id for order in orders if order.to.profile_id is not None}
    there = await current_ids(tx, workspace_id=workspace_id, profile_ids=sorted(named))
    if named - there.keys():
        raise ProfileNotFound()
    observations = []
    for place, order in enumerate(orders):
        to = order.to
        if to.profile_id is not None:
            continue
        if to.user_id is None and to.email is None:
            raise NobodyNamed(place=place + 1)
        observations.append(
            Observation(
                index=place,
                time=now,
                user_id=to.user_id,
                email=to.email,
                traits=to.traits,
                trusted=True,
            )
        )
    found: dict[int, int] = {}
    if observations:
        resolution = await resolve_identities(
            tx, workspace_id=workspace_id, observations=observations, now=now, bus=bus
        )
        for refused in resolution.refused:
            raise RecipientUnusable(place=refused.index + 1, part=refused.part, reason=refused.code)
        found = {
            one.index: profile_id
            for one, profile_id in zip(observations, resolution.profile_ids, strict=True)
        }
    return [
        order.to.profile_id if order.to.profile_id is not None else found[place]
        for place, order in enumerate(orders)
    ]


async def _turn(
    tx: Tx, workspace_id: int, letter_id: UUID, of: TransactionalState, into: TransactionalState
) -> None:
    row = await transactional_row(tx, workspace_id=workspace_id, letter_id=letter_id, lock=True)
    if row.state not in (of, into):
        raise WrongTransactionalState(state=row.state)
    await tx.execute(
        transactional_letters.update()
        .where(transactional_letters.c.id == letter_id)
        .values(state=into)
    )


async def _edition(tx: Tx, workspace_id: int, row: Any) -> Edition:
    """Return what is to be published. Raises: NotReady."""
    problems: list[Problem] = []
    if row.letter_id is None:
        problems.append(Problem("letter_id", _NO_LETTER, code="no_letter"))
    if row.sender_id is None:
        problems.append(Problem("sender_id", _NO_SENDER, code="no_sender"))
    if problems:
        raise NotReady(problems)
    await get_sender(tx, workspace_id=workspace_id, sender_id=row.sender_id)
    if row.topic_id is not None:
        await get_topic(tx, workspace_id=workspace_id, topic_id=row.topic_id)
    letter = await get_letter(tx, workspace_id=workspace_id, letter_id=row.letter_id)
    known = await letter_names(tx, workspace_id=workspace_id)
    found = await asyncio.to_thread(check_letter, letter.as_source, known=known)
    broken = [one for one in found if one.level == "error"]
    if broken:
        raise NotReady(
            [
                Problem(
                    f"letter.{one.part}",
                    Text(*(literal(one.message(lang)) for lang in LANGS)),
                    code=one.code,
                    line=one.line,
                )
                for one in broken
            ]
        )
    content = _content(letter.as_source, letter.id)
    return Edition(
        letter=content,
        links=await asyncio.to_thread(letter_links, source_of(content)),
        sender_id=row.sender_id,
        topic_id=row.topic_id,
        service=row.service,
        name=row.name,
    )


def _goal(goal: Goal | None) -> Any:
    if goal is None:
        return None
    parse_filters(goal.filters)
    return msgspec.to_builtins(goal)


def _content(source: LetterSource, letter_id: UUID) -> LetterContent:
    return LetterContent(
        kind=source.kind.value,
        subject=source.subject,
        source=source.source,
        preheader=source.preheader,
        text=source.text,
        letter_id=letter_id,
        amp=source.amp,
    )
