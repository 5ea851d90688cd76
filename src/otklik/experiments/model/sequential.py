"""Results that may be looked at every day without growing the chance of a false alarm.

An ordinary interval holds 95 % of the time when it is looked at once. A confidence sequence holds
for all looks together; the price is width. Source: Waudby-Smith, Arbour, Sinha, Kennedy and
Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences", Annals of
Statistics 52 (2024) 2613-2640, arXiv 2103.06476v7: eq. 9 (two-sided boundary), 155 (p-value),
161 (tuning), and the one-sided boundary of its appendix.
"""

from __future__ import annotations

import math

from otklik.experiments.errors import OutOfRange
from otklik.experiments.model.samples import Alternative, tail_level

PEEKS_AROUND = 5000.0

# The one-sided boundary exists for levels above one half only, and is inverted between these.
_ONE_SIDED_P = (1e-5, 0.4999)


def always_valid_half_width(
    standard_error: float, n: int, level: float, alternative: Alternative, peeks_around: float
) -> float:
    """Return how far the boundary is from an estimate with `standard_error` after `n` people.

    `n` counts both groups. `peeks_around` is the number of people at which it is tightest.
    """
    alpha, rho2 = _alpha_and_rho2(level, alternative, peeks_around)
    grown = n * rho2 + 1
    if alternative == "two-sided":
        log = math.log(math.sqrt(grown) / alpha)
    else:
        log = math.log1p(math.sqrt(grown) / (2 * alpha))
    return standard_error * math.sqrt(2 * grown * log / (n * rho2))


def always_valid_p_value(
    estimate: float,
    standard_error: float,
    n: int,
    *,
    level: float,
    alternative: Alternative,
    peeks_around: float,
) -> float:
    """Return the p-value that belongs to the boundary; it may be looked at at any time.

    `level` sets the tuning only. A one-sided p-value lies between 0.00001 and 0.4999.
    """
    _, rho2 = _alpha_and_rho2(level, alternative, peeks_around)
    grown = n * rho2 + 1
    z = estimate / standard_error
    strength = n * rho2 * z * z / (2 * grown)
    if alternative == "two-sided":
        log_p = 0.5 * math.log(grown) - strength
        return 1.0 if log_p >= 0 else math.exp(log_p)
    low, high = _ONE_SIDED_P
    if (z <= 0) == (alternative == "greater"):
        return high
    if strength > 700:
        return low
    return min(max(math.sqrt(grown) / (2 * math.expm1(strength)), low), high)


def _alpha_and_rho2(
    level: float, alternative: Alternative, peeks_around: float
) -> tuple[float, float]:
    tail_level(level, alternative)
    alpha = 1 - level
    if peeks_around <= 0:
        raise OutOfRange(name="peeks_around", value=peeks_around, allowed="> 0")
    used = alpha if alternative == "two-sided" else 2 * alpha
    if used >= 1:
        raise OutOfRange(name="level", value=level, allowed="0.5 < level < 1")
    spent = -2 * math.log(used)
    return alpha, (spent + math.log(spent + 1)) / peeks_around
