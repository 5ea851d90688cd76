"""More than one comparison at a time: several groups, and what many looks cost."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

import msgspec
import numpy as np

from otklik.experiments.errors import EmptyArm, NoSpread, OutOfRange
from otklik.experiments.model.distributions import chi_square_tail
from otklik.experiments.model.samples import Arm, check_choice, needs

Adjustment: TypeAlias = Literal[
    "none",
    "bonferroni",
    "sidak",
    "holm",
    "holm_sidak",
    "hochberg",
    "hochberg_sidak",
    "hommel",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "two_stage_benjamini_hochberg",
    "two_stage_benjamini_krieger_yekutieli",
]
_TWO_STAGE = {
    "two_stage_benjamini_hochberg": "fdr_tsbh",
    "two_stage_benjamini_krieger_yekutieli": "fdr_tsbky",
}


class ManyProportions(msgspec.Struct, frozen=True):
    """The test that several shares are all equal: `statistic` with `df`, and the shares seen."""

    statistic: float
    df: int
    p_value: float
    rates: tuple[float, ...]
    method: str


class Pair(msgspec.Struct, frozen=True):
    """Two of several groups by their position, with the p-value before and after adjustment."""

    first: int
    second: int
    p_value: float
    p_value_adjusted: float


def compare_many_proportions(arms: Sequence[Arm]) -> ManyProportions:
    """Test whether the shares of k groups are all equal.

    Pearson's chi-square of the k by 2 table with k-1 degrees of freedom, without continuity
    correction (the same as R's prop.test for k > 2).
    Raises: EmptyArm (fewer than two groups, or an empty one), NoSpread.
    """
    if len(arms) < 2:
        raise EmptyArm(users=len(arms), needed=2)
    for arm in arms:
        needs(arm.users, 1)
    users = sum(arm.users for arm in arms)
    together = sum(arm.converted for arm in arms) / users
    if together in (0, 1):
        raise NoSpread()
    spread = together * (1 - together)
    x = sum(arm.users * (arm.rate - together) ** 2 for arm in arms) / spread
    df = len(arms) - 1
    rates = tuple(arm.rate for arm in arms)
    return ManyProportions(x, df, chi_square_tail(x, df), rates, "Pearson chi-square, k groups")


def compare_all_pairs(arms: Sequence[Arm], *, adjustment: Adjustment = "holm") -> list[Pair]:
    """Compare every two of several groups by chi-square, the p-values adjusted together."""
    return _pairs(arms, list(itertools.combinations(range(len(arms)), 2)), adjustment)


def compare_all_with_control(
    arms: Sequence[Arm], *, control: int = 0, adjustment: Adjustment = "holm"
) -> list[Pair]:
    """Compare every group with one of them by chi-square, the p-values adjusted together."""
    others = [(control, i) for i in range(len(arms)) if i != control]
    return _pairs(arms, others, adjustment)


def adjust_p_values(
    p_values: Sequence[float], *, method: Adjustment = "holm", alpha: float = 0.05
) -> list[float]:
    """Return p-values that may each be held against the usual level although there are several.

    Against even one false alarm (family-wise error): "bonferroni", "sidak" (JASA 62 (1967) 626),
    "holm" (Scandinavian Journal of Statistics 6 (1979) 65; always valid, never worse than
    Bonferroni), "holm_sidak", "hochberg" (Biometrika 75 (1988) 800) and "hochberg_sidak" (step-up;
    for tests that are not negatively dependent), "hommel" (Biometrika 75 (1988) 383).
    Against a large share of false alarms among the findings (false discovery rate):
    "benjamini_hochberg" (JRSS B 57 (1995) 289), "benjamini_yekutieli" (any dependence; Annals of
    Statistics 29 (2001) 1165), and the two-stage forms of Benjamini, Krieger and Yekutieli
    (Biometrika 93 (2006) 491), which need `alpha` (statsmodels' multipletests).
    The order of the answer is that of the input.
    Raises: OutOfRange for anything outside 0…1, UnknownMethod.
    """
    check_choice(method, get_args(Adjustment))
    for value in p_values:
        if not 0 <= value <= 1:
            raise OutOfRange(name="p_value", value=value, allowed="0 ≤ p ≤ 1")
    p = np.asarray(p_values, dtype=np.float64)
    m = p.size
    if m == 0 or method == "none":
        return [float(value) for value in p]
    if method in _TWO_STAGE:
        from statsmodels.stats.multitest import multipletests

        return [float(v) for v in multipletests(p, alpha=alpha, method=_TWO_STAGE[method])[1]]
    order = np.argsort(p, kind="stable")
    ranked = p[order]
    left = m - np.arange(m)  # how many hypotheses are still open at each step
    rank = np.arange(1, m + 1)
    if method == "bonferroni":
        adjusted = ranked * m
    elif method == "sidak":
        adjusted = _sidak(ranked, np.full(m, m))
    elif method == "holm":
        adjusted = np.maximum.accumulate(ranked * left)
    elif method == "holm_sidak":
        adjusted = np.maximum.accumulate(_sidak(ranked, left))
    elif method == "hochberg":
        adjusted = _step_up(ranked * left)
    elif method == "hochberg_sidak":
        adjusted = _step_up(_sidak(ranked, left))
    elif method == "benjamini_hochberg":
        adjusted = _step_up(ranked * m / rank)
    elif method == "benjamini_yekutieli":
        adjusted = _step_up(ranked * m / rank * float((1 / rank).sum()))
    else:
        adjusted = _hommel(ranked)
    answer = np.empty(m)
    answer[order] = np.minimum(adjusted, 1.0)
    return [float(value) for value in answer]


def _sidak(ranked: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    # 1-(1-p)^k written so that a p-value of 1e-20 does not vanish.
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(exponent * np.log1p(-ranked)))


def _step_up(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.minimum.accumulate(values[::-1])[::-1])


def _hommel(ranked: np.ndarray) -> np.ndarray:
    """Return Hommel's adjusted p-values by Wright's algorithm (Biometrics 48 (1992) 1005)."""
    m = ranked.size
    adjusted = ranked.copy()
    for size in range(m, 1, -1):
        tail = ranked[m - size + 1 :]
        smallest = float(np.min(size * tail / np.arange(2, size + 1)))
        adjusted[m - size + 1 :] = np.maximum(adjusted[m - size + 1 :], smallest)
        head = ranked[: m - size + 1]
        adjusted[: m - size + 1] = np.maximum(
            adjusted[: m - size + 1], np.minimum(smallest, size * head)
        )
    return adjusted


def _pairs(
    arms: Sequence[Arm], positions: list[tuple[int, int]], adjustment: Adjustment
) -> list[Pair]:
    raw = [compare_many_proportions([arms[i], arms[j]]).p_value for i, j in positions]
    adjusted = adjust_p_values(raw, method=adjustment)
    return [Pair(i, j, p, q) for (i, j), p, q in zip(positions, raw, adjusted, strict=True)]
