"""Is the average (or a ratio of two sums) different in two groups?"""

from __future__ import annotations

import math
from typing import Literal, Protocol, TypeAlias, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from otklik.experiments.errors import NoBaseline, NoSpread, UnknownMethod
from otklik.experiments.model.distributions import t_quantile, t_tail
from otklik.experiments.model.samples import (
    Alternative,
    Arm,
    Comparison,
    Group,
    Interval,
    Metric,
    Moments,
    Sample,
    check_choice,
    needs,
    one_side,
    p_of,
    tail_level,
)
from otklik.experiments.model.sequential import (
    PEEKS_AROUND,
    always_valid_half_width,
    always_valid_p_value,
)

MeanTest: TypeAlias = Literal["welch", "student", "z", "sequential"]
LiftMethod: TypeAlias = Literal["fieller", "delta", "log"]
Tested: TypeAlias = Literal["difference", "lift"]
Coefficient: TypeAlias = Literal["together", "within"]

_NAMES = {
    "welch": "Welch's t-test",
    "student": "Student's t-test, equal variances",
    "z": "z-test, unequal variances",
    "sequential": "asymptotic confidence sequence (Waudby-Smith et al. 2024)",
}
_LIFT_NAMES = {
    "fieller": "Fieller 1954",
    "delta": "delta method",
    "log": "delta method on the logarithm",
}


class _Half(Protocol):
    """How far an interval reaches on each side of an estimate with this standard error."""

    def __call__(self, standard_error: float, df: float = ...) -> float: ...


class Estimate(msgspec.Struct, frozen=True):
    """One group's value and what the tests need to know about its uncertainty.

    `value`: what is compared (adjusted by the covariate, if any); `variance` of one person's part
    in it; `base`: the value that a lift divides by (not adjusted); `base_variance` and
    `covariance` (of value and base) likewise per person; `linear_at`: where the curve of the lift
    is replaced by its tangent.
    """

    n: int
    value: float
    variance: float
    base: float
    base_variance: float
    covariance: float
    linear_at: float

    @property
    def error2(self) -> float:
        """The squared standard error of `value`."""
        return self.variance / self.n


def compare_means(
    control: Group,
    variant: Group,
    *,
    metric: Metric | None = None,
    level: float = 0.95,
    method: MeanTest = "welch",
    alternative: Alternative = "two-sided",
    lift_method: LiftMethod = "fieller",
    tested: Tested = "difference",
    coefficient: Coefficient | float = "together",
    peeks_around: float = PEEKS_AROUND,
) -> Comparison:
    """Compare the mean of a value per person (or a ratio of sums) in two independent groups.

    `control`, `variant`: `Sample(n, sum, sum_squares)`, raw values (one per person, zeros
    included), `Arm` (variance p(1-p)), or `Moments` together with `metric`.
    `metric` (with `Moments` only):
    - `Metric("orders")`: a plain mean;
    - `Metric("orders", per="sessions")`: ratio of sums, variance by the delta method (Deng,
      Knoblich and Lu, KDD 2018);
    - `Metric("orders", covariate="orders_before")`, with or without `per` and `covariate_per`:
      CUPED (Deng, Xu, Kohavi and Walker, WSDM 2013). `coefficient` of the covariate: "together"
      (regression over both groups thrown together), "within" (covariances inside the groups added
      up), or a number.
    `method`: "welch" (Welch, Biometrika 34 (1947) 28: unequal variances, Satterthwaite's degrees
    of freedom), "student" (pooled variance), "z" (normal), "sequential" (may be looked at any
    number of times; asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and
    Ramdas, Annals of Statistics 52 (2024) 2613, arXiv 2103.06476, eq. 9 and 155, one-sided as in
    its appendix; tightest when about `peeks_around` people were seen).
    `lift_method`, for the interval of variant/control - 1:
    - "fieller": Fieller, JRSS B 16 (1954) 175; agrees with the test of the difference always;
      None when the control is not clearly different from zero;
    - "delta": normal approximation of the lift itself, relative to the control as observed;
    - "log": normal approximation of the logarithm of the ratio; needs two positive values.
    `tested`: "lift" takes the p-value and the statistic from the lift by the delta method.
    With a covariate `control` and `variant` of the result are adjusted values.

    Raises: EmptyArm (fewer than two people), ImpossibleCounts, NoSpread (both groups constant),
    NoBaseline (tested="lift" with a control of zero), UnknownMethod, OutOfRange.
    """
    check_choice(method, get_args(MeanTest))
    check_choice(lift_method, get_args(LiftMethod))
    check_choice(tested, get_args(Tested))
    tail = tail_level(level, alternative)
    a, b = estimates(control, variant, metric=metric, coefficient=coefficient)
    difference, lift = b.value - a.value, _lift(a, b, lift_method)
    variance, df = _difference_variance(a, b, method)
    if variance <= 0:
        raise NoSpread()
    error = math.sqrt(variance)
    by_delta = _delta_error(a, b)
    if tested == "lift" and by_delta is None:
        raise NoBaseline()
    tested_value = difference if tested == "difference" else (b.value - a.value) / a.base
    tested_error = error if tested == "difference" else by_delta
    assert tested_error is not None
    if tested_error <= 0:
        raise NoSpread()
    n = a.n + b.n
    if method == "sequential":
        p_value = always_valid_p_value(
            tested_value,
            tested_error,
            n,
            level=level,
            alternative=alternative,
            peeks_around=peeks_around,
        )
    else:
        p_value = p_of(lambda t: t_tail(t, df), tested_value / tested_error, alternative)

    def half(standard_error: float, df: float = df) -> float:
        if method == "sequential":
            return always_valid_half_width(standard_error, n, level, alternative, peeks_around)
        return t_quantile(1 - tail, df) * standard_error

    apart = one_side(_around(difference, half(error)), alternative, -math.inf, math.inf)
    relative = _lift_interval(a, b, lift_method, half, method)
    if relative is not None:
        relative = one_side(relative, alternative, -math.inf, math.inf)
    name = _NAMES[method] + (", CUPED" if metric and metric.covariate else "")
    name += ", ratio by the delta method" if metric and metric.per else ""
    return Comparison(
        control=a.value,
        variant=b.value,
        difference=difference,
        difference_interval=apart,
        lift=lift,
        lift_interval=relative,
        p_value=p_value,
        significant=p_value < 1 - level,
        level=level,
        alternative=alternative,
        method=f"{name}; lift interval: {_LIFT_NAMES[lift_method]}",
        statistic=tested_value / tested_error,
        df=None if math.isinf(df) else df,
        standard_error=error,
        lift_standard_error=by_delta,
    )


