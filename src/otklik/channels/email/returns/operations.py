"""Writes: mails that came in, and how often letters to an address were not delivered."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import sqlalchemy as sa
import zstandard
from sqlalchemy.dialects.postgresql import insert

from otklik.channels.email.returns.model import SOURCE_BYTES_MAX, Kept
from otklik.channels.email.tables import returned_mails, soft_bounces
from otklik.runtime.public import Tx

# Lines that carriers put before a mail: the same mail has others when it comes a second time.
_OF_CARRIERS: Final = re.compile(
    rb"(received|return-path|delivered-to|x-original-to|envelope-to|delivery-date|x-envelope-[a-z]+"
    rb"|authentication-results|arc-[a-z-]+|x-received|dkim-signature|received-spf)[ \t]*:",
    re.IGNORECASE,
)


def content_hash(raw: bytes) -> bytes:
    """Return a hash of a mail without the lines that carriers add on the way."""
    text = raw.replace(b"\r\n", b"\n")
    head, _, body = text.partition(b"\n\n")
    kept: list[bytes] = []
    leave_out = False
    for line in head.split(b"\n"):
        if line[:1] not in b" \t" or not line:
            leave_out = bool(_OF_CARRIERS.match(line)) or line.startswith(b"From ")
        if not leave_out:
            kept.append(line)
    return hashlib.sha256(b"\n".join(kept) + b"\n\n" + body.rstrip()).digest()


async def keep_return(tx: Tx, *, kept: Kept, now: datetime) -> int | None:
    """Keep a mail; returns its number, None when the workspace has it already."""
    packed = await asyncio.to_thread(
        zstandard.ZstdCompressor(level=3).compress, kept.raw[:SOURCE_BYTES_MAX]
    )
    found = await tx.execute(
        insert(returned_mails)
        .values(
            workspace_id=kept.workspace_id,
            content_hash=kept.content_hash,
            received_at=now,
            kind=kept.kind.value,
            verdict=kept.verdict.value,
            reason=kept.reason.value if kept.reason else "",
            status=kept.status[:20],
            diagnostic=_clean(kept.diagnostic)[:500],
            message_id=kept.message_id,
            profile_id=kept.profile_id,
            sender=_clean(kept.sender)[:320],
            recipient=_clean(kept.recipient)[:320],
            subject=_clean(kept.subject)[:300],
            size_bytes=len(kept.raw),
            source_zstd=packed,
            forward_to=kept.forward_to,
        )
        .on_conflict_do_nothing(index_elements=["workspace_id", "content_hash"])
        .returning(returned_mails.c.id)
    )
    number: int | None = found.scalar_one_or_none()
    return number


async def note_forwarded(tx: Tx, *, return_id: int, now: datetime) -> None:
    await tx.execute(
        returned_mails.update().where(returned_mails.c.id == return_id).values(forwarded_at=now)
    )


async def count_soft_bounce(
    tx: Tx,
    *,
    workspace_id: int,
    address_hash: bytes,
    sent_at: datetime,
    delivered_since: Callable[[datetime], Awaitable[bool]],
) -> tuple[int, datetime]:
    """Count one more letter that was not delivered; returns the count and when the row began.

    sent_at: when the letter was handed over. delivered_since: asked whether a letter to the address
    that was sent after the last counted one has arrived; then the row begins anew.
    """
    c = soft_bounces.c
    mine = sa.and_(c.workspace_id == workspace_id, c.address_hash == address_hash)
    await tx.execute(
        insert(soft_bounces)
        .values(
            workspace_id=workspace_id,
            address_hash=address_hash,
            count=0,
            first_at=sent_at,
            last_at=sent_at,
        )
        .on_conflict_do_nothing()
    )
    counted, first_at, last_at = (
        await tx.execute(sa.select(c["count"], c.first_at, c.last_at).where(mine).with_for_update())
    ).one()
    if counted == 0 or await delivered_since(last_at):
        counted, first_at = 0, sent_at
    count = min(counted + 1, 10_000)
    await tx.execute(
        soft_bounces.update()
        .where(mine)
        .values(count=count, first_at=first_at, last_at=max(last_at, sent_at))
    )
    return count, first_at


async def forget_soft_bounces(tx: Tx, *, workspace_id: int, address_hash: bytes) -> None:
    """Begin anew with an address: something was delivered, or its person was seen."""
    await tx.execute(
        soft_bounces.delete().where(
            soft_bounces.c.workspace_id == workspace_id,
            soft_bounces.c.address_hash == address_hash,
        )
    )


async def count_old_returns(tx: Tx, *, workspace_id: int, before: datetime) -> int:
    """Return how many mails came in before a moment."""
    found = await tx.execute(sa.select(sa.func.count()).where(_old(workspace_id, before)))
    return int(found.scalar_one())


async def erase_old_returns(tx: Tx, *, workspace_id: int, before: datetime) -> int:
    """Delete the mails that came in before a moment; returns how many."""
    return (await tx.execute(returned_mails.delete().where(_old(workspace_id, before)))).rowcount


def _old(workspace_id: int, before: datetime) -> sa.ColumnElement[bool]:
    c = returned_mails.c
    return sa.and_(c.workspace_id == workspace_id, c.received_at < before)


def _clean(text: str) -> str:
    # PostgreSQL and JSON take neither NUL nor lone surrogates.
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
