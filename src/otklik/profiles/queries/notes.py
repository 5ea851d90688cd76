"""What colleagues wrote of a person, and what they changed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import user_names
from otklik.profiles import tables as t
from otklik.profiles.errors import NoteNotFound
from otklik.profiles.model.timeline import Place
from otklik.runtime.public import Tx


class ProfileNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note on a card. `author`: '' for a user who is gone, or for an API key."""

    id: UUID
    profile_id: int
    text: str
    author: str
    author_id: UUID | None
    created_at: datetime
    updated_at: datetime | None


class TraitEdit(msgspec.Struct, frozen=True, kw_only=True):
    """One trait that was changed by hand; null stands for none. `actor`: as in `ProfileNote`.
    `by_key`: an API key did it. `ip`: from where."""

    id: UUID
    trait: str
    before: Any
    after: Any
    actor: str
    by_key: bool
    ip: str
    at: datetime


async def list_notes(
    tx: Tx,
    *,
    workspace_id: int,
    homes: Sequence[int],
    before: Place | None = None,
    limit: int = 100,
) -> list[ProfileNote]:
    """Return notes of a person's profiles, newest first; `before`: below this (moment, id)."""
    n = t.profile_notes.c
    query = sa.select(t.profile_notes).where(
        n.workspace_id == workspace_id, n.profile_id.in_(homes)
    )
    if before is not None:
        query = query.where(_below(n.created_at, n.id, before))
    rows = (
        await tx.execute(query.order_by(n.created_at.desc(), _text(n.id).desc()).limit(limit))
    ).all()
    return await _notes(tx, rows)


async def get_note(
    tx: Tx, *, workspace_id: int, homes: Sequence[int], note_id: UUID
) -> ProfileNote:
    """Return a note of one of these profiles; raises NoteNotFound."""
    n = t.profile_notes.c
    rows = (
        await tx.execute(
            sa.select(t.profile_notes).where(
                n.workspace_id == workspace_id, n.id == note_id, n.profile_id.in_(homes)
            )
        )
    ).all()
    if not rows:
        raise NoteNotFound(note_id=note_id)
    return (await _notes(tx, rows))[0]


async def _notes(tx: Tx, rows: Sequence[Any]) -> list[ProfileNote]:
    names = await user_names(tx, user_ids={row.author_id for row in rows if row.author_id})
    return [
        ProfileNote(
            id=row.id,
            profile_id=row.profile_id,
            text=row.text,
            author=names.get(row.author_id, ""),
            author_id=row.author_id,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


async def list_edits(
    tx: Tx,
    *,
    workspace_id: int,
    homes: Sequence[int],
    before: Place | None = None,
    limit: int = 100,
) -> list[TraitEdit]:
    """Return changes of traits by hand, newest first."""
    e = t.trait_edits.c
    query = sa.select(t.trait_edits).where(e.workspace_id == workspace_id, e.profile_id.in_(homes))
    if before is not None:
        query = query.where(_below(e.at, e.id, before))
    rows = (await tx.execute(query.order_by(e.at.desc(), _text(e.id).desc()).limit(limit))).all()
    names = await user_names(tx, user_ids={row.user_id for row in rows if row.user_id})
    return [
        TraitEdit(
            id=row.id,
            trait=row.trait,
            before=row.before,
            after=row.after,
            actor=names.get(row.user_id, ""),
            by_key=row.key_id is not None,
            ip=row.ip,
            at=row.at,
        )
        for row in rows
    ]


def _text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    return sa.collate(sa.cast(column, sa.Text), "C")


def _below(
    at: sa.ColumnElement[Any], id_: sa.ColumnElement[Any], before: Place
) -> sa.ColumnElement[bool]:
    moment, last = before
    return sa.or_(at < moment, sa.and_(at == moment, _text(id_) < last))
