"""How many letters a new relay or domain may send on a day; pure.

Mail providers don't trust an address from which nothing came before. The plan begins small and
takes a step after each day on which it was used; a day without a mailing earns no trust.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

import msgspec

DAYS_MAX: Final = 120
USED: Final = 0.5
"""A day counts as a step when at least this share of its letters went."""

Letters = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]


class WarmupPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`days`: letters of each step; without it `first`, multiplied by `factor` up to `last`."""

    first: Letters = 200
    factor: Annotated[float, msgspec.Meta(ge=1.05, le=3.0)] = 1.5
    last: Letters = 50_000
    days: Annotated[list[Letters], msgspec.Meta(max_length=DAYS_MAX)] = []


class WarmupDay(msgspec.Struct, frozen=True):
    """What went on one day, and how much might have."""

    day: date
    allowed: int
    taken: int


def steps(plan: WarmupPlan) -> list[int]:
    """Return the letters a day of all steps; after the last one there is no limit."""
    if plan.days:
        return list(plan.days)
    found: list[int] = []
    letters = float(plan.first)
    while letters < plan.last and len(found) < DAYS_MAX:
        found.append(int(letters))
        letters *= plan.factor
    return [*found, plan.last] if len(found) < DAYS_MAX else found


def is_used(day: WarmupDay) -> bool:
    return day.taken >= day.allowed * USED


def step_of(history: Sequence[WarmupDay], today: date) -> int:
    """Return how many steps were made before today."""
    return sum(1 for day in history if day.day < today and is_used(day))


def allowance(plan: WarmupPlan, history: Sequence[WarmupDay], today: date) -> int | None:
    """Return the letters of today; None: the plan is over."""
    # What was promised this morning holds all day.
    for day in history:
        if day.day == today:
            return day.allowed
    found, step = steps(plan), step_of(history, today)
    return found[step] if step < len(found) else None
