"""Mailboxes of a workspace that are looked into for returned mail: settings and progress."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.channels.email.errors import MailboxExists, MailboxNotFound, PasswordNeeded
from otklik.channels.email.tables import return_mailboxes
from otklik.kit.ids import new_id
from otklik.runtime.public import Tx

_PLACE = ("host", "port", "username", "folder")
_CHANGEABLE = (*_PLACE, "enabled", "password_sealed")


class ReturnMailbox(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox as the interface shows it: no password in it."""

    id: UUID
    host: str
    port: int
    username: str
    folder: str
    enabled: bool
    checked_at: datetime | None
    trouble: str | None
    """Why it could not be read the last time; null when it could."""
    created_at: datetime
    updated_at: datetime


class MailboxToRead(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox as the reader needs it; the password is sealed."""

    id: UUID
    workspace_id: int
    host: str
    port: int
    username: str
    password_sealed: str
    folder: str
    uid_validity: int | None
    last_uid: int | None


async def list_mailboxes(tx: Tx, *, workspace_id: int) -> list[ReturnMailbox]:
    rows = await tx.execute(
        sa.select(return_mailboxes)
        .where(return_mailboxes.c.workspace_id == workspace_id)
        .order_by(return_mailboxes.c.created_at, return_mailboxes.c.id)
    )
    return [_shown(row) for row in rows]


async def get_mailbox(tx: Tx, *, workspace_id: int, mailbox_id: UUID) -> ReturnMailbox:
    """Return one mailbox. Raises: MailboxNotFound."""
    row = (
        await tx.execute(
            sa.select(return_mailboxes).where(
                return_mailboxes.c.workspace_id == workspace_id,
                return_mailboxes.c.id == mailbox_id,
            )
        )
    ).one_or_none()
    if row is None:
        raise MailboxNotFound()
    return _shown(row)


async def enabled_mailboxes(tx: Tx) -> list[UUID]:
    """Return the mailboxes of all workspaces that are to be read."""
    found = await tx.execute(
        sa.select(return_mailboxes.c.id).where(return_mailboxes.c.enabled).order_by("id")
    )
    return list(found.scalars())


async def mailbox_to_read(tx: Tx, *, mailbox_id: UUID) -> MailboxToRead | None:
    """Return a mailbox that is to be read; None when it is gone or switched off."""
    row = (
        await tx.execute(
            sa.select(return_mailboxes).where(
                return_mailboxes.c.id == mailbox_id, return_mailboxes.c.enabled
            )
        )
    ).one_or_none()
    if row is None:
        return None
    return MailboxToRead(**{name: getattr(row, name) for name in MailboxToRead.__struct_fields__})


async def create_mailbox(
    tx: Tx,
    *,
    workspace_id: int,
    host: str,
    port: int,
    username: str,
    password_sealed: str,
    folder: str,
    now: datetime,
) -> ReturnMailbox:
    """Add a mailbox. Raises: MailboxExists."""
    row = (
        await tx.execute(
            insert(return_mailboxes)
            .values(
                id=new_id(),
                workspace_id=workspace_id,
                host=host.strip().lower(),
                port=port,
                username=username,
                password_sealed=password_sealed,
                folder=folder,
                enabled=True,
                created_at=now,
                updated_at=now,
            )
            .on_conflict_do_nothing()
            .returning(return_mailboxes)
        )
    ).one_or_none()
    if row is None:
        raise MailboxExists(username=username, host=host)
    return _shown(row)


async def change_mailbox(
    tx: Tx, *, workspace_id: int, mailbox_id: UUID, changes: dict[str, Any], now: datetime
) -> ReturnMailbox:
    """Change what is named. Raises: MailboxNotFound, MailboxExists, PasswordNeeded.

    A password is never sent to a host or for a user that it was not given for.
    """
    before = await get_mailbox(tx, workspace_id=workspace_id, mailbox_id=mailbox_id)
    values = {key: changes[key] for key in _CHANGEABLE if key in changes}
    if "host" in values:
        values["host"] = values["host"].strip().lower()
    moved = {key for key in _PLACE if key in values and values[key] != getattr(before, key)}
    if moved - {"folder"} and "password_sealed" not in values:
        raise PasswordNeeded()
    if moved:
        # The numbers of the mails are those of the other mailbox.
        values |= {"uid_validity": None, "last_uid": None, "checked_at": None}
    try:
        async with tx.begin_nested():
            row = (
                await tx.execute(
                    return_mailboxes.update()
                    .where(
                        return_mailboxes.c.workspace_id == workspace_id,
                        return_mailboxes.c.id == mailbox_id,
                    )
                    .values(**values, trouble=None, updated_at=now)
                    .returning(return_mailboxes)
                )
            ).one()
    except sa.exc.IntegrityError as error:
        shown = {**msgspec.structs.asdict(before), **values}
        raise MailboxExists(username=shown["username"], host=shown["host"]) from error
    return _shown(row)


async def delete_mailbox(tx: Tx, *, workspace_id: int, mailbox_id: UUID) -> None:
    """Forget a mailbox; what was taken from it stays. Raises: MailboxNotFound."""
    gone = await tx.execute(
        return_mailboxes.delete().where(
            return_mailboxes.c.workspace_id == workspace_id, return_mailboxes.c.id == mailbox_id
        )
    )
    if not gone.rowcount:
        raise MailboxNotFound()


async def note_read(
    tx: Tx, *, mailbox_id: UUID, uid_validity: int, last_uid: int, now: datetime
) -> None:
    """Remember how far a mailbox was read."""
    await _note(
        tx,
        mailbox_id,
        uid_validity=uid_validity,
        last_uid=last_uid,
        checked_at=now,
        trouble=None,
    )


async def note_mailbox_trouble(tx: Tx, *, mailbox_id: UUID, text: str, now: datetime) -> None:
    await _note(tx, mailbox_id, checked_at=now, trouble=text[:300])


async def _note(tx: Tx, mailbox_id: UUID, **values: Any) -> None:
    await tx.execute(
        return_mailboxes.update().where(return_mailboxes.c.id == mailbox_id).values(**values)
    )


def _shown(row: Any) -> ReturnMailbox:
    return ReturnMailbox(**{name: getattr(row, name) for name in ReturnMailbox.__struct_fields__})
