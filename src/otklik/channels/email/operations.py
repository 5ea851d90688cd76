"""Writes of the e-mail channel."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.channels.email.addresses import parse_address
from otklik.channels.email.dkim import new_key, public_record
from otklik.channels.email.errors import NoNextKey, SenderExists, SenderInUse, SenderNotFound
from otklik.channels.email.headers import one_line
from otklik.channels.email.keys import seal_key
from otklik.channels.email.model import DnsCheck, Sender
from otklik.channels.email.queries import get_sender, sender_of
from otklik.channels.email.tables import caught_letters, senders
from otklik.channels.email.usage import used_by
from otklik.kit.ids import new_id
from otklik.runtime.public import Tx

SELECTOR = "otklik"
_KEY_COLUMNS = (
    "dkim_selector",
    "dkim_private_key",
    "dkim_record",
    "next_dkim_selector",
    "next_dkim_private_key",
    "next_dkim_record",
)


async def create_sender(
    tx: Tx,
    *,
    workspace_id: int,
    name: str,
    address: str,
    now: datetime,
    reply_to: str | None = None,
    is_default: bool = False,
) -> Sender:
    """Create a sender and its DKIM key; the first sender of a workspace becomes the default.

    Senders of one domain share a key, so there is one record to publish.

    Raises: BadAddress, SenderExists.
    """
    parsed = parse_address(address)
    keys = await _keys_for(tx, workspace_id, parsed.domain)
    others = await tx.scalar(
        sa.select(sa.func.count())
        .select_from(senders)
        .where(senders.c.workspace_id == workspace_id)
    )
    is_default = is_default or not others
    if is_default:
        await _drop_default(tx, workspace_id)
    row = (
        await tx.execute(
            insert(senders)
            .values(
                id=new_id(),
                workspace_id=workspace_id,
                name=one_line(name),
                address=parsed.key,
                domain=parsed.domain,
                reply_to=parse_address(reply_to).address if reply_to else None,
                **keys,
                is_default=is_default,
                created_at=now,
                updated_at=now,
            )
            .on_conflict_do_nothing(index_elements=["workspace_id", "address"])
            .returning(senders)
        )
    ).one_or_none()
    if row is None:
        raise SenderExists(address=parsed.shown)
    return sender_of(row)


async def change_sender(
    tx: Tx, *, workspace_id: int, sender_id: UUID, changes: dict[str, Any], now: datetime
) -> Sender:
    """Change name, reply_to or is_default; the address of a sender never changes.

    Raises: SenderNotFound, BadAddress.
    """
    values: dict[str, Any] = {"updated_at": now}
    if "name" in changes:
        values["name"] = one_line(changes["name"])
    if "reply_to" in changes:
        given = changes["reply_to"]
        values["reply_to"] = parse_address(given).address if given else None
    if changes.get("is_default"):
        await get_sender(tx, workspace_id=workspace_id, sender_id=sender_id)
        await _drop_default(tx, workspace_id)
        values["is_default"] = True
    row = (
        await tx.execute(
            senders.update()
            .where(senders.c.workspace_id == workspace_id, senders.c.id == sender_id)
            .values(**values)
            .returning(senders)
        )
    ).one_or_none()
    if row is None:
        raise SenderNotFound()
    return sender_of(row)


async def delete_sender(tx: Tx, *, workspace_id: int, sender_id: UUID) -> None:
    """Delete a sender that nothing uses.

    Raises: SenderNotFound, SenderInUse.
    """
    await get_sender(tx, workspace_id=workspace_id, sender_id=sender_id)
    names = await used_by(tx, workspace_id=workspace_id, sender_id=sender_id)
    if names:
        raise SenderInUse(used_by=", ".join(names[:5]))
    await tx.execute(
        senders.delete().where(senders.c.workspace_id == workspace_id, senders.c.id == sender_id)
    )


async def keep_checks(
    tx: Tx, *, workspace_id: int, sender_id: UUID, checks: list[DnsCheck], now: datetime
) -> None:
    """Remember the outcome of a domain check for the launch checks of mailings."""
    await tx.execute(
        senders.update()
        .where(senders.c.workspace_id == workspace_id, senders.c.id == sender_id)
        .values(
            checks=[{"name": check.name, "level": check.level} for check in checks],
            checked_at=now,
        )
    )


async def forget_caught(tx: Tx, *, workspace_id: int) -> None:
    """Empty the mail catcher of a workspace."""
    await tx.execute(caught_letters.delete().where(caught_letters.c.workspace_id == workspace_id))


async def _drop_default(tx: Tx, workspace_id: int) -> None:
    await tx.execute(
        senders.update()
        .where(senders.c.workspace_id == workspace_id, senders.c.is_default)
        .values(is_default=False)
    )


async def prepare_key(tx: Tx, *, workspace_id: int, sender_id: UUID, now: datetime) -> Sender:
    """Make the key that is to take over; letters are signed with the old one until `switch_key`.

    It is that of all senders of the domain. A key that waits already stays. Raises: SenderNotFound.
    """
    sender = await get_sender(tx, workspace_id=workspace_id, sender_id=sender_id)
    if sender.dkim_next_record is None:
        selector = next_selector(sender.dkim_selector)
        key = await asyncio.to_thread(new_key, sender.domain, selector)
        await _change_keys(
            tx,
            workspace_id,
            sender.domain,
            now,
            next_dkim_selector=key.selector,
            next_dkim_private_key=seal_key(key.private_key),
            next_dkim_record=public_record(key),
        )
    return await get_sender(tx, workspace_id=workspace_id, sender_id=sender_id)


async def switch_key(tx: Tx, *, workspace_id: int, sender_id: UUID, now: datetime) -> Sender:
    """Sign with the key that waits, from the next letter on. Whether its record is published, the
    caller has looked. Raises: SenderNotFound, NoNextKey."""
    sender = await get_sender(tx, workspace_id=workspace_id, sender_id=sender_id)
    if sender.dkim_next_record is None:
        raise NoNextKey()
    await _change_keys(
        tx,
        workspace_id,
        sender.domain,
        now,
        dkim_selector=senders.c.next_dkim_selector,
        dkim_private_key=senders.c.next_dkim_private_key,
        dkim_record=senders.c.next_dkim_record,
        next_dkim_selector=None,
        next_dkim_private_key=None,
        next_dkim_record=None,
    )
    return await get_sender(tx, workspace_id=workspace_id, sender_id=sender_id)


def next_selector(selector: str) -> str:
    """Return the selector after this one: otklik, otklik2, otklik3, …"""
    stem = selector.rstrip("0123456789")
    number = int(selector[len(stem) :] or "1")
    return f"{stem}{number + 1}"


async def _change_keys(
    tx: Tx, workspace_id: int, domain: str, now: datetime, **values: Any
) -> None:
    await tx.execute(
        senders.update()
        .where(senders.c.workspace_id == workspace_id, senders.c.domain == domain)
        .values(**values, updated_at=now)
    )


async def _keys_for(tx: Tx, workspace_id: int, domain: str) -> dict[str, str | None]:
    """Return the columns of a domain's key, and of the one that waits; a new key, if it has none.

    The private halves are as they are stored, sealed.
    """
    row = (
        await tx.execute(
            sa.select(senders)
            .where(senders.c.workspace_id == workspace_id, senders.c.domain == domain)
            .limit(1)
        )
    ).one_or_none()
    if row is not None:
        return {name: getattr(row, name) for name in _KEY_COLUMNS}
    # The search for two large primes takes up to half a second: not on the event loop.
    key = await asyncio.to_thread(new_key, domain, SELECTOR)
    return {
        "dkim_selector": key.selector,
        "dkim_private_key": seal_key(key.private_key),
        "dkim_record": public_record(key),
    }
