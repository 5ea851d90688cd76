"""Reads of transactional letters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.campaigns.model import Counts, Goal
from otklik.campaigns.transactional.errors import TransactionalNotFound
from otklik.campaigns.transactional.model import Transactional, TransactionalState
from otklik.campaigns.transactional.tables import transactional_letters
from otklik.content.public import letters_changed_at
from otklik.delivery.public import Progress, progress_of, waiting_requests
from otklik.runtime.public import Tx


async def transactional_row(
    tx: Tx, *, workspace_id: int, letter_id: UUID, lock: bool = False
) -> Any:
    """Return the row of a transactional letter. Raises: TransactionalNotFound."""
    query = sa.select(transactional_letters).where(
        transactional_letters.c.workspace_id == workspace_id,
        transactional_letters.c.id == letter_id,
    )
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise TransactionalNotFound(key=letter_id)
    return row


async def get_transactional(
    tx: Tx, *, workspace_id: int, letter_id: UUID, now: datetime
) -> Transactional:
    """Return one with its counts. Raises: TransactionalNotFound."""
    row = await transactional_row(tx, workspace_id=workspace_id, letter_id=letter_id)
    return (await _whole(tx, workspace_id, [row], now))[0]


async def list_transactional(tx: Tx, *, workspace_id: int, now: datetime) -> list[Transactional]:
    """Return all of a workspace, those that are closed last."""
    rows = (
        await tx.execute(
            sa.select(transactional_letters)
            .where(transactional_letters.c.workspace_id == workspace_id)
            .order_by(
                transactional_letters.c.state == TransactionalState.CLOSED,
                sa.func.lower(transactional_letters.c.name),
                transactional_letters.c.id,
            )
        )
    ).all()
    return await _whole(tx, workspace_id, rows, now)


async def _whole(
    tx: Tx, workspace_id: int, rows: Sequence[Any], now: datetime
) -> list[Transactional]:
    found = await progress_of(
        tx, workspace_id=workspace_id, source_ids=[row.id for row in rows], now=now
    )
    waiting = await waiting_requests(
        tx, workspace_id=workspace_id, source_ids=[row.id for row in rows]
    )
    changed = await letters_changed_at(
        tx,
        workspace_id=workspace_id,
        letter_ids=[row.letter_id for row in rows if row.letter_id is not None],
    )
    return [
        Transactional(
            id=row.id,
            key=row.key,
            name=row.name,
            letter_id=row.letter_id,
            sender_id=row.sender_id,
            topic_id=row.topic_id,
            service=row.service,
            state=TransactionalState(row.state),
            edition=row.edition,
            is_changed=row.published_at is not None
            and max(row.updated_at, changed.get(row.letter_id, row.updated_at)) > row.published_at,
            published_at=row.published_at,
            goal=msgspec.convert(row.goal, Goal | None),
            created_at=row.created_at,
            updated_at=row.updated_at,
            counts=_counts(found[row.id], waiting.get(row.id, 0)) if row.id in found else Counts(),
        )
        for row in rows
    ]


def _counts(seen: Progress, waiting: int) -> Counts:
    pending = seen.pending + seen.sending + waiting
    return Counts(
        total=pending + seen.sent + seen.bounced + seen.failed + seen.skipped + seen.in_doubt,
        pending=pending,
        sent=seen.sent,
        bounced=seen.bounced,
        failed=seen.failed,
        skipped=seen.skipped,
        in_doubt=seen.in_doubt,
    )


async def transactional_using(
    tx: Tx,
    *,
    workspace_id: int,
    letter_ids: Sequence[UUID] = (),
    sender_id: UUID | None = None,
) -> list[Any]:
    """Return the rows of transactional letters made of these letters or sent by this sender.

    Those that are closed need neither any more.
    """
    uses: list[sa.ColumnElement[bool]] = [transactional_letters.c.letter_id.in_(letter_ids)]
    if sender_id is not None:
        uses.append(transactional_letters.c.sender_id == sender_id)
    rows = await tx.execute(
        sa.select(transactional_letters)
        .where(
            transactional_letters.c.workspace_id == workspace_id,
            transactional_letters.c.state != TransactionalState.CLOSED,
            sa.or_(*uses),
        )
        .order_by(transactional_letters.c.id)
    )
    return list(rows)
