"""Stored memberships as bitmaps of people of today, side by side in one row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from otklik.rules.compile import MERGED, Compiled
from otklik.rules.moments import epoch_millis
from otklik.runtime.public import CURRENT_PROFILE, Runtime
from otklik.segments.engine import PREVIEW_S, ask, ask_arrow
from otklik.segments.queries.counts import Ids

UNIVERSE = (
    "(SELECT groupBitmapState(profile_id) FROM profiles FINAL"
    " WHERE workspace_id = {workspace:UInt32} AND is_deleted = 0)"
)


class Memberships:
    """Bitmaps `b0`, `b1`, … of segments, each as it was at a moment (None: as it is).

    The same segment may stand here at several moments. People who are gone are in none.
    """

    def __init__(self, workspace_id: int, wanted: Sequence[tuple[UUID, datetime | None]]) -> None:
        self.parameters: dict[str, Any] = {"workspace": workspace_id}
        rows, states, columns = [], [], []
        for place, (segment_id, at) in enumerate(wanted):
            self.parameters[f"s{place}"] = str(segment_id)
            until = ""
            if at is not None:
                self.parameters[f"t{place}"] = epoch_millis(at)
                until = f" AND computed_at <= fromUnixTimestamp64Milli({{t{place}:Int64}}, 'UTC')"
            mine = (
                "FROM segment_memberships WHERE workspace_id = {workspace:UInt32}"
                f" AND segment_id = {{s{place}:UUID}}"
            )
            rows.append(
                f"SELECT {place} AS place, computed_at, members {mine}"
                f" AND computed_at = (SELECT max(computed_at) {mine}{until})"
            )
            states.append(f"groupBitmapMergeStateIf(members, place = {place}) AS d{place}")
            states.append(f"maxIf(computed_at, place = {place}) AS a{place}")
            gone = f"bitmapToArray(bitmapAnd(d{place}, merged))"
            into = f"bitmapBuild(arrayMap(profile_id -> {CURRENT_PROFILE}, {gone}))"
            columns.append(
                f"bitmapAnd(universe, bitmapOr(bitmapAndnot(d{place}, merged), {into})) AS b{place}"
            )
        self.source = (
            f"(SELECT {', '.join(columns)}, {', '.join(f'a{n}' for n in range(len(wanted)))}"
            f" FROM (SELECT toUInt32({{workspace:UInt32}}) AS workspace_id, ({MERGED}) AS merged,"
            f" {UNIVERSE} AS universe, {', '.join(states)}"
            f" FROM ({' UNION ALL '.join(rows)})))"
        )

    async def row(self, rt: Runtime, columns: Sequence[str]) -> tuple[Any, ...]:
        """Return one row of expressions over the bitmaps."""
        sql = f"SELECT {', '.join(columns)} FROM {self.source}"
        (found,) = await ask(rt, Compiled(sql, self.parameters), limit_s=PREVIEW_S)
        return found


class People:
    """A set made of memberships: `bitmap` is an expression over `b0`, `b1`, …"""

    def __init__(self, memberships: Memberships, bitmap: str) -> None:
        self.workspace_id = memberships.parameters["workspace"]
        self._from, self._bitmap = memberships, bitmap

    def stored(self) -> Compiled:
        """Return a query of one row: the set as `members`, and its `size`."""
        return Compiled(
            f"SELECT {self._bitmap} AS members, bitmapCardinality(members) AS size"
            f" FROM {self._from.source}",
            self._from.parameters,
        )

    async def newest(self, rt: Runtime, *, before: int | None, limit: int | None) -> Ids:
        """Return the `limit` greatest ids below `before`, ascending."""
        parameters = dict(self._from.parameters)
        below = self._bitmap
        if before is not None:
            parameters["before"] = max(before, 0)
            below = f"bitmapSubsetInRange({below}, toUInt64(0), {{before:UInt64}})"
        page = "below"
        if limit is not None:
            parameters["limit"] = limit
            start = "toUInt64(if(size > {limit:UInt64}, size - {limit:UInt64}, 0))"
            page = f"subBitmap(below, {start}, {{limit:UInt64}})"
        sql = (
            f"SELECT arrayJoin(bitmapToArray({page})) AS profile_id FROM (SELECT {below} AS below,"
            f" bitmapCardinality(below) AS size FROM {self._from.source})"
        )
        table = await ask_arrow(rt, Compiled(sql, parameters), limit_s=PREVIEW_S)
        return np.sort(table.column("profile_id").to_numpy().astype(np.uint64, copy=False))


def union_of(bitmaps: Sequence[str]) -> str:
    """Return the union as an expression; at least one bitmap is given."""
    result = bitmaps[0]
    for bitmap in bitmaps[1:]:
        result = f"bitmapOr({result}, {bitmap})"
    return result
