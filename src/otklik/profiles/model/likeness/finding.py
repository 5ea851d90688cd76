"""The whole way from people to pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from otklik.profiles.model.likeness.blocking import pairs_by_rule
from otklik.profiles.model.likeness.columns import Numbers, columns_of
from otklik.profiles.model.likeness.comparison import LEVELS, MISSING, Compared, compare
from otklik.profiles.model.likeness.estimation import (
    Weights,
    bits_of,
    learn,
    probability,
    some_of,
)
from otklik.profiles.model.likeness.people import Evidence, Field, Level, Pair, Person

THRESHOLD: Final = 0.95
_NAMES: Final = frozenset({Field.FIRST_NAME, Field.LAST_NAME})


def find_duplicates(
    people: Iterable[Person], *, region: str | None = None, threshold: float = THRESHOLD
) -> list[Pair]:
    """Return the pairs that may be one person, the likeliest first, each with its evidence.

    `region`: ISO 3166 code of the country whose national phone numbers are understood.
    `threshold`: the least probability of a pair, 0 to 1. The outcome depends on the people alone,
    not on their order. Weights are learned from these very people, so a whole workspace should be
    given at once; some tens of people get weights close to general ones. Missing and unreadable
    values are neutral. Raises ValueError if two people have one key.

    Method: Fellegi & Sunter (1969) with weights by expectation-maximisation and frequencies of
    values (Winkler 1988, 1989); see docs/explanation/duplicates.md. Cost grows in proportion to
    the number of people: values shared by many choose no pairs.
    """
    ordered = sorted(people, key=lambda one: one.key)
    keys = [one.key for one in ordered]
    if len(set(keys)) < len(keys):
        raise ValueError("two people have one key")
    columns = columns_of(ordered, region)
    found = pairs_by_rule(columns)
    everything = np.unique(np.concatenate(found))
    if not len(everything):
        return []
    left, right = everything // columns.count, everything % columns.count
    compared = compare(columns, left, right)
    by_rule = [some_of(compared, np.searchsorted(everything, one)) for one in found]
    weights = learn(columns, compared, by_rule)
    return judge(keys, columns.count, left, right, compared, weights, threshold)


def judge(
    keys: Sequence[str],
    count: int,
    left: Numbers,
    right: Numbers,
    compared: Compared,
    weights: Weights,
    threshold: float,
) -> list[Pair]:
    """Return those compared pairs that are likely enough, the likeliest first.

    `keys`: of the people by their places; `left` and `right`: places; `count`: people of the base.
    """
    prior_bits = float(np.log2(weights.prior / (1 - weights.prior)))
    bits = bits_of(weights, compared, count)
    likely = probability(bits, weights.prior)
    pairs: list[Pair] = []
    for at in np.flatnonzero(likely >= threshold).tolist():
        crossed = bool(compared.exchanged[at])
        evidence = tuple(
            Evidence(
                field=field,
                level=_level(field, int(compared.levels[field][at])),
                bits=float(bits[field][at]),
                exchanged=crossed and field in _NAMES,
            )
            for field in Field
        )
        a, b = keys[int(left[at])], keys[int(right[at])]
        pairs.append(Pair(a, b, float(likely[at]), prior_bits, evidence))
    pairs.sort(key=lambda one: (-one.probability, one.left, one.right))
    return pairs


def _level(field: Field, code: int) -> Level:
    return Level.MISSING if code == MISSING else LEVELS[field][code]
