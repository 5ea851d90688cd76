"""Sending to a part first, and what the rest gets; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from otklik.campaigns.model import ArmResult, Choice, First, WinnerMetric
from otklik.delivery.public import SHARES_TOTAL, FirstPart
from otklik.experiments.public import Arm, compare_proportions

ALPHA = 0.05


def first_part(first: First | None) -> FirstPart | None:
    """Return the order to deliver for a first part."""
    if first is None:
        return None
    share = None if first.share is None else round(first.share * SHARES_TOTAL / 100)
    return FirstPart(people=first.people, share=share)


def decides_at(first: First, done_at: datetime) -> datetime:
    """Return when the rule chooses; `done_at`: when the first part had been written to."""
    return done_at + timedelta(hours=first.hours)


def choose_winner(results: Sequence[ArmResult], metric: WinnerMetric, *, now: datetime) -> Choice:
    """Choose the variant with the best rate; of equal ones the first in the order of `results`.

    Opens and clicks are of those written to, target actions and revenue of everybody assigned. The
    leader is taken even when chance could have made it: somebody has to be, and `is_clear` says so.
    """
    rates = {arm.key: _rate(arm, metric) for arm in results}
    best = max(rates.values())
    leaders = [key for key, rate in rates.items() if rate == best]
    others = [arm for arm in results if arm.key != leaders[0]]
    clear: bool | None = None
    if others and metric != "revenue":
        leader = next(arm for arm in results if arm.key == leaders[0])
        second = max(others, key=lambda arm: rates[arm.key])
        clear = _differs(leader, second, metric)
    return Choice(
        variant=leaders[0],
        by="rule",
        at=now,
        metric=metric,
        rates={key: round(rate, 6) for key, rate in rates.items()},
        is_clear=clear,
        is_tie=len(leaders) > 1,
    )


def _counts(arm: ArmResult, metric: WinnerMetric) -> tuple[int, int]:
    match metric:
        case "opens":
            return min(arm.opened, arm.sent), arm.sent
        case "clicks":
            return min(arm.clicked, arm.sent), arm.sent
        case _:
            return arm.targets, arm.assigned


def _rate(arm: ArmResult, metric: WinnerMetric) -> float:
    if metric == "revenue":
        return arm.revenue / arm.assigned if arm.assigned else 0.0
    did, people = _counts(arm, metric)
    return did / people if people else 0.0


def _differs(one: ArmResult, other: ArmResult, metric: WinnerMetric) -> bool:
    (a, n), (b, m) = _counts(one, metric), _counts(other, metric)
    if not n or not m or a + b in (0, n + m):
        return False
    return compare_proportions(Arm(n, a), Arm(m, b)).p_value < ALPHA
