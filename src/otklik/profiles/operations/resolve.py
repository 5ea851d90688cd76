"""Identity resolution: a batch of observations becomes profiles, merges and traits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from otklik.profiles.model.batch import Batch
from otklik.profiles.model.identifiers import ANONYMOUS_ID, rank
from otklik.profiles.model.identity import (
    NEW_HOME,
    Home,
    Known,
    claimer_of,
    is_trusted_user_claim,
    kind_of,
)
from otklik.profiles.model.structs import (
    Observation,
    ProfilesMerged,
    ProfilesParted,
    Resolution,
)
from otklik.profiles.model.traits import TraitState, put_trait, same_values
from otklik.profiles.operations import rows
from otklik.profiles.operations.people import People
from otklik.profiles.operations.refresh import note_changes, refresh, register_traits
from otklik.profiles.queries.registry import get_rules
from otklik.runtime.public import Bus, Tx

LAST_SEEN_STEP_MS = 5 * 60 * 1000
"""How far `last_seen` of a profile may lag behind its newest event."""


async def resolve_identities(
    tx: Tx,
    *,
    workspace_id: int,
    observations: Sequence[Observation],
    now: datetime,
    bus: Bus | None = None,
) -> Resolution:
    """Find or make the profile of each observation, join and part people, update traits.

    About ten SQL statements, whatever the size of the batch; batches of 1,000–10,000 are best.
    The outcome does not depend on the order of the observations nor on how a stream of them is
    cut into batches; `model/identity.py` states the rules. Takes the workspace's identity lock.
    News of merges goes to `bus` in the same transaction.
    """
    rules = await get_rules(tx, workspace_id=workspace_id)
    batch = Batch(observations, rules)
    await rows.lock_identities(tx, workspace_id=workspace_id)
    people = People(workspace_id)
    keys = batch.keys
    await people.learn_keys(tx, keys)

    changed, movers, seeds = _apply_claims(people, batch, keys)
    new_homes = _give_homes(people, batch, keys, changed, seeds)
    await _add_former(tx, people, batch, seeds)
    await people.reach(tx, seeds)
    moved = await _move(tx, people, movers)
    before = dict(people.homes)
    resettled: set[int] = set()
    if seeds or batch.devices or any(len(users) > 1 for users in batch.backers.values()):
        people.join_backed(batch.backers)
        resettled = people.settle()

    ids = await _number(tx, people, new_homes)
    resettled = {ids.get(one, one) for one in resettled}
    created = [ids[one] for one in new_homes]
    await _insert_homes(tx, people, batch, created)
    new_keys = [key for key in keys if people.stored_home(key) is None]
    if changed or new_keys or resettled or moved:
        await people.write(tx, first_ms={k: v[0] for k, v in batch.seen.items()}, now=now)
    restated = await _write_states(tx, people, batch, now)

    result = Outcome(people, created)
    result.note_merges(before, resettled)
    result.note_keys([*restated, *new_keys, *moved])
    result.note_moves(before, moved)
    touched = await rows.touch(
        tx,
        workspace_id=workspace_id,
        seen=_seen(people, batch, skip=set(created)),
        step_ms=LAST_SEEN_STEP_MS,
    )
    await result.write(tx, touched=touched, bus=bus, now=now)
    return Resolution(
        profile_ids=[
            0 if key is None else people.homes[people.known[key].home].root
            for key in batch.principals
        ],
        created=created,
        changed=sorted(result.changed),
        merged=result.merged,
        parted=[one for one, _ in result.parted],
        refused=batch.refused,
    )


def _apply_claims(
    people: People, batch: Batch, keys: list[str]
) -> tuple[list[str], set[int], set[int]]:
    """Lower the registers of known identifiers; returns those changed, homes that some
    identifier leaves, and homes whose people must be looked at."""
    changed: list[str] = []
    movers: set[int] = set()
    seeds: set[int] = set()
    for key in keys:
        known = people.known.get(key)
        if known is None:
            continue
        better = _lowered(known, batch.owners.get(key), batch.devices.get(key))
        if better == known:
            continue
        people.known[key] = better
        changed.append(key)
        seeds.add(known.home)
        if better.owner != known.owner and people.homes[known.home].head != key:
            movers.add(known.home)
    return changed, movers, seeds


def _lowered(known: Known, owner: str | None, device: tuple[int, str] | None) -> Known:
    if owner is not None and (known.owner is None or owner < known.owner):
        known = known._replace(owner=owner)
    if device is not None and (
        known.device is None or device < (known.device_at or 0, known.device)
    ):
        known = known._replace(device_at=device[0], device=device[1])
    return known


def _give_homes(
    people: People, batch: Batch, keys: list[str], changed: list[str], seeds: set[int]
) -> list[int]:
    """Give every new identifier a home; returns the temporary ids of new homes.

    A person who becomes known keeps the profile of the anonymous visitor: where the head of a
    profile of its own has just got its first owner, and that owner is new, the owner moves in.
    """
    vacant: dict[str, tuple[int, str, int]] = {}
    for key in changed:
        known = people.known[key]
        home = people.homes[known.home]
        stored_owned = people.stored_owner(key) is not None
        if known.owner is None or stored_owned or home.head != key:
            continue
        claimer = claimer_of(known.owner)
        offer = (rank(kind_of(key)), known.owner, known.home)
        is_free = home.merged_into is None and not home.apart
        is_new = claimer not in people.known and claimer not in batch.owners
        if is_free and is_new and (claimer not in vacant or offer < vacant[claimer]):
            vacant[claimer] = offer
    new_homes: list[int] = []
    for key in keys:
        if key in people.known:
            continue
        owner = batch.owners.get(key)
        device_at, device = batch.devices.get(key, (None, None))
        if owner is not None:
            home_id = people.known[claimer_of(owner)].home
            if kind_of(key) != ANONYMOUS_ID:
                seeds.add(home_id)
        elif key in vacant:
            home_id = vacant[key][2]
            people.homes[home_id] = people.homes[home_id]._replace(head=key)
        else:
            home_id = NEW_HOME + len(new_homes)
            people.homes[home_id] = Home(home_id, key)
            new_homes.append(home_id)
        people.known[key] = Known(home_id, owner, device_at, device)
    for key in changed:
        owner = people.known[key].owner
        if owner is not None and owner != people.stored_owner(key):
            seeds.add(people.known[claimer_of(owner)].home)
    for key in batch.devices:
        known = people.known[key]
        if known.owner is None and known.device is not None:
            if known.device != people.stored_device(key):
                seeds.add(people.known[known.device].home)
    return new_homes


async def _add_former(tx: Tx, people: People, batch: Batch, seeds: set[int]) -> None:
    """Look at those whom an earlier batch named: trusted owners of an address, former devices."""
    for address, users in batch.backers.items():
        owner = people.stored_owner(address)
        if owner is not None and is_trusted_user_claim(owner):
            users.add(claimer_of(owner))
    wanted = {u for users in batch.backers.values() if len(users) > 1 for u in users}
    wanted |= people.former_devices()
    await people.learn_keys(tx, wanted)
    seeds.update(people.known[key].home for key in wanted if key in people.known)


async def _move(tx: Tx, people: People, movers: set[int]) -> list[str]:
    if not movers:
        return []
    await people.read_whole(tx, movers)
    return people.follow_owners(movers)


async def _number(tx: Tx, people: People, new_homes: list[int]) -> dict[int, int]:
    ids = dict(zip(new_homes, await rows.take_profile_ids(tx, len(new_homes)), strict=True))
    people.number(ids)
    return ids


async def _insert_homes(tx: Tx, people: People, batch: Batch, created: list[int]) -> None:
    seen = _seen(people, batch, skip=set())
    await rows.insert_profiles(
        tx,
        workspace_id=people.workspace_id,
        rows=[(one, people.homes[one].head, seen[one][0], seen[one][1]) for one in created],
    )


def _seen(people: People, batch: Batch, *, skip: set[int]) -> dict[int, list[int]]:
    """Return the first and last moment of homes and of the people they belong to."""
    seen: dict[int, list[int]] = {}
    for key, (first, last) in batch.seen.items():
        home = people.known[key].home
        for one in {home, people.homes[home].root}:
            if one in skip:
                continue
            moments = seen.get(one)
            if moments is None:
                seen[one] = [first, last]
            else:
                moments[0], moments[1] = min(moments[0], first), max(moments[1], last)
    return seen


async def _write_states(tx: Tx, people: People, batch: Batch, now: datetime) -> list[str]:
    """Lay the batch's traits over the stored ones; returns the identifiers with other values."""
    if not batch.states:
        return []
    keys = sorted(batch.states)
    stored = await rows.load_states(tx, workspace_id=people.workspace_id, keys=keys)
    written: dict[str, TraitState] = {}
    restated: list[str] = []
    news: list[tuple[TraitState, TraitState]] = []
    for key in keys:
        old = stored.get(key, {})
        state = {name: list(value) for name, value in old.items()}
        is_other = False
        for name, (value, ms) in sorted(batch.states[key].items()):
            is_other |= put_trait(state, name, value, ms)
        if is_other:
            written[key] = state
            if not same_values(old, state):
                restated.append(key)
                news.append((old, state))
    await rows.write_states(tx, workspace_id=people.workspace_id, states=written)
    await register_traits(tx, workspace_id=people.workspace_id, news=news, now=now)
    return restated


