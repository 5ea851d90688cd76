"""Writes of the sending policy: the rules themselves, and the ledger of what was reserved.

A message is reserved in the transaction that marks it for the network, and stays reserved unless
it surely did not go. Whoever reserves locks the people's rows by ascending profile, and looks at
them after that, so any number of workers and mailings together keep the limits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.delivery.policy.control import note_control
from otklik.delivery.policy.errors import PolicyChanged, PolicyInvalid
from otklik.delivery.policy.model import (
    KEPT_DAYS,
    NO_POLICY,
    Allowance,
    SendingPolicy,
    allowance,
)
from otklik.delivery.policy.queries import marks_of, policy_row, read_policy
from otklik.delivery.policy.tables import frequency_ledger, sending_policies
from otklik.delivery.policy.waking import frees, wake_waiting
from otklik.profiles.public import ProfilesMerged, current_ids
from otklik.runtime.public import Tx


class Wish(NamedTuple):
    """One message that asks to go on a day of its person; `held` as in `allowance`."""

    message_id: int
    profile_id: int
    day: int
    held: int = 0


# A row that is there is locked without being changed: the condition is asked after the lock.
_LOCK = sa.text(
    """
    INSERT INTO frequency_ledger AS l (workspace_id, profile_id)
    SELECT :workspace_id, one FROM unnest(CAST(:profile_ids AS bigint[])) AS one ORDER BY one
    ON CONFLICT (workspace_id, profile_id) DO UPDATE SET last_day = l.last_day WHERE false
    """
)

_ADD = sa.text(
    """
    UPDATE frequency_ledger l
       SET marks = kept.marks || o.mark, message_ids = kept.ids || o.message_id,
           last_day = greatest(l.last_day, o.mark / 2)
      FROM unnest(CAST(:profile_ids AS bigint[]), CAST(:message_ids AS bigint[]),
                  CAST(:marks AS int[])) AS o(profile_id, message_id, mark)
     CROSS JOIN LATERAL (
           SELECT coalesce(array_agg(u.mark), '{}') AS marks, coalesce(array_agg(u.id), '{}') AS ids
             FROM frequency_ledger x, unnest(x.marks, x.message_ids) AS u(mark, id)
            WHERE x.workspace_id = :workspace_id AND x.profile_id = o.profile_id
              AND u.id <> o.message_id AND u.mark / 2 >= o.mark / 2 - :kept_days) kept
     WHERE l.workspace_id = :workspace_id AND l.profile_id = o.profile_id
    """
)

_FIND = sa.text(
    """
    SELECT profile_id FROM frequency_ledger
     WHERE workspace_id = :workspace_id AND profile_id = ANY(:profile_ids)
       AND message_ids && CAST(:message_ids AS bigint[])
     ORDER BY profile_id
       FOR UPDATE
    """
)

_TAKE_OUT = sa.text(
    """
    UPDATE frequency_ledger l
       SET marks = kept.marks, message_ids = kept.ids
      FROM frequency_ledger x
     CROSS JOIN LATERAL (
           SELECT coalesce(array_agg(u.mark), '{}') AS marks, coalesce(array_agg(u.id), '{}') AS ids
             FROM unnest(x.marks, x.message_ids) AS u(mark, id)
            WHERE u.id <> ALL(CAST(:message_ids AS bigint[]))) kept
     WHERE x.workspace_id = :workspace_id AND x.profile_id = ANY(:profile_ids)
       AND l.workspace_id = x.workspace_id AND l.profile_id = x.profile_id
    """
)


async def set_sending_policy(
    tx: Tx, *, workspace_id: int, policy: SendingPolicy, version: int, now: datetime
) -> int:
    """Put the rules in place of those of `version` (0: none were there); returns the new version.

    Messages that wait because of the rules before are looked at again by the new ones.

    Raises: PolicyInvalid; PolicyChanged if somebody else changed them meanwhile.
    """
    problems = policy.problems()
    if problems:
        raise PolicyInvalid(problems=problems)
    row = await policy_row(tx, workspace_id=workspace_id, lock=True)
    if (row.version if row else 0) != version:
        raise PolicyChanged()
    values = {"policy": msgspec.to_builtins(policy), "version": version + 1, "updated_at": now}
    written = await tx.execute(
        insert(sending_policies)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(
            index_elements=["workspace_id"],
            set_=values,
            where=sending_policies.c.version == version,
        )
    )
    if not written.rowcount:
        raise PolicyChanged()
    before = NO_POLICY if row is None else read_policy(row.policy)
    if before.global_control != policy.global_control:
        await note_control(tx, workspace_id=workspace_id, control=policy.global_control, now=now)
    if frees(before, policy):
        await wake_waiting(tx, workspace_id=workspace_id, now=now)
    return version + 1


async def reserve(
    tx: Tx,
    *,
    workspace_id: int,
    policy: SendingPolicy,
    mass: bool,
    wishes: Sequence[Wish],
) -> dict[int, Allowance]:
    """Reserve messages and return those that may not go, by message; three statements in all.

    Each person may be in `wishes` once. Until `tx` ends nobody else can reserve for these people.
    A message that is reserved already is moved to the new day, or stays where it was if refused.
    """
    if not wishes:
        return {}
    ids = sorted({wish.profile_id for wish in wishes})
    assert len(ids) == len(wishes), "each person once"
    await tx.execute(_LOCK, {"workspace_id": workspace_id, "profile_ids": ids})
    marks = await marks_of(tx, workspace_id=workspace_id, profile_ids=ids)
    refused: dict[int, Allowance] = {}
    granted: list[Wish] = []
    for wish in wishes:
        said = allowance(
            policy,
            marks.get(wish.profile_id, ()),
            day=wish.day,
            mass=mass,
            message_id=wish.message_id,
            held=wish.held,
        )
        if said is Allowance.FREE:
            granted.append(wish)
        else:
            refused[wish.message_id] = said
    if granted:
        await tx.execute(
            _ADD,
            {
                "workspace_id": workspace_id,
                "profile_ids": [wish.profile_id for wish in granted],
                "message_ids": [wish.message_id for wish in granted],
                "marks": [wish.day * 2 + mass for wish in granted],
                "kept_days": KEPT_DAYS,
            },
        )
    return refused


async def give_back(tx: Tx, *, workspace_id: int, messages: Mapping[int, int]) -> None:
    """Take back what was reserved for messages that surely did not go: {message: profile}.

    Messages without a reservation are passed over; repeating changes nothing.
    """
    if not messages:
        return
    owners = set(messages.values())
    # A person may have been merged into another since; his reservations went with him.
    current = await current_ids(tx, workspace_id=workspace_id, profile_ids=sorted(owners))
    found = await tx.execute(
        _FIND,
        {
            "workspace_id": workspace_id,
            "profile_ids": sorted(owners | set(current.values())),
            "message_ids": list(messages),
        },
    )
    profile_ids = list(found.scalars())
    if profile_ids:
        await tx.execute(
            _TAKE_OUT,
            {
                "workspace_id": workspace_id,
                "profile_ids": profile_ids,
                "message_ids": list(messages),
            },
        )


async def on_profiles_merged(event: ProfilesMerged, tx: Tx) -> None:
    """Subscriber: what was sent to either profile of a person counts for the person."""
    into: dict[int, list[int]] = defaultdict(list)
    for old, new in _pairs(event):
        into[new].append(old)
    if not into:
        return
    rows = (
        await tx.execute(
            sa.select(frequency_ledger)
            .where(
                frequency_ledger.c.workspace_id == event.workspace_id,
                frequency_ledger.c.profile_id.in_(
                    {*into, *(o for olds in into.values() for o in olds)}
                ),
            )
            .order_by(frequency_ledger.c.profile_id)
            .with_for_update()
        )
    ).all()
    ledger = {row.profile_id: row for row in rows}
    for new, olds in sorted(into.items()):
        parts = [ledger[one] for one in (new, *olds) if one in ledger]
        if not any(one in ledger for one in olds):
            continue
        merged = {
            message_id: mark
            for part in parts
            for message_id, mark in zip(part.message_ids, part.marks, strict=True)
        }
        values = {
            "marks": list(merged.values()),
            "message_ids": list(merged),
            "last_day": max(part.last_day for part in parts),
        }
        await tx.execute(
            insert(frequency_ledger)
            .values(workspace_id=event.workspace_id, profile_id=new, **values)
            .on_conflict_do_update(index_elements=["workspace_id", "profile_id"], set_=values)
        )
        await forget_people(tx, workspace_id=event.workspace_id, profile_ids=olds)


def _pairs(event: ProfilesMerged) -> Iterable[tuple[int, int]]:
    return [(int(old), int(new)) for old, new in event.pairs]


async def forget_people(tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]) -> int:
    """Remove people from the ledger; returns how many rows there were."""
    gone = await tx.execute(
        frequency_ledger.delete().where(
            frequency_ledger.c.workspace_id == workspace_id,
            frequency_ledger.c.profile_id
            == sa.func.any(sa.literal(list(profile_ids), sa.ARRAY(sa.BigInteger))),
        )
    )
    return gone.rowcount


async def thin_ledger(tx: Tx, *, today: date) -> int:
    """Remove rows that no window reaches back to any more; returns how many."""
    gone = await tx.execute(
        frequency_ledger.delete().where(
            frequency_ledger.c.last_day < (today - timedelta(days=KEPT_DAYS)).toordinal()
        )
    )
    return gone.rowcount
