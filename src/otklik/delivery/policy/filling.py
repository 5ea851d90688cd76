"""What went out before anything was counted, put into the ledger when a workspace begins to count.

Without it a limit of three letters a week, set on a Thursday, would allow three more on top of what
people got since Monday.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.delivery.model import MASS_SOURCES
from otklik.delivery.policy.clocks import ZONE_OF_EACH
from otklik.delivery.policy.hours import UTC_ZONE, zone_of
from otklik.delivery.policy.model import KEPT_DAYS, day_of
from otklik.profiles.public import current_ids
from otklik.runtime.public import Runtime

FILL_JOB: Final = "delivery.fill_frequency_ledger"
_CHUNK = 20_000

_MAILINGS = sa.text(
    """
    SELECT mailing_id, source_kind FROM mailings
     WHERE workspace_id = :workspace_id AND NOT service
       AND (finished_at IS NULL OR finished_at >= :since)
     ORDER BY mailing_id
    """
)

# Those that surely did not arrive have another state.
_WENT = sa.text(
    """
    SELECT message_id, profile_id, occurrence, at FROM messages
     WHERE mailing_id = :mailing_id AND (profile_id, occurrence) > (:profile_id, :occurrence)
       AND state IN ('sent', 'in_doubt') AND at >= :since
     ORDER BY profile_id, occurrence
     LIMIT :chunk
    """
)

_FILL = sa.text(
    """
    INSERT INTO frequency_ledger AS l (workspace_id, profile_id, marks, message_ids, last_day)
    SELECT :workspace_id, o.profile_id, array_agg(o.mark ORDER BY o.message_id),
           array_agg(o.message_id ORDER BY o.message_id), max(o.mark / 2)
      FROM unnest(CAST(:profile_ids AS bigint[]), CAST(:message_ids AS bigint[]),
                  CAST(:marks AS int[])) AS o(profile_id, message_id, mark)
     GROUP BY o.profile_id
     ORDER BY o.profile_id
    ON CONFLICT (workspace_id, profile_id) DO UPDATE
       SET marks = l.marks || (
               SELECT coalesce(array_agg(u.mark ORDER BY u.id), '{}')
                 FROM unnest(excluded.marks, excluded.message_ids) AS u(mark, id)
                WHERE u.id <> ALL(l.message_ids)),
           message_ids = l.message_ids || (
               SELECT coalesce(array_agg(u.id ORDER BY u.id), '{}')
                 FROM unnest(excluded.message_ids) AS u(id)
                WHERE u.id <> ALL(l.message_ids)),
           last_day = greatest(l.last_day, excluded.last_day)
    """
)


async def fill_ledger(rt: Runtime, *, workspace_id: int) -> int:
    """Count what went out as far back as any limit reaches; returns how many messages it were.

    Repeating changes nothing: a message stands in the ledger once.
    """
    since = rt.clock() - timedelta(days=KEPT_DAYS)
    async with rt.db.begin() as tx:
        workspace = await get_workspace(tx, workspace_id=workspace_id)
        found = {"workspace_id": workspace_id, "since": since}
        mailings = (await tx.execute(_MAILINGS, found)).all()
    home, filled = zone_of(workspace.timezone, UTC_ZONE), 0
    for mailing in mailings:
        filled += await _fill_one(rt, workspace_id, mailing, home, since)
    return filled


async def _fill_one(
    rt: Runtime, workspace_id: int, mailing: Any, home: ZoneInfo, since: datetime
) -> int:
    place, filled = (0, -1), 0
    while True:
        async with rt.db.begin() as tx:
            went = (
                await tx.execute(
                    _WENT,
                    {
                        "mailing_id": mailing.mailing_id,
                        "profile_id": place[0],
                        "occurrence": place[1],
                        "since": since,
                        "chunk": _CHUNK,
                    },
                )
            ).all()
            if not went:
                return filled
            owners = sorted({row.profile_id for row in went})
            # A person may have been merged into another since, or erased.
            current = await current_ids(tx, workspace_id=workspace_id, profile_ids=owners)
            zones = await _zones(rt, workspace_id, sorted(set(current.values())), home)
            known = [row for row in went if row.profile_id in current]
            people = [current[row.profile_id] for row in known]
            mass = mailing.source_kind in MASS_SOURCES
            await tx.execute(
                _FILL,
                {
                    "workspace_id": workspace_id,
                    "profile_ids": people,
                    "message_ids": [row.message_id for row in known],
                    "marks": [
                        day_of(row.at.astimezone(zones.get(one, home))) * 2 + mass
                        for one, row in zip(people, known, strict=True)
                    ],
                },
            )
        filled += len(known)
        place = (went[-1].profile_id, went[-1].occurrence)


async def _zones(
    rt: Runtime, workspace_id: int, ids: Sequence[int], home: ZoneInfo
) -> dict[int, ZoneInfo]:
    rows = await rt.ch.query(ZONE_OF_EACH, {"workspace": workspace_id, "ids": list(ids)})
    return {int(one): zone_of(name, home) for one, name in rows}
