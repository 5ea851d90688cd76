"""When a schedule is due: in the words of people, in the zone of the workspace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec


class Rhythm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every hour at `minute`; every day at `hour`:`minute`; every week on `weekday` (0 = Monday).

    By the clock on the wall. A time that the clock skips in spring is the moment that would have
    been it (02:30 is then 03:30); of a time that comes twice in autumn the first counts, hours
    that come twice are both hours.
    """

    every: Literal["hour", "day", "week"]
    minute: Annotated[int, msgspec.Meta(ge=0, le=59)] = 0
    hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 0
    weekday: Annotated[int, msgspec.Meta(ge=0, le=6)] = 0


def next_moment(rhythm: Rhythm, zone: str, after: datetime) -> datetime:
    """Return the first moment of the rhythm that is later than `after`, in UTC."""
    there = ZoneInfo(zone)
    if rhythm.every == "hour":
        # Minute by minute, since zones are apart by quarters of an hour too.
        moment = after.astimezone(UTC).replace(second=0, microsecond=0)
        while True:
            moment += timedelta(minutes=1)
            if moment.astimezone(there).minute == rhythm.minute:
                return moment
    day = after.astimezone(there).date() - timedelta(days=1)
    while True:
        if rhythm.every == "day" or day.weekday() == rhythm.weekday:
            local = datetime(day.year, day.month, day.day, rhythm.hour, rhythm.minute, tzinfo=there)
            moment = local.astimezone(UTC)
            if moment > after:
                return moment
        day += timedelta(days=1)


def last_moment(rhythm: Rhythm, zone: str, first: datetime, now: datetime) -> datetime:
    """Return the latest moment of the rhythm not after `now`, given one that is (`first`)."""
    moment = first
    while (following := next_moment(rhythm, zone, moment)) <= now:
        moment = following
    return moment
