"""Reads of content."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from otklik.content.errors import LetterNotFound
from otklik.content.model import Letter, LetterKind
from otklik.content.tables import letters
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx


async def get_letter(tx: Tx, *, workspace_id: int, letter_id: UUID) -> Letter:
    """Return one letter. Raises: LetterNotFound."""
    row = (
        await tx.execute(
            sa.select(letters).where(
                letters.c.workspace_id == workspace_id, letters.c.id == letter_id
            )
        )
    ).one_or_none()
    if row is None:
        raise LetterNotFound()
    return letter_of(row)


async def list_letters(
    tx: Tx,
    *,
    workspace_id: int,
    search: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Letter]:
    """Return letters, the last changed first; `search` looks into names and subjects.

    Raises: BadCursor.
    """
    limit = clamp_limit(limit)
    query = (
        sa.select(letters)
        .where(letters.c.workspace_id == workspace_id)
        .order_by(letters.c.updated_at.desc(), letters.c.id.desc())
        .limit(limit + 1)
    )
    if search and search.strip():
        wanted = search.strip().replace("\x00", "")
        query = query.where(
            letters.c.name.icontains(wanted, autoescape=True)
            | letters.c.subject.icontains(wanted, autoescape=True)
        )
    if cursor:
        at, last = decode_cursor(cursor, datetime, UUID)
        query = query.where(sa.tuple_(letters.c.updated_at, letters.c.id) < sa.tuple_(at, last))
    rows = (await tx.execute(query)).all()
    items = [letter_of(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(
        items=items,
        next_cursor=encode_cursor(items[-1].updated_at, items[-1].id) if more else None,
    )


def letter_of(row: Any) -> Letter:
    return Letter(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        kind=LetterKind(row.kind),
        subject=row.subject,
        preheader=row.preheader,
        source=row.source,
        text=row.text,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        amp=row.amp,
    )


async def letters_changed_at(
    tx: Tx, *, workspace_id: int, letter_ids: Sequence[UUID]
) -> dict[UUID, datetime]:
    """Return when each of these letters was changed last; those that are gone are left out."""
    rows = await tx.execute(
        sa.select(letters.c.id, letters.c.updated_at).where(
            letters.c.workspace_id == workspace_id, letters.c.id.in_(letter_ids)
        )
    )
    return {row.id: row.updated_at for row in rows}
