"""When a campaign would begin and end, by what is known before the launch; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from otklik.campaigns.model import First, Schedule, Timing
from otklik.delivery.public import SendingPolicy, done_after, free_from, quiet_end, wall_moment


def timing_of(
    *,
    schedule: Schedule,
    first: First | None,
    first_people: int | None,
    until: datetime | None,
    people: Mapping[ZoneInfo, int],
    policy: SendingPolicy,
    per_second: float | None,
    now: datetime,
) -> Timing | None:
    """Return when the letters of a campaign would go, None if nobody gets one.

    Shapes: `people` who get a letter, by the zone they live in; `policy`: rules that hold nothing
    back for a service message; `per_second`: letters a second, None before anything is known of
    it. Where people of several zones are kept waiting by quiet hours, the last of them counts.
    """
    letters = sum(people.values())
    if letters <= 0:
        return None
    wall = schedule.wall()
    start = max(schedule.begins() or now, now)
    starts = {
        zone: start if wall is None else max(wall_moment(zone, wall), start) for zone in people
    }
    free = {zone: free_from(policy, zone, moment) for zone, moment in starts.items()}
    quiet = sum(people[zone] for zone, moment in free.items() if moment != starts[zone])

    def done(since: Mapping[ZoneInfo, datetime], count: int) -> datetime | None:
        """Return when so many letters are out; without a known pace, when the last may go."""
        lasts = timedelta(seconds=count / per_second if per_second else 0)
        return _latest(
            # By own clocks each zone has its own letters; else all of them go at one time.
            done_after(policy, zone, moment, lasts * people[zone] / letters if wall else lasts)
            for zone, moment in since.items()
        )

    first_done_at = rest_at = ends_at = None
    if first is not None and first_people is not None and first_people < letters:
        if per_second:
            first_done_at = done(starts, first_people)
        if first_done_at is not None and first.decide == "winner":
            rest_at = first_done_at + timedelta(hours=first.hours)
            ends_at = done(dict.fromkeys(people, rest_at), letters - first_people)
    elif schedule.spread_hours is not None:
        over = timedelta(hours=schedule.spread_hours)
        last = [free_from(policy, zone, moment + over) for zone, moment in starts.items()]
        ends_at = _latest([done(starts, letters), *last])
    elif per_second or wall is not None:
        ends_at = done(starts, letters)
    known = [moment for moment in free.values() if moment is not None]
    return Timing(
        begins_at=min(known, default=start),
        first_done_at=first_done_at,
        rest_at=rest_at,
        ends_at=ends_at,
        per_second=per_second,
        quiet=quiet,
        is_cut=until is not None and ends_at is not None and ends_at > until,
    )


def own_time_rests(policy: SendingPolicy, wall: datetime) -> datetime | None:
    """Return until when, by their own clocks, people wait whose time of the launch is quiet.

    None: it is not quiet then, or for ever.
    """
    until = wall
    for _ in range(400):
        end = quiet_end(policy, until)
        if end is None:
            return until if until > wall else None
        until = end
    return None


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the last of the moments; None if one of them never comes."""
    last: datetime | None = None
    for moment in moments:
        if moment is None:
            return None
        last = moment if last is None else max(last, moment)
    return last