def estimates(
    control: Group,
    variant: Group,
    *,
    metric: Metric | None = None,
    coefficient: Coefficient | float = "together",
) -> tuple[Estimate, Estimate]:
    """Return the compared value of both groups with its uncertainty (see `compare_means`)."""
    if isinstance(control, Moments) and isinstance(variant, Moments):
        if metric is None:
            raise UnknownMethod(method="Moments", allowed="metric=Metric(…)")
        return _from_moments(control, variant, metric, coefficient)
    if metric is not None:
        raise UnknownMethod(method="metric", allowed="Moments")
    return _plain(control), _plain(variant)


def difference_and_lift(
    a: Estimate, b: Estimate
) -> tuple[float, float, float | None, float | None]:
    """Return the difference and the lift over the observed control, each with its error."""
    difference = b.value - a.value
    error = math.sqrt(a.error2 + b.error2)
    return difference, error, difference / a.base if a.base else None, _delta_error(a, b)


def _plain(group: Group) -> Estimate:
    if isinstance(group, Moments):
        raise UnknownMethod(method="Moments + Sample", allowed="Moments + Moments")
    known = group if isinstance(group, Sample | Arm) else Sample.of(group)
    needs(known.n, 2)
    mean, variance = known.mean, known.variance
    return Estimate(known.n, mean, variance, mean, variance, variance, mean)


def _from_moments(
    control: Moments, variant: Moments, metric: Metric, coefficient: Coefficient | float
) -> tuple[Estimate, Estimate]:
    theta, centre = 0.0, 0.0
    if metric.covariate is not None:
        together = control.together_with(variant)
        centre = together.ratio(metric.covariate, metric.covariate_per)
        theta = _theta(control, variant, together, metric, coefficient)
    return (
        _adjusted(control, metric, theta, centre),
        _adjusted(variant, metric, theta, centre),
    )


