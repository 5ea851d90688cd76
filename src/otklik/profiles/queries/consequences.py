"""What rules of identity would change for people who are known already. Nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from otklik.profiles.model.identifiers import ANONYMOUS_ID, ranking_of
from otklik.profiles.model.identity import USERS_PER_PERSON_MAX, Sets, rule_reason
from otklik.profiles.model.structs import IdentityRules
from otklik.profiles.operations.statements import fetch, numbers, texts
from otklik.profiles.queries.people import load_people
from otklik.profiles.queries.registry import get_rules
from otklik.runtime.public import Tx

EXAMPLES_MAX = 5
PEOPLE_IN_EXAMPLE_MAX = 10
WARNINGS_MAX = 20
LINES_MAX = 2_000_000
"""Identifiers times people looked at; a base with more gets a lower bound, and is told so."""


class PersonBrief(msgspec.Struct, frozen=True, kw_only=True):
    """A person in one line."""

    id: int
    name: str
    email: str | None
    phone: str | None
    user_id: str | None
    known: bool


class JoinExample(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier, and the people who would become one by it."""

    kind: str
    value: str
    people: list[PersonBrief]


class WidelyShared(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier that so many users were given that it joins nobody."""

    kind: str
    value: str
    users: int


class EffectCode(StrEnum):
    """`shared_now`, `unique_now`: identifiers of the kind that are stored; people joined by them
    stay joined. `order`: identifiers that follow one of a kind which would be weaker; they stay."""

    SHARED_NOW = "shared_now"
    UNIQUE_NOW = "unique_now"
    ORDER = "order"


class KindEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What holds from now on only: how many stored identifiers were judged the other way."""

    code: EffectCode
    kind: str
    count: int


class Consequences(msgspec.Struct, frozen=True, kw_only=True):
    """`joined` people would become `into`; `parted` merges would end. `is_whole` False: there is
    more than was counted. `widely_shared`: the first of `widely_shared_count`."""

    joined: int
    into: int
    parted: int
    is_whole: bool
    examples: list[JoinExample]
    widely_shared: list[WidelyShared]
    widely_shared_count: int
    effects: list[KindEffect]


async def consequences(
    tx: Tx, *, workspace_id: int, rules: IdentityRules, lines_max: int = LINES_MAX
) -> Consequences:
    """Count what `rules` would change against those of today. A few statements over sets."""
    today = await get_rules(tx, workspace_id=workspace_id)
    on = sorted(rules.joining - today.joining)
    off = sorted(today.joining - rules.joining)
    lines = await _lines(tx, workspace_id, on, lines_max) if on else []
    users = await _users(tx, workspace_id, sorted({line[2] for line in lines}))
    joined, into, shown = await asyncio.to_thread(_join, lines, users)
    wide, wide_count = await _widely_shared(tx, workspace_id, on)
    return Consequences(
        joined=joined,
        into=into,
        parted=await _parted(tx, workspace_id, off),
        is_whole=len(lines) < lines_max,
        examples=await _examples(tx, workspace_id, shown),
        widely_shared=wide,
        widely_shared_count=wide_count,
        effects=await _effects(tx, workspace_id, today, rules),
    )


async def own_kinds(tx: Tx, *, workspace_id: int) -> list[str]:
    """Return the workspace's own kinds of identifiers: a look at the index per kind."""
    rows = await fetch(
        tx,
        """
        WITH RECURSIVE k AS (
          (SELECT kind FROM identifiers WHERE workspace_id = %(ws)s ORDER BY kind LIMIT 1)
          UNION ALL
          SELECT (
            SELECT i.kind FROM identifiers i
            WHERE i.workspace_id = %(ws)s AND i.kind > k.kind ORDER BY i.kind LIMIT 1
          ) FROM k WHERE k.kind IS NOT NULL
        )
        SELECT kind FROM k
        WHERE kind IS NOT NULL AND kind NOT IN ('user_id', 'anonymous_id', 'email', 'phone')
        """,
        {"ws": workspace_id},
    )
    return [row[0] for row in rows]


Line = tuple[str, str, int]


async def _lines(tx: Tx, workspace_id: int, kinds: Sequence[str], lines_max: int) -> list[Line]:
    """Return (kind, value, person) of identifiers that two or more people share."""
    rows = await fetch(
        tx,
        """
        WITH few AS (
          SELECT kind, value, count(*) AS users FROM shared_identifiers
          WHERE workspace_id = %(ws)s AND kind = ANY(%(kinds)s)
          GROUP BY kind, value HAVING count(*) <= %(most)s
        ), held AS (
          SELECT DISTINCT few.users, s.kind, s.value,
                 coalesce(p.merged_into, p.profile_id) AS person
          FROM few
          JOIN shared_identifiers s
            ON s.workspace_id = %(ws)s AND s.kind = few.kind AND s.value = few.value
          JOIN identifiers i
            ON i.workspace_id = %(ws)s AND i.kind = 'user_id' AND i.value = s.user_id
          JOIN profiles p ON p.profile_id = i.home_id AND NOT p.apart
        ), counted AS (
          SELECT held.*, count(*) OVER (PARTITION BY kind, value) AS people FROM held
        )
        SELECT kind, value, person FROM counted WHERE people > 1
        ORDER BY users, kind, value, person LIMIT %(limit)s
        """,
        {
            "ws": workspace_id,
            "kinds": list(kinds),
            "most": USERS_PER_PERSON_MAX,
            "limit": lines_max,
        },
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def _users(tx: Tx, workspace_id: int, people: Sequence[int]) -> dict[int, int]:
    if not people:
        return {}
    rows = await fetch(
        tx,
        """
        SELECT k.id, count(*)
        FROM unnest(%s::bigint[]) AS k (id)
        CROSS JOIN LATERAL (
          SELECT k.id AS home_id
          UNION ALL SELECT p.profile_id FROM profiles p WHERE p.merged_into = k.id
        ) h
        JOIN identifiers i ON i.home_id = h.home_id AND i.kind = 'user_id'
        WHERE i.workspace_id = %s GROUP BY k.id
        """,
        (numbers(people), workspace_id),
    )
    return dict(rows)


def _join(
    lines: Sequence[Line], users: dict[int, int]
) -> tuple[int, int, list[tuple[str, str, list[int]]]]:
    """Join people as the rules would; returns how many become how many, and some of them."""
    sets = Sets(users)
    counts = dict(users)
    touched: set[int] = set()
    shown: list[tuple[str, str, list[int]]] = []
    at = 0
    while at < len(lines):
        kind, value, _ = lines[at]
        end = at
        while end < len(lines) and lines[end][:2] == (kind, value):
            end += 1
        people = [line[2] for line in lines[at:end] if line[2] in sets]
        at = end
        roots = {sets.find(one) for one in people}
        count = sum(counts[one] for one in roots)
        if len(roots) < 2 or count > USERS_PER_PERSON_MAX:
            continue
        touched.update(people)
        if len(shown) < EXAMPLES_MAX:
            shown.append((kind, value, people[:PEOPLE_IN_EXAMPLE_MAX]))
        first = people[0]
        for other in people[1:]:
            sets.join(first, other)
        counts[sets.find(first)] = count
    return len(touched), len({sets.find(one) for one in touched}), shown


async def _examples(
    tx: Tx, workspace_id: int, shown: Sequence[tuple[str, str, list[int]]]
) -> list[JoinExample]:
    briefs = await brief_people(
        tx, workspace_id=workspace_id, profile_ids=sorted({one for s in shown for one in s[2]})
    )
    return [
        JoinExample(kind=kind, value=value, people=[briefs[one] for one in ids if one in briefs])
        for kind, value, ids in shown
    ]


async def brief_people(
    tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]
) -> dict[int, PersonBrief]:
    """Return people in one line each, by the id that was asked for."""
    people = await load_people(tx, workspace_id=workspace_id, profile_ids=profile_ids)
    return {
        one: PersonBrief(
            id=person.merged_into or person.id,
            name=person.name,
            email=person.email,
            phone=person.phone,
            user_id=person.user_id,
            known=person.known,
        )
        for one, person in people.items()
    }


async def _widely_shared(
    tx: Tx, workspace_id: int, kinds: Sequence[str]
) -> tuple[list[WidelyShared], int]:
    if not kinds:
        return [], 0
    rows = await fetch(
        tx,
        """
        SELECT kind, value, count(*), count(*) OVER () FROM shared_identifiers
        WHERE workspace_id = %s AND kind = ANY(%s)
        GROUP BY kind, value HAVING count(*) > %s
        ORDER BY count(*) DESC, kind, value LIMIT %s
        """,
        (workspace_id, list(kinds), USERS_PER_PERSON_MAX, WARNINGS_MAX),
    )
    wide = [WidelyShared(kind=row[0], value=row[1], users=row[2]) for row in rows]
    return wide, rows[0][3] if rows else 0


async def _parted(tx: Tx, workspace_id: int, kinds: Sequence[str]) -> int:
    if not kinds:
        return 0
    rows = await fetch(
        tx,
        """
        SELECT count(*) FROM merges
        WHERE workspace_id = %s AND undone_at IS NULL AND reason = ANY(%s)
        """,
        (workspace_id, [rule_reason(kind).value for kind in kinds]),
    )
    return int(rows[0][0])


async def _effects(
    tx: Tx, workspace_id: int, today: IdentityRules, rules: IdentityRules
) -> list[KindEffect]:
    effects: list[KindEffect] = []
    changed = set(today.shared_kinds) ^ set(rules.shared_kinds)
    if changed:
        rows = await fetch(
            tx,
            """
            SELECT k.kind, (
              SELECT count(*) FROM identifiers i WHERE i.workspace_id = %s AND i.kind = k.kind
            )
            FROM unnest(%s::text[]) AS k (kind)
            """,
            (workspace_id, texts(sorted(changed))),
        )
        effects += [
            KindEffect(
                code=EffectCode.SHARED_NOW if kind in rules.shared_kinds else EffectCode.UNIQUE_NOW,
                kind=kind,
                count=count,
            )
            for kind, count in rows
        ]
    if today.priority != rules.priority:
        effects += await _order_effects(tx, workspace_id, rules)
    return effects


async def _order_effects(tx: Tx, workspace_id: int, rules: IdentityRules) -> list[KindEffect]:
    rows = await fetch(
        tx,
        """
        SELECT kind, split_part(substr(owner, 16), ':', 1), count(*) FROM identifiers
        WHERE workspace_id = %s AND kind NOT IN (%s, 'user_id') AND owner IS NOT NULL
        GROUP BY 1, 2
        """,
        (workspace_id, ANONYMOUS_ID),
    )
    ranking = ranking_of(rules.priority)
    counts: dict[str, int] = {}
    for kind, claimer, count in rows:
        if (ranking.of(kind), kind) < (ranking.of(claimer), claimer):
            counts[kind] = counts.get(kind, 0) + count
    return [
        KindEffect(code=EffectCode.ORDER, kind=kind, count=count)
        for kind, count in sorted(counts.items())
    ]
