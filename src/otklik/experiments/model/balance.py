"""Did people fall into the groups in the proportions that were ordered?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

import msgspec

from otklik.experiments.errors import EmptyArm, ImpossibleCounts
from otklik.experiments.model.distributions import chi_square_tail, normal_tail
from otklik.experiments.model.samples import check_choice

RatioTest: TypeAlias = Literal["chi_square", "normal", "binomial"]

ALARM = 0.001


class SampleRatio(msgspec.Struct, frozen=True):
    """The check of group sizes: `ok` is False when they can hardly be the work of chance.

    `observed` and `expected`: people per group; `alarm`: the p-value below which it is not ok.
    """

    p_value: float
    ok: bool
    observed: tuple[int, ...]
    expected: tuple[float, ...]
    alarm: float
    method: str


def sample_ratio(
    observed: Sequence[int],
    expected: Sequence[float] | None = None,
    *,
    method: RatioTest = "chi_square",
    continuity: bool = False,
    alarm: float = ALARM,
) -> SampleRatio:
    """Check the sizes of the groups against the shares that were ordered.

    A mismatch means that people were lost or counted twice on the way, and then no comparison of
    the groups can be trusted (Fabijan et al., "Diagnosing Sample Ratio Mismatch", KDD 2019, who
    also advise the strict `alarm`: the check runs on every test, false alarms would wear it out).
    `expected`: shares or weights in any unit, equal when not given. `method`: "chi_square"
    (Pearson, any number of groups), and for two groups "normal" (with `continuity`, half a person
    is taken off the deviation) or "binomial" (exact, SciPy's binomtest).
    Raises: EmptyArm (nobody at all, or fewer than two groups), ImpossibleCounts (negative counts,
    people in a group with share zero), UnknownMethod.
    """
    check_choice(method, get_args(RatioTest))
    weights = [1.0] * len(observed) if expected is None else [float(share) for share in expected]
    if len(observed) < 2:
        raise EmptyArm(users=len(observed), needed=2)
    if len(weights) != len(observed) or any(not w >= 0 or math.isinf(w) for w in weights):
        raise ImpossibleCounts(what=f"{weights} / {list(observed)}")
    if any(n < 0 for n in observed):
        raise ImpossibleCounts(what=f"{list(observed)} < 0")
    people, weight = sum(observed), sum(weights)
    if people == 0 or weight == 0:
        raise EmptyArm(users=people, needed=1)
    if any(n > 0 and w == 0 for n, w in zip(observed, weights, strict=True)):
        raise ImpossibleCounts(what=f"{list(observed)} / {weights}")
    counts = [people * w / weight for w in weights]
    used = [(n, e) for n, e in zip(observed, counts, strict=True) if e > 0]
    if method != "chi_square" and len(used) != 2:
        check_choice(method, ("chi_square",))
    if len(used) < 2:
        p_value = 1.0
    elif method == "chi_square":
        x = sum((n - e) ** 2 / e for n, e in used)
        p_value = chi_square_tail(x, len(used) - 1)
    elif method == "normal":
        (_, other), (n, e) = used
        off = max(abs(n - e) - 0.5, 0.0) if continuity else abs(n - e)
        p_value = min(1.0, 2 * normal_tail(off / math.sqrt(e * other / people)))
    else:
        from scipy.stats import binomtest

        n, e = used[1]
        p_value = float(binomtest(n, people, e / people).pvalue)
    names = {
        "chi_square": "Pearson chi-square of group sizes",
        "normal": "normal approximation of the binomial",
        "binomial": "exact binomial test",
    }
    return SampleRatio(
        p_value, p_value >= alarm, tuple(observed), tuple(counts), alarm, names[method]
    )
