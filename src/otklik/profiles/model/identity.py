"""Who is who: the rules that decide which identifiers belong to one person.

Every identifier lives in a *home* profile. What observations say is kept in registers that only
ever take the least value, so their content does not depend on the order of arrival:

- `owner` of an identifier: its best claim by a stronger one (user_id > own kinds > e-mail > phone
  > device). Claims compare by the claimer's rank, then trusted before untrusted, then the earlier
  time, then the claimer's name. A device shared by two users belongs to the first of them.
- `device` of an unowned e-mail, phone or own id: the first device it was seen with.

`settle` turns registers into people. It is a pure function of them, and the only place where
profiles are joined or parted:

1. a home whose head is owned joins the home of the owner;
2. homes joined by an explicit rule or by a person stay joined;
3. users to whom a trusted source gave one address are joined where a rule of the workspace says
   so, unless more than `USERS_PER_PERSON_MAX` would become one;
4. a home without a user_id joins the person whose device it was first seen with, unless the two
   have different values of one unique kind: a shared device never joins two identified people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from otklik.profiles.model.identifiers import ANONYMOUS_ID, EMAIL, PHONE, USER_ID, rank
from otklik.profiles.model.structs import MergeReason

NEW_HOME: Final = 1 << 62
"""Homes that have no id yet are numbered from here, so that they sort behind every real one."""
TIME_MAX: Final = 99_999_999_999_999
USERS_PER_PERSON_MAX: Final = 10
"""A rule joins at most so many user_ids. An address like no@mail.ru, typed by a shop assistant
for every customer without one, would otherwise make one person of them all."""
CANDIDATES_PER_DEVICE_MAX: Final = 20
"""A device on which more addresses than this were typed is a till, not somebody's phone."""


class Known(NamedTuple):
    """An identifier and its registers."""

    home: int
    owner: str | None = None
    device_at: int | None = None
    device: str | None = None


class Home(NamedTuple):
    """A profile as identity sees it. `merged_into`: the final profile, or None."""

    id: int
    head: str
    merged_into: int | None = None
    apart: bool = False

    @property
    def root(self) -> int:
        return self.id if self.merged_into is None else self.merged_into


class Link(NamedTuple):
    """An edge of the merge log: `from_id` was joined to `into_id`."""

    from_id: int
    into_id: int
    reason: MergeReason
    forced: bool


class Settled(NamedTuple):
    """`roots`: home → final profile (itself when not merged). `links`: the automatic edges."""

    roots: dict[int, int]
    links: set[Link]


def kind_of(key: str) -> str:
    return key.split(":", 1)[0]


def order_of(key: str) -> tuple[int, str]:
    """Sort key: stronger identifiers first."""
    return (rank(kind_of(key)), key)


def claim(claimer: str, *, trusted: bool, ms: int, place: float | None = None) -> str:
    """Return a claim in the form in which the least text is the best claim.

    `place`: how strong the claimer is in its workspace, see `Ranking`.
    """
    strength = 2 * int(rank(kind_of(claimer)) if place is None else place) + (0 if trusted else 1)
    return f"{strength}{min(max(ms, 0), TIME_MAX):014d}{claimer}"


def claimer_of(owner: str) -> str:
    return owner[15:]


def is_trusted_user_claim(owner: str | None) -> bool:
    return owner is not None and owner[0] == "0"


class Sets:
    """Disjoint sets of homes."""

    def __init__(self, ids: Iterable[int]) -> None:
        self._parent = {one: one for one in ids}

    def __contains__(self, one: int) -> bool:
        return one in self._parent

    def find(self, one: int) -> int:
        parent = self._parent
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    def join(self, a: int, b: int) -> int:
        a, b = self.find(a), self.find(b)
        if a != b:
            self._parent[b] = a
        return a


