"""By which events do reports of campaigns count?"""

from __future__ import annotations

import sqlalchemy as sa

from otklik.campaigns.tables import campaigns
from otklik.runtime.public import Tx


async def goal_events(tx: Tx, *, workspace_id: int) -> list[str]:
    """Return the names of events that are the goal of a campaign."""
    rows = await tx.execute(
        sa.select(campaigns.c.goal["event"].astext)
        .where(campaigns.c.workspace_id == workspace_id, campaigns.c.goal.is_not(None))
        .distinct()
    )
    return sorted(name for name in rows.scalars() if name)
