"""Everything that the profiles know of one person: for an erasure, and for his own copy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from otklik.kit.traces import Traces
from otklik.profiles import tables as t
from otklik.profiles.queries.cards import root_of
from otklik.profiles.queries.people import load_people
from otklik.runtime.public import Runtime, Tx

_WORD_CHARS_MIN = 3


async def person_traces(tx: Tx, *, workspace_id: int, profile_id: int, now: datetime) -> Traces:
    """Return by what a person is known, those merged into him included.

    Raises: ProfileNotFound.
    """
    root = await root_of(tx, workspace_id=workspace_id, profile_id=profile_id)
    p, i = t.profiles.c, t.identifiers.c
    merged = await tx.execute(
        sa.select(p.profile_id)
        .where(p.workspace_id == workspace_id, p.merged_into == root)
        .order_by(p.profile_id)
    )
    ids = (root, *merged.scalars())
    rows = await tx.execute(
        sa.select(i.kind, i.value)
        .where(i.workspace_id == workspace_id, i.home_id.in_(ids))
        .order_by(i.kind, i.value)
    )
    person = (await load_people(tx, workspace_id=workspace_id, profile_ids=[root]))[root]
    words = {text for text in _texts(person.traits) if len(text) >= _WORD_CHARS_MIN}
    words.add(person.name)
    return Traces(
        workspace_id=workspace_id,
        profile_ids=ids,
        identifiers=tuple((row.kind, row.value) for row in rows),
        words=tuple(sorted(words - {""})),
        until=now,
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


async def export_profile(_rt: Runtime, tx: Tx, traces: Traces) -> AsyncIterator[dict[str, Any]]:
    """Yield the profile with its traits, its identifiers, and the merges, one record each."""
    people = await load_people(
        tx, workspace_id=traces.workspace_id, profile_ids=traces.profile_ids[:1]
    )
    for person in people.values():
        yield {
            "record": "profile",
            "id": person.id,
            "name": person.name,
            "email": person.email,
            "phone": person.phone,
            "first_seen": person.first_seen,
            "last_seen": person.last_seen,
            "traits": person.traits,
        }
    i, m = t.identifiers.c, t.merges.c
    rows = await tx.execute(
        sa.select(i.kind, i.value, i.first_seen)
        .where(i.workspace_id == traces.workspace_id, i.home_id.in_(traces.profile_ids))
        .order_by(i.kind, i.first_seen, i.value)
    )
    for row in rows:
        yield {"record": "identifier", **row._mapping}
    merges = await tx.execute(
        sa.select(m.from_id, m.into_id, m.reason, m.merged_at, m.undone_at)
        .where(
            m.workspace_id == traces.workspace_id,
            sa.or_(m.from_id.in_(traces.profile_ids), m.into_id.in_(traces.profile_ids)),
        )
        .order_by(m.merged_at)
    )
    for merge in merges:
        yield {"record": "merge", **merge._mapping}