def settle(
    homes: dict[int, Home],
    known: dict[str, Known],
    forced: Iterable[tuple[int, int]],
    shared: Mapping[str, Collection[str]] | None = None,
) -> Settled:
    """Return which homes are one person.

    `homes`: all homes of the people concerned. `known`: their identifiers, at least every head
    and every one that is not anonymous, and the devices that candidates were seen with.
    `forced`: active edges (from, into) made by people. `shared`: by identifier the users to whom
    a trusted source gave it, for the kinds that join.
    """
    people = Sets(homes)
    links: set[Link] = set()
    children: set[int] = set()
    for home in homes.values():
        target = _owner_home(home, known)
        if target is not None and target in people:
            people.join(home.id, target)
            children.add(home.id)
            links.add(Link(home.id, target, MergeReason.IDENTIFIED, forced=False))
    for from_id, into_id in forced:
        if from_id in people and into_id in people:
            people.join(from_id, into_id)
            children.add(from_id)
    if shared:
        _join_by_rule(homes, known, people, links, children, shared)
    _join_by_device(homes, known, people, links, children)
    return Settled(_roots(homes, people, children), links)


def _owner_home(home: Home, known: dict[str, Known]) -> int | None:
    head = known.get(home.head)
    if home.apart or head is None or head.owner is None:
        return None
    owner = known.get(claimer_of(head.owner))
    return None if owner is None or owner.home == home.id else owner.home


_RULE_REASONS: Final = {EMAIL: MergeReason.EMAIL, PHONE: MergeReason.PHONE}


def rule_reason(kind: str) -> MergeReason:
    """Return the reason of a merge by a rule for identifiers of a kind."""
    return _RULE_REASONS.get(kind, MergeReason.IDENTIFIER)


def _join_by_rule(
    homes: dict[int, Home],
    known: dict[str, Known],
    people: Sets,
    links: set[Link],
    children: set[int],
    shared: Mapping[str, Collection[str]],
) -> None:
    users_of = Counter(
        people.find(one.home)
        for key, one in known.items()
        if one.home in people and kind_of(key) == USER_ID
    )
    # Addresses of few people first, so that the outcome hangs on no order of arrival.
    for address in sorted(shared, key=lambda one: (len(shared[one]), one)):
        if len(shared[address]) > USERS_PER_PERSON_MAX:
            continue
        ids = {known[key].home for key in shared[address] if key in known}
        joined = [one for one in sorted(ids) if one in people and not homes[one].apart]
        sets = {people.find(one) for one in joined}
        count = sum(users_of[one] for one in sets)
        if len(sets) < 2 or count > USERS_PER_PERSON_MAX:
            continue
        oldest = joined[0]
        for other in joined[1:]:
            if people.find(other) != people.find(oldest):
                people.join(oldest, other)
                children.add(other)
                links.add(Link(other, oldest, rule_reason(kind_of(address)), forced=False))
        users_of[people.find(oldest)] = count


def _join_by_device(
    homes: dict[int, Home],
    known: dict[str, Known],
    people: Sets,
    links: set[Link],
    children: set[int],
) -> None:
    candidates: list[tuple[int, int, str, int, int]] = []
    for home in homes.values():
        head = known.get(home.head)
        if home.apart or head is None or head.owner is not None or head.device is None:
            continue
        device = known.get(head.device)
        if device is not None and device.home in people:
            strength, name = order_of(home.head)
            candidates.append((strength, head.device_at or 0, name, home.id, device.home))
    if not candidates:
        return
    kinds: dict[int, set[str]] = {}
    for key, identifier in known.items():
        kind = kind_of(key)
        if kind != ANONYMOUS_ID and identifier.home in people:
            kinds.setdefault(people.find(identifier.home), set()).add(kind)
    for _, _, _, home_id, target in sorted(candidates):
        mine, theirs = people.find(home_id), people.find(target)
        if mine == theirs or kinds.get(mine, set()) & kinds.get(theirs, set()):
            continue
        both = kinds.get(mine, set()) | kinds.get(theirs, set())
        kinds[people.join(mine, theirs)] = both
        children.add(home_id)
        links.add(Link(home_id, target, MergeReason.DEVICE, forced=False))


def _roots(homes: dict[int, Home], people: Sets, children: set[int]) -> dict[int, int]:
    """The root is the strongest and oldest home that was joined to no other."""
    best: dict[int, tuple[bool, int, int]] = {}
    for home in homes.values():
        person = people.find(home.id)
        key = (home.id in children, rank(kind_of(home.head)), home.id)
        if person not in best or key < best[person]:
            best[person] = key
    return {one: best[people.find(one)][2] for one in homes}
