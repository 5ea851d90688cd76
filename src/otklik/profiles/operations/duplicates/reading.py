"""The first step: everybody is read once, a chunk at a time, and laid into ClickHouse to be paired.

The people of a workspace are never in memory together; pairs are made there, as sets.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from uuid import UUID

import pyarrow as pa
import sqlalchemy as sa

from otklik.profiles import tables as t
from otklik.profiles.model.likeness import Person, person_of
from otklik.profiles.model.likeness.blocking import keys_by_person
from otklik.profiles.model.likeness.columns import Column, columns_of
from otklik.profiles.model.likeness.spelling import sound
from otklik.profiles.queries.people import load_people
from otklik.runtime.public import Runtime

READ_AT_ONCE = 5_000


async def read_some(
    rt: Runtime, *, workspace_id: int, run_id: UUID, region: str | None, after: int
) -> tuple[int, int]:
    """Lay the next people into ClickHouse; returns how many, and the last id that was looked at
    (0: nobody is left)."""
    p = t.profiles.c
    async with rt.db.begin() as tx:
        rows = (
            await tx.execute(
                sa.select(p.profile_id, p.known)
                .where(
                    p.workspace_id == workspace_id, p.merged_into.is_(None), p.profile_id > after
                )
                .order_by(p.profile_id)
                .limit(READ_AT_ONCE)
            )
        ).all()
        known = [row.profile_id for row in rows if row.known]
        loaded = await load_people(tx, workspace_id=workspace_id, profile_ids=known)
    people = [
        person_of(str(one.id), [(m.kind, m.value) for m in one.identifiers], one.traits)
        for one in sorted(loaded.values(), key=lambda one: one.id)
        if not one.merged
    ]
    if people:
        facts, keys = await asyncio.to_thread(_tables, workspace_id, run_id, people, region)
        token = f"duplicates-{run_id}-{after}"
        await rt.ch.insert_arrow("duplicate_people", facts, token=token)
        await rt.ch.insert_arrow("duplicate_keys", keys, token=token)
    return len(rows), rows[-1].profile_id if rows else 0


def _tables(
    workspace_id: int, run_id: UUID, people: Sequence[Person], region: str | None
) -> tuple[pa.Table, pa.Table]:
    columns = columns_of(people, region)
    ids = [int(one.key) for one in people]

    def only(column: Column) -> list[str]:
        return [texts[0] if texts else "" for texts in every(column)]

    def every(column: Column) -> list[list[str]]:
        return [[column.texts[at] for at in row if at >= 0] for row in column.rows.tolist()]

    def sounds(texts: Sequence[str]) -> list[str]:
        return [sound(one) or one for one in texts]

    first, last, city = (only(one) for one in (columns.first_name, columns.last_name, columns.city))
    days = [f"{d[:4]}-{d[4:6]}-{d[6:]}" if d else "" for d in only(columns.birth_date)]
    facts = {
        "first_name": first,
        "last_name": last,
        "birth_date": days,
        "emails": every(columns.email),
        "phones": every(columns.phone),
        "city": city,
        "first_sound": sounds(first),
        "last_sound": sounds(last),
        "city_sound": sounds(city),
    }
    under = [
        (rule, _number(key), profile_id)
        for profile_id, keys in zip(ids, keys_by_person(columns), strict=True)
        for rule, key in keys
    ]
    return (
        _table(workspace_id, run_id, {"profile_id": pa.array(ids, pa.uint64()), **facts}),
        _table(
            workspace_id,
            run_id,
            {
                "rule": pa.array([one[0] for one in under], pa.uint8()),
                "key": pa.array([one[1] for one in under], pa.uint64()),
                "profile_id": pa.array([one[2] for one in under], pa.uint64()),
            },
        ),
    )


def _table(workspace_id: int, run_id: UUID, columns: dict[str, object]) -> pa.Table:
    count = len(next(iter(columns.values())))  # type: ignore[arg-type]  # every column is sized
    return pa.table(
        {
            "workspace_id": pa.array([workspace_id] * count, pa.uint32()),
            "run_id": pa.array([str(run_id)] * count),
            **columns,
        }
    )


def _number(key: str) -> int:
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
