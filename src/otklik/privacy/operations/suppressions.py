"""Writes of the stop list."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from otklik.accounts.public import get_workspace
from otklik.kit.ids import new_id
from otklik.privacy import tables as t
from otklik.privacy.errors import (
    SuppressionNotFound,
)
from otklik.privacy.model import (
    SuppressionReason,
    address_hash,
    address_hint,
)
from otklik.privacy.operations.ledger import check_channel
from otklik.runtime.public import Tx


async def suppress(
    tx: Tx,
    *,
    workspace_id: int,
    channel: str,
    address: str,
    reason: SuppressionReason,
    now: datetime,
) -> bool:
    """Stop everything to an address on a channel; False when it was stopped already.

    Only a keyed hash and a hint such as i•••@example.com are stored.
    """
    check_channel(channel)
    salt = (await get_workspace(tx, workspace_id=workspace_id)).salt
    result = await tx.execute(
        insert(t.suppressions)
        .values(
            id=new_id(),
            workspace_id=workspace_id,
            channel=channel,
            address_hash=address_hash(salt, channel, address),
            hint=address_hint(channel, address),
            reason=reason.value,
            at=now,
        )
        .on_conflict_do_nothing()
        .returning(t.suppressions.c.id)
    )
    return result.first() is not None


async def lift_suppression(tx: Tx, *, workspace_id: int, suppression_id: UUID) -> None:
    """Take an address off the stop list; raises SuppressionNotFound."""
    c = t.suppressions.c
    result = await tx.execute(
        t.suppressions.delete().where(c.workspace_id == workspace_id, c.id == suppression_id)
    )
    if not result.rowcount:
        raise SuppressionNotFound()
