"""Target actions: by which events do reports of campaigns count, and can they?"""

from __future__ import annotations

import sqlalchemy as sa

from otklik.campaigns.model import Goal
from otklik.rules.errors import DefinitionInvalid
from otklik.rules.parse import parse_filters
from otklik.runtime.public import Tx

_EVENTS = sa.text(
    """
    SELECT one ->> 'event'
      FROM campaigns
     CROSS JOIN LATERAL jsonb_array_elements(
           more_goals || coalesce(jsonb_build_array(goal), '[]')) AS goals(one)
     WHERE workspace_id = :workspace_id AND one ->> 'event' <> ''
     UNION
    SELECT goal ->> 'event'
      FROM regular_mailings
     WHERE workspace_id = :workspace_id AND goal ->> 'event' <> ''
     UNION
    SELECT goal ->> 'event'
      FROM transactional_letters
     WHERE workspace_id = :workspace_id AND goal ->> 'event' <> ''
     ORDER BY 1
    """
)


async def goal_events(tx: Tx, *, workspace_id: int) -> list[str]:
    """Return the names of events that mailings of any kind have as a target action."""
    return list((await tx.execute(_EVENTS, {"workspace_id": workspace_id})).scalars())


def is_readable(goal: Goal) -> bool:
    """Tell whether the conditions of a target action can be counted by; pure.

    A draft may hold unfinished ones, but what is launched is judged by them for ever.
    """
    try:
        parse_filters(goal.filters)
    except DefinitionInvalid:
        return False
    return True
