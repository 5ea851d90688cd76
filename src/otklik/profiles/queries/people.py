"""Reading people whole: a profile with everyone who was merged into it, in one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

from otklik.profiles.model.identifiers import (
    ANONYMOUS_ID,
    EMAIL,
    PHONE,
    USER_ID,
    normal_email,
    normal_phone,
)
from otklik.profiles.model.traits import (
    TraitState,
    decode_state,
    full_name,
    join_states,
    values_of,
)
from otklik.runtime.public import Tx, driver

_SQL = b"""
SELECT q.id, p.merged_into, p.version, p.first_seen, p.last_seen,
       m.kind, m.value, m.first_seen, m.state
FROM unnest(%s::bigint[]) AS q (id)
CROSS JOIN LATERAL (
  SELECT * FROM profiles x WHERE x.profile_id = q.id AND x.workspace_id = %s LIMIT 1
) p
LEFT JOIN LATERAL (
  SELECT i.kind, i.value, i.first_seen, t.state
  FROM (
    SELECT coalesce(p.merged_into, p.profile_id) AS home_id
    UNION ALL
    SELECT x.profile_id FROM profiles x
    WHERE x.merged_into = coalesce(p.merged_into, p.profile_id)
  ) h
  JOIN identifiers i ON i.home_id = h.home_id
  LEFT JOIN LATERAL (
    SELECT s.state FROM trait_states s
    WHERE s.workspace_id = i.workspace_id AND s.kind = i.kind AND s.value = i.value LIMIT 1
  ) t ON true
  WHERE i.kind <> 'anonymous_id' OR t.state IS NOT NULL
) m ON true
"""


class Member(NamedTuple):
    """One identifier of a person."""

    kind: str
    value: str
    first_seen: datetime


class Person:
    """A profile as it is read: its person's identifiers and joined traits.

    A profile that was merged away (`merged`) shows the person that it belongs to now.
    `identifiers` leaves out devices under which nothing was said.
    """

    def __init__(
        self,
        profile_id: int,
        merged_into: int | None,
        version: int,
        first_seen: datetime,
        last_seen: datetime,
    ) -> None:
        self.id = profile_id
        self.merged_into = merged_into
        self.version = version
        self.first_seen = first_seen.astimezone(UTC)
        self.last_seen = last_seen.astimezone(UTC)
        self.identifiers: list[Member] = []
        self._states: list[TraitState] = []

    def add(self, kind: str, value: str, first_seen: datetime, state: str | None) -> None:
        self.identifiers.append(Member(kind, value, first_seen))
        if state is not None:
            self._states.append(decode_state(state))

    @property
    def merged(self) -> bool:
        return self.merged_into is not None

    @cached_property
    def state(self) -> TraitState:
        return self._states[0] if len(self._states) == 1 else join_states(self._states)

    @cached_property
    def traits(self) -> dict[str, Any]:
        return values_of(self.state)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return [(member.kind, member.value) for member in self.identifiers]

    @cached_property
    def known(self) -> bool:
        return any(member.kind != ANONYMOUS_ID for member in self.identifiers)

    @cached_property
    def name(self) -> str:
        return full_name(self.traits)

    @cached_property
    def email(self) -> str | None:
        """The address of the trait `email`; without one, the newest among the identifiers."""
        return self._address(EMAIL)

    @cached_property
    def email_domains(self) -> list[str]:
        """The domains of all addresses that are known, in order."""
        addresses = {m.value for m in self.identifiers if m.kind == EMAIL}
        addresses |= {self.email} if self.email else set()
        return sorted({one.rpartition("@")[2] for one in addresses})

    @cached_property
    def phone(self) -> str | None:
        return self._address(PHONE)

    @cached_property
    def user_id(self) -> str | None:
        mine = [m for m in self.identifiers if m.kind == USER_ID]
        return min(m.value for m in mine) if mine else None

    def _address(self, kind: str) -> str | None:
        mine = [m for m in self.identifiers if m.kind == kind]
        said = self.traits.get(kind)
        if isinstance(said, str) and said:
            if any(m.value == said for m in mine):
                return said
            found = normal_email(said) if kind == EMAIL else normal_phone(said)
            # A refusal is a text too, but it is no address and no identifier has its spelling.
            if ("@" if kind == EMAIL else "+") in found:
                return str(found)
        return max(mine, key=lambda m: (m.first_seen, m.value)).value if mine else None


async def load_people(
    tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]
) -> dict[int, Person]:
    """Return the people behind profile ids, by the id that was asked for.

    Ids of other workspaces and unknown ones are left out. One statement for any number of ids;
    version and traits come from one snapshot.
    """
    if not len(profile_ids):
        return {}
    connection = await driver(tx)
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(
            _SQL, ("{" + ",".join([str(int(one)) for one in profile_ids]) + "}", workspace_id)
        )
        found = await cursor.fetchall()
    people: dict[int, Person] = {}
    for id_, merged_into, version, first_seen, last_seen, kind, value, since, state in found:
        person = people.get(id_)
        if person is None:
            person = people[id_] = Person(id_, merged_into, version, first_seen, last_seen)
        if kind is not None:
            person.add(kind, value, since, state)
    return people
