"""The distributions behind the tests, and one way to solve an equation.

The normal ones come from the standard library, which keeps their far tails exact, so a report
on proportions needs no heavy import. Student's t, chi-square and beta come from SciPy, imported
when first asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Final

_STANDARD: Final = NormalDist()
_SQRT2: Final = math.sqrt(2)
_STEPS_MAX: Final = 400


def normal_tail(z: float) -> float:
    """Return P(Z > z), exact even where it is as small as 1e-300."""
    return 0.5 * math.erfc(z / _SQRT2)


def normal_density(z: float) -> float:
    """Return the density of a standard normal Z at z."""
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def normal_quantile(probability: float) -> float:
    """Return z with P(Z ≤ z) = probability (0 and 1 give minus and plus infinity)."""
    if probability <= 0:
        return -math.inf
    if probability >= 1:
        return math.inf
    return _STANDARD.inv_cdf(probability)


def t_tail(t: float, df: float) -> float:
    """Return P(T > t) for Student's t; infinite `df` means the normal distribution."""
    if math.isinf(df):
        return normal_tail(t)
    from scipy.special import stdtr

    return float(stdtr(df, -t))


def t_quantile(probability: float, df: float) -> float:
    """Return t with P(T ≤ t) = probability; infinite `df` means the normal distribution."""
    if math.isinf(df):
        return normal_quantile(probability)
    from scipy.special import stdtrit

    return float(stdtrit(df, probability))


def chi_square_tail(x: float, df: float) -> float:
    """Return P(X > x) for a chi-square X with `df` degrees of freedom."""
    if df == 1:
        return math.erfc(math.sqrt(max(x, 0.0) / 2))
    from scipy.special import chdtrc

    return float(chdtrc(df, max(x, 0.0)))


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Return x with P(X ≤ x) = probability for a beta-distributed X."""
    from scipy.special import betaincinv

    return float(betaincinv(a, b, probability))


def root(f: Callable[[float], float], low: float, high: float) -> float:
    """Return x between `low` and `high` where `f` changes sign, by halving the interval.

    Slower than a secant method, but it needs no derivative and cannot run away, which matters
    for functions that are infinite at an edge. When `f` has one sign on the whole interval, the
    end nearer to a change is returned: the caller's bound is then the edge itself.
    """
    f_low, f_high = f(low), f(high)
    if f_low == 0 or (f_low > 0) == (f_high > 0):
        return low if abs(f_low) <= abs(f_high) else high
    for _ in range(_STEPS_MAX):
        middle = low + (high - low) / 2
        if middle in (low, high):
            break
        if (f(middle) > 0) == (f_low > 0):
            low = middle
        else:
            high = middle
    return low + (high - low) / 2
