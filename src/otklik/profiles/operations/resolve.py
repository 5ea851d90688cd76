"""Identity resolution: a batch of observations becomes profiles, merges and traits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial

import msgspec

from otklik.profiles.model.batch import Batch
from otklik.profiles.model.identifiers import ADDRESSES, ANONYMOUS_ID, rank
from otklik.profiles.model.identity import (
    NEW_HOME,
    Home,
    Known,
    claimer_of,
    is_trusted_user_claim,
    kind_of,
)
from otklik.profiles.model.structs import Names, Observation, Resolution, Sightings
from otklik.profiles.model.traits import TraitState, put_trait, same_values
from otklik.profiles.operations import loads, rows, statements
from otklik.profiles.operations.memory import (
    LAST_SEEN_STEP_MS,
    IdentityMemory,
    Learned,
    is_plain,
    key_of,
)
from otklik.profiles.operations.outcome import Outcome
from otklik.profiles.operations.people import People
from otklik.profiles.operations.refresh import register_traits
from otklik.profiles.queries.registry import get_rules
from otklik.runtime.public import Bus, Tx


class StreamResolution(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a part of a stream.

    `observed`: of the observations. `sighted`: the profile of each sighting, 0 for nobody.
    `remember()` is called after the commit: only then may the memory know what was learned.
    """

    observed: Resolution
    sighted: list[int]
    remember: Callable[[], None]


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
    batch = Batch(observations, rules, now=now)
    await statements.lock_identities(tx, workspace_id=workspace_id)
    people = People(workspace_id, rules)
    outcome = await _resolve(tx, people, batch, now)
    await outcome.publish(tx, bus, now)
    return _resolution(people, batch, outcome)


async def resolve_stream(
    tx: Tx,
    *,
    workspace_id: int,
    observations: Sequence[Observation],
    sightings: Sightings,
    memory: IdentityMemory,
    now: datetime,
    bus: Bus | None = None,
) -> StreamResolution:
    """Do what `resolve_identities` does for a stream in which the same people come again.

    Most events only name somebody who was named so before. These are answered from `memory`, the
    others are resolved together with the observations; the outcome is the same.
    """
    rules = await get_rules(tx, workspace_id=workspace_id)
    await statements.lock_identities(tx, workspace_id=workspace_id)
    recall = await memory.recall(tx, workspace_id=workspace_id, rules=rules)
    sighted = recall.find(sightings)
    batch = Batch(
        observations, rules, now=now, sightings=_together(sightings, recall.unknown.values())
    )
    people = People(workspace_id, rules)
    outcome = await _resolve(tx, people, batch, now, recalled=recall.seen())
    await outcome.publish(tx, bus, now)
    learned = _take_sighted(sightings, recall.unknown, batch, people, sighted)
    if outcome.stale:
        # This very batch has joined or parted people who were answered from memory.
        again = _belonging_to(outcome.stale, sightings, sighted)
        batch_again = Batch([], rules, now=now, sightings=_together(sightings, again.values()))
        people_again = People(workspace_id, rules)
        await _resolve(tx, people_again, batch_again, now)
        learned += _take_sighted(sightings, again, batch_again, people_again, sighted)
    return StreamResolution(
        observed=_resolution(people, batch, outcome),
        sighted=sighted,
        remember=partial(recall.keep, learned, outcome.stale or None),
    )


def _take_sighted(
    sightings: Sightings,
    groups: dict[str, list[int]],
    batch: Batch,
    people: People,
    sighted: list[int],
) -> list[Learned]:
    """Put the profiles of looked-up groups into `sighted`; returns what can be remembered."""
    learned: list[Learned] = []
    for (key, positions), shape in zip(groups.items(), batch.sighted, strict=True):
        principal, ranked, _, refused, first_ms, last_ms = shape
        root = 0 if principal is None else people.root_of(principal)
        for position in positions:
            sighted[position] = root
        # Of what was refused every event tells anew.
        if root and not refused and is_plain(key, sightings.names[positions[0]]):
            homes = {people.known[one].home for _, one in ranked}
            learned.append(Learned(key, root, tuple(homes - {root}), first_ms, last_ms))
    return learned


def _belonging_to(
    roots: set[int], sightings: Sightings, sighted: list[int]
) -> dict[str, list[int]]:
    """Return the positions of sightings of these profiles, by shape."""
    groups: dict[str, list[int]] = {}
    for position, root in enumerate(sighted):
        if root in roots:
            key = key_of(sightings.names[position], sightings.trusted[position])
            groups.setdefault(key, []).append(position)
    return groups


def _together(
    sightings: Sightings, groups: Iterable[list[int]]
) -> Iterator[tuple[int, Names, bool, int, int]]:
    """Give sightings of one shape as one: (index, names, trusted, first ms, last ms)."""
    indexes, names, trusted = sightings.indexes, sightings.names, sightings.trusted
    times = sightings.times_ms
    for group in groups:
        one = group[0]
        moments = [times[position] for position in group]
        yield indexes[one], names[one], trusted[one], min(moments), max(moments)


def _resolution(people: People, batch: Batch, outcome: Outcome) -> Resolution:
    return Resolution(
        profile_ids=[0 if key is None else people.root_of(key) for key in batch.principals],
        created=sorted(outcome.created),
        changed=sorted(outcome.changed),
        merged=outcome.merged,
        parted=[one for one, _ in outcome.parted],
        refused=batch.refused,
    )


