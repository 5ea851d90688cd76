"""By which events do reports of campaigns count?"""

from __future__ import annotations

import sqlalchemy as sa

from otklik.campaigns.tables import campaigns
from otklik.runtime.public import Tx


async def goal_events(tx: Tx, *, workspace_id: int) -> list[str]:
    """Return the names of events that are a goal of a campaign."""
    more = sa.func.jsonb_array_elements(campaigns.c.more_goals).column_valued("more")
    ours = campaigns.c.workspace_id == workspace_id
    rows = await tx.execute(
        sa.union(
            sa.select(campaigns.c.goal["event"].astext).where(ours, campaigns.c.goal.is_not(None)),
            sa.select(more.op("->>")("event")).select_from(campaigns, more).where(ours),
        )
    )
    return sorted(name for name in rows.scalars() if name)
