"""The second step: pairs that share a key, made and read as sets in ClickHouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt

from otklik.profiles.model.likeness import Person
from otklik.profiles.model.likeness.blocking import BLOCK_MAX, RULES
from otklik.profiles.model.likeness.columns import Holders
from otklik.profiles.model.likeness.estimation import ONE_PERSON
from otklik.runtime.public import Runtime

Ids = npt.NDArray[np.uint64]
_TABLES = ("duplicate_people", "duplicate_keys", "duplicate_candidates")
_OURS = "workspace_id = {workspace:UInt32} AND run_id = {run:UUID}"
NAMES_MAX = 300_000
"""Different names whose frequency is looked at; rarer ones count as held by hardly anybody."""


class Candidates(NamedTuple):
    """Pairs by their two profiles, and which rules found each, as bits."""

    left: Ids
    right: Ids
    rules: npt.NDArray[np.uint8]


class Step:
    """One run's rows in ClickHouse."""

    def __init__(self, rt: Runtime, workspace_id: int, run_id: UUID) -> None:
        self._ch = rt.ch
        self._run_id = run_id
        self._values: dict[str, object] = {"workspace": workspace_id, "run": str(run_id)}

    async def clear(self, *tables: str) -> None:
        """Drop what a run has written: its partitions go at once, and whole."""
        for table in tables or _TABLES:
            # The id is one that this program has made; a partition can't be a bound value.
            await self._ch.command(f"ALTER TABLE {table} DROP PARTITION '{self._run_id}'")

    async def make_pairs(self) -> int:
        """Pair everybody who shares a key that few have; returns the number of pairs."""
        await self.clear("duplicate_candidates")
        for rule in range(len(RULES)):
            await self._ch.command(
                f"""
                INSERT INTO duplicate_candidates (workspace_id, run_id, left_id, right_id, rules)
                SELECT {{workspace:UInt32}}, {{run:UUID}}, pair.1, pair.2,
                       bitShiftLeft(1, {{rule:UInt8}})
                FROM (
                    SELECT arrayJoin(arrayFlatten(arrayMap(
                        (one, place) -> arrayMap(
                            other -> (one, other), arraySlice(ids, place + 1)
                        ), ids, arrayEnumerate(ids)
                    ))) AS pair
                    FROM (
                        SELECT arraySort(groupUniqArray(profile_id)) AS ids FROM duplicate_keys
                        WHERE {_OURS} AND rule = {{rule:UInt8}}
                        GROUP BY key HAVING count() BETWEEN 2 AND {{most:UInt32}}
                    )
                )
                """,
                {**self._values, "rule": rule, "most": BLOCK_MAX},
            )
        rows = await self._ch.query(
            f"SELECT count() FROM (SELECT 1 FROM duplicate_candidates WHERE {_OURS}"
            " GROUP BY left_id, right_id)",
            self._values,
        )
        return int(rows[0][0])

    async def pairs_after(self, left: int, right: int, limit: int) -> Candidates:
        """Return the next pairs in their order."""
        return await self._pairs(
            "AND (left_id, right_id) > ({left:UInt64}, {right:UInt64})",
            "ORDER BY left_id, right_id LIMIT {limit:UInt32}",
            {"left": left, "right": right, "limit": limit},
        )

    async def some_pairs(self, every: int, rule: int | None = None) -> Candidates:
        """Return about every n-th pair, of all or of those found by one rule: always the same."""
        only = "" if rule is None else "HAVING bitTest(found, {rule:UInt8})"
        return await self._pairs(
            "AND cityHash64(left_id, right_id) % {every:UInt64} = 0",
            f"{only} ORDER BY left_id, right_id",
            {"every": every} if rule is None else {"every": every, "rule": rule},
        )

    async def _pairs(self, where: str, tail: str, values: dict[str, object]) -> Candidates:
        found = await self._ch.query_arrow(
            f"SELECT left_id, right_id, groupBitOr(rules) AS found FROM duplicate_candidates"
            f" WHERE {_OURS} {where} GROUP BY left_id, right_id {tail}",
            {**self._values, **values},
        )
        left, right, rules = (found.column(at).to_numpy() for at in range(3))
        return Candidates(left.astype(np.uint64), right.astype(np.uint64), rules.astype(np.uint8))

    async def pairs_of_rules(self) -> list[int]:
        """Return how many pairs each rule has found."""
        sums = ", ".join(f"countIf(bitTest(found, {rule}))" for rule in range(len(RULES)))
        rows = await self._ch.query(
            f"SELECT {sums} FROM (SELECT groupBitOr(rules) AS found FROM duplicate_candidates"
            f" WHERE {_OURS} GROUP BY left_id, right_id)",
            self._values,
        )
        return [int(one) for one in rows[0]]

    async def random_people(self, limit: int) -> list[int]:
        rows = await self._ch.query(
            f"SELECT profile_id FROM duplicate_people WHERE {_OURS}"
            " ORDER BY cityHash64(profile_id) LIMIT {limit:UInt32}",
            {**self._values, "limit": limit},
        )
        return sorted(int(row[0]) for row in rows)

    async def people(self, ids: Sequence[int]) -> list[Person]:
        """Return what is compared of people, in the order of their ids."""
        found = await self._ch.query_arrow(
            "SELECT profile_id, first_name, last_name, birth_date, emails, phones, city"
            f" FROM duplicate_people WHERE {_OURS} AND profile_id IN {{ids:Array(UInt64)}}"
            " ORDER BY profile_id",
            {**self._values, "ids": list(ids)},
        )
        return [
            Person(
                key=str(row["profile_id"]),
                first_name=row["first_name"],
                last_name=row["last_name"],
                birth_date=row["birth_date"],
                emails=tuple(row["emails"]),
                phones=tuple(row["phones"]),
                city=row["city"],
            )
            for row in found.to_pylist()
        ]

    async def holders(self) -> Holders:
        """Count the holders of values that more than a few people have."""
        count = await self._ch.query(
            f"SELECT count() FROM duplicate_people WHERE {_OURS}", self._values
        )
        return Holders(
            count=int(count[0][0]),
            first_name=await self._held("first_sound", 2),
            last_name=await self._held("last_sound", 2),
            birth_date=await self._held("replaceAll(birth_date, '-', '')", ONE_PERSON),
            email=await self._held("arrayJoin(emails)", ONE_PERSON),
            mailbox=await self._held(
                "arrayJoin(arrayMap(one -> left(one, length(one) - position(reverse(one), '@')),"
                " emails))",
                ONE_PERSON,
            ),
            phone=await self._held("arrayJoin(phones)", ONE_PERSON),
            city=await self._held("city_sound", 2),
        )

    async def _held(self, value: str, more_than: int) -> dict[str, int]:
        rows = await self._ch.query(
            f"SELECT {value} AS value, count() AS n FROM duplicate_people WHERE {_OURS}"
            " GROUP BY value HAVING n > {few:UInt32} AND value != ''"
            " ORDER BY n DESC LIMIT {limit:UInt32}",
            {**self._values, "few": more_than, "limit": NAMES_MAX},
        )
        return {str(value): int(n) for value, n in rows}
