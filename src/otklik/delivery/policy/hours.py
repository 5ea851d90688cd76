"""Quiet hours and holidays as moments: when may the next message to a person go? Pure.

A moment is quiet when the clock on the person's wall says so. On the two nights of a year when
clocks are changed this needs care: a time that is jumped over ends with the jump, and a time that
comes twice is quiet as often as the wall says it.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from otklik.delivery.policy.model import SendingPolicy, is_holiday

UTC_ZONE = ZoneInfo("UTC")
_STEPS_MAX = 1_000
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


def zone_of(name: object, fallback: ZoneInfo) -> ZoneInfo:
    """Return the zone with an IANA name, however it is capitalised; else `fallback`.

    Names that became aliases (`US/Eastern`, `Asia/Calcutta`) mean the zone they stand for.
    """
    return named_zone(name) or fallback


def named_zone(name: object) -> ZoneInfo | None:
    """Return the zone with an IANA name, None if there is no such name."""
    return _zone(name) if isinstance(name, str) and name else None


@lru_cache(maxsize=2_048)
def _zone(name: str) -> ZoneInfo | None:
    known = _names().get(name.strip().replace(" ", "_").casefold())
    if known is None:
        return None
    try:
        return ZoneInfo(known)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def quiet_end(policy: SendingPolicy, wall: datetime) -> datetime | None:
    """Return the wall clock time at which a quiet stretch ends or may change; None: not quiet."""
    if is_holiday(policy, wall.date()):
        return datetime.combine(wall.date(), datetime.min.time()) + _DAY
    span = policy.quiet_weekends if wall.weekday() >= 5 else policy.quiet_weekdays
    return None if span is None else span.end(wall)


def free_from(policy: SendingPolicy, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the first moment from `now` on that is not quiet (UTC); None: none within a year."""
    moment = now.astimezone(UTC)
    for _ in range(_STEPS_MAX):
        end = quiet_end(policy, moment.astimezone(zone).replace(tzinfo=None))
        if end is None:
            return moment
        moment = next_at_wall(zone, end, moment)
    return None


def quiet_from(policy: SendingPolicy, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the first moment after `after`, which is not quiet, at which it is (UTC).

    None: it is not quiet within a year.
    """
    moment = after.astimezone(UTC)
    if not policy.has_hours:
        return None
    for _ in range(_STEPS_MAX):
        wall = moment.astimezone(zone).replace(tzinfo=None)
        moment = next_at_wall(zone, _next_edge(policy, wall), moment)
        if quiet_end(policy, moment.astimezone(zone).replace(tzinfo=None)) is not None:
            return moment
    return None


def _next_edge(policy: SendingPolicy, wall: datetime) -> datetime:
    """Return the next wall clock time of the day at which it may become quiet, or the next day."""
    midnight = datetime.combine(wall.date(), datetime.min.time())
    span = policy.quiet_weekends if wall.weekday() >= 5 else policy.quiet_weekdays
    if span is not None:
        begins = datetime.combine(wall.date(), time.fromisoformat(span.from_))
        if begins > wall:
            return begins
    return midnight + _DAY


def done_after(
    policy: SendingPolicy, zone: ZoneInfo, start: datetime, lasts: timedelta
) -> datetime | None:
    """Return when work that takes `lasts` is done if it rests while it is quiet (UTC).

    None: not within a year.
    """
    moment = free_from(policy, zone, start)
    for _ in range(_STEPS_MAX):
        if moment is None:
            return None
        rests = quiet_from(policy, zone, moment)
        if rests is None or moment + lasts <= rests:
            return moment + lasts
        lasts -= rests - moment
        moment = free_from(policy, zone, rests)
    return None


def next_at_wall(zone: ZoneInfo, wall: datetime, after: datetime) -> datetime:
    """Return the first moment after `after` at which the clock shows `wall`, or is set.

    A time that is jumped over begins with the jump. Where clocks are set back before `wall` is
    reached, the moment of that is returned: the caller looks at the clock again.
    """
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if second < first:
        # Jumped over: `second` is before the jump, `first` is after it.
        found = _change(zone, second, first)
    else:
        found = first if first > after else second
    if found <= after:
        return after + _SECOND
    if _offset(zone, found) < _offset(zone, after):
        change = _change(zone, after, found)
        return change if change > after else found
    return found


def next_day(zone: ZoneInfo, now: datetime) -> datetime:
    """Return when the next calendar day begins in a zone (UTC)."""
    today = now.astimezone(zone).date()
    moment = now.astimezone(UTC)
    while moment.astimezone(zone).date() <= today:
        wall = datetime.combine(moment.astimezone(zone).date(), datetime.min.time()) + _DAY
        moment = next_at_wall(zone, wall, moment)
    return moment


def wall_moment(zone: ZoneInfo, wall: datetime) -> datetime:
    """Return the moment at which the clock first shows `wall`; jumped over: the jump (UTC)."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _change(zone, second, first) if second < first else first


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    return offset if offset is not None else timedelta()


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the moment between two at which the offset becomes that of the later one."""
    low, high, wanted = int(before.timestamp()), int(after.timestamp()), _offset(zone, after)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == wanted:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, UTC)
