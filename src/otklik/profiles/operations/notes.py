"""Writing, changing and deleting notes on a card."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Final
from uuid import UUID

from otklik.accounts.public import Permission, Principal
from otklik.kit.ids import new_id
from otklik.profiles import tables as t
from otklik.profiles.errors import BadNote, NoteOfAnother
from otklik.profiles.queries.cards import homes_of
from otklik.profiles.queries.notes import ProfileNote, get_note
from otklik.runtime.public import Tx

NOTE_MAX: Final = 10_000
_KEPT = {"\n", "\t"}


def clean_note(text: str) -> str:
    """Return a note as it is stored: without control characters, which no reader could see.

    Marks that set the direction of writing stay. Raises: BadNote (empty, or too long).
    """
    kept = "".join(
        one for one in text if one in _KEPT or unicodedata.category(one) not in {"Cc", "Cs"}
    ).strip()
    if not kept or len(kept) > NOTE_MAX:
        raise BadNote(most=NOTE_MAX)
    return kept


async def add_note(
    tx: Tx, *, who: Principal, profile_id: int, text: str, now: datetime
) -> ProfileNote:
    """Write a note on a person's card. Raises: ProfileNotFound, BadNote."""
    kept = clean_note(text)
    homes = await homes_of(tx, workspace_id=who.workspace_id, profile_id=profile_id)
    note_id = new_id()
    await tx.execute(
        t.profile_notes.insert().values(
            id=note_id,
            workspace_id=who.workspace_id,
            profile_id=homes[0],
            text=kept,
            author_id=who.user_id,
            author_key_id=who.key_id,
            created_at=now,
        )
    )
    return await get_note(tx, workspace_id=who.workspace_id, homes=homes, note_id=note_id)


async def change_note(
    tx: Tx, *, who: Principal, profile_id: int, note_id: UUID, text: str, now: datetime
) -> ProfileNote:
    """Change a note; its author and whoever manages the workspace may.

    Raises: ProfileNotFound, NoteNotFound, NoteOfAnother, BadNote.
    """
    kept = clean_note(text)
    homes = await _allowed(tx, who, profile_id, note_id)
    n = t.profile_notes.c
    await tx.execute(
        t.profile_notes.update()
        .where(n.workspace_id == who.workspace_id, n.id == note_id)
        .values(text=kept, updated_at=now)
    )
    return await get_note(tx, workspace_id=who.workspace_id, homes=homes, note_id=note_id)


async def delete_note(tx: Tx, *, who: Principal, profile_id: int, note_id: UUID) -> None:
    """Delete a note. Raises: ProfileNotFound, NoteNotFound, NoteOfAnother."""
    await _allowed(tx, who, profile_id, note_id)
    n = t.profile_notes.c
    await tx.execute(
        t.profile_notes.delete().where(n.workspace_id == who.workspace_id, n.id == note_id)
    )


async def _allowed(tx: Tx, who: Principal, profile_id: int, note_id: UUID) -> list[int]:
    homes = await homes_of(tx, workspace_id=who.workspace_id, profile_id=profile_id)
    note = await get_note(tx, workspace_id=who.workspace_id, homes=homes, note_id=note_id)
    is_mine = note.author_id is not None and note.author_id == who.user_id
    if not is_mine and not who.may(Permission.MANAGE):
        raise NoteOfAnother()
    return homes
