"""What an operator reads: the list, the card, the log of merges."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa

from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.profiles import tables as t
from otklik.profiles.errors import ProfileNotFound
from otklik.profiles.model.identifiers import ANONYMOUS_ID, USER_ID, Identifier, normalise
from otklik.profiles.model.search import Part, search_query
from otklik.profiles.model.structs import (
    IdentifierItem,
    MergeItem,
    MergeReason,
    ProfileCard,
    ProfileItem,
)
from otklik.profiles.model.traits import flatten
from otklik.profiles.operations.computed import BAND_MS
from otklik.profiles.queries.people import Person, load_people
from otklik.profiles.queries.registry import get_rules
from otklik.runtime.public import Tx

Query = list[list[Part]]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
IDENTIFIERS_SHOWN_MAX = 200
MERGES_SHOWN_MAX = 200
_NEWEST = 10_000
"""Profiles looked through without an index before the index over trigrams is asked."""
_SCAN = 1_000
"""Profiles looked at in one go when a search and a segment are both given."""


Ids = np.ndarray[Any, np.dtype[np.uint64]]
Newest = Callable[[int | None, int | None], Awaitable[Ids]]
"""(before, limit) → the `limit` greatest ids of a set below `before`, ascending; None: no bound."""


async def list_profiles(
    tx: Tx,
    *,
    workspace_id: int,
    search: str | None = None,
    within: Newest | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ProfileItem]:
    """Return a page of people, newest first.

    `search`: words, each of which is any part of the name, of an address, of a phone (with or
    without the country code) or of an id; of one or two characters, the beginning of a word of
    these. Or an exact id of a device, or the profile's number. `within`: a set of ids, such as
    the members of a segment, read from its newest end. Raises: BadCursor.
    """
    limit = clamp_limit(limit)
    before = decode_cursor(cursor, int)[0] if cursor else None
    region = None
    if search and search.strip():
        region = (await get_rules(tx, workspace_id=workspace_id)).default_region
    query = search_query(workspace_id, search or "", region)
    exact = await _exact_ids(tx, workspace_id, search, region)
    if within is None:
        ids = await _page_ids(
            tx, workspace_id, query=query, exact=exact, before=before, limit=limit + 1
        )
    elif query is None:
        ids = await _page_within(tx, workspace_id, within, before, limit + 1)
    else:
        ids = await _search_within(
            tx,
            workspace_id,
            query=query,
            exact=exact,
            within=within,
            before=before,
            limit=limit + 1,
        )
    people = await load_people(tx, workspace_id=workspace_id, profile_ids=ids[:limit])
    shown = [people[one] for one in ids[:limit] if one in people]
    return Page(
        items=[item_of(person) for person in shown],
        next_cursor=encode_cursor(ids[limit - 1]) if len(ids) > limit else None,
    )


async def profile_items(
    tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]
) -> dict[int, ProfileItem]:
    """Return the lines of these people by the ids asked for; those who are gone are left out."""
    people = await load_people(tx, workspace_id=workspace_id, profile_ids=list(profile_ids))
    return {one: item_of(person) for one, person in people.items()}


def item_of(person: Person) -> ProfileItem:
    return ProfileItem(
        id=person.id if person.merged_into is None else person.merged_into,
        name=person.name,
        email=person.email,
        phone=person.phone,
        user_id=person.user_id,
        first_seen=person.first_seen,
        last_seen=person.last_seen,
        known=person.known,
        traits=person.traits,
    )


async def _exact_ids(
    tx: Tx, workspace_id: int, search: str | None, region: str | None
) -> list[int]:
    """Return profiles whose number, device or user id is exactly what was typed."""
    typed = (search or "").strip()
    if not typed:
        return []
    keys = [normalise(kind, typed, region) for kind in (USER_ID, ANONYMOUS_ID)]
    pairs = [(key.kind, key.value) for key in keys if isinstance(key, Identifier)]
    current = sa.func.coalesce(t.profiles.c.merged_into, t.profiles.c.profile_id)
    found: list[int] = []
    if pairs:
        rows = await tx.execute(
            sa.select(current)
            .join_from(
                t.identifiers, t.profiles, t.profiles.c.profile_id == t.identifiers.c.home_id
            )
            .where(
                t.identifiers.c.workspace_id == workspace_id,
                sa.tuple_(t.identifiers.c.kind, t.identifiers.c.value).in_(pairs),
            )
        )
        found += rows.scalars()
    if typed.isascii() and typed.isdigit() and len(typed) < 19:
        rows = await tx.execute(
            sa.select(current).where(
                t.profiles.c.workspace_id == workspace_id, t.profiles.c.profile_id == int(typed)
            )
        )
        found += rows.scalars()
    return sorted(set(found))


async def _page_ids(
    tx: Tx,
    workspace_id: int,
    *,
    query: Query | None,
    exact: Sequence[int],
    before: int | None,
    limit: int,
) -> list[int]:
    p = t.profiles.c
    listed = [p.workspace_id == workspace_id, p.merged_into.is_(None)]
    if before is not None:
        listed.append(p.profile_id < before)
    if query is None:
        statement = sa.select(p.profile_id).where(*listed).order_by(p.profile_id.desc())
        return list((await tx.execute(statement.limit(limit))).scalars())
    table = t.profile_search.c
    searched = [table.workspace_id == workspace_id]
    if before is not None:
        searched.append(table.profile_id < before)
    found = await _search_newest(tx, searched, query, limit)
    if len(found) < limit:
        # The words are rare, so the index over trigrams gives few rows to sort. The "+ 0" keeps
        # the planner from reading a million profiles backwards: it can't know how rare they are.
        statement = (
            sa.select(table.profile_id)
            .where(*searched, _matches(table.words, table.grams, query, indexed=True))
            .order_by((table.profile_id + 0).desc())
        )
        found = list((await tx.execute(statement.limit(limit))).scalars())
    wanted = {one for one in exact if before is None or one < before}
    return sorted(wanted | set(found), reverse=True)[:limit]


async def _search_newest(
    tx: Tx, searched: Sequence[sa.ColumnElement[bool]], query: Query, limit: int
) -> list[int]:
    """Look through the newest profiles only: enough for words that many have."""
    table = t.profile_search.c
    newest = (
        sa.select(table.profile_id, table.words, table.grams)
        .where(*searched)
        .order_by(table.profile_id.desc())
        .limit(_NEWEST)
        .subquery()
    )
    rows = await tx.execute(
        sa.select(newest.c.profile_id)
        .where(_matches(newest.c.words, newest.c.grams, query, indexed=False))
        .order_by(newest.c.profile_id.desc())
        .limit(limit)
    )
    return list(rows.scalars())


def _matches(
    words: sa.ColumnElement[str], grams: sa.ColumnElement[Any], query: Query, *, indexed: bool
) -> sa.ColumnElement[bool]:
    """Return the condition that a text fits one of the alternatives of a query.

    The beginning of a word is a number of its own, so the numbers alone tell. Of other parts they
    only help the index, and the text itself decides.
    """
    alternatives = []
    for parts in query:
        told = [part for part in parts if indexed or part.begins]
        needed = sorted({gram for part in told for gram in part.grams})
        conditions = [words.contains(p.text, autoescape=True) for p in parts if not p.begins]
        if needed:
            conditions.append(grams.op("@>")(sa.literal(needed, sa.ARRAY(sa.Integer))))
        alternatives.append(sa.and_(*conditions))
    return sa.or_(*alternatives)


def newest_of(ids: Sequence[int]) -> Newest:
    """Return a reader of ids that are at hand, in any order."""
    ordered = np.unique(np.asarray(ids, dtype=np.uint64))

    async def read(before: int | None, limit: int | None) -> Ids:
        below = ordered
        if before is not None:
            below = ordered[: int(np.searchsorted(ordered, np.uint64(before)))]
        return below if limit is None else below[-limit:]

    return read


async def _page_within(
    tx: Tx,
    workspace_id: int,
    within: Newest,
    before: int | None,
    limit: int,
) -> list[int]:
    p = t.profiles.c
    size = 2 * limit
    found: list[int] = []
    while len(found) < limit:
        chunk = await within(before, size)
        # A member may have been merged away since the segment was computed.
        rows = await tx.execute(
            sa.select(p.profile_id)
            .where(
                p.workspace_id == workspace_id,
                p.merged_into.is_(None),
                p.profile_id.in_([int(one) for one in chunk]),
            )
            .order_by(p.profile_id.desc())
        )
        found += rows.scalars()
        if len(chunk) < size:
            break
        before = int(chunk[0])
    return found[:limit]


async def _search_within(
    tx: Tx,
    workspace_id: int,
    *,
    query: Query,
    exact: Sequence[int],
    within: Newest,
    before: int | None,
    limit: int,
) -> list[int]:
    members = await within(before, None)
    found: list[int] = []
    while len(found) < limit:
        ids = await _page_ids(
            tx, workspace_id, query=query, exact=exact, before=before, limit=_SCAN
        )
        if not ids:
            break
        places = np.searchsorted(members, np.asarray(ids, dtype=np.uint64))
        found += [
            one
            for one, place in zip(ids, places, strict=True)
            if place < len(members) and int(members[place]) == one
        ]
        before = ids[-1]
        if len(ids) < _SCAN:
            break
    return found[:limit]


async def get_profile(tx: Tx, *, workspace_id: int, profile_id: int) -> ProfileCard:
    """Return the card of a person; the id of a profile that was merged away leads to the present
    one. Raises: ProfileNotFound."""
    root = await root_of(tx, workspace_id=workspace_id, profile_id=profile_id)
    people = await load_people(tx, workspace_id=workspace_id, profile_ids=[root])
    person = people[root]
    members = (
        await tx.execute(
            sa.select(t.profiles.c.profile_id)
            .where(t.profiles.c.workspace_id == workspace_id, t.profiles.c.merged_into == root)
            .order_by(t.profiles.c.profile_id)
        )
    ).scalars()
    merged_from = list(members)
    return ProfileCard(
        id=root,
        name=person.name,
        email=person.email,
        phone=person.phone,
        user_id=person.user_id,
        known=person.known,
        first_seen=person.first_seen,
        last_seen=person.last_seen,
        identifiers=await _identifiers(tx, workspace_id, [root, *merged_from]),
        traits=person.traits,
        trait_types={
            row.name: row.type
            for name, value in person.traits.items()
            for row in flatten(name, value)
        },
        trait_times={name: _moment(person.state[name][1]) for name in person.traits},
        computed=sorted(name for name in person.traits if person.state[name][1] >= BAND_MS),
        merged_from=merged_from,
    )


async def root_of(tx: Tx, *, workspace_id: int, profile_id: int) -> int:
    """Return the present profile of an id; raises ProfileNotFound."""
    p = t.profiles.c
    root = None
    if 0 < profile_id < 2**63:
        root = (
            await tx.execute(
                sa.select(sa.func.coalesce(p.merged_into, p.profile_id)).where(
                    p.workspace_id == workspace_id, p.profile_id == profile_id
                )
            )
        ).scalar_one_or_none()
    if root is None:
        raise ProfileNotFound(profile_id=profile_id)
    return int(root)


def _moment(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms - BAND_MS if ms >= BAND_MS else max(0, ms))


async def homes_of(tx: Tx, *, workspace_id: int, profile_id: int) -> list[int]:
    """Return the present profile of an id and those merged into it; raises ProfileNotFound."""
    root = await root_of(tx, workspace_id=workspace_id, profile_id=profile_id)
    p = t.profiles.c
    rows = await tx.execute(
        sa.select(p.profile_id)
        .where(p.workspace_id == workspace_id, p.merged_into == root)
        .order_by(p.profile_id)
    )
    return [root, *rows.scalars()]


async def _identifiers(tx: Tx, workspace_id: int, homes: Sequence[int]) -> list[IdentifierItem]:
    i = t.identifiers.c
    rows = await tx.execute(
        sa.select(i.kind, i.value, i.first_seen)
        .where(i.workspace_id == workspace_id, i.home_id.in_(homes))
        .order_by(sa.case((i.kind == ANONYMOUS_ID, 1), else_=0), i.kind, i.first_seen, i.value)
        .limit(IDENTIFIERS_SHOWN_MAX)
    )
    return [IdentifierItem(kind=r.kind, value=r.value, first_seen=r.first_seen) for r in rows]


async def list_merges(tx: Tx, *, workspace_id: int, profile_id: int) -> list[MergeItem]:
    """Return the log of merges of a person, newest first; raises ProfileNotFound."""
    homes = await homes_of(tx, workspace_id=workspace_id, profile_id=profile_id)
    m = t.merges.c
    rows = (
        await tx.execute(
            sa.select(t.merges)
            .where(
                m.workspace_id == workspace_id, sa.or_(m.from_id.in_(homes), m.into_id.in_(homes))
            )
            .order_by(m.merged_at.desc(), m.id.desc())
            .limit(MERGES_SHOWN_MAX)
        )
    ).all()
    i = t.identifiers.c
    found = await tx.execute(
        sa.select(i.home_id, i.kind, i.value, i.first_seen)
        .where(i.workspace_id == workspace_id, i.home_id.in_({row.from_id for row in rows}))
        .order_by(i.kind, i.value)
        .limit(10 * IDENTIFIERS_SHOWN_MAX)
    )
    of_home: dict[int, list[IdentifierItem]] = {}
    for row in found:
        of_home.setdefault(row.home_id, []).append(
            IdentifierItem(kind=row.kind, value=row.value, first_seen=row.first_seen)
        )
    return [
        MergeItem(
            id=row.id,
            from_id=row.from_id,
            into_id=row.into_id,
            reason=MergeReason(row.reason),
            merged_at=row.merged_at,
            undone_at=row.undone_at,
            identifiers=of_home.get(row.from_id, []),
        )
        for row in rows
    ]
