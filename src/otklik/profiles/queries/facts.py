"""Profiles as ClickHouse knows them: whole rows with versions, so that repeats are harmless."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec
import pyarrow as pa
import sqlalchemy as sa

from otklik.profiles import tables as t
from otklik.profiles.model.traits import FlatTrait, flatten
from otklik.profiles.queries.people import Person, load_people
from otklik.profiles.queries.registry import registered
from otklik.runtime.public import Tx

_moment = pa.timestamp("ms", tz="UTC")
TRAITS = pa.schema(
    [
        ("workspace_id", pa.uint32()),
        ("trait", pa.string()),
        ("profile_id", pa.uint64()),
        ("type", pa.string()),
        ("str", pa.string()),
        ("num", pa.float64()),
        ("list", pa.list_(pa.string())),
        ("version", pa.uint64()),
    ]
)
PROFILES = pa.schema(
    [
        ("workspace_id", pa.uint32()),
        ("profile_id", pa.uint64()),
        ("known", pa.uint8()),
        ("has_email", pa.uint8()),
        ("has_phone", pa.uint8()),
        ("has_user_id", pa.uint8()),
        ("email_domains", pa.list_(pa.string())),
        ("first_seen", _moment),
        ("last_seen", _moment),
        ("is_deleted", pa.uint8()),
        ("version", pa.uint64()),
    ]
)
MERGES = pa.schema(
    [
        ("workspace_id", pa.uint32()),
        ("from_id", pa.uint64()),
        ("into_id", pa.uint64()),
        ("undone", pa.uint8()),
        ("version", pa.uint64()),
    ]
)


class Names:
    """Registered trait names, and which of them lie under one top name."""

    def __init__(self, registered_names: set[str]) -> None:
        self.all = registered_names
        self._under: dict[str, list[str]] = {}
        self._sorted = sorted(registered_names)

    def under(self, name: str) -> list[str]:
        found = self._under.get(name)
        if found is None:
            inside = name + "."
            found = [n for n in self._sorted if n == name or n.startswith(inside)]
            self._under[name] = found
        return found


async def trait_rows(
    tx: Tx, *, workspace_id: int, profile_ids: Sequence[int], forget: Iterable[str] = ()
) -> pa.Table:
    """Return the traits of profiles as rows of ClickHouse's `profile_traits`.

    A trait that is gone, a part of an object that is gone, and every trait of a profile that was
    merged away come as rows of the type 'null'. `forget`: further names to clear where a profile
    has no such trait.
    """
    people = await load_people(tx, workspace_id=workspace_id, profile_ids=profile_ids)
    names = Names(await registered(tx, workspace_id=workspace_id))
    return traits_table(workspace_id, people.values(), names, forget)


def traits_table(
    workspace_id: int, people: Iterable[Person], names: Names, forget: Iterable[str] = ()
) -> pa.Table:
    cleared = list(forget)
    ids: list[int] = []
    versions: list[int] = []
    rows: list[FlatTrait] = []
    for person in people:
        before = len(rows)
        rows.extend(_person_rows(person, names, cleared))
        ids += [person.id] * (len(rows) - before)
        versions += [person.version] * (len(rows) - before)
    return pa.table(
        {
            "workspace_id": [workspace_id] * len(rows),
            "trait": [row.name for row in rows],
            "profile_id": ids,
            "type": [row.type for row in rows],
            "str": [row.text for row in rows],
            "num": [row.number for row in rows],
            "list": [row.items for row in rows],
            "version": versions,
        },
        schema=TRAITS,
    )


def _person_rows(person: Person, names: Names, cleared: list[str]) -> Iterator[FlatTrait]:
    present: set[str] = set()
    if not person.merged:
        for name, value in person.traits.items():
            for row in flatten(name, value):
                if row.name in names.all and row.name not in present:
                    present.add(row.name)
                    yield row
    for top in chain(person.state, cleared):
        for name in names.under(top):
            if name not in present:
                present.add(name)
                yield FlatTrait(name, "null")


async def profile_rows(tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]) -> pa.Table:
    """Return profiles as rows of ClickHouse's `profiles`; those merged away as deleted."""
    people = await load_people(tx, workspace_id=workspace_id, profile_ids=profile_ids)
    return profiles_table(workspace_id, list(people.values()))


