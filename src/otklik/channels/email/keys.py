"""Private DKIM keys at rest: sealed, so that a copy of the database signs nothing.

Wiring puts the installation's vault here once per process. Installations that are older than this
have keys in the clear; they are read as they are, and sealed when a process starts.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from otklik.channels.email.errors import KeyUnreadable
from otklik.channels.email.tables import senders
from otklik.runtime.public import BadSeal, Tx, Vault

_SEALED: Final = "sealed:"
_COLUMNS: Final = (senders.c.dkim_private_key, senders.c.next_dkim_private_key)
_vaults: list[Vault] = []


def use_key_vault(vault: Vault) -> None:
    """Say what seals the keys; called by `entrypoints/wiring` once per process."""
    _vaults[:] = [vault]


def seal_key(private_key: str) -> str:
    """Return a private key in the form that is stored."""
    return _SEALED + _vault().seal(private_key)


def open_key(stored: str) -> str:
    """Return the private key of a stored one.

    Raises: KeyUnreadable, when it was sealed with another secret than the installation's.
    """
    if not stored.startswith(_SEALED):
        return stored
    try:
        return _vault().open(stored.removeprefix(_SEALED))
    except BadSeal as error:
        raise KeyUnreadable() from error


async def seal_old_keys(tx: Tx) -> int:
    """Seal what is still stored in the clear, of all workspaces; returns how many keys that were.

    Several processes may start at once: each row is sealed once.
    """
    count = 0
    for column in _COLUMNS:
        is_open = sa.and_(column.is_not(None), ~column.startswith(_SEALED))
        rows = await tx.execute(sa.select(senders.c.id, column).where(is_open).with_for_update())
        found = [{"sender_id": row[0], "sealed": seal_key(row[1])} for row in rows]
        if found:
            await tx.execute(
                senders.update()
                .where(senders.c.id == sa.bindparam("sender_id"))
                .values({column: sa.bindparam("sealed")}),
                found,
            )
        count += len(found)
    return count


def _vault() -> Vault:
    if not _vaults:
        raise RuntimeError("no vault for DKIM keys: the process was not wired")
    return _vaults[0]
