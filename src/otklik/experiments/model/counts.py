"""Results that may be looked at while they come in: which group the next responses come from.

Everybody is assigned at once, and people respond over days. If the message changes nothing, each
response comes from a group with the probability of the group's share of people, whatever came
before and however response ebbs and flows with the hour. So the count of responses per group is
held against those shares by a mixture that may be looked at after every response: Lindon and
Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022 (there for any number of
groups; here for two). The mixture is Robbins' (Annals of Mathematical Statistics 41 (1970) 1397).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from otklik.experiments.errors import OutOfRange
from otklik.experiments.model.samples import Arm, Interval, needs

WEIGHT = 60.0
"""How many responses the prior is worth. It is sharpest for lifts of about a quarter among equal
groups; others are found too, some responses later."""

_FAR = 40.0
_STEPS = 60


class AlwaysValid(msgspec.Struct, frozen=True):
    """`lift` of the rate of response (0.12 is 12 % more; None when the control has no response)
    with an interval that holds at all looks together; `p_value` may be looked at at any time."""

    lift: float | None
    lift_interval: Interval
    p_value: float
    method: str = "always-valid test of counts (Lindon and Malek 2022)"


def always_valid(control: Arm, variant: Arm, *, level: float = 0.95) -> AlwaysValid:
    """Compare two groups whose people were assigned at once and respond bit by bit.

    Raises: EmptyArm for a group without people, OutOfRange for a level outside 0…1.
    """
    needs(control.users, 1)
    needs(variant.users, 1)
    if not 0 < level < 1:
        raise OutOfRange(name="level", value=level, allowed="0 < level < 1")
    share = variant.users / (control.users + variant.users)
    c, v = control.converted, variant.converted
    prior = WEIGHT * share, WEIGHT * (1 - share)
    evidence = _log_beta(prior[0] + v, prior[1] + c) - _log_beta(*prior)

    def log_e(x: float) -> float:
        """The evidence against a response being the variant's with the log-odds x."""
        return evidence + v * _softplus(-x) + c * _softplus(x)

    fair = math.log(variant.users / control.users)
    seen = math.log(v / c) if v and c else _FAR if v else -_FAR if c else fair
    bound = -math.log1p(-level)
    return AlwaysValid(
        lift=None if c == 0 else (v / variant.users) / (c / control.users) - 1,
        lift_interval=(
            math.expm1(_edge(log_e, bound, seen, -_FAR) - fair),
            math.expm1(_edge(log_e, bound, seen, _FAR) - fair),
        ),
        p_value=min(1.0, math.exp(-log_e(fair))),
    )


def _edge(log_e: Callable[[float], float], bound: float, seen: float, far: float) -> float:
    """Return where the evidence reaches the bound on the way from what was seen to `far`.

    It is lowest at what was seen and only grows on the way; infinite if it stays below.
    """
    if log_e(far) < bound:
        return math.copysign(math.inf, far)
    inside, outside = seen, far
    for _ in range(_STEPS):
        middle = (inside + outside) / 2
        if log_e(middle) < bound:
            inside = middle
        else:
            outside = middle
    return outside


def _softplus(x: float) -> float:
    """Return log(1 + exp(x)) without an overflow."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
