"""Which global control group was in force when, for the report of what mailings change.

A span is a time in which the group was one and the same: the share and the renewal did not change,
and no new group was drawn. Who was in it follows from the hash of the span, now and later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.accounts.public import get_workspace
from otklik.delivery.policy.hours import UTC_ZONE, zone_of
from otklik.delivery.policy.model import GlobalControl
from otklik.delivery.policy.tables import global_control_settings
from otklik.runtime.public import Tx

SPANS_MAX = 60


class ControlSpan(msgspec.Struct, frozen=True):
    """One group: who of the people has `siphash(key, id) % 10000` below `share` was in it.

    `until`: when the next one is drawn, or was; None: this one stays. `share` is in 1/10000.
    """

    since: datetime
    until: datetime | None
    share: int
    key: bytes


class ControlSetting(msgspec.Struct, frozen=True):
    """What the rules said of the group from a moment on."""

    since: datetime
    control: GlobalControl


async def note_control(tx: Tx, *, workspace_id: int, control: GlobalControl, now: datetime) -> None:
    """Keep that another group is in force from now on."""
    values = {"share": control.share, "renew_months": control.renew_months}
    await tx.execute(
        insert(global_control_settings)
        .values(workspace_id=workspace_id, since=now, **values)
        .on_conflict_do_update(index_elements=["workspace_id", "since"], set_=values)
    )


async def control_spans(tx: Tx, *, workspace_id: int, now: datetime) -> list[ControlSpan]:
    """Return the groups that were and the one that is, the latest first; at most SPANS_MAX."""
    workspace = await get_workspace(tx, workspace_id=workspace_id)
    table = global_control_settings
    rows = await tx.execute(
        sa.select(table).where(table.c.workspace_id == workspace_id).order_by(table.c.since)
    )
    settings = [
        ControlSetting(row.since, GlobalControl(row.share, row.renew_months)) for row in rows
    ]
    zone = zone_of(workspace.timezone, UTC_ZONE)
    found = list(spans_of(settings, zone=zone, salt=workspace.salt, now=now))
    return found[-SPANS_MAX:][::-1]


def spans_of(
    settings: Sequence[ControlSetting], *, zone: ZoneInfo, salt: bytes, now: datetime
) -> Iterator[ControlSpan]:
    """Yield the groups of settings, given and told in the order of time; pure."""
    for place, setting in enumerate(settings):
        later = settings[place + 1].since if place + 1 < len(settings) else None
        if not setting.control.share:
            continue
        since = setting.since
        while since < (later or now) or since == setting.since:
            local = since.astimezone(zone)
            drawn = setting.control.next_period(local)
            ends = [moment for moment in (drawn, later) if moment is not None]
            until = min(ends, default=None)
            yield ControlSpan(
                since, until, setting.control.whole_share, setting.control.key(salt, local)
            )
            if until is None or until == later:
                break
            since = until


async def unsettled_sources(tx: Tx, *, workspace_id: int) -> list[UUID]:
    """Return the sources of mailings that tell nothing of the group: those of service messages,
    which it hears too, and those whose rest waits, of which only the group is known."""
    rows: Any = await tx.execute(_UNSETTLED, {"workspace_id": workspace_id})
    return list(rows.scalars())


_UNSETTLED = sa.text(
    """
    SELECT m.source_id FROM mailings m
     WHERE m.workspace_id = :workspace_id
       AND (m.service OR m.state = 'preparing'
            OR m.first IS NOT NULL AND m.state <> 'finished' AND EXISTS (
               SELECT 1 FROM message_blocks b
                WHERE b.mailing_id = m.mailing_id AND b.state = 'held'))
    """
)
