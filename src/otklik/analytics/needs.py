"""How many people it takes to know what these groups do not tell yet; pure.

What was seen is only a guess of what is true: the size that follows from it says what a repetition
takes if the truth is the same, nothing about the groups that there were.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from otklik.analytics.model import Basis, ReportNeeded
from otklik.experiments.public import (
    Arm,
    Sample,
    power_of_means,
    power_of_proportions,
    sample_size_for_means,
    sample_size_for_proportions,
)

_POWER: Final = 0.8
_PEOPLE_MAX: Final = 1e11
"""More people than there are on Earth, by far: such a difference is none."""
_SHARE_MAX: Final = 50

_Power: TypeAlias = Callable[[float, float], float]
"""(people of the group it is held against, people of the other) → chance to notice."""


def needs_of_shares(
    control: Arm, variant: Arm, *, worth: float, alpha: float, everybody: int | None
) -> tuple[ReportNeeded, ...]:
    """Return what it takes to notice the difference of shares that was seen and a lift of `worth`.

    `alpha`: of this comparison, after it was shared among several. `everybody`: all people of the
    mailing, when `control` is a control group whose share could have been another.
    A difference that groups of this size show is left out, as is one that nobody could ever show.
    """
    rate = control.rate
    if rate <= 0:
        return ()
    found = []
    for basis, other in _both(variant.rate, rate * (1 + worth)):
        if other == rate or other > 1:
            continue
        size = sample_size_for_proportions(
            rate,
            other,
            power=_POWER,
            variants_per_control=variant.users / control.users,
            alpha=alpha,
        )
        power = partial(power_of_proportions, rate, other, alpha=alpha)
        users = (control.users, variant.users)
        found.append(_needed(basis, other / rate - 1, size.exact, users, power, everybody))
    return tuple(one for one in found if one is not None)


def needs_of_means(
    control: Sample, variant: Sample, *, worth: float, alpha: float, everybody: int | None
) -> tuple[ReportNeeded, ...]:
    """Return the same for the means of two groups. Both spread as they were seen to; for the lift
    of `worth` the variant is taken to spread as the control does."""
    mean, variance = control.mean, control.variance
    if mean <= 0 or variance <= 0:
        return ()
    found = []
    for basis, other in _both(variant.mean, mean * (1 + worth)):
        spread = variant.variance if basis == "seen" else variance
        power = partial(
            _power_of_means, other - mean, variance=variance, variant_variance=spread, alpha=alpha
        )
        grows = _PEOPLE_MAX / control.n
        most = (control.n * grows, variant.n * grows)
        if power(control.n, variant.n) >= _POWER or power(*most) < _POWER:
            continue
        size = sample_size_for_means(
            other - mean,
            variance=variance,
            variant_variance=spread,
            power=_POWER,
            variants_per_control=variant.n / control.n,
            alpha=alpha,
        )
        users = (control.n, variant.n)
        found.append(_needed(basis, other / mean - 1, size.exact, users, power, everybody))
    return tuple(one for one in found if one is not None)


def _both(seen: float, worth: float) -> tuple[tuple[Basis, float], tuple[Basis, float]]:
    return ("seen", seen), ("worth", worth)


def _power_of_means(
    difference: float,
    control_users: float,
    variant_users: float,
    *,
    variance: float,
    variant_variance: float,
    alpha: float,
) -> float:
    return power_of_means(
        difference,
        control_users,
        variant_users,
        variance=variance,
        variant_variance=variant_variance,
        alpha=alpha,
    )


def _needed(
    basis: Basis,
    lift: float,
    exact: float,
    users: tuple[int, int],
    power: _Power,
    everybody: int | None,
) -> ReportNeeded | None:
    times = exact / users[0]
    if times <= 1 or exact > _PEOPLE_MAX:
        return None
    return ReportNeeded(
        basis=basis,
        lift=lift,
        people=_up(exact / users[0] * users[1]),
        against_people=_up(exact),
        times=times,
        control_share=None if everybody is None else _share(users, power, everybody),
    )


def _up(people: float) -> int:
    return -int(-(people - 1e-6) // 1)


def _share(users: tuple[int, int], power: _Power, everybody: int) -> float | None:
    """Return the least share of a control group, in whole percent, that shows it with as many
    people. The others keep their parts of what remains."""
    part = users[1] / (everybody - users[0])
    for percent in range(1, _SHARE_MAX + 1):
        kept = everybody * percent / 100
        if power(kept, (everybody - kept) * part) >= _POWER:
            return percent / 100
    return None
