"""How fast a mailing goes, and how fast it may."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from otklik.runtime.public import Tx

PACE_SPAN_S = 5

_PACE = sa.text(
    """
    INSERT INTO mailing_paces (mailing_id, at, workspace_id, done)
    VALUES (:mailing_id,
            to_timestamp(floor(extract(epoch FROM CAST(:now AS timestamptz)) / :span) * :span),
            :workspace_id, :done)
    ON CONFLICT (mailing_id, at) DO UPDATE SET done = mailing_paces.done + excluded.done
    """
)

# The rate is shared by machines, so it goes by the one clock that they share, the database's.
# Callers wait for their slot before they ask again, so the queue is never long; a slot minutes
# ahead means that this clock was set back, and must not stop the sending for as long.
_SLOT = sa.text(
    """
    INSERT INTO rate_slots AS s (key, workspace_id, free_at)
    VALUES (:key, :workspace_id, clock_timestamp() + make_interval(secs => :takes_s))
    ON CONFLICT (key) DO UPDATE
       SET free_at = CASE WHEN s.free_at > clock_timestamp() + interval '2 minutes'
                          THEN clock_timestamp()
                          ELSE greatest(s.free_at, clock_timestamp()) END
                   + make_interval(secs => :takes_s)
    RETURNING extract(epoch FROM free_at - clock_timestamp()) - :takes_s AS wait_s
    """
)


async def note_pace(
    tx: Tx, *, mailing_id: int, workspace_id: int, done: int, now: datetime
) -> None:
    """Count handed messages in spans of five seconds, for the measured rate."""
    await tx.execute(
        _PACE,
        {
            "mailing_id": mailing_id,
            "workspace_id": workspace_id,
            "done": done,
            "now": now,
            "span": PACE_SPAN_S,
        },
    )


async def reserve_slot(
    tx: Tx, *, key: str, workspace_id: int, count: int, rate_per_s: float
) -> float:
    """Reserve room for `count` messages in a rate shared by all processes; returns seconds to wait.

    One row and one statement per reservation (the generic cell rate algorithm): callers are
    queued behind each other, so any number of processes together keep the rate.
    """
    row = await tx.execute(
        _SLOT, {"key": key, "workspace_id": workspace_id, "takes_s": count / rate_per_s}
    )
    return max(0.0, float(row.scalar_one()))
