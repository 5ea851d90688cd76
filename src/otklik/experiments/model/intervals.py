"""Intervals of one proportion, and of the difference, ratio and odds ratio of two."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, get_args

from otklik.experiments.model.distributions import beta_quantile, normal_quantile
from otklik.experiments.model.samples import (
    Alternative,
    Arm,
    Interval,
    check_choice,
    needs,
    one_side,
    tail_level,
)
from otklik.experiments.model.score import Measure, score_interval

RateInterval: TypeAlias = Literal[
    "wilson", "jeffreys", "clopper_pearson", "agresti_coull", "wald", "binomial_test"
]
DifferenceInterval: TypeAlias = Literal[
    "miettinen_nurminen", "mee", "newcombe", "agresti_caffo", "wald"
]
RatioInterval: TypeAlias = Literal["miettinen_nurminen", "koopman", "katz", "katz_adjusted"]
OddsInterval: TypeAlias = Literal[
    "miettinen_nurminen", "cornfield", "woolf", "woolf_adjusted", "woolf_smoothed"
]


def rate_interval(
    arm: Arm,
    *,
    level: float = 0.95,
    method: RateInterval = "wilson",
    alternative: Alternative = "two-sided",
) -> Interval:
    """Return an interval for the share of one group.

    Methods: "wilson" (score interval; Wilson, JASA 22 (1927) 209), "jeffreys" (equal-tailed
    interval of the Beta(x+½, n-x+½) posterior; Brown, Cai and DasGupta, Statistical Science 16
    (2001) 101), "clopper_pearson" (exact; Biometrika 26 (1934) 404), "agresti_coull" (The
    American Statistician 52 (1998) 119), "wald" (normal approximation), "binomial_test" (all
    rates that the exact two-sided binomial test does not reject; SciPy's `binomtest`).
    A one-sided `alternative` gives a one-sided bound: "less" [0, high], "greater" [low, 1].
    Raises: EmptyArm, OutOfRange, UnknownMethod.
    """
    check_choice(method, get_args(RateInterval))
    needs(arm.users, 1)
    tail = tail_level(level, alternative)
    x, n, p = arm.converted, arm.users, arm.rate
    z = normal_quantile(1 - tail)
    if method == "binomial_test" and alternative == "two-sided":
        interval = _binomial_inversion(x, n, 1 - level)
    elif method in ("clopper_pearson", "binomial_test"):
        interval = (
            0.0 if x == 0 else beta_quantile(tail, x, n - x + 1),
            1.0 if x == n else beta_quantile(1 - tail, x + 1, n - x),
        )
    elif method == "jeffreys":
        interval = (
            beta_quantile(tail, x + 0.5, n - x + 0.5),
            beta_quantile(1 - tail, x + 0.5, n - x + 0.5),
        )
    elif method == "wilson":
        interval = _wilson(p, n, z)
    else:
        size: float = n
        if method == "agresti_coull":
            p, size = (x + z * z / 2) / (n + z * z), n + z * z
        half = z * math.sqrt(p * (1 - p) / size)
        interval = p - half, p + half
    return one_side((max(interval[0], 0.0), min(interval[1], 1.0)), alternative, 0.0, 1.0)


def difference_interval(
    control: Arm,
    variant: Arm,
    *,
    level: float = 0.95,
    method: DifferenceInterval = "miettinen_nurminen",
    alternative: Alternative = "two-sided",
) -> Interval:
    """Return an interval for the variant's share minus the control's.

    Methods: "miettinen_nurminen" (score interval with the factor N/(N-1); Statistics in Medicine
    4 (1985) 213), "mee" (the same without the factor; Biometrics 40 (1984) 1175), "newcombe"
    (hybrid of two Wilson intervals, method 10; Statistics in Medicine 17 (1998) 873),
    "agresti_caffo" (Wald after adding one success and one failure to each group; The American
    Statistician 54 (2000) 280), "wald" (unpooled normal approximation).
    Raises: EmptyArm, OutOfRange, UnknownMethod.
    """
    check_choice(method, get_args(DifferenceInterval))
    z = normal_quantile(1 - tail_level(level, alternative))
    p0, p1 = control.rate, variant.rate
    if method in ("miettinen_nurminen", "mee"):
        exact = method == "miettinen_nurminen"
        interval = score_interval("difference", control, variant, z, corrected=exact)
    elif method == "newcombe":
        (l0, u0), (l1, u1) = _wilson(p0, control.users, z), _wilson(p1, variant.users, z)
        interval = (
            p1 - p0 - math.hypot(p1 - l1, u0 - p0),
            p1 - p0 + math.hypot(p0 - l0, u1 - p1),
        )
    else:
        if method == "agresti_caffo":
            control = Arm(control.users + 2, control.converted + 1)
            variant = Arm(variant.users + 2, variant.converted + 1)
        here = variant.rate - control.rate
        half = z * math.sqrt(variant.variance / variant.users + control.variance / control.users)
        interval = here - half, here + half
    return one_side((max(interval[0], -1.0), min(interval[1], 1.0)), alternative, -1.0, 1.0)


def ratio_interval(
    control: Arm,
    variant: Arm,
    *,
    level: float = 0.95,
    method: RatioInterval = "miettinen_nurminen",
    alternative: Alternative = "two-sided",
) -> Interval:
    """Return an interval for the risk ratio, the variant's share divided by the control's.

    Subtract 1 to get the interval of the relative lift.
    Methods: "miettinen_nurminen" (score interval with the factor N/(N-1)), "koopman" (the same
    without the factor; Biometrics 40 (1984) 513), "katz" (normal approximation of the logarithm;
    Katz et al., Biometrics 34 (1978) 469), "katz_adjusted" (the same after adding ½ to the
    counts and to the sizes; Walter, Biometrika 62 (1975) 371).
    The end is 0 or infinity where the data set no bound. Raises: EmptyArm, OutOfRange,
    UnknownMethod.
    """
    check_choice(method, get_args(RatioInterval))
    z = normal_quantile(1 - tail_level(level, alternative))
    needs(min(control.users, variant.users), 1)
    if method in ("miettinen_nurminen", "koopman"):
        exact = method == "miettinen_nurminen"
        interval = score_interval("ratio", control, variant, z, corrected=exact)
    else:
        half = 0.5 if method == "katz_adjusted" else 0.0
        x0, n0 = control.converted + half, control.users + half
        x1, n1 = variant.converted + half, variant.users + half
        if x0 == 0 or x1 == 0:
            interval = 0.0, math.inf
        else:
            spread = z * math.sqrt(1 / x1 - 1 / n1 + 1 / x0 - 1 / n0)
            here = (x1 / n1) / (x0 / n0)
            interval = here * math.exp(-spread), here * math.exp(spread)
    return one_side(interval, alternative, 0.0, math.inf)


def odds_ratio_interval(
    control: Arm,
    variant: Arm,
    *,
    level: float = 0.95,
    method: OddsInterval = "miettinen_nurminen",
    alternative: Alternative = "two-sided",
) -> Interval:
    """Return an interval for the odds ratio, p₁/(1-p₁) of the variant over that of the control.

    Methods: "miettinen_nurminen" (score interval with the factor N/(N-1)), "cornfield" (the same
    without the factor), "woolf" (normal approximation of the logarithm; Woolf, Annals of Human
    Genetics 19 (1955) 251), "woolf_adjusted" (after adding ½ to every cell; Gart 1966),
    "woolf_smoothed" (after adding two people divided as independence would have it; Agresti,
    Biometrics 55 (1999) 597).
    The end is 0 or infinity where the data set no bound. Raises: EmptyArm, OutOfRange,
    UnknownMethod.
    """
    check_choice(method, get_args(OddsInterval))
    z = normal_quantile(1 - tail_level(level, alternative))
    needs(min(control.users, variant.users), 1)
    if method in ("miettinen_nurminen", "cornfield"):
        exact = method == "miettinen_nurminen"
        interval = score_interval("odds_ratio", control, variant, z, corrected=exact)
    else:
        a, b, c, d = _cells(control, variant, method)
        if min(a, b, c, d) <= 0:
            interval = 0.0, math.inf
        else:
            spread = z * math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
            here = (a / b) / (c / d)
            interval = here * math.exp(-spread), here * math.exp(spread)
    return one_side(interval, alternative, 0.0, math.inf)


def _cells(control: Arm, variant: Arm, method: str) -> tuple[float, float, float, float]:
    """Return yes and no of the variant, then of the control, with what the method adds."""
    yes, no = [arm.converted for arm in (variant, control)], []
    no = [arm.users - arm.converted for arm in (variant, control)]
    added = [[0.0, 0.0], [0.0, 0.0]]
    if method == "woolf_adjusted":
        added = [[0.5, 0.5], [0.5, 0.5]]
    elif method == "woolf_smoothed":
        together = control.users + variant.users
        shares = [variant.users / together, control.users / together]
        outcome = [sum(yes) / together, sum(no) / together]
        added = [[2 * share * o for o in outcome] for share in shares]
    return (
        yes[0] + added[0][0],
        no[0] + added[0][1],
        yes[1] + added[1][0],
        no[1] + added[1][1],
    )


def _wilson(p: float, n: float, z: float) -> Interval:
    """Return Wilson's score interval of a share p seen among n people."""
    below = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / below
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / below
    return centre - half, centre + half


def _binomial_inversion(x: int, n: int, alpha: float) -> Interval:
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(x, n, alpha=alpha, method="binom_test")
    return float(low), float(high)


__all__ = [
    "DifferenceInterval",
    "Measure",
    "OddsInterval",
    "RateInterval",
    "RatioInterval",
    "difference_interval",
    "odds_ratio_interval",
    "rate_interval",
    "ratio_interval",
]
