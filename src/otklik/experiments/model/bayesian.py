"""What to believe about an effect: chances instead of p-values."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, get_args

import msgspec

from otklik.experiments.errors import NoBaseline, NoSpread, OutOfRange
from otklik.experiments.model.distributions import normal_density, normal_quantile, normal_tail
from otklik.experiments.model.means import Coefficient, difference_and_lift, estimates
from otklik.experiments.model.samples import Group, Interval, Metric, check_choice, check_level

Scale: TypeAlias = Literal["lift", "difference"]


class Prior(msgspec.Struct, frozen=True):
    """What was believed about the effect before the test: a normal distribution.

    `variance` infinite (the default) means that nothing was. `scale` says in what the prior is
    meant; it is converted by the control's value where the answer is on the other scale.
    """

    mean: float = 0.0
    variance: float = math.inf
    scale: Scale = "lift"


class Belief(msgspec.Struct, frozen=True):
    """The posterior of the effect.

    `effect` (its mean), `standard_deviation`, `interval` (central, at `level`).
    `chance_to_win`: the probability that the variant is the better one.
    `risk_of_control`, `risk_of_variant`: what one loses on average, in units of the effect, by
    keeping the control or by choosing the variant.
    """

    effect: float
    standard_deviation: float
    interval: Interval
    chance_to_win: float
    risk_of_control: float
    risk_of_variant: float
    scale: Scale
    level: float
    method: str


def believe(
    control: Group,
    variant: Group,
    *,
    metric: Metric | None = None,
    prior: Prior | None = None,
    scale: Scale = "lift",
    level: float = 0.95,
    lower_is_better: bool = False,
    coefficient: Coefficient | float = "together",
) -> Belief:
    """Return the posterior of the lift (or difference) under a normal prior.

    The data enter through their mean and its standard error by the delta method, so the posterior
    is normal: precision-weighted mean of prior and data (Gelman et al., Bayesian Data Analysis,
    2.5). Risk is the expected loss E[max(0, -effect)] (Stucchio, "Bayesian A/B Testing at VWO",
    2015), in closed form μΦ(μ/σ)+σφ(μ/σ).
    The groups and `metric` are those of `compare_means`.
    Raises: EmptyArm, NoSpread, OutOfRange; NoBaseline for scale="lift" when the control is zero.
    """
    prior = prior or Prior()
    check_choice(scale, get_args(Scale))
    if not prior.variance > 0:
        raise OutOfRange(name="prior.variance", value=prior.variance, allowed="> 0")
    alpha = check_level(level)
    a, b = estimates(control, variant, metric=metric, coefficient=coefficient)
    difference, difference_error, lift, lift_error = difference_and_lift(a, b)
    if scale == "lift" and (lift is None or lift_error is None):
        raise NoBaseline()
    seen, error = (difference, difference_error)
    if scale == "lift" and lift is not None and lift_error is not None:
        seen, error = lift, lift_error
    if error <= 0:
        raise NoSpread()
    factor = 1.0
    if prior.scale != scale:
        if a.base == 0:
            raise NoBaseline()
        factor = 1 / abs(a.base) if scale == "lift" else abs(a.base)
    precision = 1 / error**2 + 1 / (prior.variance * factor**2)
    mean = (seen / error**2 + prior.mean / (prior.variance * factor)) / precision
    spread = math.sqrt(1 / precision)
    wins = normal_tail(-mean / spread)
    gain, loss = _expected_positive(mean, spread), _expected_positive(-mean, spread)
    reach = normal_quantile(1 - alpha / 2) * spread
    return Belief(
        effect=mean,
        standard_deviation=spread,
        interval=(mean - reach, mean + reach),
        chance_to_win=1 - wins if lower_is_better else wins,
        risk_of_control=loss if lower_is_better else gain,
        risk_of_variant=gain if lower_is_better else loss,
        scale=scale,
        level=level,
        method="normal posterior, "
        + ("no prior" if math.isinf(prior.variance) else "normal prior"),
    )


def _expected_positive(mean: float, spread: float) -> float:
    """Return E[max(0, X)] of a normal X."""
    z = mean / spread
    return mean * normal_tail(-z) + spread * normal_density(z)
