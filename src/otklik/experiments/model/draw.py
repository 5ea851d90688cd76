"""Drawing an exact number of people at random, the same ones whenever it is repeated."""

from __future__ import annotations

from uuid import UUID

import numpy as np
from numpy.typing import ArrayLike, NDArray

from otklik.experiments.model.assignment import experiment_key, siphash_2_4_words


def draw(profile_ids: ArrayLike, *, salt: bytes, experiment: UUID, count: int) -> NDArray[np.bool_]:
    """Tell who of the people are drawn: the `count` with the smallest keyed hashes.

    Shapes: `profile_ids` are different from each other; the answer is in their order. A larger
    count only adds people. A million take about 0.2 s. Raises: UnableToAssign for an empty salt.
    """
    ids = np.asarray(profile_ids).astype(np.uint64)
    drawn = np.zeros(len(ids), dtype=np.bool_)
    if count > 0 and len(ids):
        points = siphash_2_4_words(experiment_key(salt, experiment), ids)
        # Ids differ, so equal hashes are as good as impossible; a stable order settles them.
        drawn[np.argsort(points, kind="stable")[:count]] = True
    return drawn
