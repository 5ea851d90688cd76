"""What an operator reads: the list, the card, the log of merges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.profiles import tables as t
from otklik.profiles.errors import ProfileNotFound
from otklik.profiles.model.identifiers import ANONYMOUS_ID, USER_ID, Identifier, normalise
from otklik.profiles.model.search import search_query
from otklik.profiles.model.structs import (
    IdentifierItem,
    MergeItem,
    MergeReason,
    ProfileCard,
    ProfileItem,
)
from otklik.profiles.model.traits import flatten
from otklik.profiles.queries.people import Person, load_people
from otklik.profiles.queries.registry import get_rules
from otklik.runtime.public import Tx

IDENTIFIERS_SHOWN_MAX = 200
MERGES_SHOWN_MAX = 200
_NEWEST = 10_000
"""Profiles looked through without an index before the index over words is asked."""
_SCAN = 1_000
"""Profiles looked at in one go when a search and a segment are both given."""


async def list_profiles(
    tx: Tx,
    *,
    workspace_id: int,
    search: str | None = None,
    within: Sequence[int] | np.ndarray[Any, Any] | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ProfileItem]:
    """Return a page of people, newest first.

    `search`: the beginning of a word of the name, of the address or a part of it, of a phone with
    or without the country code, or an exact id of any kind. `within`: ids in ascending order, such
    as the members of a segment. Raises: BadCursor.
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
    query: str | None,
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
    found = await _search_newest(tx, listed, query, limit)
    if len(found) < limit:
        # The word is rare, so the index over words gives few rows to sort. The "+ 0" keeps the
        # planner from reading a million profiles backwards: it takes every prefix for common.
        matches = p.search.op("@@")(sa.cast(query, TSQUERY))
        statement = (
            sa.select(p.profile_id).where(*listed, matches).order_by((p.profile_id + 0).desc())
        )
        found = list((await tx.execute(statement.limit(limit))).scalars())
    wanted = {one for one in exact if before is None or one < before}
    return sorted(wanted | set(found), reverse=True)[:limit]


async def _search_newest(
    tx: Tx, listed: Sequence[sa.ColumnElement[bool]], query: str, limit: int
) -> list[int]:
    """Look through the newest profiles only: enough for a word that many have."""
    p = t.profiles.c
    newest = (
        sa.select(p.profile_id, p.search)
        .where(*listed)
        .order_by(p.profile_id.desc())
        .limit(_NEWEST)
        .subquery()
    )
    rows = await tx.execute(
        sa.select(newest.c.profile_id)
        .where(newest.c.search.op("@@")(sa.cast(query, TSQUERY)))
        .order_by(newest.c.profile_id.desc())
        .limit(limit)
    )
    return list(rows.scalars())


def _newest(
    within: Sequence[int] | np.ndarray[Any, Any], before: int | None
) -> np.ndarray[Any, Any]:
    members = np.asarray(within, dtype=np.uint64)
    if before is not None:
        members = members[: int(np.searchsorted(members, np.uint64(before)))]
    return members


async def _page_within(
    tx: Tx,
    workspace_id: int,
    within: Sequence[int] | np.ndarray[Any, Any],
    before: int | None,
    limit: int,
) -> list[int]:
    members = _newest(within, before)
    p = t.profiles.c
    found: list[int] = []
    while len(members) and len(found) < limit:
        chunk, members = members[-2 * limit :], members[: -2 * limit]
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
    return found[:limit]


async def _search_within(
    tx: Tx,
    workspace_id: int,
    *,
    query: str,
    exact: Sequence[int],
    within: Sequence[int] | np.ndarray[Any, Any],
    before: int | None,
    limit: int,
) -> list[int]:
    members = _newest(within, before)
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
    root = await root_of(tx, workspace_id=workspace_id, profile_id=profile_id)
    m, p = t.merges.c, t.profiles.c
    homes = sa.select(p.profile_id).where(
        p.workspace_id == workspace_id, sa.or_(p.merged_into == root, p.profile_id == root)
    )
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
