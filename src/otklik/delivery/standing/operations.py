"""Writes to standing mailings: opened, given a new letter, asked for messages, closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.delivery.errors import MailingNotFound, WrongMailingState
from otklik.delivery.model import SHARES_TOTAL, MailingSpec, MailingState, Variant
from otklik.delivery.operations.mailings import CHANNEL as SENDING
from otklik.delivery.operations.mailings import create_mailing
from otklik.delivery.standing.errors import DataTooBig
from otklik.delivery.standing.model import DATA_BYTES_MAX, AskedMessage, Edition, Request
from otklik.delivery.tables import mailing_variants, mailings
from otklik.kit.ids import new_id
from otklik.runtime.public import Tx, notify

CHANNEL = "message_requests"
"""What wakes the gathering loop."""
_OPEN = (MailingState.RUNNING, MailingState.PAUSED)


async def open_standing(
    tx: Tx, *, workspace_id: int, source_kind: str, source_id: UUID, edition: Edition, now: datetime
) -> None:
    """Make a standing mailing that runs at once. Raises: MailingExists."""
    spec = MailingSpec(
        workspace_id=workspace_id,
        source_kind=source_kind,
        source_id=source_id,
        name=edition.name,
        channel="email",
        topic_id=edition.topic_id,
        sender_id=edition.sender_id,
        variants=(Variant("1", "", SHARES_TOTAL, edition.letter),),
        service=edition.service,
    )
    mailing_id = await create_mailing(tx, spec=spec, links=[edition.links], now=now)
    await tx.execute(
        mailings.update()
        .where(mailings.c.mailing_id == mailing_id)
        .values(standing=True, state=MailingState.RUNNING, started_at=now, audience_size=0)
    )


async def publish_edition(tx: Tx, *, workspace_id: int, source_id: UUID, edition: Edition) -> str:
    """Let requests from now on get another letter; returns its number.

    The letters before keep theirs: their links must lead where they led when they were sent.
    Raises: MailingNotFound; WrongMailingState for one that is closed.
    """
    row = await _standing(tx, workspace_id, source_id, lock=True)
    if row.state not in _OPEN:
        raise WrongMailingState(state=row.state)
    position = int(
        (
            await tx.execute(
                sa.select(sa.func.count())
                .select_from(mailing_variants)
                .where(mailing_variants.c.mailing_id == row.mailing_id)
            )
        ).scalar_one()
    )
    key = str(position + 1)
    await tx.execute(
        mailing_variants.insert().values(
            mailing_id=row.mailing_id,
            position=position,
            workspace_id=workspace_id,
            key=key,
            name="",
            letter=msgspec.to_builtins(edition.letter),
            links=list(edition.links.addresses),
            links_tracked=edition.links.tracked,
        )
    )
    await tx.execute(
        mailings.update()
        .where(mailings.c.mailing_id == row.mailing_id)
        .values(
            arms=[[key, SHARES_TOTAL]],
            name=edition.name,
            sender_id=edition.sender_id,
            topic_id=edition.topic_id,
            service=edition.service,
        )
    )
    return key


async def ask_for_messages(
    tx: Tx, *, workspace_id: int, source_id: UUID, requests: Sequence[Request], now: datetime
) -> list[AskedMessage]:
    """Write requests down; they are durable when `tx` commits, and are sent soon after.

    Returns them in the order of `requests`. Raises: MailingNotFound; WrongMailingState for a
    mailing that is closed (a paused one takes requests and sends them later); DataTooBig.
    """
    row = await _standing(tx, workspace_id, source_id)
    if row.state not in _OPEN:
        raise WrongMailingState(state=row.state)
    datas = [msgspec.json.encode(one.data) for one in requests]
    for data in datas:
        if len(data) > DATA_BYTES_MAX:
            raise DataTooBig(size=len(data), limit=DATA_BYTES_MAX)
    ids = [new_id() for _ in requests]
    written = set(
        (
            await tx.execute(
                _ASK,
                {
                    "ids": ids,
                    "workspace_id": workspace_id,
                    "mailing_id": row.mailing_id,
                    "profile_ids": [one.profile_id for one in requests],
                    "keys": [one.key for one in requests],
                    "datas": [data.decode() for data in datas],
                    "now": now,
                },
            )
        ).scalars()
    )
    repeated = [one.key for made, one in zip(ids, requests, strict=True) if made not in written]
    first: dict[str, UUID] = {}
    if repeated:
        known = await tx.execute(_FIRST, {"mailing_id": row.mailing_id, "keys": repeated})
        first = {one.key: one.id for one in known}
    if written:
        await notify(tx, CHANNEL)
    return [
        AskedMessage(made, True) if made in written else AskedMessage(first[one.key or ""], False)
        for made, one in zip(ids, requests, strict=True)
    ]


async def close_standing(tx: Tx, *, workspace_id: int, source_id: UUID) -> None:
    """Take no more requests; what waits is skipped, and the mailing becomes finished."""
    row = await _standing(tx, workspace_id, source_id, lock=True)
    if row.state in _OPEN:
        await tx.execute(
            mailings.update()
            .where(mailings.c.mailing_id == row.mailing_id)
            .values(state=MailingState.STOPPING)
        )
        await notify(tx, CHANNEL)
        await notify(tx, SENDING)


async def _standing(tx: Tx, workspace_id: int, source_id: UUID, *, lock: bool = False) -> Any:
    query = sa.select(mailings.c.mailing_id, mailings.c.state).where(
        mailings.c.workspace_id == workspace_id,
        mailings.c.source_id == source_id,
        mailings.c.standing,
    )
    # Whoever asks shares the row, so that nobody closes the mailing in the middle of it.
    query = query.with_for_update() if lock else query.with_for_update(read=True, key_share=True)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise MailingNotFound()
    return row


_ASK = sa.text(
    """
    INSERT INTO message_requests (id, workspace_id, mailing_id, profile_id, key, data, asked_at)
    SELECT r.id, :workspace_id, :mailing_id, r.profile_id, r.key, r.data::jsonb, :now
      FROM unnest(CAST(:ids AS uuid[]), CAST(:profile_ids AS bigint[]), CAST(:keys AS text[]),
                  CAST(:datas AS text[]))
           WITH ORDINALITY AS r(id, profile_id, key, data, place)
     ORDER BY r.place
        ON CONFLICT (mailing_id, key) WHERE key IS NOT NULL DO NOTHING
    RETURNING id
    """
)

_FIRST = sa.text(
    "SELECT key, id FROM message_requests WHERE mailing_id = :mailing_id AND key = ANY(:keys)"
)
