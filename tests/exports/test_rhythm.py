"""Moments of a schedule follow the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from otklik.exports.schedules.rhythm import Rhythm, next_moment

MOSCOW, NEW_YORK = "Europe/Moscow", "America/New_York"


def test_a_daily_moment_follows_the_wall_clock_over_both_changes() -> None:
    daily = Rhythm(every="day", hour=9)
    moment = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)
    hours = []
    for _ in range(4):
        moment = next_moment(daily, NEW_YORK, moment)
        hours.append(moment.hour)
    assert hours == [14, 13, 13, 13], "on 8 March 2026 New York goes from UTC-5 to UTC-4"


def test_a_time_that_spring_skips_is_taken_an_hour_later() -> None:
    skipped = Rhythm(every="day", hour=2, minute=30)
    moment = next_moment(skipped, NEW_YORK, datetime(2026, 3, 8, 5, 0, tzinfo=UTC))
    assert moment.astimezone(ZoneInfo(NEW_YORK)).strftime("%d %H:%M") == "08 03:30"


def test_a_time_that_autumn_repeats_is_taken_once() -> None:
    twice = Rhythm(every="day", hour=1, minute=30)
    first = next_moment(twice, NEW_YORK, datetime(2026, 10, 31, 12, 0, tzinfo=UTC))
    second = next_moment(twice, NEW_YORK, first)
    assert second - first == timedelta(hours=25)


def test_a_weekly_moment_comes_on_its_day() -> None:
    weekly = Rhythm(every="week", weekday=0, hour=8)
    moment = next_moment(weekly, MOSCOW, datetime(2026, 6, 15, 5, 0, tzinfo=UTC))
    assert moment == datetime(2026, 6, 22, 5, 0, tzinfo=UTC), "the moment itself is over"


@given(
    st.sampled_from(["hour", "day", "week"]),
    st.integers(0, 59),
    st.integers(0, 23),
    st.integers(0, 6),
    st.sampled_from([MOSCOW, NEW_YORK, "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]),
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),
)
def test_moments_always_go_forward(
    every: Any, minute: int, hour: int, weekday: int, zone: str, after: datetime
) -> None:
    rhythm = Rhythm(every=every, minute=minute, hour=hour, weekday=weekday)
    now = after.replace(tzinfo=UTC)
    moment = next_moment(rhythm, zone, now)
    longest = {"hour": timedelta(hours=2), "day": timedelta(hours=26), "week": timedelta(days=8)}
    assert now < moment <= now + longest[every]
    assert moment < next_moment(rhythm, zone, moment)
