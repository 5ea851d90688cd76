"""How fast a mailing goes, and how fast it may."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from otklik.runtime.public import Tx

PACE_SPAN_S = 5
PACE_WINDOW = timedelta(seconds=15)

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

_KNOWN = sa.text(
    """
    INSERT INTO rate_slots (key, workspace_id, free_at)
    SELECT key, workspace_id, clock_timestamp()
      FROM unnest(CAST(:keys AS text[]), CAST(:workspaces AS int[])) AS n(key, workspace_id)
     ORDER BY key
    ON CONFLICT DO NOTHING
    """
)

_AHEAD = sa.text(
    """
    SELECT key, extract(epoch FROM free_at - clock_timestamp()) AS ahead_s
      FROM rate_slots
     WHERE key = ANY(:keys)
     ORDER BY key
       FOR UPDATE
    """
)

_TAKE = sa.text(
    """
    UPDATE rate_slots s
       SET free_at = clock_timestamp() + make_interval(secs => n.ahead_s)
      FROM unnest(CAST(:keys AS text[]), CAST(:aheads AS float8[])) AS n(key, ahead_s)
     WHERE s.key = n.key
    """
)

_AHEAD_LONGEST_S = 120.0


class SlotWish(NamedTuple):
    """So many letters would like to go now by a rate that all processes share."""

    key: str
    workspace_id: int
    wanted: int
    rate_per_s: float


class SlotGrant(NamedTuple):
    """So many may; if none, the next one may in `wait_s` seconds."""

    granted: int
    wait_s: float


def grant(
    ahead_s: float, *, wanted: int, rate_per_s: float, burst_s: float
) -> tuple[SlotGrant, float]:
    """Return how many letters a rate lets go now, and how far ahead it is spoken for then. Pure.

    ahead_s: seconds until what was granted before has gone, by the rate; negative: long past. A
    letter goes when its own second begins within `burst_s`, so that in any stretch of T seconds at
    most rate x (T + burst) + 1 letters go (the generic cell rate algorithm, ITU-T I.371).
    """
    # Much more ahead than was ever granted means that the clock was set back.
    begins = 0.0 if ahead_s > burst_s + _AHEAD_LONGEST_S else max(ahead_s, 0.0)
    room = max(0, math.ceil((burst_s - begins) * rate_per_s - 1e-9))
    granted = min(wanted, room)
    wait_s = 0.0 if granted else max(0.0, begins - burst_s) + 0.01
    return SlotGrant(granted, wait_s), begins + granted / rate_per_s


async def take_slots(tx: Tx, *, wishes: Sequence[SlotWish], burst_s: float) -> dict[str, SlotGrant]:
    """Let as many letters go as their rates allow at this moment; nobody waits.

    By the database's clock, which all processes share; rows are locked in one order.
    """
    keys = [wish.key for wish in wishes]
    await tx.execute(_KNOWN, {"keys": keys, "workspaces": [wish.workspace_id for wish in wishes]})
    ahead = {row.key: float(row.ahead_s) for row in await tx.execute(_AHEAD, {"keys": keys})}
    found: dict[str, SlotGrant] = {}
    after: dict[str, float] = {}
    for wish in wishes:
        found[wish.key], then = grant(
            ahead[wish.key], wanted=wish.wanted, rate_per_s=wish.rate_per_s, burst_s=burst_s
        )
        if found[wish.key].granted:
            after[wish.key] = then
    if after:
        await tx.execute(_TAKE, {"keys": list(after), "aheads": list(after.values())})
    return found


async def forget_slots(tx: Tx, *, now: datetime) -> None:
    """Remove rates by which nothing has gone for a day. For all workspaces."""
    await tx.execute(
        sa.text("DELETE FROM rate_slots WHERE free_at < :limit"),
        {"limit": now - timedelta(days=1)},
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


async def measured_pace(
    tx: Tx, *, mailing_id: int, started_at: datetime | None, now: datetime
) -> float:
    """Return the letters a second of a mailing over the last seconds, of all processes together."""
    done = await tx.scalar(
        sa.text(
            """
            SELECT coalesce(sum(done), 0) FROM mailing_paces
             WHERE mailing_id = :mailing_id AND at > :since AND at <= :now
            """
        ),
        {"mailing_id": mailing_id, "since": now - PACE_WINDOW, "now": now},
    )
    # The last of the spans has just begun, and a mailing may be younger than all of them.
    window_s = PACE_WINDOW.total_seconds() - PACE_SPAN_S + now.timestamp() % PACE_SPAN_S
    if started_at is not None:
        window_s = min(window_s, max(1.0, (now - started_at).total_seconds()))
    return round(float(done or 0) / window_s, 1)


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
