"""How users are called, many at once."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from otklik.accounts.tables import users
from otklik.runtime.public import Tx


async def user_names(tx: Tx, *, user_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the name of each user, or the address of one who gave none; gone ones are left out."""
    if not user_ids:
        return {}
    rows = await tx.execute(
        sa.select(users.c.id, users.c.name, users.c.email).where(users.c.id.in_(user_ids))
    )
    return {row.id: row.name or row.email for row in rows}
