"""What is known about one group: a count, sums, or moments of several columns.

Aggregates are enough for every test here, so a report never has to carry a row per person. Each
class has an `of` that makes it from raw values, and both ways give the same answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from otklik.experiments.errors import EmptyArm, ImpossibleCounts, OutOfRange, UnknownMethod

Alternative: TypeAlias = Literal["two-sided", "greater", "less"]
"""Which departure is looked for: any, the variant above the control, or below it."""

Interval: TypeAlias = tuple[float, float]
Matrix: TypeAlias = NDArray[np.float64]

# Sums of floats carry rounding: a negative spread of this relative size is rounding, not nonsense.
_ROUNDING = 1e-9


class Arm(msgspec.Struct, frozen=True):
    """A group counted by a yes-or-no outcome.

    `users`: people in the group; `converted`: how many of them did the thing.
    Raises ImpossibleCounts when a count is negative or more people converted than there were.
    """

    users: int
    converted: int

    def __post_init__(self) -> None:
        if self.users < 0 or self.converted < 0:
            raise ImpossibleCounts(what=f"{self.converted} / {self.users} < 0")
        if self.converted > self.users:
            raise ImpossibleCounts(what=f"{self.converted} > {self.users}")

    @classmethod
    def of(cls, values: ArrayLike) -> Arm:
        """Count raw values, one per person: True/False or 1/0."""
        raw = np.asarray(values)
        if raw.dtype != np.bool_ and not np.isin(raw, (0, 1)).all():
            raise ImpossibleCounts(what="x ≠ 0, 1")
        return cls(int(raw.size), int(np.count_nonzero(raw)))

    @property
    def n(self) -> int:
        return self.users

    @property
    def rate(self) -> float:
        """The share that converted, between 0 and 1."""
        needs(self.users, 1)
        return self.converted / self.users

    mean = rate

    @property
    def variance(self) -> float:
        """The spread of one person's outcome under a binomial model, p·(1-p)."""
        return self.rate * (1 - self.rate)


class Sample(msgspec.Struct, frozen=True):
    """A group measured by a number per person (money, orders, minutes), zeros included.

    `n` people, the `sum` of their values and the sum of the squares of their values.
    """

    n: int
    sum: float
    sum_squares: float

    def __post_init__(self) -> None:
        if self.n < 0:
            raise ImpossibleCounts(what=f"n = {self.n}")
        if not (math.isfinite(self.sum) and math.isfinite(self.sum_squares)):
            raise ImpossibleCounts(what=f"Σx = {self.sum}, Σx² = {self.sum_squares}")
        if self.sum_squares < 0 or (self.n == 0 and (self.sum or self.sum_squares)):
            raise ImpossibleCounts(what=f"n = {self.n}, Σx = {self.sum}, Σx² = {self.sum_squares}")
        if self.n and self._spread() < -_ROUNDING * max(self.sum_squares, 1e-300):
            raise ImpossibleCounts(what="(Σx)² > n·Σx²")

    @classmethod
    def of(cls, values: ArrayLike) -> Sample:
        """Sum up raw values, one per person."""
        raw = np.asarray(values, dtype=np.float64)
        return cls(int(raw.size), float(raw.sum()), float((raw * raw).sum()))

    @classmethod
    def of_moments(cls, n: int, mean: float, variance: float) -> Sample:
        """Make a sample from its mean and its variance (the one divided by n-1)."""
        return cls(n, n * mean, variance * (n - 1) + n * mean * mean)

    def _spread(self) -> float:
        return self.sum_squares - self.sum * self.sum / self.n

    @property
    def mean(self) -> float:
        needs(self.n, 1)
        return self.sum / self.n

    @property
    def variance(self) -> float:
        """The unbiased variance of one person's value (divided by n-1)."""
        needs(self.n, 2)
        return max(self._spread(), 0.0) / (self.n - 1)


class Metric(msgspec.Struct, frozen=True):
    """Which columns of `Moments` make up the measured value.

    `value`: the column whose mean is compared. `per`: when given, the metric is the ratio of two
    sums, sum(value) / sum(per), as in orders per session. `covariate` (and `covariate_per`): the
    same thing measured before the test began; it takes away the part of the spread that was
    there already (CUPED).
    """

    value: str
    per: str | None = None
    covariate: str | None = None
    covariate_per: str | None = None


