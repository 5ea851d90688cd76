"""What the slices above profiles bring to the timeline and the card of a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from otklik.catalog import public as catalog
from otklik.channels.email.public import ReturnKind, list_returns
from otklik.delivery.public import letters_of, profile_messages
from otklik.kit.pagination import Page
from otklik.privacy import public as privacy
from otklik.profiles.http_card import CardMembership
from otklik.profiles.public import Ask, Sources, TimelineItem, TimelineKind
from otklik.runtime.public import Runtime, Tx
from otklik.segments.public import membership_history, segment_names

_PAGE = 200
_PAGES_MAX = 10
"""A person has some hundred messages, consents and orders; more than this is not looked through."""


async def _read(
    ask: Ask,
    page: Callable[[str | None], Awaitable[Page[Any]]],
    item: Callable[[Any], TimelineItem],
) -> list[TimelineItem]:
    """Read a list that has an order of its own, and keep what the timeline asks for."""
    found: list[TimelineItem] = []
    cursor: str | None = None
    for _ in range(_PAGES_MAX):
        rows = await page(cursor)
        found += [one for one in map(item, rows.items) if ask.takes(one)]
        cursor = rows.next_cursor
        if cursor is None:
            break
    return sorted(found, key=lambda one: (one.at, one.id), reverse=True)[: ask.limit]


async def _messages(_rt: Runtime, tx: Tx, ask: Ask) -> list[TimelineItem]:
    def item(message: Any) -> TimelineItem:
        return TimelineItem(
            kind=TimelineKind.MESSAGE,
            id=str(message.message_id),
            at=message.at or message.created_at,
            name=message.subject,
            facts={
                "channel": message.channel,
                "state": message.state,
                "reason": message.reason,
                "reason_text": message.reason_text,
                "source_kind": message.source_kind,
                "source_id": message.source_id,
                "variant": message.variant,
            },
        )

    async def page(cursor: str | None) -> Page[Any]:
        return await profile_messages(
            tx,
            workspace_id=ask.workspace_id,
            profile_ids=ask.homes,
            lang=ask.lang,
            cursor=cursor,
            limit=_PAGE,
        )

    return await _read(ask, page, item)


async def _consents(_rt: Runtime, tx: Tx, ask: Ask) -> list[TimelineItem]:
    def item(line: Any) -> TimelineItem:
        return TimelineItem(
            kind=TimelineKind.CONSENT,
            id=str(line.id),
            at=line.at,
            name=line.action.value,
            facts={
                "purpose": line.purpose.value,
                "channel": line.channel,
                "topic_id": line.topic_id,
                "source": line.source.value,
            },
        )

    async def page(cursor: str | None) -> Page[Any]:
        return await privacy.ledger(
            tx,
            workspace_id=ask.workspace_id,
            profile_id=ask.profile_id,
            cursor=cursor,
            limit=_PAGE,
        )

    return await _read(ask, page, item)


async def _orders(_rt: Runtime, tx: Tx, ask: Ask) -> list[TimelineItem]:
    def item(order: Any) -> TimelineItem:
        return TimelineItem(
            kind=TimelineKind.ORDER,
            id=order.order_id,
            at=order.placed_at,
            name=order.order_id,
            facts={
                "status": order.status.value,
                "total": order.total,
                "currency": order.currency,
            },
        )

    async def page(cursor: str | None) -> Page[Any]:
        return await catalog.list_orders(
            tx,
            workspace_id=ask.workspace_id,
            profile_id=ask.profile_id,
            cursor=cursor,
            limit=_PAGE,
        )

    return await _read(ask, page, item)


async def _returns(_rt: Runtime, tx: Tx, ask: Ask) -> list[TimelineItem]:
    """Return answers of the person, and what came back of his letters; texts are asked for apart,
    since only whoever may read conversations may read them."""

    def item(mail: Any) -> TimelineItem:
        return TimelineItem(
            kind=TimelineKind.RETURN,
            id=str(mail.id),
            at=mail.received_at,
            name=mail.subject if mail.kind is ReturnKind.REPLY else "",
            facts={
                "kind": mail.kind.value,
                "verdict": mail.verdict.value,
                "reason": mail.reason,
                "reason_text": mail.reason_text,
                "message_id": mail.message_id,
                "forward_to": mail.forward_to,
                "forwarded_at": mail.forwarded_at,
            },
        )

    async def page(cursor: str | None) -> Page[Any]:
        return await list_returns(
            tx,
            workspace_id=ask.workspace_id,
            profile_ids=ask.homes,
            lang=ask.lang,
            cursor=cursor,
            limit=_PAGE,
        )

    found = await _read(ask, page, item)
    ids = sorted({one.facts["message_id"] for one in found if one.facts["message_id"]})
    letters = await letters_of(tx, workspace_id=ask.workspace_id, message_ids=ids)
    for one in found:
        letter = letters.get(one.facts["message_id"])
        if letter is not None:
            one.facts["mailing_name"] = letter.mailing_name
            one.facts["source_kind"] = letter.source_kind
            one.facts["source_id"] = letter.source_id
    return found


TIMELINE_SOURCES: Sources = {
    TimelineKind.MESSAGE: _messages,
    TimelineKind.CONSENT: _consents,
    TimelineKind.ORDER: _orders,
    TimelineKind.RETURN: _returns,
}


async def segment_history(
    rt: Runtime, tx: Tx, workspace_id: int, profile_id: int, now: datetime
) -> list[CardMembership]:
    """Tell the card in which segments a person is and was; deleted ones are left out."""
    stays = await membership_history(rt, workspace_id=workspace_id, profile_id=profile_id, now=now)
    names = await segment_names(tx, workspace_id=workspace_id)
    return [
        CardMembership(
            segment_id=one.segment_id,
            name=names[one.segment_id],
            entered_at=one.entered_at,
            left_at=one.left_at,
        )
        for one in stays
        if one.segment_id in names
    ]
