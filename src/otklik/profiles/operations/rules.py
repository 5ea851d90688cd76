"""Rules of identity: setting them, and holding people who are known already to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.kit.errors import Invalid, Problem
from otklik.kit.i18n import Text
from otklik.profiles import tables as t
from otklik.profiles.model.identifiers import ADDRESSES, is_own_kind, priority_problem
from otklik.profiles.model.identity import USERS_PER_PERSON_MAX
from otklik.profiles.model.runs import PeopleRunKind, PeopleRunStage, PeopleRunState
from otklik.profiles.model.structs import IdentityRules
from otklik.profiles.operations import loads, runs, statements
from otklik.profiles.operations.outcome import Outcome
from otklik.profiles.operations.people import People
from otklik.profiles.queries.registry import get_rules
from otklik.runtime.public import Bus, Tx

APPLIED_AT_ONCE = 500
"""Identifiers in one transaction: the workspace's identity lock is held that long."""
KINDS_MAX = 50


def check_rules(rules: IdentityRules) -> None:
    """Raise Invalid with a problem per field of rules that make no sense."""
    import phonenumbers

    problems: list[Problem] = []
    region = rules.default_region
    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        what = Text(en="The country is not known.", ru="Страна неизвестна.")
        problems.append(Problem("default_region", what, code="region"))
    for path, kinds, allowed in (
        ("merge_by", rules.merge_by, frozenset[str]()),
        ("shared_kinds", rules.shared_kinds, ADDRESSES),
    ):
        is_good = all(kind in allowed or is_own_kind(kind) for kind in kinds)
        if not is_good or len(set(kinds)) < len(kinds) or len(kinds) > KINDS_MAX:
            what = Text(
                en="This is no list of kinds of identifiers.",
                ru="Это не список видов идентификаторов.",
            )
            problems.append(Problem(path, what, code="kinds"))
    on = set(rules.merge_by)
    on |= {kind for kind, is_on in (("email", rules.merge_by_email),) if is_on}
    on |= {kind for kind, is_on in (("phone", rules.merge_by_phone),) if is_on}
    if on & set(rules.shared_kinds):
        what = Text(
            en="What several people may share cannot join people.",
            ru="Общее для нескольких людей не может их объединять.",
        )
        problems.append(Problem("shared_kinds", what, code="shared_and_joining"))
    if len(rules.priority) > KINDS_MAX or priority_problem(rules.priority):
        what = Text(
            en="The order names e-mail, phone and “*” once each, own kinds right before “*”.",
            ru="В порядке по разу названы почта, телефон и «*», свои виды — прямо перед «*».",
        )
        problems.append(Problem("priority", what, code="priority"))
    if problems:
        raise Invalid(what=", ".join(one.path for one in problems), problems=problems)


async def set_rules(
    tx: Tx,
    *,
    workspace_id: int,
    rules: IdentityRules,
    now: datetime,
    requested_by: UUID | None = None,
) -> UUID | None:
    """Set the workspace's rules of identity. Raises: Invalid.

    Which kinds join people is held to for those known already too, by a run whose id is returned
    (None: nothing of that has changed); the caller defers the job `profiles.apply_rules` for it.
    Which kinds are shared, and their order, holds for what comes from now on.
    """
    check_rules(rules)
    await statements.lock_identities(tx, workspace_id=workspace_id)
    before = await get_rules(tx, workspace_id=workspace_id)
    values = {
        "merge_by_email": rules.merge_by_email,
        "merge_by_phone": rules.merge_by_phone,
        "default_region": rules.default_region,
        "merge_by": list(rules.merge_by),
        "shared_kinds": list(rules.shared_kinds),
        "priority": list(rules.priority),
    }
    await tx.execute(
        insert(t.identity_rules)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values)
    )
    changed = before.joining ^ rules.joining
    if not changed:
        return None
    for row in await runs.replace_open(
        tx, workspace_id=workspace_id, kind=PeopleRunKind.RULES, now=now
    ):
        # What the other run had not reached yet is this one's work.
        changed |= set(row.facts.get("kinds", []))
    return await runs.open_run(
        tx,
        workspace_id=workspace_id,
        kind=PeopleRunKind.RULES,
        now=now,
        facts={"kinds": sorted(changed), "merged": 0, "parted": 0},
        requested_by=requested_by,
    )


