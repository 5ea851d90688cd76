"""Reads: mails that came in, and whose an address is."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
import zstandard

from otklik.channels.email.errors import ReturnedMailNotFound
from otklik.channels.email.returns.model import (
    SHOWN_CHARS_MAX,
    SOURCE_BYTES_MAX,
    ReturnItem,
    ReturnKind,
    ReturnSource,
)
from otklik.channels.email.tables import returned_mails, senders
from otklik.channels.email.verdicts import REASON_TEXTS, ReturnReason, ReturnVerdict, readable_text
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
    kind: ReturnKind | None,
    message_id: int | None,
    profile_id: int | None,
    cursor: str | None,
    limit: int,
    lang: Lang,
) -> Page[ReturnItem]:
    """Return mails that came in, newest first."""
    limit = clamp_limit(limit)
    c = returned_mails.c
    query = (
        sa.select(*(column for column in c if column.name not in ("source_zstd", "content_hash")))
        .where(c.workspace_id == workspace_id)
        .order_by(c.id.desc())
        .limit(limit + 1)
    )
    for column, wanted in ((c.kind, kind), (c.message_id, message_id), (c.profile_id, profile_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    if cursor:
        (last,) = decode_cursor(cursor, int)
        query = query.where(c.id < last)
    rows = (await tx.execute(query)).all()
    items = [_item(row, lang) for row in rows[:limit]]
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if len(rows) > limit else None)


async def get_return_source(tx: Tx, *, workspace_id: int, return_id: int) -> ReturnSource:
    """Return a mail as text. Raises: ReturnedMailNotFound."""
    raw, size = await _raw(tx, return_id, workspace_id)
    return ReturnSource(
        id=return_id,
        text=_clean((await asyncio.to_thread(readable_text, raw))[:SHOWN_CHARS_MAX]),
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


async def _raw(tx: Tx, return_id: int, workspace_id: int) -> tuple[bytes, int]:
    c = returned_mails.c
    row = (
        await tx.execute(
            sa.select(c.source_zstd, c.size_bytes).where(
                c.id == return_id, c.workspace_id == workspace_id
            )
        )
    ).one_or_none()
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
        forwarded_at=row.forwarded_at,
    )


def _clean(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