def _theta(
    control: Moments,
    variant: Moments,
    together: Moments,
    metric: Metric,
    coefficient: Coefficient | float,
) -> float:
    """Return how much of a covariate's deviation to take off the value."""
    if isinstance(coefficient, int | float):
        return float(coefficient)
    check_choice(coefficient, get_args(Coefficient))
    assert metric.covariate is not None
    shared, own = 0.0, 0.0
    for group in [together] if coefficient == "together" else [control, variant]:
        gradient = group.slope(metric.value, metric.per)
        before = group.slope(metric.covariate, metric.covariate_per)
        shared += float(gradient @ group.matrix() @ before)
        own += float(before @ group.matrix() @ before)
    return shared / own if own > 0 else 0.0


def _adjusted(group: Moments, metric: Metric, theta: float, centre: float) -> Estimate:
    needs(group.n, 2)
    matrix = group.matrix()
    base_slope = group.slope(metric.value, metric.per)
    observed = group.ratio(metric.value, metric.per)
    slope: NDArray[np.float64] = base_slope
    value = observed
    if metric.covariate is not None:
        slope = base_slope - theta * group.slope(metric.covariate, metric.covariate_per)
        value -= theta * (group.ratio(metric.covariate, metric.covariate_per) - centre)
    return Estimate(
        n=group.n,
        value=value,
        variance=max(float(slope @ matrix @ slope), 0.0),
        base=observed,
        base_variance=max(float(base_slope @ matrix @ base_slope), 0.0),
        covariance=float(slope @ matrix @ base_slope),
        # Before a test the groups are alike, so a covariate of its own is expected to differ by
        # nothing, and the relative spread of a plain mean is taken at the means as observed. A
        # ratio with a covariate that is a ratio too has no such shortcut.
        linear_at=value if metric.per is not None else observed,
    )


def _difference_variance(a: Estimate, b: Estimate, method: str) -> tuple[float, float]:
    """Return the variance of the difference of the two values and its degrees of freedom."""
    if method == "student":
        df = a.n + b.n - 2
        together = ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / df
        return together * (1 / a.n + 1 / b.n), float(df)
    variance = a.error2 + b.error2
    if method in ("z", "sequential") or variance == 0:
        return variance, math.inf
    return variance, variance**2 / (a.error2**2 / (a.n - 1) + b.error2**2 / (b.n - 1))


def _lift(a: Estimate, b: Estimate, method: LiftMethod) -> float | None:
    if method == "delta":
        return (b.value - a.value) / a.base if a.base else None
    return b.value / a.value - 1 if a.value else None


def _delta_error(a: Estimate, b: Estimate) -> float | None:
    """Return the standard error of (variant - control) / observed control by the delta method."""
    if a.base == 0:
        return None
    by_base = (b.linear_at - a.linear_at) / a.base
    variance = b.error2 / a.base**2
    variance += (
        (a.variance + 2 * by_base * a.covariance + by_base**2 * a.base_variance) / a.n / a.base**2
    )
    return math.sqrt(max(variance, 0.0))


def _lift_interval(
    a: Estimate, b: Estimate, lift_method: LiftMethod, half: _Half, method: str
) -> Interval | None:
    if lift_method == "delta":
        error = _delta_error(a, b)
        return None if error is None else _around((b.value - a.value) / a.base, half(error))
    if a.value == 0:
        return None
    if lift_method == "log":
        if a.value <= 0 or b.value <= 0:
            return None
        a_log = msgspec.structs.replace(a, variance=a.variance / a.value**2)
        b_log = msgspec.structs.replace(b, variance=b.variance / b.value**2)
        variance, df = _difference_variance(a_log, b_log, method)
        spread = half(math.sqrt(variance), df)
        ratio = b.value / a.value
        return ratio * math.exp(-spread) - 1, ratio * math.exp(spread) - 1
    return _fieller(a, b, half, method)


def _fieller(a: Estimate, b: Estimate, half: _Half, method: str) -> Interval | None:
    """Return all lifts L for which variant - (1+L)·control is not significantly off zero."""
    variance_a, variance_b = a.error2, b.error2
    if method == "student":
        pooled, _ = _difference_variance(a, b, method)
        scale = pooled / (1 / a.n + 1 / b.n)
        variance_a, variance_b = scale / a.n, scale / b.n
    t2 = half(1.0) ** 2
    below = a.value**2 - t2 * variance_a
    if below <= 0:
        return None
    product = a.value * b.value
    inside = product**2 - below * (b.value**2 - t2 * variance_b)
    spread = math.sqrt(max(inside, 0.0))
    return (product - spread) / below - 1, (product + spread) / below - 1


def _around(centre: float, half: float) -> Interval:
    return centre - half, centre + half
