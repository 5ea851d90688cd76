"""How many letters a second a provider bears: learnt from its answers; pure.

Additive increase, multiplicative decrease (Chiu and Jain 1989), the rule that TCP shares a line by.
An answer that says "too fast" halves the pace that was measured; from there it grows in a straight
line, as long as letters are taken, back to what was too much in `RECOVERY_S` seconds, and beyond.
A limit that has been far out of reach for a while is forgotten.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

SLOWEST_PER_S: Final = 0.05
"""Three letters a minute: so many go even to a provider that refuses all."""
FASTEST_PER_S: Final = 10_000.0
DECREASE: Final = 0.5
RECOVERY_S: Final = 300.0
HOLD: Final = timedelta(seconds=5)
"""Answers to letters that were under way together are one complaint."""
FORGET_AFTER: Final = timedelta(minutes=15)
FORGET_AT: Final = 4.0
"""Times the pace that was too much."""
STALE_AFTER: Final = timedelta(hours=24)
_GROWTH_LEAST_PER_S: Final = 1.0
"""A provider that refused the very first letters would otherwise take days to be found well."""


class PaceLimit(msgspec.Struct, frozen=True):
    """`rate_per_s` letters a second may go; `ceiling_per_s` was too much at `slowed_at`."""

    rate_per_s: float
    ceiling_per_s: float
    slowed_at: datetime


def slowed(limit: PaceLimit | None, *, measured_per_s: float, now: datetime) -> PaceLimit:
    """Return the limit after an answer that says "too fast".

    measured_per_s: letters a second that were taken lately. With a limit the smaller of both is
    halved: who kept to the limit and is still too fast must go below it.
    """
    # A moment that is yet to come was written before the clock was set back.
    if limit is not None and timedelta() <= now - limit.slowed_at < HOLD:
        return limit
    was = max(measured_per_s, SLOWEST_PER_S)
    if limit is not None:
        was = min(was, limit.rate_per_s)
    rate = min(max(was * DECREASE, SLOWEST_PER_S), FASTEST_PER_S)
    return PaceLimit(rate, max(was, rate), now)


def recovered(limit: PaceLimit, *, taken: int, now: datetime) -> PaceLimit | None:
    """Return the limit after `taken` letters were accepted; None: there is none any more.

    It grows with letters, not with time: a pause proves nothing.
    """
    seconds = taken / limit.rate_per_s
    slope = max(limit.ceiling_per_s, _GROWTH_LEAST_PER_S) / RECOVERY_S
    grown = limit.rate_per_s + slope * seconds
    rate = min(grown, limit.rate_per_s * 2, FASTEST_PER_S)
    if rate >= limit.ceiling_per_s * FORGET_AT and now - limit.slowed_at >= FORGET_AFTER:
        return None
    return PaceLimit(rate, limit.ceiling_per_s, limit.slowed_at)


def is_stale(limit: PaceLimit, now: datetime) -> bool:
    """Tell whether a limit is so old that it says nothing about today."""
    return now - limit.slowed_at >= STALE_AFTER
