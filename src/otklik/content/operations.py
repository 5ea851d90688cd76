"""Writes of content."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from otklik.content.engine.problems import problem
from otklik.content.errors import LetterBroken, LetterChanged, LetterInUse, LetterNotFound
from otklik.content.model import Letter, LetterKind, LetterSource, Part
from otklik.content.queries import get_letter, letter_of
from otklik.content.tables import letters
from otklik.content.usage import letters_used_by
from otklik.kit.ids import new_id
from otklik.kit.uses import UseState
from otklik.runtime.public import Tx

CONTENT_FIELDS = frozenset({"kind", "subject", "preheader", "source", "text", "amp"})
# PostgreSQL can't store them. Everything else may be saved: a draft is allowed to be wrong.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


async def create_letter(
    tx: Tx, *, workspace_id: int, name: str, content: LetterSource, now: datetime
) -> Letter:
    """Store a new letter. It need not be complete or correct yet.

    Raises: LetterBroken only for characters that can't be stored.
    """
    values: dict[str, Any] = {
        "name": name,
        "kind": content.kind.value,
        "subject": content.subject,
        "preheader": content.preheader,
        "source": content.source,
        "text": content.text,
        "amp": content.amp,
    }
    _check_storable(values)
    row = (
        await tx.execute(
            letters.insert()
            .values(
                id=new_id(),
                workspace_id=workspace_id,
                version=1,
                created_at=now,
                updated_at=now,
                **values,
            )
            .returning(letters)
        )
    ).one()
    return letter_of(row)


async def change_letter(
    tx: Tx,
    *,
    workspace_id: int,
    letter_id: UUID,
    changes: dict[str, Any],
    version: int | None = None,
    now: datetime,
) -> Letter:
    """Change the given fields; what is absent stays. The version grows if the content changes.

    version: of which the change was made; without it the last one to save wins.
    Raises: LetterNotFound, LetterBroken, LetterChanged.
    """
    _check_storable(changes)
    values: dict[str, Any] = {**changes, "updated_at": now}
    if isinstance(values.get("kind"), LetterKind):
        values["kind"] = values["kind"].value
    if CONTENT_FIELDS & changes.keys():
        values["version"] = letters.c.version + 1
    wanted = sa.and_(letters.c.workspace_id == workspace_id, letters.c.id == letter_id)
    # A name is no part of what a version is.
    is_bound = version is not None and "version" in values
    row = (
        await tx.execute(
            letters.update()
            .where(wanted, letters.c.version == version if is_bound else sa.true())
            .values(**values)
            .returning(letters)
        )
    ).one_or_none()
    if row is None and is_bound:
        await get_letter(tx, workspace_id=workspace_id, letter_id=letter_id)
        raise LetterChanged()
    if row is None:
        raise LetterNotFound()
    return letter_of(row)


async def delete_letter(tx: Tx, *, workspace_id: int, letter_id: UUID) -> None:
    """Delete a letter that nothing uses; what was sent is kept with its mailing.

    Raises: LetterNotFound, LetterInUse.
    """
    await get_letter(tx, workspace_id=workspace_id, letter_id=letter_id)
    users = await letters_used_by(tx, workspace_id=workspace_id, letter_ids=[letter_id])
    needed = [user for user in users[letter_id] if user.state is not UseState.OVER]
    if needed:
        raise LetterInUse(used_by=", ".join(user.name for user in needed[:5]))
    await tx.execute(
        letters.delete().where(letters.c.workspace_id == workspace_id, letters.c.id == letter_id)
    )


_PARTS: dict[str, Part] = {
    "subject": "subject",
    "preheader": "preheader",
    "text": "text",
    "amp": "amp",
}


def _check_storable(values: dict[str, Any]) -> None:
    problems = []
    for name, value in values.items():
        match = _UNSTORABLE.search(value) if isinstance(value, str) else None
        if match:
            part = _PARTS.get(name, "source")
            line = value.count("\n", 0, match.start()) + 1
            code = f"{ord(match.group()):02X}"
            problems.append(problem("control_character", part, line, character=code))
    if problems:
        raise LetterBroken(problems)
