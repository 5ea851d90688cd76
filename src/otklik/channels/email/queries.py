"""Reads of the e-mail channel."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.channels.email.errors import CaughtLetterNotFound, SenderNotFound
from otklik.channels.email.keys import open_key
from otklik.channels.email.model import DkimKey, Sender, SenderIdentity
from otklik.channels.email.reading import CaughtLetter, read_letter
from otklik.channels.email.tables import caught_letters, senders
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx


class CaughtItem(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the catcher's list."""

    id: int
    at: datetime
    from_: str = msgspec.field(name="from")
    to: str
    subject: str
    size_bytes: int


async def list_senders(tx: Tx, *, workspace_id: int) -> list[Sender]:
    """Return the senders of a workspace, the default one first, then by name."""
    rows = await tx.execute(
        sa.select(senders)
        .where(senders.c.workspace_id == workspace_id)
        .order_by(senders.c.is_default.desc(), senders.c.name, senders.c.id)
    )
    return [sender_of(row) for row in rows]


async def get_sender(tx: Tx, *, workspace_id: int, sender_id: UUID) -> Sender:
    """Return one sender, without its private key. Raises: SenderNotFound."""
    return sender_of(await _row(tx, workspace_id, sender_id))


async def sender_identity(
    tx: Tx, *, workspace_id: int, sender_id: UUID | None = None
) -> SenderIdentity:
    """Return what is needed to send as this sender, its signing key included.

    Without `sender_id` the default sender. Raises: SenderNotFound, KeyUnreadable.
    """
    if sender_id is None:
        sender_id = await tx.scalar(
            sa.select(senders.c.id).where(
                senders.c.workspace_id == workspace_id, senders.c.is_default
            )
        )
        if sender_id is None:
            raise SenderNotFound()
    row = await _row(tx, workspace_id, sender_id)
    return SenderIdentity(
        sender_id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        address=row.address,
        domain=row.domain,
        reply_to=row.reply_to,
        dkim=DkimKey(row.domain, row.dkim_selector, open_key(row.dkim_private_key)),
        return_path=return_path(row.workspace_id, row.domain),
    )


def return_path(workspace_id: int, domain: str) -> str:
    """Return the envelope sender of letters without a message, such as an author's test letters.

    Each message of a mailing has one of its own, see `returns.verp`.
    """
    return f"bounces-{workspace_id}@{domain}"


async def list_caught(
    tx: Tx, *, workspace_id: int, search: str | None, cursor: str | None, limit: int
) -> Page[CaughtItem]:
    """Return caught letters, newest first; `search` looks into recipients and subjects."""
    limit = clamp_limit(limit)
    c = caught_letters.c
    query = (
        sa.select(
            c.id,
            c.caught_at,
            c.from_shown,
            c.to_shown,
            c.envelope_to,
            c.subject,
            c.size_bytes,
        )
        .where(c.workspace_id == workspace_id)
        .order_by(c.id.desc())
        .limit(limit + 1)
    )
    if search and search.strip():
        wanted = search.strip().replace("\x00", "")
        query = query.where(
            c.envelope_to.icontains(wanted, autoescape=True)
            | c.subject.icontains(wanted, autoescape=True)
        )
    if cursor:
        (last,) = decode_cursor(cursor, int)
        query = query.where(c.id < last)
    rows = (await tx.execute(query)).all()
    items = [
        CaughtItem(
            id=r.id,
            at=r.caught_at,
            from_=r.from_shown,
            to=r.to_shown or r.envelope_to,
            subject=r.subject,
            size_bytes=r.size_bytes,
        )
        for r in rows[:limit]
    ]
    return Page(
        items=items,
        next_cursor=encode_cursor(items[-1].id) if len(rows) > limit else None,
    )


async def get_caught(tx: Tx, *, workspace_id: int, letter_id: int) -> CaughtLetter:
    """Return one caught letter, taken apart. Raises: CaughtLetterNotFound."""
    row = (
        await tx.execute(
            sa.select(caught_letters).where(
                caught_letters.c.workspace_id == workspace_id, caught_letters.c.id == letter_id
            )
        )
    ).one_or_none()
    if row is None:
        raise CaughtLetterNotFound()
    return read_letter(
        row.source_zstd,
        letter_id=row.id,
        caught_at=row.caught_at,
        envelope_from=row.envelope_from,
        envelope_to=row.envelope_to,
    )


async def _row(tx: Tx, workspace_id: int, sender_id: UUID) -> Any:
    row = (
        await tx.execute(
            sa.select(senders).where(
                senders.c.workspace_id == workspace_id, senders.c.id == sender_id
            )
        )
    ).one_or_none()
    if row is None:
        raise SenderNotFound()
    return row


def sender_of(row: Any) -> Sender:
    return Sender(
        id=row.id,
        name=row.name,
        address=row.address,
        domain=row.domain,
        reply_to=row.reply_to,
        dkim_selector=row.dkim_selector,
        dkim_record_name=f"{row.dkim_selector}._domainkey.{row.domain}",
        dkim_record=row.dkim_record,
        dkim_next_selector=row.next_dkim_selector,
        dkim_next_record_name=f"{row.next_dkim_selector}._domainkey.{row.domain}"
        if row.next_dkim_selector
        else None,
        dkim_next_record=row.next_dkim_record,
        is_default=row.is_default,
        health=_health(row.checks),
        checked_at=row.checked_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _health(checks: list[dict[str, str]] | None) -> Any:
    levels = {check["level"] for check in checks or ()}
    return (
        next((level for level in ("fail", "warn", "unknown") if level in levels), "ok")
        if (levels)
        else "unknown"
    )
