"""Settling: from registers that changed to people that are joined or parted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from otklik.profiles.model.identifiers import USER_ID, ranking_of
from otklik.profiles.model.identity import (
    CANDIDATES_PER_DEVICE_MAX,
    NEW_HOME,
    USERS_PER_PERSON_MAX,
    Home,
    Known,
    Link,
    claimer_of,
    kind_of,
    rule_reason,
    settle,
)
from otklik.profiles.model.structs import IdentityRules, MergeReason
from otklik.profiles.operations import loads, rows
from otklik.runtime.public import Tx

_ROUNDS_MAX = 8
"""Each round follows one more device between people. A chain goes from weaker to stronger kinds,
so it ends after a few; the bound keeps a hostile one from turning a batch into a crawl."""


class People:
    """The working set of one change: what was stored, and what it is to become.

    `known`: identifiers as they shall be. `homes`: likewise, new ones under temporary ids.
    Nothing is written before `write`.
    """

    def __init__(self, workspace_id: int, rules: IdentityRules) -> None:
        self.workspace_id = workspace_id
        self._joining = rules.joining
        self._ranking = ranking_of(rules.priority)
        self._in_force = {MergeReason.MANUAL, *map(rule_reason, self._joining)}
        self._shared: dict[str, set[str]] = {}
        self.known: dict[str, Known] = {}
        self.homes: dict[int, Home] = {}
        self._stored: dict[str, Known] = {}
        self._stored_homes: dict[int, Home] = {}
        self._edges: dict[Link, UUID | None] = {}
        self._automatic: set[Link] = set()
        self._reached: set[int] = set()
        self._whole: set[int] = set()

    def learn(self, known: dict[str, Known], homes: dict[int, Home] | None = None) -> None:
        """Add what was read, never over what was changed here."""
        for key, identifier in known.items():
            if self._stored.setdefault(key, identifier) is identifier:
                self.known.setdefault(key, identifier)
        for home_id, home in (homes or {}).items():
            if self._stored_homes.setdefault(home_id, home) is home:
                self.homes.setdefault(home_id, home)

    async def learn_keys(self, tx: Tx, keys: Iterable[str]) -> None:
        missing = sorted({key for key in keys if key not in self.known})
        self.learn(*await loads.load_known(tx, workspace_id=self.workspace_id, keys=missing))

    async def reach(self, tx: Tx, seeds: Iterable[int]) -> None:
        """Read everyone whose belonging together depends on the homes in `seeds`."""
        frontier = {home for home in seeds if home < NEW_HOME} - self._reached
        for _ in range(_ROUNDS_MAX):
            if not frontier:
                return
            frontier = await self._reach_once(tx, frontier)

    async def _reach_once(self, tx: Tx, frontier: set[int]) -> set[int]:
        ws = self.workspace_id
        homes = await loads.load_people(tx, workspace_id=ws, home_ids=sorted(frontier))
        fresh = sorted(set(homes) - self._reached)
        self._reached.update(fresh)
        self.learn({}, homes)
        members = await loads.load_members(tx, workspace_id=ws, home_ids=fresh, anonymous=False)
        self.learn(members)
        sharing = await self._learn_shared(tx, members)
        edges = await loads.load_links(tx, workspace_id=ws, home_ids=fresh)
        self._edges.update(edges)
        candidates = await loads.load_candidates(
            tx, workspace_id=ws, home_ids=fresh, per_device=CANDIDATES_PER_DEVICE_MAX
        )
        self.learn(candidates)
        heads = [self.known.get(self.homes[one].head) for one in fresh]
        devices = {head.device for head in heads if head is not None and head.device is not None}
        await self.learn_keys(tx, devices)
        found = {known.home for known in candidates.values()}
        found |= {self.known[device].home for device in devices if device in self.known}
        found |= {self.known[user].home for user in sharing if user in self.known}
        for link in edges:
            if link.forced:
                found |= {link.from_id, link.into_id}
        return {one for one in found if one < NEW_HOME} - self._reached

    async def _learn_shared(self, tx: Tx, members: Iterable[str]) -> set[str]:
        """Read who else was given an identifier of these users; returns those others."""
        users = [key for key in members if kind_of(key) == USER_ID]
        if not users or not self._joining:
            return set()
        shared = await loads.load_shared(
            tx,
            workspace_id=self.workspace_id,
            users=users,
            kinds=sorted(self._joining),
            per_value=USERS_PER_PERSON_MAX + 1,
        )
        self.add_shared(shared)
        few = [
            self._shared[one] for one in shared if len(self._shared[one]) <= USERS_PER_PERSON_MAX
        ]
        others = {user for group in few for user in group}
        await self.learn_keys(tx, others)
        return others

    def add_shared(self, shared: Mapping[str, Iterable[str]]) -> None:
        """Note users to whom a trusted source gave one identifier, where its kind joins."""
        for key, users in shared.items():
            if kind_of(key) in self._joining:
                self._shared.setdefault(key, set()).update(users)

    async def read_whole(self, tx: Tx, home_ids: Iterable[int]) -> None:
        """Read homes with all their devices, for identifiers are about to leave them."""
        missing = sorted({one for one in home_ids if one < NEW_HOME} - self._whole)
        if missing:
            self._whole.update(missing)
            self.learn(
                await loads.load_members(
                    tx, workspace_id=self.workspace_id, home_ids=missing, anonymous=True
                )
            )

    def follow_owners(self, home_ids: set[int]) -> list[str]:
        """Move identifiers to their owners' homes; returns those that left a home.

        An identifier that is not the head of its home lives where its owner lives.
        """
        moved: list[str] = []
        keys = [key for key, known in self.known.items() if known.home in home_ids]
        for key in sorted(keys, key=self._ranking.order):
            known = self.known[key]
            home = self.homes.get(known.home)
            if known.owner is None or (home is not None and home.head == key):
                continue
            owner = self.known.get(claimer_of(known.owner))
            if owner is not None and owner.home != known.home:
                moved.append(key)
                self.known[key] = known._replace(home=owner.home)
        return moved

    def root_of(self, key: str) -> int:
        """Return the final profile of an identifier."""
        return self.homes[self.known[key].home].root

    def stored_home(self, key: str) -> int | None:
        stored = self._stored.get(key)
        return None if stored is None else stored.home

    def stored_owner(self, key: str) -> str | None:
        stored = self._stored.get(key)
        return None if stored is None else stored.owner

    def stored_device(self, key: str) -> str | None:
        stored = self._stored.get(key)
        return None if stored is None else stored.device

    def former_devices(self) -> set[str]:
        """Return devices that are not any more the first one of some identifier."""
        return {
            stored.device
            for key, stored in self._stored.items()
            if stored.device is not None and self.known[key].device != stored.device
        }

    def forced_edges(self) -> list[tuple[int, int]]:
        return [(link.from_id, link.into_id) for link in self._edges if self._holds(link)]

    def _holds(self, link: Link) -> bool:
        # Merges by a rule were written as forced before they were worked out anew each time.
        return link.forced and link.reason in self._in_force

    def force(self, from_id: int, into_id: int, reason: MergeReason) -> None:
        self._edges.setdefault(Link(from_id, into_id, reason, forced=True), None)

    def drop_edge(self, link: Link) -> None:
        self._edges.pop(link, None)

    def settle(self) -> set[int]:
        """Decide who is who; returns the homes whose final profile changed."""
        homes = self._in_reach()
        settled = settle(homes, self.known, self.forced_edges(), self._shared)
        self._automatic = settled.links
        moved = set()
        for one, root in settled.roots.items():
            target = None if root == one else root
            if homes[one].merged_into != target:
                self.homes[one] = homes[one]._replace(merged_into=target)
                moved.add(one)
        return moved

    def _in_reach(self) -> dict[int, Home]:
        # A home that was met on the way but not reached is not known with all its people.
        return {
            one: home for one, home in self.homes.items() if one >= NEW_HOME or one in self._reached
        }

    def number(self, ids: dict[int, int]) -> None:
        """Put real ids in the place of temporary ones."""
        if not ids:
            return
        self.homes = {
            ids.get(one, one): Home(
                ids.get(one, one),
                home.head,
                None if home.merged_into is None else ids.get(home.merged_into, home.merged_into),
                home.apart,
            )
            for one, home in self.homes.items()
        }
        for key, known in self.known.items():
            if known.home >= NEW_HOME:
                self.known[key] = known._replace(home=ids[known.home])

        def real(link: Link) -> Link:
            return link._replace(
                from_id=ids.get(link.from_id, link.from_id),
                into_id=ids.get(link.into_id, link.into_id),
            )

        self._edges = {real(link): edge_id for link, edge_id in self._edges.items()}
        self._automatic = {real(link) for link in self._automatic}

    async def write(self, tx: Tx, *, first_ms: dict[str, int], now: datetime) -> None:
        """Write everything that differs from what was read; `number` has been called."""
        ws = self.workspace_id
        inserted = sorted(key for key in self.known if key not in self._stored)
        await rows.insert_identifiers(
            tx,
            workspace_id=ws,
            rows=[(key, self.known[key], first_ms[key]) for key in inserted],
        )
        changed = sorted(k for k, stored in self._stored.items() if self.known[k] != stored)
        await rows.update_identifiers(
            tx, workspace_id=ws, rows=[(key, self.known[key]) for key in changed]
        )
        homes = [
            home
            for one, home in sorted(self.homes.items())
            if home != self._stored_homes.get(one, Home(one, home.head))
        ]
        await rows.update_homes(tx, workspace_id=ws, homes=homes)
        await self._write_links(tx, now)

    async def _write_links(self, tx: Tx, now: datetime) -> None:
        old = {link: edge_id for link, edge_id in self._edges.items() if not link.forced}
        added = sorted(link for link, edge_id in self._edges.items() if edge_id is None)
        added += sorted(link for link in self._automatic if link not in old)
        ended = [
            edge_id
            for link, edge_id in old.items()
            if edge_id is not None and link not in self._automatic and link.from_id in self._reached
        ]
        ended += [
            edge_id
            for link, edge_id in self._edges.items()
            if edge_id is not None and link.forced and not self._holds(link)
        ]
        await rows.write_links(
            tx, workspace_id=self.workspace_id, added=added, ended=ended, now=now
        )
