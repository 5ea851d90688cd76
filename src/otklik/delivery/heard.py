"""What people heard of earlier mailings, for what is told to each only once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from otklik.profiles.public import merged_into
from otklik.runtime.public import Tx

NEVER = -1


class Heard(NamedTuple):
    """Places in the list of mailings, one for each person; `NEVER` where there is none.

    `last`: of the mailings that the person got, may have got, is still to get, or was in the
    control group of. `first`: of
    those that he was meant for.
    """

    last: NDArray[np.int64]
    first: NDArray[np.int64]


# A planned message counts as heard: it may go at this very moment, in another process. So does one
# that the control group was meant for: else the same news would be new to it again and again, and
# its people would be meant for more mailings than those whom they are held against.
_HEARD = sa.text(
    """
    SELECT m.profile_id,
           max(e.place) FILTER (
             WHERE m.state IN ('sent', 'in_doubt', 'planned', 'control')) AS last,
           min(e.place) AS first
      FROM unnest(CAST(:sources AS uuid[]), CAST(:places AS int[])) AS e(source_id, place)
      JOIN mailings g ON g.source_id = e.source_id AND g.source_kind = :kind
                     AND g.workspace_id = :workspace_id
      JOIN messages m ON m.mailing_id = g.mailing_id
                     AND m.profile_id = ANY(CAST(:ids AS bigint[]))
     GROUP BY m.profile_id
    """
)


async def heard_of(
    tx: Tx,
    *,
    workspace_id: int,
    source_kind: str,
    source_ids: Sequence[UUID],
    profile_ids: NDArray[np.int64],
) -> Heard:
    """Return which of some mailings people heard last, and which was the first they were meant for.

    Shapes: `source_ids` from the oldest to the newest; `profile_ids` are present profiles, those
    merged into them count as them. Two statements for any number of people.
    """
    count = len(profile_ids)
    last = np.full(count, NEVER, dtype=np.int64)
    first = np.full(count, NEVER, dtype=np.int64)
    if not count or not source_ids:
        return Heard(last, first)
    ids = profile_ids.tolist()
    home = await merged_into(tx, workspace_id=workspace_id, profile_ids=ids)
    places = {one: place for place, one in enumerate(ids)}
    rows = await tx.execute(
        _HEARD,
        {
            "sources": list(source_ids),
            "places": list(range(len(source_ids))),
            "kind": source_kind,
            "workspace_id": workspace_id,
            "ids": [*ids, *home],
        },
    )
    for row in rows:
        place = places[home.get(row.profile_id, row.profile_id)]
        if row.last is not None:
            last[place] = max(last[place], row.last)
        first[place] = row.first if first[place] == NEVER else min(first[place], row.first)
    return Heard(last, first)
