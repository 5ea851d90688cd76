"""Is the share of people who did the thing different in two groups?"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, get_args

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from otklik.experiments.errors import NoSpread, UnknownMethod
from otklik.experiments.model.distributions import chi_square_tail, normal_quantile, normal_tail
from otklik.experiments.model.intervals import (
    DifferenceInterval,
    RatioInterval,
    difference_interval,
    ratio_interval,
)
from otklik.experiments.model.samples import (
    Alternative,
    Arm,
    Comparison,
    Interval,
    check_choice,
    needs,
    one_side,
    p_of,
    tail_level,
)
from otklik.experiments.model.score import score

ProportionTest: TypeAlias = Literal[
    "auto", "score", "z_pooled", "z_unpooled", "chi_square", "g", "fisher", "barnard", "boschloo"
]

_NAMES = {
    "score": "score test (N-1 chi-square, Miettinen and Nurminen 1985)",
    "z_pooled": "two-proportion z-test, pooled variance",
    "z_unpooled": "two-proportion z-test, unpooled variance (Wald)",
    "chi_square": "Pearson chi-square test",
    "g": "G-test (log-likelihood ratio)",
    "fisher": "Fisher's exact test",
    "barnard": "Barnard's exact test",
    "boschloo": "Boschloo's exact test",
}
_TWO_SIDED_ONLY = ("chi_square", "g")
_EXPECTED_MIN = 1.0


class ProportionTestResult(msgspec.Struct, frozen=True):
    """The outcome of a test alone, without an effect: `statistic` and `df` where there is one."""

    p_value: float
    method: str
    statistic: float | None = None
    df: float | None = None


def compare_proportions(
    control: Arm | ArrayLike,
    variant: Arm | ArrayLike,
    *,
    level: float = 0.95,
    method: ProportionTest = "auto",
    alternative: Alternative = "two-sided",
    continuity: bool = False,
    pooled: bool = True,
    interval: DifferenceInterval | None = None,
    lift_interval: RatioInterval | None = None,
) -> Comparison:
    """Compare the share of people who did the thing in two independent groups.

    `control`, `variant`: `Arm(users, converted)`, or raw 0/1 values, one per person.
    `method`:
    - "auto" (default): "score", or "fisher" when fewer than one success or failure would be
      expected in a group, as Campbell advises (Statistics in Medicine 26 (2007) 3661-3675);
    - "score": the pooled z-test with the factor (N-1)/N, that is the "N-1" chi-square test, which
      inverts to the intervals of Miettinen and Nurminen (Statistics in Medicine 4 (1985) 213-226);
    - "z_pooled", "z_unpooled": z-tests (the pooled one squared is Pearson's chi-square; the
      unpooled one is Wald's); with `continuity`, ½(1/n₀+1/n₁) is taken off the difference;
    - "chi_square": Pearson 1900, with Yates' correction (1934) when `continuity`;
    - "g": log-likelihood ratio test (Wilks 1938), `continuity` as in SciPy's chi2_contingency;
    - "fisher", "barnard" (`pooled` chooses its statistic), "boschloo": exact tests of SciPy.
    `interval` and `lift_interval` choose the intervals (see `difference_interval` and
    `ratio_interval`). When not given they belong to the test: for the z-tests the normal
    intervals with the test's own variance (and continuity correction), for all others those of
    Miettinen and Nurminen. With "score" the test and both intervals always agree.
    The lift's interval of a z-test is on the logarithm of the ratio (unpooled: Katz 1978).
    A one-sided `alternative` ("greater": the variant is higher) gives one-sided intervals.

    Raises: EmptyArm, ImpossibleCounts, UnknownMethod, OutOfRange; NoSpread when nobody or
    everybody converted in both groups and the method has no answer to that.
    """
    control, variant = _arm(control), _arm(variant)
    needs(min(control.users, variant.users), 1)
    check_choice(method, get_args(ProportionTest))
    tail_level(level, alternative)
    if method == "auto":
        method = "fisher" if _smallest_expected(control, variant) < _EXPECTED_MIN else "score"
    result = _test(control, variant, method, alternative, continuity=continuity, pooled=pooled)
    z_test = method in ("z_pooled", "z_unpooled")
    if interval is None and z_test:
        apart = _z_interval(control, variant, method, level, alternative, continuity=continuity)
    else:
        chosen: DifferenceInterval = interval or "miettinen_nurminen"
        apart = difference_interval(
            control, variant, level=level, method=chosen, alternative=alternative
        )
    relative: Interval | None = None
    if control.converted and lift_interval is None and z_test:
        relative = _z_lift_interval(
            control, variant, method, level, alternative, continuity=continuity
        )
    elif control.converted:
        low, high = ratio_interval(
            control,
            variant,
            level=level,
            method=lift_interval or "miettinen_nurminen",
            alternative=alternative,
        )
        relative = low - 1, high - 1
    error = _standard_error(control, variant, pooled=method != "z_unpooled")
    return Comparison(
        control=control.rate,
        variant=variant.rate,
        difference=variant.rate - control.rate,
        difference_interval=apart,
        lift=variant.rate / control.rate - 1 if control.converted else None,
        lift_interval=relative,
        p_value=result.p_value,
        significant=result.p_value < 1 - level,
        level=level,
        alternative=alternative,
        method=f"{result.method}; intervals: {_interval_name(method, interval, lift_interval)}",
        statistic=result.statistic,
        df=result.df,
        standard_error=error,
        lift_standard_error=None,
    )


def binomial_test(
    arm: Arm | ArrayLike, *, expected: float, alternative: Alternative = "two-sided"
) -> ProportionTestResult:
    """Test one share against a known one by the exact binomial test.

    "less" asks whether the share is below `expected`. Two-sided adds up all outcomes that are no
    likelier than the one seen (SciPy's `binomtest`, the same as R's binom.test). The matching
    interval is `rate_interval(method="clopper_pearson")`.
    Raises: EmptyArm, OutOfRange, UnknownMethod.
    """
    from scipy.stats import binomtest

    from otklik.experiments.errors import OutOfRange

    arm = _arm(arm)
    needs(arm.users, 1)
    check_choice(alternative, get_args(Alternative))
    if not 0 <= expected <= 1:
        raise OutOfRange(name="expected", value=expected, allowed="0 ≤ expected ≤ 1")
    test = binomtest(arm.converted, arm.users, expected, alternative=alternative)
    return ProportionTestResult(float(test.pvalue), "exact binomial test", float(arm.converted))


def rate_z_test(
    arm: Arm | ArrayLike,
    *,
    expected: float,
    alternative: Alternative = "two-sided",
    null_variance: bool = False,
) -> ProportionTestResult:
    """Test one share against a known one by the normal approximation.

    The variance is that of the seen share (Wald), or of `expected` when `null_variance` (score).
    Raises: EmptyArm, UnknownMethod; NoSpread when that variance is zero.
    """
    arm = _arm(arm)
    needs(arm.users, 1)
    check_choice(alternative, get_args(Alternative))
    variance = expected * (1 - expected) if null_variance else arm.variance
    if variance <= 0:
        raise NoSpread()
    z = (arm.rate - expected) / math.sqrt(variance / arm.users)
    return ProportionTestResult(p_of(normal_tail, z, alternative), "one-proportion z-test", z)


def _arm(group: Arm | ArrayLike) -> Arm:
    return group if isinstance(group, Arm) else Arm.of(group)


def _smallest_expected(control: Arm, variant: Arm) -> float:
    """Return the smallest count that equal shares would lead one to expect in the 2 by 2 table."""
    n = control.users + variant.users
    yes = control.converted + variant.converted
    return min(control.users, variant.users) * min(yes, n - yes) / n


def _test(
    control: Arm,
    variant: Arm,
    method: str,
    alternative: Alternative,
    *,
    continuity: bool,
    pooled: bool,
) -> ProportionTestResult:
    if alternative != "two-sided" and method in _TWO_SIDED_ONLY:
        raise UnknownMethod(
            method=f"{method}, {alternative}", allowed="score, z_pooled, fisher, barnard, boschloo"
        )
    name = _NAMES[method]
    if method in ("fisher", "barnard", "boschloo"):
        return _exact_test(control, variant, method, alternative, pooled=pooled)
    yes = control.converted + variant.converted
    if yes in (0, control.users + variant.users):
        raise NoSpread()
    if method in ("chi_square", "g"):
        x = _contingency(control, variant, g=method == "g", yates=continuity)
        name += ", continuity corrected" if continuity else ""
        return ProportionTestResult(chi_square_tail(x, 1), name, x, 1.0)
    if method == "score":
        z = score("difference", control, variant, 0.0, corrected=True)
        return ProportionTestResult(p_of(normal_tail, z, alternative), name, z)
    error = _standard_error(control, variant, pooled=method == "z_pooled")
    if error == 0:
        raise NoSpread()
    difference = variant.rate - control.rate
    if continuity:
        name += ", continuity corrected"
        difference = _towards_zero(difference, _half_steps(control, variant), alternative)
    z = difference / error
    return ProportionTestResult(p_of(normal_tail, z, alternative), name, z)


def _exact_test(
    control: Arm, variant: Arm, method: str, alternative: Alternative, *, pooled: bool
) -> ProportionTestResult:
    from scipy import stats

    table = np.asarray(
        [
            [variant.converted, control.converted],
            [variant.users - variant.converted, control.users - control.converted],
        ]
    )
    if 0 in table.sum(axis=1):
        # Nobody, or everybody, converted in both groups: no table is more extreme than this one.
        return ProportionTestResult(1.0, _NAMES[method])
    if method == "fisher":
        p = stats.fisher_exact(table, alternative=alternative).pvalue
    elif method == "barnard":
        p = stats.barnard_exact(table, alternative=alternative, pooled=pooled).pvalue
    else:
        p = stats.boschloo_exact(table, alternative=alternative).pvalue
    return ProportionTestResult(min(1.0, float(p)), _NAMES[method])


def _contingency(control: Arm, variant: Arm, *, g: bool, yates: bool) -> float:
    seen = np.asarray(
        [[arm.converted, arm.users - arm.converted] for arm in (control, variant)], dtype=float
    )
    expected = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / seen.sum()
    if yates:
        # The correction never moves a count past its expected value.
        gap = expected - seen
        seen = seen + np.minimum(0.5, np.abs(gap)) * np.sign(gap)
    if not g:
        return float(((seen - expected) ** 2 / expected).sum())
    there = seen > 0
    return float(2 * (seen[there] * np.log(seen[there] / expected[there])).sum())


def _standard_error(control: Arm, variant: Arm, *, pooled: bool) -> float:
    if pooled:
        rate = (control.converted + variant.converted) / (control.users + variant.users)
        return math.sqrt(rate * (1 - rate) * (1 / control.users + 1 / variant.users))
    return math.sqrt(control.variance / control.users + variant.variance / variant.users)


def _half_steps(control: Arm, variant: Arm) -> float:
    """Return half of one person in each group: the continuity correction of a difference."""
    return 0.5 * (1 / control.users + 1 / variant.users)


def _towards_zero(difference: float, step: float, alternative: Alternative) -> float:
    """Move a difference towards zero, not past it, and only on the side that is looked at."""
    if (alternative == "greater" and difference < 0) or (alternative == "less" and difference > 0):
        return difference
    return math.copysign(max(abs(difference) - step, 0.0), difference)


def _z_interval(
    control: Arm,
    variant: Arm,
    method: str,
    level: float,
    alternative: Alternative,
    *,
    continuity: bool,
) -> Interval:
    z = normal_quantile(1 - tail_level(level, alternative))
    half = z * _standard_error(control, variant, pooled=method == "z_pooled")
    half += _half_steps(control, variant) if continuity else 0.0
    here = variant.rate - control.rate
    return one_side((max(here - half, -1.0), min(here + half, 1.0)), alternative, -1.0, 1.0)


def _z_lift_interval(
    control: Arm,
    variant: Arm,
    method: str,
    level: float,
    alternative: Alternative,
    *,
    continuity: bool,
) -> Interval:
    """Return the interval of the lift on the scale of log(ratio), by the delta method."""
    z = normal_quantile(1 - tail_level(level, alternative))
    if method == "z_pooled":
        together = (control.converted + variant.converted) / (control.users + variant.users)
        spread = _standard_error(control, variant, pooled=True) / together
    elif variant.converted:
        spread = math.sqrt(
            (1 - control.rate) / control.converted + (1 - variant.rate) / variant.converted
        )
    else:
        return one_side((-1.0, math.inf), alternative, -1.0, math.inf)
    half = z * spread + (_half_steps(control, variant) / control.rate if continuity else 0.0)
    here = variant.rate / control.rate
    return one_side(
        (here * math.exp(-half) - 1, here * math.exp(half) - 1), alternative, -1.0, math.inf
    )


def _interval_name(
    method: str, interval: DifferenceInterval | None, lift_interval: RatioInterval | None
) -> str:
    own = "of the test" if method in ("z_pooled", "z_unpooled") else "Miettinen and Nurminen"
    first, second = interval or own, lift_interval or own
    return first if first == second else f"{first} (difference), {second} (lift)"
