"""What proves a consent: its line, the text agreed to, and whether the chain is whole."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from otklik.privacy import tables as t
from otklik.privacy.chain import START, line_digest, person_digest
from otklik.privacy.errors import EntryNotFound
from otklik.privacy.model import ConsentText, LedgerItem
from otklik.privacy.queries.records import ledger_item, text_of
from otklik.privacy.tables import WHOLE_CHANNEL
from otklik.runtime.public import Tx


class ChainCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Whether every line of the workspace's ledger is as it was written.

    `length`: lines in the chain. `older`: lines from before there was a chain. `broken_at`: the
    number of the first line that does not fit, null while the chain is whole.
    """

    length: int
    older: int
    digest: str
    whole: bool
    broken_at: int | None


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a proof page says of one line. `genuine`: null where there is no chain."""

    line: LedgerItem
    topic: str | None
    text: ConsentText | None
    text_unchanged: bool
    previous: str | None
    genuine: bool | None
    later: list[LedgerItem]
    """What the person said later about the same purpose, channel and topic."""


async def get_proof(tx: Tx, *, workspace_id: int, profile_id: int, entry_id: int) -> Proof:
    """Return the proof of one line of a person's ledger; raises EntryNotFound."""
    e, p = t.consent_entries.c, t.consent_people.c
    merged = sa.select(p.profile_id).where(p.workspace_id == workspace_id, p.into_id == profile_id)
    own = sa.and_(
        e.workspace_id == workspace_id,
        sa.or_(e.profile_id == profile_id, e.profile_id.in_(merged)),
    )
    row = (
        await tx.execute(sa.select(t.consent_entries).where(own, e.id == entry_id))
    ).one_or_none()
    if row is None:
        raise EntryNotFound()
    text = topic = None
    if row.text_id is not None:
        x = t.consent_texts.c
        found = await tx.execute(
            sa.select(t.consent_texts).where(x.workspace_id == workspace_id, x.id == row.text_id)
        )
        text = text_of(found.one())
    if row.topic_id != WHOLE_CHANNEL:
        c = t.topics.c
        topic = (
            await tx.execute(
                sa.select(c.name).where(c.workspace_id == workspace_id, c.id == row.topic_id)
            )
        ).scalar_one_or_none()
    later = await tx.execute(
        sa.select(t.consent_entries)
        .where(
            own,
            e.purpose == row.purpose,
            e.channel == row.channel,
            e.topic_id == row.topic_id,
            e.id != row.id,
            e.at >= row.at,
        )
        .order_by(e.at, e.id)
        .limit(100)
    )
    previous = await _previous(tx, workspace_id, row)
    return Proof(
        line=ledger_item(row),
        topic=topic,
        text=text,
        text_unchanged=text is None or row.text_hash in (None, text.hash),
        previous=None if previous is None else previous.hex(),
        genuine=None if previous is None else _fits(row, previous),
        later=[ledger_item(one) for one in later],
    )


async def _previous(tx: Tx, workspace_id: int, row: Any) -> bytes | None:
    if row.number is None:
        return None
    if row.number == 1:
        return START
    e = t.consent_entries.c
    found = (
        await tx.execute(
            sa.select(e.digest).where(e.workspace_id == workspace_id, e.number == row.number - 1)
        )
    ).scalar_one_or_none()
    # Without the line before it, nothing fits.
    return bytes(found) if found is not None else b""


def _fits(row: Any, previous: bytes) -> bool:
    """Whether a line is what it was when it was linked; of an erased one, all but the person."""
    line = dict(row._mapping)
    if row.erased_at is None and person_digest(bytes(row.nonce), line) != bytes(row.person_digest):
        return False
    return line_digest(previous, line) == bytes(row.digest)


async def check_chain(tx: Tx, *, workspace_id: int) -> ChainCheck:
    """Go through the whole chain of a workspace; about 20 microseconds a line."""
    e, c = t.consent_entries.c, t.consent_chains.c
    end = (
        await tx.execute(sa.select(t.consent_chains).where(c.workspace_id == workspace_id))
    ).one_or_none()
    older = await tx.execute(
        sa.select(sa.func.count()).where(e.workspace_id == workspace_id, e.number.is_(None))
    )
    length = 0 if end is None else int(end.length)
    previous, number, broken = START, 0, None
    statement = (
        sa.select(t.consent_entries)
        .where(e.workspace_id == workspace_id, e.number.is_not(None))
        .order_by(e.number)
    )
    async with tx.stream(statement) as rows:
        async for row in rows:
            number += 1
            if row.number != number or not _fits(row, previous):
                broken = number
                break
            previous = bytes(row.digest)
    if broken is None and (number != length or (end is not None and previous != end.digest)):
        broken = min(number, length) + 1
    return ChainCheck(
        length=length,
        older=int(older.scalar_one()),
        digest=(START if end is None else bytes(end.digest)).hex(),
        whole=broken is None,
        broken_at=broken,
    )
