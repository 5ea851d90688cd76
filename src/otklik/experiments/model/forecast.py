"""What the next mailing will bring, from what the former ones brought.

Mailings differ by more than chance: the rate of each is drawn around the mean of all. So the
interval has three parts: how much mailings differ, how little is known of their mean, and the
chance of the next one's own people. Rates are taken on the scale of log-odds, where an interval
can't leave 0…1, with the t-distribution for the few mailings there are (a prediction interval of a
random-effects model; Higgins, Thompson and Spiegelhalter, JRSS A 172 (2009) 137).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from otklik.experiments.errors import EmptyArm, OutOfRange
from otklik.experiments.model.distributions import t_quantile
from otklik.experiments.model.samples import Arm

FEW = 3
"""With fewer former mailings how much they differ can't be seen; it is assumed."""
_ASSUMED_SPREAD = 0.35
"""Standard deviation of the log-odds among the mailings of one workspace, where it is assumed."""


class Prediction(msgspec.Struct, frozen=True):
    """The expected rate of the next mailing, and between which two it will be with probability
    `level`; `mailings` and `people` it is drawn from."""

    rate: float
    low: float
    high: float
    level: float
    mailings: int
    people: int


def predict_rate(former: Sequence[Arm], people: int, *, level: float = 0.9) -> Prediction:
    """Return the rate to expect of a mailing to `people` people.

    `former`: people and responses of each former mailing; empty ones are left out.
    Raises: EmptyArm when there is none, OutOfRange for a level outside 0…1 or `people` below 1.
    """
    known = [arm for arm in former if arm.users > 0]
    if not known:
        raise EmptyArm(users=0, needed=1)
    if not 0 < level < 1:
        raise OutOfRange(name="level", value=level, allowed="0 < level < 1")
    if people < 1:
        raise OutOfRange(name="people", value=people, allowed="≥ 1")
    # Half a response is added on both sides, so that a mailing without any has log-odds too.
    odds = [math.log((a.converted + 0.5) / (a.users - a.converted + 0.5)) for a in known]
    noise = [1 / (a.converted + 0.5) + 1 / (a.users - a.converted + 0.5) for a in known]
    spread = _spread(odds, noise) if len(known) >= FEW else _ASSUMED_SPREAD**2
    weights = [1 / (one + spread) for one in noise]
    total = sum(weights)
    centre = sum(w * x for w, x in zip(weights, odds, strict=True)) / total
    rate = _of_odds(centre)
    own = 1 / (people * rate * (1 - rate))
    half = t_quantile((1 + level) / 2, max(len(known) - 1, 2)) * math.sqrt(spread + 1 / total + own)
    return Prediction(
        rate=rate,
        low=_of_odds(centre - half),
        high=_of_odds(centre + half),
        level=level,
        mailings=len(known),
        people=sum(arm.users for arm in known),
    )


def _of_odds(x: float) -> float:
    """Return the rate with these log-odds; far out, where no float could tell, 0 or 1."""
    return 1 / (1 + math.exp(-min(max(x, -700.0), 700.0)))


def _spread(values: Sequence[float], noise: Sequence[float]) -> float:
    """Return the variance of the values beyond their noise (DerSimonian and Laird 1986)."""
    weights = [1 / one for one in noise]
    total = sum(weights)
    mean = sum(w * x for w, x in zip(weights, values, strict=True)) / total
    q = sum(w * (x - mean) ** 2 for w, x in zip(weights, values, strict=True))
    scale = total - sum(w * w for w in weights) / total
    return max(0.0, (q - (len(values) - 1)) / scale) if scale > 0 else 0.0
