"""How fast letters usually leave, for a forecast of when a mailing will be out."""

from __future__ import annotations

import sqlalchemy as sa

from otklik.runtime.public import Tx

# Small mailings end before they are at full speed.
_PACE = sa.text(
    """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY pace)
      FROM (SELECT counted.sent / greatest(extract(epoch FROM finished_at - started_at), 1) AS pace
              FROM mailings
             CROSS JOIN LATERAL (
                   SELECT coalesce(sum(value::int), 0) AS sent
                     FROM jsonb_each_text(tally) WHERE key LIKE 'sent|%') counted
             WHERE workspace_id = :workspace_id AND state = 'finished' AND rate_per_s IS NULL
               AND tally IS NOT NULL AND counted.sent >= :least
             ORDER BY mailing_id DESC
             LIMIT 5) lately
    """
)
_LEAST = 200


async def usual_pace(tx: Tx, *, workspace_id: int) -> float | None:
    """Return the letters a second of the last mailings that went as fast as they could: the median
    of five; None before the first."""
    found = (await tx.execute(_PACE, {"workspace_id": workspace_id, "least": _LEAST})).scalar()
    return None if found is None else float(found)
