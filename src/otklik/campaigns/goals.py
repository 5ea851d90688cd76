"""By which events do reports of campaigns count?"""

from __future__ import annotations

import sqlalchemy as sa

from otklik.runtime.public import Tx

_EVENTS = sa.text(
    """
    SELECT DISTINCT one ->> 'event'
      FROM campaigns
     CROSS JOIN LATERAL jsonb_array_elements(
           more_goals || coalesce(jsonb_build_array(goal), '[]')) AS goals(one)
     WHERE workspace_id = :workspace_id AND one ->> 'event' <> ''
     ORDER BY 1
    """
)


async def goal_events(tx: Tx, *, workspace_id: int) -> list[str]:
    """Return the names of events that are a goal of a campaign."""
    return list((await tx.execute(_EVENTS, {"workspace_id": workspace_id})).scalars())
