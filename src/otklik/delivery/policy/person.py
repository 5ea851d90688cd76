"""What the sending policy means for one person now, for his card."""

from __future__ import annotations

from datetime import datetime

import msgspec
import numpy as np

from otklik.accounts.public import Workspace
from otklik.delivery.policy.hours import UTC_ZONE, free_from, named_zone, zone_of
from otklik.delivery.policy.model import Allowance, FrequencyLimit, allowance, day_of
from otklik.delivery.policy.queries import marks_of, sending_policy
from otklik.runtime.public import Tx


class UsedLimit(msgspec.Struct, frozen=True):
    """A limit and how much of it is used on the person's day of today."""

    limit: FrequencyLimit
    used: int


class PersonSending(msgspec.Struct, frozen=True, kw_only=True):
    """`timezone` is the zone his days and hours are counted in; `own_timezone`: he named it.

    `mass_free`: a mass message may go to him today, as far as frequency goes. `quiet_until`: the
    moment at which the present quiet hours or holiday end, null when it is not quiet.
    """

    global_control: bool
    timezone: str
    own_timezone: bool
    limits: list[UsedLimit]
    mass_free: bool
    quiet_until: datetime | None


async def person_sending(
    tx: Tx, *, workspace: Workspace, profile_id: int, own_zone: object, now: datetime
) -> PersonSending:
    """Return what holds for a person; `profile_id` is the present one."""
    policy = await sending_policy(tx, workspace_id=workspace.id)
    home = zone_of(workspace.timezone, UTC_ZONE)
    zone = zone_of(own_zone, home)
    marks = (await marks_of(tx, workspace_id=workspace.id, profile_ids=[profile_id])).get(
        profile_id, []
    )
    day = day_of(now.astimezone(zone))
    said = allowance(policy, marks, day=day, mass=True, message_id=0)
    free = free_from(policy, zone, now)
    held = policy.global_control.holds(
        np.array([profile_id]), salt=workspace.salt, local=now.astimezone(home)
    )
    return PersonSending(
        global_control=bool(held[0]),
        timezone=zone.key,
        own_timezone=named_zone(own_zone) is not None,
        limits=[
            UsedLimit(limit, sum(mark.mass and mark.day >= limit.since(day) for mark in marks))
            for limit in policy.limits
        ],
        mass_free=said is Allowance.FREE,
        quiet_until=free if free is not None and free > now else None,
    )