def profiles_table(workspace_id: int, people: Sequence[Person]) -> pa.Table:
    return pa.table(
        {
            "workspace_id": [workspace_id] * len(people),
            "profile_id": [person.id for person in people],
            "known": [int(person.known) for person in people],
            "has_email": [int(person.email is not None) for person in people],
            "has_phone": [int(person.phone is not None) for person in people],
            "has_user_id": [int(person.user_id is not None) for person in people],
            "email_domains": [person.email_domains for person in people],
            "first_seen": [person.first_seen for person in people],
            "last_seen": [person.last_seen for person in people],
            "is_deleted": [int(person.merged) for person in people],
            "version": [person.version for person in people],
        },
        schema=PROFILES,
    )


async def merge_rows(tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]) -> pa.Table:
    """Return rows of ClickHouse's `profile_merges` for those profiles that were ever merged.

    `into_id` is the final profile; an undone merge comes as `undone` = 1.
    """
    p, m = t.profiles.c, t.merges.c
    was_merged = sa.exists().where(m.from_id == p.profile_id, m.workspace_id == p.workspace_id)
    rows = (
        await tx.execute(
            sa.select(p.profile_id, p.merged_into, p.version).where(
                p.workspace_id == workspace_id,
                p.profile_id == sa.func.any(sa.literal(list(profile_ids), sa.ARRAY(sa.BigInteger))),
                sa.or_(p.merged_into.is_not(None), was_merged),
            )
        )
    ).all()
    return pa.table(
        {
            "workspace_id": [workspace_id] * len(rows),
            "from_id": [row.profile_id for row in rows],
            "into_id": [row.merged_into or row.profile_id for row in rows],
            "undone": [int(row.merged_into is None) for row in rows],
            "version": [row.version for row in rows],
        },
        schema=MERGES,
    )


class Changes(msgspec.Struct, frozen=True):
    """Some noted changes of one workspace, in hand."""

    ids: list[int]
    workspace_id: int
    stated: list[int]
    seen: list[int]
    forget: dict[int, set[str]]


async def take_changes(tx: Tx, *, notes_max: int, profiles_max: int) -> Changes | None:
    """Take the oldest notes of one workspace, held until the end of the transaction."""
    c = t.profile_changes.c
    first = (
        await tx.execute(
            sa.select(c.workspace_id).order_by(c.id).limit(1).with_for_update(skip_locked=True)
        )
    ).scalar_one_or_none()
    if first is None:
        return None
    rows = await tx.execute(
        sa.select(t.profile_changes)
        .where(c.workspace_id == first)
        .order_by(c.id)
        .limit(notes_max)
        .with_for_update(skip_locked=True)
    )
    ids: list[int] = []
    stated: set[int] = set()
    seen: set[int] = set()
    forget: dict[int, set[str]] = {}
    for row in rows:
        if ids and len(stated) + len(seen) + len(row.profile_ids) > profiles_max:
            break
        ids.append(row.id)
        (stated if row.traits else seen).update(row.profile_ids)
        for one in row.profile_ids if row.forget else ():
            forget.setdefault(one, set()).update(row.forget)
    return Changes(ids, first, sorted(stated), sorted(seen - stated), forget)


async def drop_changes(tx: Tx, changes: Changes) -> None:
    await tx.execute(
        t.profile_changes.delete().where(
            t.profile_changes.c.workspace_id == changes.workspace_id,
            t.profile_changes.c.id.in_(changes.ids),
        )
    )


async def waiting_changes(tx: Tx, *, workspace_id: int) -> int:
    """Return how many changes of profiles have not reached ClickHouse."""
    c: Any = t.profile_changes.c
    count = sa.func.coalesce(sa.func.sum(sa.func.cardinality(c.profile_ids)), 0)
    return int(
        (await tx.execute(sa.select(count).where(c.workspace_id == workspace_id))).scalar_one()
    )
