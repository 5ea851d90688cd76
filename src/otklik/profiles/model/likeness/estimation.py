"""How much each agreement weighs, learned from the pairs themselves.

Fellegi & Sunter, "A Theory for Record Linkage", Journal of the American Statistical Association 64
(1969): a field weighs log2(m / u), m being how frequent a level of agreement is among pairs of one
person and u among pairs of two. Winkler, "Using the EM Algorithm for Weight Computation in the
Fellegi-Sunter Model of Record Linkage" (1988): both are found without examples by expectation-
maximisation (Dempster, Laird & Rubin 1977). Winkler, "Frequency-Based Matching in the
Fellegi-Sunter Model of Record Linkage" (1989): agreement on a rare name weighs more than on a
common one. Fixing u by pairs drawn at random, and m within each blocking rule for the fields it
does not choose by, is described by Linacre et al., "Splink: Free software for probabilistic record
linkage at scale", International Journal of Population Data Science 7 (2022).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from otklik.profiles.model.likeness.blocking import RULES
from otklik.profiles.model.likeness.columns import Columns, Numbers
from otklik.profiles.model.likeness.comparison import (
    LEVELS,
    MISSING,
    Codes,
    Compared,
    Floats,
    compare,
)
from otklik.profiles.model.likeness.people import Field

_M: Final[dict[Field, tuple[float, ...]]] = {
    Field.FIRST_NAME: (0.75, 0.05, 0.1, 0.05, 0.05),
    Field.LAST_NAME: (0.75, 0.05, 0.1, 0.02, 0.08),
    Field.BIRTH_DATE: (0.85, 0.02, 0.07, 0.02, 0.04),
    Field.EMAIL: (0.5, 0.08, 0.07, 0.03, 0.32),
    Field.PHONE: (0.55, 0.04, 0.01, 0.4),
    Field.CITY: (0.7, 0.03, 0.07, 0.01, 0.19),
}
_U: Final[dict[Field, tuple[float, ...]]] = {
    Field.FIRST_NAME: (0.015, 0.001, 0.01, 0.01, 0.964),
    Field.LAST_NAME: (0.002, 0.0002, 0.004, 0.001, 0.9928),
    Field.BIRTH_DATE: (0.00005, 0.00003, 0.0006, 0.006, 0.99332),
    Field.EMAIL: (0.00001, 0.00005, 0.0001, 0.0005, 0.99934),
    Field.PHONE: (0.00001, 0.00003, 0.00001, 0.99995),
    Field.CITY: (0.08, 0.001, 0.005, 0.001, 0.913),
}
"""What is assumed before anything is seen. A small base does not get far from it."""

_COMMON: Final = frozenset({Field.FIRST_NAME, Field.LAST_NAME, Field.CITY})
ONE_PERSON: Final = 10
"""Profiles that one person may have; more holders of one address are more people."""
M_TRUST: Final = 20
"""The first guess of m counts as much as so many pairs of one person."""
U_TRUST: Final = 2_000
SHARE_TRUST: Final = 100
SAMPLE: Final = 300_000
"""Random pairs from which u is counted; a base with fewer pairs is counted whole."""
_ROUNDS: Final = 25
_MOST_PAIRS: Final = 200_000
"""More pairs of one rule than this teach nothing new; every n-th is taken."""


class Weights(msgspec.Struct, frozen=True):
    """m and u of each level of each field, and how likely two people of the base are one."""

    m: dict[Field, Floats]
    u: dict[Field, Floats]
    prior: float


def bits_of(weights: Weights, compared: Compared, count: int) -> dict[Field, Floats]:
    """Return what each field says of each pair, in bits; nothing where a value is missing."""
    bits: dict[Field, Floats] = {}
    for field, codes in compared.levels.items():
        m, u = weights.m[field], weights.u[field]
        at = np.minimum(codes, len(m) - 1)
        holders = compared.shares[field] * count
        if field in _COMMON:
            # A value's own frequency takes the place of how often two people agree on any. The two
            # who are compared do not count: they do not testify to their own value.
            seen = np.maximum(holders - 2, 0) + u[0] * SHARE_TRUST
            chance = u[at] * np.where(holders > 0, seen / (count + SHARE_TRUST) / u[0], 1.0)
        else:
            # Few people share such a value unless they are one person, so only what more have than
            # one person has profiles (a default date, an office's address) counts as common.
            chance = np.maximum(u[at], (holders - ONE_PERSON) / count)
        bits[field] = np.where(codes == MISSING, 0.0, np.log2(m[at] / chance))
    return bits


def probability(bits: Mapping[Field, Floats], prior: float) -> Floats:
    """Return how likely each pair is one person."""
    total = np.log2(prior / (1 - prior)) + np.sum(list(bits.values()), axis=0)
    return np.asarray(1 / (1 + np.exp2(-np.clip(total, -500, 500))), dtype=np.float64)


def learn(
    columns: Columns,
    pairs: Compared,
    by_rule: Sequence[Compared],
    *,
    among: Numbers | None = None,
    scale: float = 1.0,
) -> Weights:
    """Estimate the weights from all pairs, each once, and from those of each rule.

    Of a large base a part is enough. `among`: places in the columns of people drawn at random
    (None: they are everybody). `scale`: how many pairs each of `pairs` stands for.
    """
    count = columns.count
    guess = 0.2 / max(1, count - 1)
    weights = Weights(
        m={field: np.array(values) for field, values in _M.items()},
        u={field: np.array(values) for field, values in _U.items()},
        prior=min(guess, 0.05),
    )
    sampled = _sample(columns, among)
    for _ in range(2):
        # Among the random pairs of a small base some are of one person; the second time they are
        # taken out by what the first has learned.
        one = probability(bits_of(weights, sampled, count), weights.prior)
        u = {
            field: _shares(codes, 1 - one, np.array(_U[field]), U_TRUST)
            for field, codes in sampled.levels.items()
        }
        weights = msgspec.structs.replace(weights, u=u)
        weights = msgspec.structs.replace(weights, m=_agreements(weights, by_rule, count))
        weights = msgspec.structs.replace(weights, prior=_prior(weights, pairs, count, scale))
    return weights


def _prior(weights: Weights, pairs: Compared, count: int, scale: float) -> float:
    bits = bits_of(weights, pairs, count)
    prior = weights.prior
    for _ in range(_ROUNDS):
        expected = scale * float(probability(bits, prior).sum()) + 0.01 * count
        prior = min(expected / max(1.0, count * (count - 1) / 2), 0.05, 10 / count)
    return prior


def _agreements(weights: Weights, by_rule: Sequence[Compared], count: int) -> dict[Field, Floats]:
    """Estimate m: by every rule for the fields that it does not choose by, then put together."""
    sums = {field: M_TRUST * np.array(values) for field, values in _M.items()}
    for rule, compared in zip(RULES, by_rule, strict=True):
        free = [field for field in Field if field not in rule.fields]
        for field, counted in _expected(weights, compared, free, count).items():
            sums[field] = sums[field] + counted
    return {field: values / values.sum() for field, values in sums.items()}


def _expected(
    weights: Weights, compared: Compared, free: Sequence[Field], count: int
) -> dict[Field, Floats]:
    size = len(compared.exchanged)
    if not size:
        return {}
    m = dict(weights.m)
    share, one = 0.1, np.zeros(size)
    for _ in range(_ROUNDS):
        bits = bits_of(Weights(m, weights.u, share), compared, count)
        one = probability({field: bits[field] for field in free}, share)
        share = float(np.clip(one.mean(), 0.001, 0.999))
        for field in free:
            m[field] = _shares(compared.levels[field], one, np.array(_M[field]), M_TRUST)
    return {field: _counted(compared.levels[field], one, len(LEVELS[field])) for field in free}


def _shares(codes: Codes, weight: Floats, guess: Floats, trust: float) -> Floats:
    counted = _counted(codes, weight, len(guess)) + trust * guess
    return np.asarray(counted / counted.sum(), dtype=np.float64)


def _counted(codes: Codes, weight: Floats, size: int) -> Floats:
    there = codes != MISSING
    return np.bincount(codes[there], weights=weight[there], minlength=size).astype(np.float64)


def some_of(compared: Compared, at: Numbers) -> Compared:
    """Return the pairs with these places, thinned out where there are more than teach anything."""
    at = at[:: len(at) // _MOST_PAIRS + 1]
    return Compared(
        {field: codes[at] for field, codes in compared.levels.items()},
        {field: shares[at] for field, shares in compared.shares.items()},
        compared.exchanged[at],
    )


def _sample(columns: Columns, among: Numbers | None) -> Compared:
    places = np.arange(columns.count) if among is None else among
    count = len(places)
    if count * (count - 1) // 2 <= 2 * SAMPLE:
        left, right = np.triu_indices(count, 1)
        return compare(columns, places[left], places[right])
    # A fixed seed: the same base has the same weights every time.
    chosen = np.random.default_rng(1969).integers(0, count, size=(2, SAMPLE))
    left, right = chosen[:, chosen[0] != chosen[1]]
    return compare(columns, places[np.minimum(left, right)], places[np.maximum(left, right)])
