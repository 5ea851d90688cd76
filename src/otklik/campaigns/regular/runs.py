"""Which campaigns are runs of regular mailings."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from otklik.campaigns.regular.tables import regular_runs
from otklik.runtime.public import Tx


async def campaigns_of_runs(tx: Tx, workspace_id: int) -> list[UUID]:
    """Return the campaigns that regular mailings have made."""
    rows = await tx.execute(
        sa.select(regular_runs.c.campaign_id).where(
            regular_runs.c.workspace_id == workspace_id, regular_runs.c.campaign_id.is_not(None)
        )
    )
    return [*rows.scalars()]