async def _resolve(
    tx: Tx,
    people: People,
    batch: Batch,
    now: datetime,
    *,
    recalled: dict[int, tuple[int, int]] | None = None,
) -> Outcome:
    """Change the tables; `recalled`: moments of profiles that the batch does not name."""
    if not batch.seen and not recalled:
        return Outcome(people)
    async with statements.probing(tx):
        return await _change(tx, people, batch, now, recalled or {})


async def _change(
    tx: Tx, people: People, batch: Batch, now: datetime, recalled: dict[int, tuple[int, int]]
) -> Outcome:
    await people.learn_keys(tx, batch.seen)
    order = batch.ranking.order
    new_keys = sorted((key for key in batch.seen if key not in people.known), key=order)
    changed, movers, seeds = _apply_claims(people, batch)
    new_homes = _give_homes(people, batch, new_keys, changed, seeds)
    shared = await _add_former(tx, people, batch, seeds)
    await people.reach(tx, seeds)
    moved = await _move(tx, people, movers)
    before = dict(people.homes)
    resettled: set[int] = set()
    if seeds or batch.devices or shared:
        resettled = people.settle()

    ids = dict(zip(new_homes, await rows.take_profile_ids(tx, len(new_homes)), strict=True))
    people.number(ids)
    resettled = {ids.get(one, one) for one in resettled}
    created = set(ids.values())
    seen = _seen(people, batch)
    await rows.insert_profiles(
        tx,
        workspace_id=people.workspace_id,
        rows=[(one, people.homes[one].head, *seen[one]) for one in sorted(created)],
    )
    if changed or new_keys or resettled or moved:
        await people.write(tx, first_ms={key: batch.seen[key][0] for key in new_keys}, now=now)
    await rows.write_shared(tx, workspace_id=people.workspace_id, shared=shared)
    restated = await _write_states(tx, people, batch, now)
    # Which of several addresses is the newest must not hang on what came late.
    older = await rows.lower_first_seen(
        tx,
        workspace_id=people.workspace_id,
        first_ms={
            key: moments[0]
            for key, moments in batch.seen.items()
            if kind_of(key) in ADDRESSES and people.stored_home(key) is not None
        },
    )

    outcome = Outcome(people, created)
    outcome.note_merges(before, resettled)
    outcome.note_keys([*restated, *new_keys, *moved, *older])
    outcome.note_moves(before, moved)
    touched = await rows.touch(
        tx,
        workspace_id=people.workspace_id,
        seen=_joined({one: seen[one] for one in seen if one not in created}, recalled),
        step_ms=LAST_SEEN_STEP_MS,
    )
    await outcome.write(tx, touched=touched)
    return outcome


def _apply_claims(people: People, batch: Batch) -> tuple[list[str], set[int], set[int]]:
    """Lower the registers of known identifiers; returns those changed, homes that some
    identifier leaves, and homes whose people must be looked at."""
    changed: list[str] = []
    movers: set[int] = set()
    seeds: set[int] = set()
    for key in sorted({*batch.owners, *batch.devices}):
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
    people: People, batch: Batch, new_keys: list[str], changed: list[str], seeds: set[int]
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
    for key in new_keys:
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
        is_other = known.device != people.stored_device(key)
        if known.owner is None and known.device is not None and is_other:
            seeds.add(people.known[known.device].home)
    return new_homes


async def _add_former(tx: Tx, people: People, batch: Batch, seeds: set[int]) -> dict[str, set[str]]:
    """Look at those whom an earlier batch named: trusted owners of an address, former devices.

    Returns the users of identifiers that were given to two or more.
    """
    for address, users in batch.backers.items():
        owner = people.stored_owner(address)
        if owner is not None and is_trusted_user_claim(owner):
            users.add(claimer_of(owner))
    shared = {key: users for key, users in batch.backers.items() if len(users) > 1}
    people.add_shared(shared)
    wanted = {user for users in shared.values() for user in users} | people.former_devices()
    await people.learn_keys(tx, wanted)
    seeds.update(people.known[key].home for key in wanted if key in people.known)
    return shared


async def _move(tx: Tx, people: People, movers: set[int]) -> list[str]:
    if not movers:
        return []
    await people.read_whole(tx, movers)
    return people.follow_owners(movers)


def _joined(
    a: dict[int, tuple[int, int]], b: dict[int, tuple[int, int]]
) -> dict[int, tuple[int, int]]:
    joined = a | b
    for one in a.keys() & b.keys():
        joined[one] = (min(a[one][0], b[one][0]), max(a[one][1], b[one][1]))
    return joined


def _seen(people: People, batch: Batch) -> dict[int, tuple[int, int]]:
    """Return the first and last moment of homes and of the people they belong to."""
    seen: dict[int, tuple[int, int]] = {}
    known, homes = people.known, people.homes
    for key, (first, last) in batch.seen.items():
        one: int | None = known[key].home
        while one is not None:
            moments = seen.get(one)
            if moments is None:
                seen[one] = (first, last)
            elif first < moments[0] or last > moments[1]:
                seen[one] = (min(moments[0], first), max(moments[1], last))
            one = homes[one].merged_into if one in homes else None
    return seen


async def _write_states(tx: Tx, people: People, batch: Batch, now: datetime) -> list[str]:
    """Lay the batch's traits over the stored ones; returns the identifiers with other values."""
    if not batch.states:
        return []
    keys = sorted(batch.states)
    stored = await loads.load_states(tx, workspace_id=people.workspace_id, keys=keys)
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
