"""Whom the first rows of a file will meet: tried out for real, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from otklik.ingestion.imports.shown import Made, people_of
from otklik.profiles.public import (
    Observation,
    list_profiles,
    newest_of,
    owners_of,
    resolve_identities,
)
from otklik.runtime.public import Runtime

_STANDARD = frozenset({"user_id", "anonymous_id", "email", "phone"})


class Person(msgspec.Struct, frozen=True):
    """Somebody who is known: `name` is a name, an address or an id."""

    id: int
    name: str


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """What a row does: makes a new customer, updates one, joins several into one, or names several
    whom the rules keep apart. `same_as`: the line of an earlier row about the same person."""

    outcome: Literal["new", "updates", "joins", "apart"]
    people: list[Person]
    same_as: int | None = None


async def meetings(
    rt: Runtime, *, workspace_id: int, rows: Sequence[tuple[int, Made]], now: datetime
) -> dict[int, Meeting]:
    """Return what each row (line, what it becomes) does, by its line.

    The rules of identity decide, not a copy of them: the rows are resolved in a transaction that is
    rolled back, so nothing of it stays and nobody hears of it.
    """
    named = [(line, people) for line, made in rows if (people := people_of(made))]
    if not named:
        return {}
    async with rt.db.engine.connect() as tx:
        transaction = await tx.begin()
        try:
            owners = await owners_of(
                tx,
                workspace_id=workspace_id,
                names=[one for _, people in named for one in people],
            )
            known = await list_profiles(
                tx,
                workspace_id=workspace_id,
                within=newest_of(sorted(set(owners.values()))),
                limit=200,
            )
            resolved = await resolve_identities(
                tx,
                workspace_id=workspace_id,
                observations=[_observation(i, people, now) for i, (_, people) in enumerate(named)],
                now=now,
            )
        finally:
            await transaction.rollback()
    merged = dict(resolved.merged)
    names = {item.id: _name(item.name, item.email, item.user_id) for item in known.items}
    found: dict[int, Meeting] = {}
    first_line: dict[int, int] = {}
    for (line, people), profile_id in zip(named, resolved.profile_ids, strict=True):
        mine = sorted({owners[one] for one in people if one in owners})
        ends = {merged.get(one, one) for one in mine}
        found[line] = Meeting(
            outcome=_outcome(len(mine), len(ends)),
            people=[Person(one, names.get(one, f"№ {one}")) for one in mine],
            same_as=first_line.get(profile_id),
        )
        first_line.setdefault(profile_id, line)
    return found


def _outcome(owners: int, ends: int) -> Literal["new", "updates", "joins", "apart"]:
    if owners == 0:
        return "new"
    if owners == 1:
        return "updates"
    return "joins" if ends == 1 else "apart"


def _observation(index: int, people: list[tuple[str, str]], now: datetime) -> Observation:
    standard = {kind: value for kind, value in people if kind in _STANDARD}
    return Observation(
        index=index,
        time=now,
        external=tuple(one for one in people if one[0] not in _STANDARD),
        traits={},
        trusted=True,
        user_id=standard.get("user_id"),
        anonymous_id=standard.get("anonymous_id"),
        email=standard.get("email"),
        phone=standard.get("phone"),
    )


def _name(name: str, email: str | None, user_id: str | None) -> str:
    return name or email or user_id or ""
