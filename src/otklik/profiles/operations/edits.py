"""Edits by a person: traits, merges, and undoing them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from otklik.accounts.public import Principal
from otklik.kit.errors import Problem
from otklik.kit.i18n import Text
from otklik.kit.ids import new_id
from otklik.profiles import tables as t
from otklik.profiles.errors import (
    BadTraits,
    MergeNotFound,
    NoIdentifier,
    UnableToMerge,
    UnableToUndo,
)
from otklik.profiles.model.identity import Link, order_of
from otklik.profiles.model.structs import MergeReason
from otklik.profiles.model.traits import (
    TRAIT_REFUSAL_TEXTS,
    TraitState,
    check_traits,
    join_states,
    put_trait,
    same_values,
    values_of,
)
from otklik.profiles.operations import loads, rows, statements
from otklik.profiles.operations.computed import BAND_MS
from otklik.profiles.operations.outcome import Outcome
from otklik.profiles.operations.people import People
from otklik.profiles.operations.refresh import note_changes, refresh, register_traits
from otklik.profiles.queries.cards import root_of
from otklik.profiles.queries.registry import get_rules
from otklik.runtime.public import Bus, Tx

_COMPUTED = Text(
    en="This trait is computed and cannot be set by hand.",
    ru="Это свойство вычисляется, его нельзя задать вручную.",
)


async def set_traits(
    tx: Tx,
    *,
    workspace_id: int,
    profile_id: int,
    traits: dict[str, Any],
    now: datetime,
    editor: Principal | None = None,
) -> None:
    """Set traits of a person by hand; null removes one.

    They are kept under the person's strongest identifier, so they stay with it when a merge is
    undone. `editor`: who does it; what was there before is then noted. Raises: ProfileNotFound,
    BadTraits with a problem per trait (also for one that is computed); then nothing is stored.
    """
    kept, refused = check_traits(traits)
    if refused:
        raise BadTraits(
            problems=[
                Problem(f"traits.{name}", TRAIT_REFUSAL_TEXTS[reason], code=reason.value)
                for name, reason in refused
            ]
        )
    await statements.lock_identities(tx, workspace_id=workspace_id)
    root = await root_of(tx, workspace_id=workspace_id, profile_id=profile_id)
    homes = await loads.load_people(tx, workspace_id=workspace_id, home_ids=[root])
    members = await loads.load_members(
        tx, workspace_id=workspace_id, home_ids=sorted(homes), anonymous=True
    )
    if not members:
        raise NoIdentifier(profile_id=root)
    states = await loads.load_states(tx, workspace_id=workspace_id, keys=sorted(members))
    before = join_states(list(states.values()))
    computed = sorted(name for name in kept if name in before and before[name][1] >= BAND_MS)
    if computed:
        raise BadTraits(
            problems=[Problem(f"traits.{name}", _COMPUTED, code="computed") for name in computed]
        )
    key = min(members, key=order_of)
    old = states.get(key, {})
    new = {name: list(value) for name, value in old.items()}
    newest = max(
        (value[1] for state in states.values() for n, value in state.items() if n in kept),
        default=0,
    )
    # An edit is later than all that is known, even where a device's clock was fast.
    ms = max(round(now.timestamp() * 1000), newest + 1)
    for name, value in sorted(kept.items()):
        put_trait(new, name, value, ms)
    await rows.write_states(tx, workspace_id=workspace_id, states={key: new})
    if not same_values(old, new):
        await register_traits(tx, workspace_id=workspace_id, news=[(old, new)], now=now)
    await refresh(tx, workspace_id=workspace_id, profile_ids=[root])
    await note_changes(tx, workspace_id=workspace_id, changed=[root])
    if editor is not None:
        await _note_edits(tx, editor, root, before, kept, now)


async def _note_edits(
    tx: Tx,
    editor: Principal,
    profile_id: int,
    before: TraitState,
    traits: dict[str, Any],
    now: datetime,
) -> None:
    old = values_of(before)
    lines = [
        {
            "id": new_id(),
            "workspace_id": editor.workspace_id,
            "profile_id": profile_id,
            "trait": name,
            "before": old.get(name),
            "after": value,
            "user_id": editor.user_id,
            "key_id": editor.key_id,
            "ip": editor.ip,
            "at": now,
        }
        for name, value in sorted(traits.items())
        if old.get(name) != value or type(old.get(name)) is not type(value)
    ]
    if lines:
        await tx.execute(t.trait_edits.insert(), lines)


async def merge_profiles(
    tx: Tx,
    *,
    workspace_id: int,
    from_id: int,
    into_id: int,
    now: datetime,
    bus: Bus | None = None,
) -> int:
    """Join two people by hand; returns the id of the profile that stays (that of `into_id`).

    Raises: ProfileNotFound, UnableToMerge when they are one already.
    """
    await statements.lock_identities(tx, workspace_id=workspace_id)
    source = await root_of(tx, workspace_id=workspace_id, profile_id=from_id)
    target = await root_of(tx, workspace_id=workspace_id, profile_id=into_id)
    if source == target:
        raise UnableToMerge(from_id=from_id, into_id=into_id)
    people = People(workspace_id, await get_rules(tx, workspace_id=workspace_id))
    await people.reach(tx, [source, target])
    before = dict(people.homes)
    # What a person joins, no earlier separation keeps apart.
    people.homes[source] = people.homes[source]._replace(apart=False)
    people.force(source, target, MergeReason.MANUAL)
    await _settle(tx, people, before, now, bus)
    return people.homes[source].root


async def undo_merge(
    tx: Tx,
    *,
    workspace_id: int,
    profile_id: int,
    merge_id: UUID,
    now: datetime,
    bus: Bus | None = None,
) -> int:
    """Take a profile out of a merge, with its identifiers, traits and those merged into it.

    It is never merged again by a rule, only by hand. Returns the id of the profile that is on its
    own again. Raises: ProfileNotFound, MergeNotFound, UnableToUndo.
    """
    await statements.lock_identities(tx, workspace_id=workspace_id)
    root = await root_of(tx, workspace_id=workspace_id, profile_id=profile_id)
    m = t.merges.c
    edge = (
        await tx.execute(
            sa.select(t.merges).where(m.workspace_id == workspace_id, m.id == merge_id)
        )
    ).one_or_none()
    if edge is None:
        raise MergeNotFound(merge_id=merge_id)
    if root not in {
        await root_of(tx, workspace_id=workspace_id, profile_id=one)
        for one in (edge.from_id, edge.into_id)
    }:
        raise MergeNotFound(merge_id=merge_id)
    if edge.undone_at is not None:
        raise UnableToUndo()
    people = People(workspace_id, await get_rules(tx, workspace_id=workspace_id))
    await people.reach(tx, [edge.from_id, edge.into_id])
    before = dict(people.homes)
    people.homes[edge.from_id] = people.homes[edge.from_id]._replace(apart=True)
    people.drop_edge(Link(edge.from_id, edge.into_id, MergeReason(edge.reason), edge.forced))
    await rows.write_links(tx, workspace_id=workspace_id, added=[], ended=[merge_id], now=now)
    await _settle(tx, people, before, now, bus)
    return int(edge.from_id)


async def _settle(
    tx: Tx, people: People, before: dict[int, Any], now: datetime, bus: Bus | None
) -> None:
    resettled = people.settle()
    await people.write(tx, first_ms={}, now=now)
    outcome = Outcome(people)
    outcome.note_merges(before, resettled)
    await outcome.write(tx)
    await outcome.publish(tx, bus, now)
