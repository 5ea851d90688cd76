"""Reads: mails that came in, and whose an address is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
import zstandard

from otklik.channels.email.errors import ReturnedMailNotFound
from otklik.channels.email.returns.model import (
    SHOWN_CHARS_MAX,
    SOURCE_BYTES_MAX,
    CameBy,
    Consequence,
    FoundBy,
    ReturnHeader,
    ReturnItem,
    ReturnKind,
    ReturnSource,
)
from otklik.channels.email.tables import returned_mails, senders, soft_bounces
from otklik.channels.email.verdicts import (
    REASON_TEXTS,
    ReturnReason,
    ReturnVerdict,
    readable_headers,
    readable_text,
)
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx


class ReplyHome(msgspec.Struct, frozen=True):
    """A sender that replies come to, and where they are to go on to."""

    workspace_id: int
    sender_id: UUID
    address: str
    domain: str
    reply_to: str | None


async def reply_homes(
    tx: Tx, *, address: str = "", workspace_id: int | None = None, sender_id: UUID | None = None
) -> list[ReplyHome]:
    """Return the senders with this address, or the one with this id; of all workspaces."""
    c = senders.c
    where = c.id == sender_id if sender_id else c.address == address.lower()
    query = sa.select(c.workspace_id, c.id, c.address, c.domain, c.reply_to).where(where)
    if workspace_id is not None:
        query = query.where(c.workspace_id == workspace_id)
    return [ReplyHome(*row) for row in (await tx.execute(query.limit(100))).all()]


async def list_returns(
    tx: Tx,
    *,
    workspace_id: int,
    kind: ReturnKind | None = None,
    verdict: ReturnVerdict | None = None,
    message_id: int | None = None,
    profile_ids: Sequence[int] | None = None,
    cursor: str | None = None,
    limit: int = 50,
    lang: Lang,
) -> Page[ReturnItem]:
    """Return mails that came in, newest first. profile_ids: of these people, merged ones named."""
    limit = clamp_limit(limit)
    c = returned_mails.c
    query = _items().where(c.workspace_id == workspace_id).order_by(c.id.desc()).limit(limit + 1)
    for column, wanted in ((c.kind, kind), (c.verdict, verdict), (c.message_id, message_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    if profile_ids is not None:
        query = query.where(c.profile_id.in_(profile_ids))
    if cursor:
        (last,) = decode_cursor(cursor, int)
        query = query.where(c.id < last)
    rows = (await tx.execute(query)).all()
    items = [_item(row, lang) for row in rows[:limit]]
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if len(rows) > limit else None)


async def get_return(tx: Tx, *, workspace_id: int, return_id: int, lang: Lang) -> ReturnItem:
    """Return one mail that came in. Raises: ReturnedMailNotFound."""
    c = returned_mails.c
    mine = sa.and_(c.id == return_id, c.workspace_id == workspace_id)
    row = (await tx.execute(_items().where(mine))).one_or_none()
    if row is None:
        raise ReturnedMailNotFound()
    return _item(row, lang)


async def get_return_raw(tx: Tx, *, workspace_id: int, return_id: int) -> bytes:
    """Return a mail as it came, as much as is kept; its row is locked. Raises:
    ReturnedMailNotFound."""
    raw, _ = await _raw(tx, return_id, workspace_id, lock=True)
    return raw


async def get_soft_count(tx: Tx, *, workspace_id: int, address_hash: bytes) -> int:
    """Return how many letters to an address in a row have not been delivered."""
    c = soft_bounces.c
    mine = sa.and_(c.workspace_id == workspace_id, c.address_hash == address_hash)
    return (await tx.execute(sa.select(c["count"]).where(mine))).scalar_one_or_none() or 0


async def last_taken(tx: Tx, *, workspace_id: int, came_by: CameBy) -> datetime | None:
    """Return when the last mail of a workspace came by this way."""
    c = returned_mails.c
    newest = (
        sa.select(c.received_at)
        .where(c.workspace_id == workspace_id, c.came_by == came_by.value)
        .order_by(c.id.desc())
        .limit(1)
    )
    return (await tx.execute(newest)).scalar_one_or_none()


async def get_return_source(tx: Tx, *, workspace_id: int, return_id: int) -> ReturnSource:
    """Return a mail as text. Raises: ReturnedMailNotFound."""
    item = await get_return(tx, workspace_id=workspace_id, return_id=return_id, lang="en")
    raw, size = await _raw(tx, return_id, workspace_id)
    heads: list[ReturnHeader] = []
    if item.came_by is CameBy.REPORT:
        text = raw.decode("utf-8", "replace")
    else:
        text, found = await asyncio.to_thread(_read, raw)
        heads = [ReturnHeader(name, _clean(value)) for name, value in found]
    return ReturnSource(
        id=return_id,
        text=_clean(text[:SHOWN_CHARS_MAX]),
        headers=heads,
        source=_clean(raw[:SHOWN_CHARS_MAX].decode("utf-8", "replace")),
        is_cut=size > min(SOURCE_BYTES_MAX, SHOWN_CHARS_MAX),
    )


async def reply_to_forward(tx: Tx, *, return_id: int) -> tuple[Any, bytes] | None:
    """Return a reply that still has to go on, and its bytes; None when it has gone."""
    c = returned_mails.c
    row = (
        await tx.execute(
            sa.select(c.workspace_id, c.sender, c.recipient, c.subject, c.forward_to, c.size_bytes)
            .where(
                c.id == return_id,
                c.kind == ReturnKind.REPLY.value,
                c.forward_to.is_not(None),
                c.forwarded_at.is_(None),
            )
            .with_for_update(skip_locked=True)
        )
    ).one_or_none()
    if row is None:
        return None
    raw, _ = await _raw(tx, return_id, row.workspace_id)
    return row, raw


def _items() -> sa.Select[Any]:
    c = returned_mails.c
    return sa.select(*(one for one in c if one.name not in ("source_zstd", "content_hash")))


def _read(raw: bytes) -> tuple[str, list[tuple[str, str]]]:
    return readable_text(raw), readable_headers(raw)


async def _raw(
    tx: Tx, return_id: int, workspace_id: int, *, lock: bool = False
) -> tuple[bytes, int]:
    c = returned_mails.c
    query = sa.select(c.source_zstd, c.size_bytes).where(
        c.id == return_id, c.workspace_id == workspace_id
    )
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise ReturnedMailNotFound()
    unpack = zstandard.ZstdDecompressor().decompress
    raw = await asyncio.to_thread(unpack, row.source_zstd, max_output_size=SOURCE_BYTES_MAX)
    return raw, row.size_bytes


def _item(row: Any, lang: Lang) -> ReturnItem:
    reason = ReturnReason(row.reason) if row.reason else None
    return ReturnItem(
        id=row.id,
        received_at=row.received_at,
        kind=ReturnKind(row.kind),
        verdict=ReturnVerdict(row.verdict),
        reason=row.reason,
        reason_text=REASON_TEXTS[reason].of(lang) if reason else "",
        status=row.status,
        diagnostic=row.diagnostic,
        message_id=row.message_id,
        profile_id=row.profile_id,
        sender=row.sender,
        recipient=row.recipient,
        subject=row.subject,
        size_bytes=row.size_bytes,
        forward_to=row.forward_to,
        forwarded_at=row.forwarded_at,
        came_by=CameBy(row.came_by),
        found_by=FoundBy(row.found_by),
        followed=[Consequence(one) for one in row.followed],
        soft_count=row.soft_count,
        judged_again_at=row.judged_again_at,
        corrected_at=row.corrected_at,
    )


def _clean(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