class Moments(msgspec.Struct, frozen=True):
    """A group described by means and covariances of several columns, one row per person.

    `means[i]` belongs to `columns[i]`, `covariances[i][j]` to a pair of columns. `ddof` is what
    is taken from n in the divisor of a covariance (1: unbiased, 0: of the group itself).
    """

    n: int
    columns: tuple[str, ...]
    means: tuple[float, ...]
    covariances: tuple[tuple[float, ...], ...]
    ddof: int = 1

    @classmethod
    def of(cls, **columns: ArrayLike) -> Moments:
        """Compute the moments of raw columns, one value per person in each."""
        rows = np.asarray([np.asarray(c, dtype=np.float64) for c in columns.values()])
        needs(rows.shape[1], 2)
        return cls._make(rows.shape[1], tuple(columns), rows.mean(axis=1), np.cov(rows, ddof=1), 1)

    @classmethod
    def of_sums(
        cls,
        n: int,
        sums: Mapping[str, float],
        products: Mapping[tuple[str, str], float],
        *,
        ddof: int = 1,
    ) -> Moments:
        """Make moments from sums.

        `sums[a]` is the sum of column a; `products[a, b]` the sum of a·b over people, given for
        every pair in either order and for every column with itself (its sum of squares).
        """
        needs(n, 2)
        names = tuple(sums)
        mean = np.asarray([sums[name] / n for name in names])
        raw = np.asarray([[_pair(products, a, b) for b in names] for a in names])
        return cls._make(n, names, mean, (raw - n * np.outer(mean, mean)) / (n - ddof), ddof)

    @classmethod
    def of_moments(
        cls,
        n: int,
        means: Mapping[str, float],
        variances: Mapping[str, float],
        covariances: Mapping[tuple[str, str], float],
    ) -> Moments:
        """Make moments from means, unbiased variances and unbiased covariances by name."""
        names = tuple(means)
        matrix = np.asarray(
            [[variances[a] if a == b else _pair(covariances, a, b) for b in names] for a in names]
        )
        return cls._make(n, names, np.asarray([means[name] for name in names]), matrix, 1)

    @classmethod
    def _make(
        cls, n: int, names: tuple[str, ...], means: Matrix, matrix: Matrix, ddof: int
    ) -> Moments:
        if not (np.isfinite(means).all() and np.isfinite(matrix).all()):
            raise ImpossibleCounts(what="x = NaN, ∞")
        rows = np.atleast_2d(matrix).tolist()
        return cls(int(n), names, tuple(means.tolist()), tuple(tuple(row) for row in rows), ddof)

    def mean_of(self, column: str) -> float:
        return self.means[self._index(column)]

    def matrix(self) -> Matrix:
        return np.asarray(self.covariances, dtype=np.float64)

    def together_with(self, other: Moments) -> Moments:
        """Return the moments of the two groups thrown together."""
        if self.columns != other.columns or self.ddof != other.ddof:
            raise ImpossibleCounts(what=f"{self.columns} ≠ {other.columns}")
        n = self.n + other.n
        a, b = np.asarray(self.means), np.asarray(other.means)
        mean = (self.n * a + other.n * b) / n
        scatter = self.matrix() * (self.n - self.ddof) + other.matrix() * (other.n - other.ddof)
        scatter += np.outer(a - b, a - b) * self.n * other.n / n
        return self._make(n, self.columns, mean, scatter / (n - self.ddof), self.ddof)

    def slope(self, value: str, per: str | None) -> Matrix:
        """Return the gradient of the mean (or of the ratio of means) by the column means.

        For a ratio a/b it is (1/b, -a/b²): the delta method (Deng, Knoblich and Lu 2018).
        """
        gradient = np.zeros(len(self.columns))
        below = 1.0 if per is None else self.mean_of(per)
        if below == 0:
            raise ImpossibleCounts(what=f"Σ {per} = 0")
        gradient[self._index(value)] += 1 / below
        if per is not None:
            gradient[self._index(per)] -= self.mean_of(value) / below**2
        return gradient

    def ratio(self, value: str, per: str | None) -> float:
        return self.mean_of(value) / (1.0 if per is None else self.mean_of(per))

    def _index(self, column: str) -> int:
        if column not in self.columns:
            raise UnknownMethod(method=column, allowed=", ".join(self.columns))
        return self.columns.index(column)


Group: TypeAlias = "Arm | Sample | Moments | Sequence[float] | NDArray[Any]"
"""Whatever a comparison of means accepts for one arm: aggregates, or raw values."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A variant held against a control.

    `control`, `variant`: the value in each group (a share, a mean, a ratio).
    `difference` = variant - control, with its interval at `level`.
    `lift` = variant / control - 1 (0.12 is 12 % more) with its interval; both are None when the
    control stands at zero, the interval also when the control is too uncertain to divide by.
    `statistic`, `df`, `standard_error`, `lift_standard_error`: None where the method has none.
    `p_value`: how often chance alone would give at least such a difference; `significant` when
    it is below 1 - level. `method` names the test and the intervals.
    """

    control: float
    variant: float
    difference: float
    difference_interval: Interval
    lift: float | None
    lift_interval: Interval | None
    p_value: float
    significant: bool
    level: float
    alternative: Alternative
    method: str
    statistic: float | None = None
    df: float | None = None
    standard_error: float | None = None
    lift_standard_error: float | None = None


def needs(have: int, at_least: int) -> None:
    """Raise EmptyArm unless a group has `at_least` people."""
    if have < at_least:
        raise EmptyArm(users=have, needed=at_least)


def check_level(level: float) -> float:
    """Return 1 - level. Raises OutOfRange unless 0 < level < 1."""
    if not 0 < level < 1:
        raise OutOfRange(name="level", value=level, allowed="0 < level < 1")
    return 1 - level


def check_choice(method: str, allowed: Sequence[str]) -> None:
    """Raise UnknownMethod unless `method` is one of `allowed`."""
    if method not in allowed:
        raise UnknownMethod(method=method, allowed=", ".join(allowed))


def tail_level(level: float, alternative: Alternative) -> float:
    """Return the probability left out on each side that the alternative looks at."""
    check_choice(alternative, ("two-sided", "greater", "less"))
    alpha = check_level(level)
    return alpha / 2 if alternative == "two-sided" else alpha


def one_side(
    interval: Interval, alternative: Alternative, floor: float, ceiling: float
) -> Interval:
    """Open the side of an interval that a one-sided alternative does not look at."""
    low, high = interval
    if alternative == "greater":
        return low, ceiling
    if alternative == "less":
        return floor, high
    return low, high


def p_of(tail: Callable[[float], float], t: float, alternative: Alternative) -> float:
    """Return the p-value of a statistic; `tail(t)` is P(T > t) of a symmetric distribution."""
    if alternative == "greater":
        return tail(t)
    if alternative == "less":
        return tail(-t)
    return min(1.0, 2 * tail(abs(t)))


def _pair(table: Mapping[tuple[str, str], float], a: str, b: str) -> float:
    try:
        return table[a, b] if (a, b) in table else table[b, a]
    except KeyError as error:
        raise ImpossibleCounts(what=f"{a} · {b} = ?") from error
