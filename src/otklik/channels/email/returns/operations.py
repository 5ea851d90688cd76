"""Writes: mails that came in, and how often letters to an address were not delivered."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
import zstandard
from sqlalchemy.dialects.postgresql import insert

from otklik.channels.email.returns.model import (
    SOURCE_BYTES_MAX,
    Consequence,
    Followed,
    Judgement,
    Kept,
    SoftRow,
)
from otklik.channels.email.tables import returned_mails, soft_bounces
from otklik.runtime.public import Tx

# Lines that carriers put before a mail: the same mail has others when it comes a second time.
_OF_CARRIERS: Final = re.compile(
    rb"(received|return-path|delivered-to|x-original-to|envelope-to|delivery-date|x-envelope-[a-z]+"
    rb"|authentication-results|arc-[a-z-]+|x-received|dkim-signature|received-spf)[ \t]*:",
    re.IGNORECASE,
)

_COUNT_MAX: Final = 10_000


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
            came_by=kept.came_by.value,
            found_by=kept.found_by.value,
        )
        .on_conflict_do_nothing(index_elements=["workspace_id", "content_hash"])
        .returning(returned_mails.c.id)
    )
    number: int | None = found.scalar_one_or_none()
    return number


async def note_followed(tx: Tx, *, return_id: int, followed: Followed) -> None:
    """Write down what was done because of a mail."""
    if followed.did:
        await tx.execute(
            returned_mails.update()
            .where(returned_mails.c.id == return_id)
            .values(followed=[one.value for one in followed.did], soft_count=followed.soft_count)
        )


async def write_judgement(
    tx: Tx, *, return_id: int, judgement: Judgement, followed: Followed, now: datetime
) -> None:
    """Put another judgement in the place of the first one; what was done is added to the list."""
    c = returned_mails.c
    did = [one.value for one in followed.did]
    await tx.execute(
        returned_mails.update()
        .where(c.id == return_id)
        .values(
            kind=judgement.kind.value,
            verdict=judgement.verdict.value,
            reason=judgement.reason.value if judgement.reason else "",
            status=judgement.status[:20],
            diagnostic=_clean(judgement.diagnostic)[:500],
            followed=c.followed + sa.literal(did, sa.ARRAY(sa.Text)) if did else c.followed,
            soft_count=followed.soft_count if followed.soft_count is not None else c.soft_count,
            judged_again_at=now,
        )
    )


async def note_corrected(tx: Tx, *, return_id: int, now: datetime) -> None:
    """Write down that a person took back what a mail had led to."""
    c = returned_mails.c
    await tx.execute(
        returned_mails.update()
        .where(c.id == return_id)
        .values(
            corrected_at=now,
            followed=c.followed + sa.literal([Consequence.LIFTED.value], sa.ARRAY(sa.Text)),
        )
    )


async def note_forwarded(tx: Tx, *, return_id: int, now: datetime) -> None:
    await tx.execute(
        returned_mails.update().where(returned_mails.c.id == return_id).values(forwarded_at=now)
    )


async def count_soft_bounces(
    tx: Tx,
    *,
    workspace_id: int,
    sent: Mapping[bytes, datetime],
    delivered_since: Callable[[dict[bytes, datetime]], Awaitable[set[bytes]]],
) -> dict[bytes, SoftRow]:
    """Count one more letter that was not delivered for each of some addresses.

    sent: by the address's hash, when the letter was handed over. delivered_since: asked at which
    addresses a letter that was sent after the last counted one has arrived; there the row begins
    anew. Returns the rows as they are now.
    """
    c = soft_bounces.c
    # In one order everywhere, so that two workers never wait for each other's rows.
    hashes = sorted(sent)
    wanted = c.address_hash == sa.func.any(sa.literal(hashes, sa.ARRAY(sa.LargeBinary)))
    await tx.execute(
        insert(soft_bounces)
        .values(
            [
                {
                    "workspace_id": workspace_id,
                    "address_hash": one,
                    "count": 0,
                    "first_at": sent[one],
                    "last_at": sent[one],
                }
                for one in hashes
            ]
        )
        .on_conflict_do_nothing()
    )
    before = (
        await tx.execute(
            sa.select(c.address_hash, c["count"], c.first_at, c.last_at)
            .where(c.workspace_id == workspace_id, wanted)
            .order_by(c.address_hash)
            .with_for_update()
        )
    ).all()
    arrived = await delivered_since({row.address_hash: row.last_at for row in before if row[1]})
    rows: dict[bytes, SoftRow] = {}
    changed = []
    for hashed, count, first_at, last_at in before:
        goes_on = count > 0 and hashed not in arrived
        row = SoftRow(
            count=min(count + 1, _COUNT_MAX) if goes_on else 1,
            first_at=first_at if goes_on else sent[hashed],
        )
        rows[hashed] = row
        changed.append(
            {
                "hash": hashed,
                "new_count": row.count,
                "new_first": row.first_at,
                "new_last": max(last_at, sent[hashed]),
            }
        )
    await tx.execute(
        soft_bounces.update()
        .where(c.workspace_id == workspace_id, c.address_hash == sa.bindparam("hash"))
        .values(
            count=sa.bindparam("new_count"),
            first_at=sa.bindparam("new_first"),
            last_at=sa.bindparam("new_last"),
        ),
        changed,
    )
    return rows


async def forget_soft_bounces(
    tx: Tx, *, workspace_id: int, address_hashes: Sequence[bytes]
) -> None:
    """Begin anew with addresses: something was delivered, or their people were seen."""
    await tx.execute(
        soft_bounces.delete().where(
            soft_bounces.c.workspace_id == workspace_id,
            soft_bounces.c.address_hash.in_(address_hashes),
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
