"""How small a change can groups of this size show, and how large must they be?

None of this looks at the observed effect: power computed from it says nothing that the p-value
has not said already (Hoenig and Heisey, The American Statistician 55 (2001) 19-24).
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import msgspec

from otklik.experiments.errors import EmptyArm, OutOfRange
from otklik.experiments.model.distributions import (
    normal_quantile,
    normal_tail,
    root,
    t_quantile,
)
from otklik.experiments.model.samples import Alternative, check_choice, tail_level

Distribution: TypeAlias = Literal["t", "normal"]

_USERS_MAX = 1e12


class SampleSize(msgspec.Struct, frozen=True):
    """People needed in each group, whole; `exact` is the control group before rounding up."""

    control: int
    variant: int
    exact: float

    @property
    def total(self) -> int:
        return self.control + self.variant


def power_of_proportions(
    control_rate: float,
    variant_rate: float,
    control_users: float,
    variant_users: float,
    *,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
) -> float:
    """Return the chance that the pooled z-test notices these two true shares.

    Normal approximation with the pooled variance under "no difference" and the unpooled one under
    the alternative (Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 3rd
    ed., 4.5; the same as statsmodels' power_proportions_2indep, both tails).
    Raises: EmptyArm, OutOfRange.
    """
    _check_rate("control_rate", control_rate)
    _check_rate("variant_rate", variant_rate)
    _check_users(control_users, variant_users)
    difference = variant_rate - control_rate
    users = control_users + variant_users
    pooled = (control_rate * control_users + variant_rate * variant_users) / users
    null = math.sqrt(pooled * (1 - pooled) * (1 / control_users + 1 / variant_users))
    spread = math.sqrt(
        control_rate * (1 - control_rate) / control_users
        + variant_rate * (1 - variant_rate) / variant_users
    )
    return _normal_power(difference, null, spread, alpha, alternative)


def sample_size_for_proportions(
    control_rate: float,
    variant_rate: float,
    *,
    power: float = 0.8,
    variants_per_control: float = 1.0,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
) -> SampleSize:
    """Return how many people are needed to notice these two true shares with this `power`.

    Closed form that leaves out the far tail (Fleiss, Levin and Paik 4.14; statsmodels'
    samplesize_proportions_2indep_onetail). `variants_per_control`: size of the variant's group
    for one person of the control.
    Raises: OutOfRange, also when the shares are equal.
    """
    _check_rate("control_rate", control_rate)
    _check_rate("variant_rate", variant_rate)
    _check_power(power, variants_per_control)
    if control_rate == variant_rate:
        raise OutOfRange(name="variant_rate", value=variant_rate, allowed="≠ control_rate")
    k = variants_per_control
    pooled = (control_rate + k * variant_rate) / (1 + k)
    null = math.sqrt(pooled * (1 - pooled) * (1 + 1 / k))
    spread = math.sqrt(control_rate * (1 - control_rate) + variant_rate * (1 - variant_rate) / k)
    z_alpha = normal_quantile(1 - tail_level(1 - alpha, alternative))
    needed = (z_alpha * null + normal_quantile(power) * spread) / (variant_rate - control_rate)
    return _whole(needed**2, k)


def detectable_rate(
    control_rate: float,
    control_users: float,
    variant_users: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
    direction: Literal["up", "down"] = "up",
) -> float | None:
    """Return the variant's share nearest to the control's that would be noticed with this power.

    None when even the extreme one (1 or 0) would not be: the groups are too small.
    Raises: EmptyArm, OutOfRange.
    """
    _check_rate("control_rate", control_rate)
    _check_power(power, 1.0)
    edge = 1.0 if direction == "up" else 0.0

    def short(rate: float) -> float:
        return power - power_of_proportions(
            control_rate,
            rate,
            control_users,
            variant_users,
            alpha=alpha,
            alternative=alternative,
        )

    if short(edge) > 0:
        return None
    return root(short, control_rate, edge)


def detectable_lift(
    control_rate: float,
    control_users: float,
    variant_users: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
) -> float | None:
    """Return the smallest relative growth that groups of this size would show (0.08 is 8 %).

    See `detectable_rate`; None when the groups are too small for any, or the control is at zero.
    """
    if control_rate <= 0:
        return None
    rate = detectable_rate(
        control_rate,
        control_users,
        variant_users,
        power=power,
        alpha=alpha,
        alternative=alternative,
    )
    return None if rate is None else rate / control_rate - 1


def power_of_means(
    difference: float,
    control_users: float,
    variant_users: float,
    *,
    variance: float,
    variant_variance: float | None = None,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
    distribution: Distribution = "normal",
) -> float:
    """Return the chance that Welch's test notices a true `difference` of two means.

    `variance`: of one person's value in the control (and in the variant unless given). "t" takes
    the noncentral t-distribution with Satterthwaite's degrees of freedom (SciPy's nctdtr).
    Raises: EmptyArm, OutOfRange.
    """
    check_choice(distribution, ("t", "normal"))
    _check_users(control_users, variant_users)
    other = variance if variant_variance is None else variant_variance
    if variance < 0 or other < 0 or variance + other <= 0:
        raise OutOfRange(name="variance", value=variance, allowed="> 0")
    a, b = variance / control_users, other / variant_users
    error = math.sqrt(a + b)
    if distribution == "normal":
        return _normal_power(difference, error, error, alpha, alternative)
    from scipy.special import nctdtr

    df = (a + b) ** 2 / (a**2 / (control_users - 1) + b**2 / (variant_users - 1))
    critical = t_quantile(1 - tail_level(1 - alpha, alternative), df)
    shift = difference / error
    above = 1 - float(nctdtr(df, shift, critical))
    below = float(nctdtr(df, shift, -critical))
    if alternative == "two-sided":
        return above + below
    return above if alternative == "greater" else below


def sample_size_for_means(
    difference: float,
    *,
    variance: float,
    variant_variance: float | None = None,
    power: float = 0.8,
    variants_per_control: float = 1.0,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
    distribution: Distribution = "normal",
) -> SampleSize:
    """Return how many people are needed to notice a true `difference` of means with this power.

    `difference` must point where the `alternative` looks; the variant spreads as the control unless
    its variance is given. Solved from `power_of_means`.
    Raises: OutOfRange.
    """
    _check_power(power, variants_per_control)
    against = (alternative == "greater" and difference < 0) or (
        alternative == "less" and difference > 0
    )
    if difference == 0 or against:
        raise OutOfRange(name="difference", value=difference, allowed="≠ 0, as alternative")

    def short(log_users: float) -> float:
        users = math.exp(log_users)
        return power - power_of_means(
            difference,
            users,
            users * variants_per_control,
            variance=variance,
            variant_variance=variant_variance,
            alpha=alpha,
            alternative=alternative,
            distribution=distribution,
        )

    smallest = math.log(max(1.5, 1.5 / variants_per_control))
    exact = math.exp(root(short, smallest, math.log(_USERS_MAX)))
    return _whole(exact, variants_per_control)


def detectable_difference(
    control_users: float,
    variant_users: float,
    *,
    variance: float,
    variant_variance: float | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
    distribution: Distribution = "normal",
) -> float:
    """Return the smallest true difference of means that these groups would show.

    Negative for the alternative "less". Solved from `power_of_means`. Raises: EmptyArm, OutOfRange.
    """
    _check_power(power, 1.0)
    sign = -1.0 if alternative == "less" else 1.0

    def short(size: float) -> float:
        return power - power_of_means(
            sign * size,
            control_users,
            variant_users,
            variance=variance,
            variant_variance=variant_variance,
            alpha=alpha,
            alternative=alternative,
            distribution=distribution,
        )

    other = variance if variant_variance is None else variant_variance
    _check_users(control_users, variant_users)
    unit = math.sqrt(variance / control_users + other / variant_users)
    high = unit
    while short(high) > 0:
        high *= 2
        if high > 1e6 * unit:
            raise OutOfRange(name="power", value=power, allowed="lower power or higher alpha")
    return sign * root(short, 0.0, high)


def sample_size_for_interval(rate: float, half_width: float, *, level: float = 0.95) -> int:
    """Return how many people make the interval of a share about ± `half_width` wide.

    Normal approximation, rounded up. Raises: OutOfRange.
    """
    _check_rate("rate", rate)
    if not half_width > 0:
        raise OutOfRange(name="half_width", value=half_width, allowed="> 0")
    z = normal_quantile(1 - tail_level(level, "two-sided"))
    return math.ceil(rate * (1 - rate) * (z / half_width) ** 2 - 1e-9)


def _normal_power(
    difference: float, null: float, spread: float, alpha: float, alternative: Alternative
) -> float:
    critical = normal_quantile(1 - tail_level(1 - alpha, alternative)) * null
    if spread == 0:
        # Two shares without any spread (0 or 1) are either noticed for certain or not at all.
        above, below = float(difference > critical), float(difference < -critical)
    else:
        above = normal_tail((critical - difference) / spread)
        below = normal_tail((critical + difference) / spread)
    if alternative == "two-sided":
        return above + below
    return above if alternative == "greater" else below


def _whole(exact: float, k: float) -> SampleSize:
    # A millionth of a person is rounding, not a reason to ask for one more.
    return SampleSize(math.ceil(exact - 1e-6), math.ceil(exact * k - 1e-6), exact)


def _check_rate(name: str, rate: float) -> None:
    if not 0 <= rate <= 1:
        raise OutOfRange(name=name, value=rate, allowed="0 ≤ rate ≤ 1")


def _check_users(*users: float) -> None:
    if any(not n > 0 for n in users):
        raise EmptyArm(users=min(users), needed=1)


def _check_power(power: float, ratio: float) -> None:
    if not 0 < power < 1:
        raise OutOfRange(name="power", value=power, allowed="0 < power < 1")
    if not (ratio > 0 and math.isfinite(ratio)):
        raise OutOfRange(name="variants_per_control", value=ratio, allowed="> 0")
