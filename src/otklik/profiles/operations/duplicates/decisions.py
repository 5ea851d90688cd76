"""What people decide about possible duplicates: two people after all, or one and the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.profiles import tables as t
from otklik.profiles.errors import UnableToMerge
from otklik.profiles.model.identity import USERS_PER_PERSON_MAX, Sets
from otklik.profiles.model.runs import PeopleRunStage, PeopleRunState
from otklik.profiles.model.structs import MergeReason
from otklik.profiles.operations import runs, statements
from otklik.profiles.operations.outcome import Outcome
from otklik.profiles.operations.people import People
from otklik.profiles.queries.cards import root_of
from otklik.profiles.queries.registry import current_ids, get_rules
from otklik.runtime.public import Bus, Tx

PEOPLE_PER_MERGE_MAX = 10
"""More profiles than this that hang together pair by pair are no duplicates but a mistake."""
MERGED_AT_ONCE = 200


async def refuse_pair(
    tx: Tx, *, workspace_id: int, one: int, other: int, now: datetime, user_id: UUID | None
) -> tuple[int, int]:
    """Remember for ever that two profiles are two people; returns their present ids in order.

    Raises: ProfileNotFound, UnableToMerge (they are one already).
    """
    left, right = await _pair(tx, workspace_id, one, other)
    await tx.execute(
        insert(t.duplicate_refusals)
        .values(
            workspace_id=workspace_id,
            left_id=left,
            right_id=right,
            user_id=user_id,
            refused_at=now,
        )
        .on_conflict_do_nothing()
    )
    await _mark(tx, workspace_id, left, right, refused=True)
    return left, right


async def take_back_refusal(tx: Tx, *, workspace_id: int, one: int, other: int) -> tuple[int, int]:
    """Forget that two profiles were said to be two people, whichever of their merged profiles it
    was said of. Raises: ProfileNotFound, UnableToMerge."""
    left, right = await _pair(tx, workspace_id, one, other)
    r = t.duplicate_refusals.c
    of_left, of_right = await _homes(tx, workspace_id, left), await _homes(tx, workspace_id, right)
    await tx.execute(
        t.duplicate_refusals.delete().where(
            r.workspace_id == workspace_id,
            sa.or_(
                sa.and_(r.left_id.in_(of_left), r.right_id.in_(of_right)),
                sa.and_(r.left_id.in_(of_right), r.right_id.in_(of_left)),
            ),
        )
    )
    await _mark(tx, workspace_id, left, right, refused=False)
    return left, right


async def _pair(tx: Tx, workspace_id: int, one: int, other: int) -> tuple[int, int]:
    ids = sorted(
        [await root_of(tx, workspace_id=workspace_id, profile_id=id_) for id_ in (one, other)]
    )
    if ids[0] == ids[1]:
        raise UnableToMerge(from_id=one, into_id=other)
    return ids[0], ids[1]


async def _homes(tx: Tx, workspace_id: int, root: int) -> list[int]:
    p = t.profiles.c
    rows = await tx.execute(
        sa.select(p.profile_id).where(p.workspace_id == workspace_id, p.merged_into == root)
    )
    return [root, *rows.scalars()]


async def _mark(tx: Tx, workspace_id: int, left: int, right: int, *, refused: bool) -> None:
    p = t.duplicate_pairs.c
    await tx.execute(
        t.duplicate_pairs.update()
        .where(p.workspace_id == workspace_id, p.left_id == left, p.right_id == right)
        .values(refused=refused)
    )


class Plan(NamedTuple):
    """What merging all pairs from a probability on would do.

    `merges`: (from, into). `people` would become `into`; of them `two_users` would have several
    user ids. `left_out`: pairs that would make one person of too many, or of two who were said to
    be two.
    """

    merges: list[tuple[int, int]]
    pairs: int
    people: int
    into: int
    two_users: int
    left_out: int


async def plan_merges(tx: Tx, *, workspace_id: int, least: float) -> Plan:
    """Work out what merging every pair with a probability of `least` or more would do."""
    rows = await statements.fetch(
        tx,
        """
        SELECT d.left_id, d.right_id, a.user_id IS NOT NULL, b.user_id IS NOT NULL
        FROM duplicate_pairs d
        JOIN profiles a ON a.profile_id = d.left_id AND a.merged_into IS NULL
        JOIN profiles b ON b.profile_id = d.right_id AND b.merged_into IS NULL
        WHERE d.workspace_id = %s AND NOT d.refused AND d.probability >= %s
        ORDER BY d.probability DESC, d.left_id, d.right_id
        """,
        (workspace_id, least),
    )
    users = {one: has for left, right, a, b in rows for one, has in ((left, a), (right, b))}
    refused = await _refused(tx, workspace_id, users)
    sets = Sets(users)
    members = {one: {one} for one in users}
    left_out = 0
    for left, right, _, _ in rows:
        a, b = sets.find(left), sets.find(right)
        if a == b:
            continue
        together = members[a] | members[b]
        count = sum(users[one] for one in together)
        is_refused = any(refused.get(one, _NOBODY) & together for one in together)
        if len(together) > PEOPLE_PER_MERGE_MAX or count > USERS_PER_PERSON_MAX or is_refused:
            left_out += 1
            continue
        members[sets.join(a, b)] = together
    merges: list[tuple[int, int]] = []
    two_users = into = 0
    for root in {sets.find(one) for one in users}:
        group = members[root]
        if len(group) < 2:
            continue
        into += 1
        two_users += sum(users[one] for one in group) > 1
        # Who has a user id stays, then who has been known longer.
        stays = min(group, key=lambda one: (not users[one], one))
        merges += [(one, stays) for one in sorted(group) if one != stays]
    return Plan(sorted(merges), len(rows), len(merges) + into, into, two_users, left_out)


_NOBODY: frozenset[int] = frozenset()


async def _refused(tx: Tx, workspace_id: int, among: Iterable[int]) -> dict[int, set[int]]:
    r = t.duplicate_refusals.c
    rows = (
        await tx.execute(sa.select(r.left_id, r.right_id).where(r.workspace_id == workspace_id))
    ).all()
    ids = sorted({one for row in rows for one in row})
    current = await current_ids(tx, workspace_id=workspace_id, profile_ids=ids)
    known = set(among)
    refused: dict[int, set[int]] = {}
    for left, right in rows:
        a, b = current.get(left), current.get(right)
        if a in known and b in known and a is not None and b is not None:
            refused.setdefault(a, set()).add(b)
            refused.setdefault(b, set()).add(a)
    return refused


async def merge_some(
    tx: Tx,
    *,
    workspace_id: int,
    run_id: UUID,
    now: datetime,
    bus: Bus | None = None,
    at_once: int = MERGED_AT_ONCE,
) -> bool:
    """Merge the next pairs of a run; False when none is left. Repeatable: what is merged is no
    pair any more."""
    await statements.lock_identities(tx, workspace_id=workspace_id)
    run = await runs.take_run(tx, workspace_id=workspace_id, run_id=run_id, now=now)
    if run is None:
        return False
    plan = await plan_merges(tx, workspace_id=workspace_id, least=float(run.facts["least"]))
    total = run.total or len(plan.merges)
    some = plan.merges[:at_once]
    merged = await merge_many(tx, workspace_id=workspace_id, merges=some, now=now, bus=bus)
    await runs.note_progress(
        tx,
        workspace_id=workspace_id,
        run_id=run_id,
        stage=PeopleRunStage.JOINING,
        done=min(run.done + len(some), total),
        total=total,
        facts={"merged": run.facts.get("merged", 0) + merged, "left_out": plan.left_out},
    )
    if len(some) < at_once:
        await runs.end_run(
            tx, workspace_id=workspace_id, run_id=run_id, state=PeopleRunState.DONE, now=now
        )
        return False
    return True


async def merge_many(
    tx: Tx,
    *,
    workspace_id: int,
    merges: Sequence[tuple[int, int]],
    now: datetime,
    bus: Bus | None = None,
) -> int:
    """Join many people by one decision of a person, as a set; returns how many profiles moved.

    `merges`: (from, into) of present profiles. The caller holds the identity lock.
    """
    if not merges:
        return 0
    people = People(workspace_id, await get_rules(tx, workspace_id=workspace_id))
    async with statements.probing(tx):
        await people.reach(tx, {one for pair in merges for one in pair})
        before = dict(people.homes)
        for source, target in merges:
            people.homes[source] = people.homes[source]._replace(apart=False)
            people.force(source, target, MergeReason.MANUAL)
        resettled = people.settle()
        await people.write(tx, first_ms={}, now=now)
        outcome = Outcome(people)
        outcome.note_merges(before, resettled)
        await outcome.write(tx)
    await outcome.publish(tx, bus, now)
    return len(outcome.merged)
