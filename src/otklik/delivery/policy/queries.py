"""Reads of the sending policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from otklik.delivery.policy.hours import UTC_ZONE, free_from, zone_of
from otklik.delivery.policy.model import NO_POLICY, Mark, SendingPolicy
from otklik.delivery.policy.tables import frequency_ledger, sending_policies
from otklik.runtime.public import Tx

_HELD = sa.text(
    """
    SELECT m.profile_id, count(*) AS n
      FROM mailings h
      JOIN messages m ON m.mailing_id = h.mailing_id AND m.profile_id = ANY(:profile_ids)
      LEFT JOIN frequency_ledger l
        ON l.workspace_id = h.workspace_id AND l.profile_id = m.profile_id
     WHERE h.workspace_id = :workspace_id AND h.state IN ('preparing', 'running')
       AND h.source_kind = 'campaign' AND NOT h.service AND h.priority > :priority
       AND m.state = 'planned'
       AND m.message_id <> ALL(coalesce(l.message_ids, '{}'))
     GROUP BY m.profile_id
    """
)


async def sending_policy(tx: Tx, *, workspace_id: int) -> SendingPolicy:
    """Return the rules of a workspace; without any, rules that hold nothing back."""
    row = await policy_row(tx, workspace_id=workspace_id)
    return NO_POLICY if row is None else read_policy(row.policy)


def quiet_until(policy: SendingPolicy, zone: str, moment: datetime) -> datetime | None:
    """Return when the quiet hours or the holiday of a moment end in a zone; None: it is not quiet.

    Shapes: `zone` is an IANA name; a name that is none counts as UTC.
    """
    free = free_from(policy, zone_of(zone, UTC_ZONE), moment)
    return free if free is not None and free > moment else None


async def policy_row(tx: Tx, *, workspace_id: int, lock: bool = False) -> Any:
    """Return the row of the rules, or None."""
    query = sa.select(sending_policies).where(sending_policies.c.workspace_id == workspace_id)
    return (await tx.execute(query.with_for_update() if lock else query)).one_or_none()


def read_policy(stored: dict[str, Any]) -> SendingPolicy:
    return msgspec.convert(stored, SendingPolicy, strict=False)


async def marks_of(
    tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]
) -> dict[int, list[Mark]]:
    """Return what the ledger has of people; those without an entry are left out."""
    rows = await tx.execute(
        sa.select(
            frequency_ledger.c.profile_id,
            frequency_ledger.c.marks,
            frequency_ledger.c.message_ids,
        ).where(
            frequency_ledger.c.workspace_id == workspace_id,
            frequency_ledger.c.profile_id
            == sa.func.any(sa.literal(list(profile_ids), sa.ARRAY(sa.BigInteger))),
        )
    )
    return {
        row.profile_id: [
            Mark(number // 2, bool(number % 2), message_id)
            for number, message_id in zip(row.marks, row.message_ids, strict=True)
        ]
        for row in rows
        if row.marks
    }


async def held_for_others(
    tx: Tx, *, workspace_id: int, priority: int, profile_ids: Sequence[int]
) -> Counter[int]:
    """Count, per person, messages of more important mailings that wait and have no reservation."""
    rows = await tx.execute(
        _HELD,
        {
            "workspace_id": workspace_id,
            "priority": priority,
            "profile_ids": list(profile_ids),
        },
    )
    return Counter({row.profile_id: int(row.n) for row in rows})
