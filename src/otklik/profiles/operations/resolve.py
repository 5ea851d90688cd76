"""Identity resolution: a batch of observations becomes profiles, merges and traits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

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
    await _add_former_backers(tx, people, batch, seeds)
    await people.reach(tx, seeds)
    moved = await _move(tx, people, movers)
    resettled: set[int] = set()
    before = dict(people.homes)
    if seeds or new_homes:
        people.join_backed(batch.backers)
        resettled = people.settle()

    ids = await _number(tx, people, new_homes)
    resettled = {ids.get(one, one) for one in resettled}
    created = [ids[one] for one in new_homes]
    await _insert_homes(tx, people, batch, created)
    if changed or new_homes or resettled or moved or any(k not in before for k in people.homes):
        await people.write(tx, first_ms={k: v[0] for k, v in batch.seen.items()}, now=now)

    restated = await _write_states(tx, people, batch, now)
    result = _Outcome(people, created)
    result.note_merges(before, resettled)
    result.note_homes({people.known[key].home for key in restated})
    result.note_homes(people.known[key].home for key in keys if people.stored_home(key) is None)
    result.note_homes(home for key in moved for home in _both_homes(people, key))
    forget = await _forgotten(tx, people, moved, result.parted_from)
    touched = await rows.touch(
        tx,
        workspace_id=workspace_id,
        seen=_seen(people, batch, skip=set(created)),
        step_ms=LAST_SEEN_STEP_MS,
    )
    await refresh(tx, workspace_id=workspace_id, profile_ids=sorted(result.changed))
    await note_changes(
        tx,
        workspace_id=workspace_id,
        changed=sorted(result.changed),
        touched=sorted(set(touched) - result.changed),
        forget=forget,
    )
    if bus is not None:
        await result.publish(tx, bus, workspace_id, now)
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
    for key in keys:
        known = people.known[key]
        if people.stored_owner(key) != known.owner and known.owner is not None:
            seeds.add(people.known[claimer_of(known.owner)].home)
        if known.owner is None and known.device in people.known:
            assert known.device is not None
            if people.stored_device(key) != known.device:
                seeds.add(people.known[known.device].home)
    seeds -= {home for home in seeds if home >= NEW_HOME}
    return new_homes


async def _add_former_backers(tx: Tx, people: People, batch: Batch, seeds: set[int]) -> None:
    """Add the user to whom a trusted source gave an address in an earlier batch."""
    for address, users in batch.backers.items():
        owner = people.stored_owner(address)
        if owner is not None and is_trusted_user_claim(owner):
            users.add(claimer_of(owner))
    shared = {address for address, users in batch.backers.items() if len(users) > 1}
    wanted = {user for address in shared for user in batch.backers[address]}
    await people.learn_keys(tx, wanted)
    # A former device decides for whom a place is vacant when the device register moved.
    await people.learn_keys(tx, people.former_devices())
    seeds.update(people.known[user].home for user in wanted)
    seeds.update(people.known[d].home for d in people.former_devices() if d in people.known)
    seeds -= {home for home in seeds if home >= NEW_HOME}


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
        rows=[(one, people.homes[one].head, *seen[one]) for one in created],
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


async def _write_states(
    tx: Tx, people: People, batch: Batch, now: datetime
) -> list[str]:
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


def _both_homes(people: People, key: str) -> Iterable[int]:
    stored = people.stored_home(key)
    return (people.known[key].home,) if stored is None else (stored, people.known[key].home)


async def _forgotten(
    tx: Tx, people: People, moved: list[str], parted_from: dict[int, set[int]]
) -> list[str]:
    """Return names of traits that left a person together with an identifier or a profile."""
    keys = set(moved)
    if parted_from:
        members = await rows.load_members(
            tx,
            workspace_id=people.workspace_id,
            home_ids=sorted(parted_from),
            anonymous=True,
        )
        keys |= set(members)
    states = await rows.load_states(tx, workspace_id=people.workspace_id, keys=sorted(keys))
    return sorted({name for state in states.values() for name in state})


class _Outcome:
    """What changed for whom, as the rest of the program wants to hear it."""

    def __init__(self, people: People, created: list[int]) -> None:
        self._people = people
        self._created = set(created)
        self.changed: set[int] = set(created)
        self.merged: list[tuple[int, int]] = []
        self.parted: list[tuple[int, int]] = []
        self.parted_from: dict[int, set[int]] = {}

    def note_merges(self, before: dict[int, Home], moved: set[int]) -> None:
        for one in sorted(moved):
            home = self._people.homes[one]
            old = before.get(one)
            old_into = None if old is None else old.merged_into
            self.note_homes([one])
            if old_into is not None:
                self.changed.add(old_into)
                self.parted_from.setdefault(one, set()).add(old_into)
                if home.merged_into is None:
                    self.parted.append((one, old_into))
            if home.merged_into is not None:
                self.merged.append((one, home.merged_into))

    def note_homes(self, homes: Iterable[int]) -> None:
        for one in homes:
            home = self._people.homes.get(one)
            self.changed.add(one)
            if home is not None:
                self.changed.add(home.root)

    async def publish(self, tx: Tx, bus: Bus, workspace_id: int, now: datetime) -> None:
        if self.parted_from:
            pairs = [(one, into) for one, olds in self.parted_from.items() for into in olds]
            await bus.publish(
                tx, ProfilesParted(workspace_id=workspace_id, pairs=sorted(pairs), now=now)
            )
        # A profile that was born into a merge has no past that others could hold.
        pairs = [(one, into) for one, into in self.merged if one not in self._created]
        if pairs:
            await bus.publish(tx, ProfilesMerged(workspace_id=workspace_id, pairs=pairs, now=now))


def utc(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
