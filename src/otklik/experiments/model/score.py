"""Score tests of two proportions and the intervals that follow from them.

One statistic stands behind the test and behind the intervals of the difference, of the ratio and
of the odds ratio, so they can never disagree: an interval leaves out "no difference" exactly when
the test finds one. Source: Miettinen and Nurminen, Statistics in Medicine 4 (1985) 213-226; the
closed forms of the restricted estimates are theirs (appendix I; also Farrington and Manning,
Statistics in Medicine 9 (1990) 1447-1454). The tests check them against a brute search for the
likeliest rates, since at least one well-known package has a wrong letter in the cubic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, TypeAlias

from otklik.experiments.model.distributions import root
from otklik.experiments.model.samples import Arm, Interval

Measure: TypeAlias = Literal["difference", "ratio", "odds_ratio"]

_TINY = 1e-12
_FAR = 1e12


def score(measure: Measure, control: Arm, variant: Arm, value: float, *, corrected: bool) -> float:
    """Return the score statistic of "the measure equals `value`", positive above it.

    `corrected` multiplies the variance by N/(N-1), as Miettinen and Nurminen do; without it this
    is the statistic of Mee (difference) and Koopman (ratio).
    """
    p0, p1 = control.rate, variant.rate
    if measure == "difference":
        q0 = restricted_by_difference(control, variant, value)
        distance, q1 = p1 - p0 - value, min(max(q0 + value, 0.0), 1.0)
        variance = q1 * (1 - q1) / variant.users + q0 * (1 - q0) / control.users
    elif measure == "ratio":
        q0 = _restricted_by_ratio(control, variant, value)
        distance, q1 = p1 - value * p0, min(q0 * value, 1.0)
        variance = q1 * (1 - q1) / variant.users + value**2 * q0 * (1 - q0) / control.users
    else:
        q0 = _restricted_by_odds(control, variant, value)
        q1 = q0 * value / (1 + q0 * (value - 1))
        v0, v1 = q0 * (1 - q0) * control.users, q1 * (1 - q1) * variant.users
        if v0 <= 0 or v1 <= 0:
            return _infinite(p1 - q1 - (p0 - q0))
        distance = (variant.converted - variant.users * q1) / v1 - (
            control.converted - control.users * q0
        ) / v0
        variance = 1 / v1 + 1 / v0
    if corrected:
        together = control.users + variant.users
        variance *= together / (together - 1)
    return distance / math.sqrt(variance) if variance > 0 else _infinite(distance)


def score_interval(
    measure: Measure, control: Arm, variant: Arm, z: float, *, corrected: bool
) -> Interval:
    """Return all values of the measure whose score statistic stays within -z and z."""

    def statistic(value: float) -> float:
        return score(measure, control, variant, value, corrected=corrected)

    if measure == "difference":
        here = variant.rate - control.rate
        return (
            root(lambda d: statistic(d) - z, -1.0, here),
            root(lambda d: statistic(d) + z, here, 1.0),
        )
    return _positive_interval(measure, control, variant, statistic, z)


def _positive_interval(
    measure: Measure, control: Arm, variant: Arm, statistic: Callable[[float], float], z: float
) -> Interval:
    """Search a measure that lives between 0 and infinity, on the scale of its logarithm."""
    none_in_variant = variant.converted == 0
    none_in_control = control.converted == 0
    if measure == "odds_ratio":
        none_in_variant |= control.converted == control.users
        none_in_control |= variant.converted == variant.users
    if none_in_variant and none_in_control:
        return 0.0, math.inf
    if none_in_variant or none_in_control:
        here = _TINY if none_in_variant else _FAR
    elif measure == "ratio":
        here = variant.rate / control.rate
    else:
        here = (variant.rate / (1 - variant.rate)) / (control.rate / (1 - control.rate))

    def at(log_value: float) -> float:
        return statistic(math.exp(log_value))

    middle, low, high = math.log(here), math.log(_TINY), math.log(_FAR)
    lower = 0.0 if none_in_variant else math.exp(root(lambda v: at(v) - z, low, middle))
    upper = math.inf if none_in_control else math.exp(root(lambda v: at(v) + z, middle, high))
    return lower, upper


def restricted_by_difference(control: Arm, variant: Arm, d: float) -> float:
    """Return the likeliest control rate when the variant's rate is known to be `d` above it."""
    n0, n1 = control.users, variant.users
    x0, x1 = control.converted, variant.converted
    n, x = n0 + n1, x0 + x1
    if d == 0:
        return x / n
    l3, l2 = n, (n1 + 2 * n0) * d - n - x
    l1 = (n0 * d - n - 2 * x0) * d + x
    l0 = x0 * d * (1 - d)
    q = (l2 / (3 * l3)) ** 3 - l1 * l2 / (6 * l3**2) + l0 / (2 * l3)
    inside = (l2 / (3 * l3)) ** 2 - l1 / (3 * l3)
    p = math.copysign(math.sqrt(max(inside, 0.0)), q)
    ratio = q / p**3 if p else 0.0
    angle = (math.pi + math.acos(min(max(ratio, -1.0), 1.0))) / 3
    rate = 2 * p * math.cos(angle) - l2 / (3 * l3)
    return min(max(rate, 0.0, -d), 1.0, 1.0 - d)


def _restricted_by_ratio(control: Arm, variant: Arm, ratio: float) -> float:
    n0, n1 = control.users, variant.users
    x0, x1 = control.converted, variant.converted
    if ratio == 1:
        return (x0 + x1) / (n0 + n1)
    a = (n0 + n1) * ratio
    b = -(n1 * ratio + x1 + n0 + x0 * ratio)
    # This form of the smaller root does not lose digits when the ratio is very small or large.
    rate = 2 * (x0 + x1) / (-b + math.sqrt(max(b * b - 4 * a * (x0 + x1), 0.0)))
    return min(max(rate, 0.0), 1.0, 1 / ratio)


def _restricted_by_odds(control: Arm, variant: Arm, odds: float) -> float:
    n0, n1 = control.users, variant.users
    x = control.converted + variant.converted
    if odds == 1:
        return x / (n0 + n1)
    a = n0 * (odds - 1)
    b = n1 * odds + n0 - x * (odds - 1)
    rate = 2 * x / (b + math.sqrt(max(b * b + 4 * a * x, 0.0)))
    return min(max(rate, 0.0), 1.0)


def _infinite(distance: float) -> float:
    return 0.0 if abs(distance) < _TINY else math.copysign(math.inf, distance)