async def apply_again(
    tx: Tx, *, workspace_id: int, now: datetime, requested_by: UUID | None = None
) -> UUID | None:
    """Write a run over all identifiers that two users share; None when one is open already."""
    s = t.shared_identifiers.c
    kinds = sa.select(s.kind).where(s.workspace_id == workspace_id).distinct()
    return await runs.open_run(
        tx,
        workspace_id=workspace_id,
        kind=PeopleRunKind.RULES,
        now=now,
        facts={"kinds": sorted((await tx.execute(kinds)).scalars()), "merged": 0, "parted": 0},
        requested_by=requested_by,
    )


async def apply_some(
    tx: Tx,
    *,
    workspace_id: int,
    run_id: UUID,
    now: datetime,
    bus: Bus | None = None,
    at_once: int = APPLIED_AT_ONCE,
) -> bool:
    """Hold the next people of a run to the rules of today; False when none is left.

    Repeatable: the place where it goes on is written in the same transaction.
    """
    await statements.lock_identities(tx, workspace_id=workspace_id)
    run = await runs.take_run(tx, workspace_id=workspace_id, run_id=run_id, now=now)
    if run is None:
        return False
    kinds = list(run.facts["kinds"])
    total = run.total or await _count(tx, workspace_id, kinds)
    place = run.place.get("after", ["", ""])
    found = await statements.fetch(
        tx,
        """
        SELECT DISTINCT kind, value FROM shared_identifiers
        WHERE workspace_id = %s AND kind = ANY(%s) AND (kind, value) > (%s, %s)
        ORDER BY kind, value LIMIT %s
        """,
        (workspace_id, kinds, *place, at_once),
    )
    merged, parted = await _settle(tx, workspace_id, found, now, bus) if found else (0, 0)
    await runs.note_progress(
        tx,
        workspace_id=workspace_id,
        run_id=run_id,
        stage=PeopleRunStage.JOINING,
        done=min(run.done + len(found), total),
        total=total,
        facts={
            "merged": run.facts.get("merged", 0) + merged,
            "parted": run.facts.get("parted", 0) + parted,
        },
        place={"after": list(found[-1]) if found else place},
    )
    if len(found) < at_once:
        await runs.end_run(
            tx, workspace_id=workspace_id, run_id=run_id, state=PeopleRunState.DONE, now=now
        )
        return False
    return True


async def _settle(
    tx: Tx, workspace_id: int, shared: list[tuple[str, str]], now: datetime, bus: Bus | None
) -> tuple[int, int]:
    """Settle everybody who shares one of these identifiers; returns how many joined and parted."""
    rules = await get_rules(tx, workspace_id=workspace_id)
    people = People(workspace_id, rules)
    async with statements.probing(tx):
        users = await loads.load_users_of(
            tx, workspace_id=workspace_id, shared=shared, per_value=USERS_PER_PERSON_MAX + 1
        )
        await people.learn_keys(tx, users)
        await people.reach(tx, {people.known[user].home for user in users if user in people.known})
        before = dict(people.homes)
        resettled = people.settle()
        await people.write(tx, first_ms={}, now=now)
        outcome = Outcome(people)
        outcome.note_merges(before, resettled)
        await outcome.write(tx)
    await outcome.publish(tx, bus, now)
    return len(outcome.merged), len(outcome.parted)


async def _count(tx: Tx, workspace_id: int, kinds: list[str]) -> int:
    s = t.shared_identifiers.c
    shared = (
        sa.select(s.kind, s.value)
        .where(s.workspace_id == workspace_id, s.kind.in_(kinds))
        .distinct()
        .subquery()
    )
    return int((await tx.execute(sa.select(sa.func.count()).select_from(shared))).scalar_one())
