"""The third step: what each agreement weighs in this base, learned from a part of its pairs."""

from __future__ import annotations

import asyncio
from uuid import UUID

import msgspec
import numpy as np

from otklik.profiles.model.likeness import Pair
from otklik.profiles.model.likeness.blocking import RULES
from otklik.profiles.model.likeness.columns import Holders, Numbers, columns_of
from otklik.profiles.model.likeness.comparison import compare
from otklik.profiles.model.likeness.estimation import Weights, learn, some_of
from otklik.profiles.model.likeness.finding import judge
from otklik.profiles.operations.duplicates.pairing import Candidates, Ids, Step

PAIRS_LEARNED = 30_000
PAIRS_OF_RULE = 8_000
PEOPLE_LEARNED = 20_000


class Scales(msgspec.Struct, frozen=True):
    """What judges the pairs of one run: weights, and how frequent values are in the base."""

    run_id: UUID
    weights: Weights
    holders: Holders
    region: str | None


async def weigh(step: Step, *, run_id: UUID, pairs: int, region: str | None) -> Scales:
    """Learn the weights of a base of which `pairs` are to be looked at. A small base is learned
    from whole, a large one from a part that is always the same."""
    every = max(1, -(-pairs // PAIRS_LEARNED))
    some = await step.some_pairs(every)
    of_rule = [some] * len(RULES)
    if every > 1:
        counts = await step.pairs_of_rules()
        of_rule = [
            await step.some_pairs(max(1, -(-count // PAIRS_OF_RULE)), rule)
            for rule, count in enumerate(counts)
        ]
    people_ids = await step.random_people(PEOPLE_LEARNED)
    holders = await step.holders()
    wanted = {int(one) for part in (some, *of_rule) for one in (*part.left, *part.right)}
    people = await step.people(sorted(wanted.union(people_ids)))

    def learned() -> Weights:
        columns = columns_of(people, region, holders)
        ids = np.array([int(one.key) for one in people], dtype=np.uint64)
        compared = compare(columns, *places(ids, some))
        if every == 1:
            by_rule = [
                some_of(compared, np.flatnonzero(some.rules >> rule & 1))
                for rule in range(len(RULES))
            ]
        else:
            by_rule = [compare(columns, *places(ids, one)) for one in of_rule]
        among = np.searchsorted(ids, np.array(people_ids, dtype=np.uint64)).astype(np.int64)
        return learn(columns, compared, by_rule, among=among, scale=float(every))

    return Scales(run_id, await asyncio.to_thread(learned), holders, region)


async def judge_some(
    step: Step, scales: Scales, candidates: Candidates, threshold: float
) -> list[Pair]:
    """Return those of some pairs that are likely enough."""
    ids = np.unique(np.concatenate([candidates.left, candidates.right]))
    people = await step.people([int(one) for one in ids])

    def judged() -> list[Pair]:
        known = np.array([int(one.key) for one in people], dtype=np.uint64)
        columns = columns_of(people, scales.region, scales.holders)
        left, right = places(known, candidates)
        compared = compare(columns, left, right)
        keys = [one.key for one in people]
        return judge(keys, columns.count, left, right, compared, scales.weights, threshold)

    return await asyncio.to_thread(judged)


def places(ids: Ids, candidates: Candidates) -> tuple[Numbers, Numbers]:
    return (
        np.searchsorted(ids, candidates.left).astype(np.int64),
        np.searchsorted(ids, candidates.right).astype(np.int64),
    )
