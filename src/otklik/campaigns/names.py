"""Names of campaigns, for those who choose one by its name."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from otklik.campaigns.tables import campaigns
from otklik.runtime.public import Tx


async def campaign_names(tx: Tx, *, workspace_id: int) -> dict[UUID, str]:
    """Return the names of all campaigns of a workspace, the newest first."""
    rows = await tx.execute(
        sa.select(campaigns.c.id, campaigns.c.name)
        .where(campaigns.c.workspace_id == workspace_id)
        .order_by(campaigns.c.id.desc())
    )
    return {row.id: row.name for row in rows}