class Outcome:
    """What changed for whom, and telling it to everybody who has to know."""

    def __init__(self, people: People, created: Iterable[int] = ()) -> None:
        self._people = people
        self._created = set(created)
        self._losers: set[int] = set()
        self._parted_homes: set[int] = set()
        self._moved: list[str] = []
        self.changed: set[int] = set(created)
        self.merged: list[tuple[int, int]] = []
        self.parted: list[tuple[int, int]] = []

    def note_merges(self, before: dict[int, Home], resettled: Iterable[int]) -> None:
        """Note homes whose final profile is another one than `before`."""
        for one in sorted(resettled):
            home, old = self._people.homes[one], before.get(one)
            self.changed |= {one, home.root}
            if old is not None and old.merged_into is not None:
                self._losers.add(old.merged_into)
                self._parted_homes.add(one)
                self.parted.append((one, old.merged_into))
            if home.merged_into is not None:
                self.merged.append((one, home.merged_into))

    def note_keys(self, keys: Iterable[str]) -> None:
        """Note identifiers that are new, or of which something else is said than before."""
        for key in keys:
            home = self._people.known[key].home
            self.changed |= {home, self._people.homes[home].root}

    def note_moves(self, before: dict[int, Home], moved: Iterable[str]) -> None:
        """Note identifiers that left a home with what was said under them."""
        for key in moved:
            home = self._people.stored_home(key)
            if home is not None:
                self._moved.append(key)
                self._losers.add(before[home].root)

    async def write(
        self, tx: Tx, *, touched: Iterable[int], bus: Bus | None, now: datetime
    ) -> None:
        """Bring lists up to date, note what ClickHouse must learn, and tell the bus."""
        ws = self._people.workspace_id
        self.changed |= self._losers
        await refresh(tx, workspace_id=ws, profile_ids=sorted(self.changed))
        await note_changes(
            tx,
            workspace_id=ws,
            changed=sorted(self.changed),
            touched=sorted(set(touched) - self.changed),
            losers=sorted(self._losers),
            forget=await self._forgotten(tx),
        )
        if bus is None:
            return
        if self.parted:
            await bus.publish(tx, ProfilesParted(workspace_id=ws, pairs=self.parted, now=now))
        # A profile that was born into a merge has no past that others could hold.
        pairs = [pair for pair in self.merged if pair[0] not in self._created]
        if pairs:
            await bus.publish(tx, ProfilesMerged(workspace_id=ws, pairs=pairs, now=now))

    async def _forgotten(self, tx: Tx) -> list[str]:
        """Return names of traits that left somebody with an identifier or a profile."""
        ws, keys = self._people.workspace_id, set(self._moved)
        if self._parted_homes:
            homes = sorted(self._parted_homes)
            keys |= set(
                await rows.load_members(tx, workspace_id=ws, home_ids=homes, anonymous=True)
            )
        states = await rows.load_states(tx, workspace_id=ws, keys=sorted(keys))
        return sorted({name for state in states.values() for name in state})
