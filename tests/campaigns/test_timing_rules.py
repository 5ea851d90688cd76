"""When a campaign begins and ends, told before the launch; pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from otklik.campaigns.model import First, Schedule, Timing
from otklik.campaigns.timing import own_time_rests, timing_of
from otklik.delivery.policy.hours import done_after, quiet_end, quiet_from
from otklik.delivery.policy.model import NO_POLICY, Holiday, QuietSpan, SendingPolicy

MOSCOW, BERLIN = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin")
VLADIVOSTOK = ZoneInfo("Asia/Vladivostok")
NIGHT = QuietSpan("22:00", "09:00")
NIGHTS = SendingPolicy(
    quiet_weekdays=NIGHT, quiet_weekends=NIGHT, holidays=[Holiday("06-12"), Holiday("2026-06-17")]
)
NOON = datetime(2026, 6, 15, 9, tzinfo=UTC)
"""A Monday, in Moscow."""


def timing(
    schedule: Schedule | None = None,
    *,
    first: First | None = None,
    first_people: int | None = None,
    people: dict[ZoneInfo, int] | None = None,
    policy: SendingPolicy = NO_POLICY,
    per_second: float | None = 10.0,
    until: datetime | None = None,
    now: datetime = NOON,
) -> Timing:
    found = timing_of(
        schedule=schedule or Schedule(),
        first=first,
        first_people=first_people,
        until=until,
        people=people or {MOSCOW: 36_000},
        policy=policy,
        per_second=per_second,
        now=now,
    )
    assert found is not None
    return found


def test_a_launch_at_once_ends_when_the_last_letter_is_out() -> None:
    found = timing()
    assert (found.begins_at, found.ends_at) == (NOON, NOON + timedelta(hours=1))
    assert timing(Schedule("at", at=NOON + timedelta(days=1))).ends_at == NOON + timedelta(
        days=1, hours=1
    )
    # A pace that nobody knows is not guessed.
    assert timing(per_second=None).ends_at is None
    assert (
        timing_of(
            schedule=Schedule(),
            first=None,
            first_people=None,
            until=None,
            people={MOSCOW: 0},
            policy=NO_POLICY,
            per_second=1.0,
            now=NOON,
        )
        is None
    )


def test_it_rests_over_night_and_on_a_holiday_and_waits_for_people_of_another_zone() -> None:
    evening = datetime(2026, 6, 15, 18, 30, tzinfo=UTC)  # 21:30 in Moscow
    found = timing(policy=NIGHTS, now=evening)
    # Half an hour before the night, the other half hour after it.
    assert found.ends_at == datetime(2026, 6, 16, 6, 30, tzinfo=UTC)
    assert (found.begins_at, found.quiet) == (evening, 0)
    # The 17th is a holiday: two days of quiet in a row.
    night = timing(policy=NIGHTS, now=datetime(2026, 6, 16, 20, tzinfo=UTC))
    assert night.begins_at == datetime(2026, 6, 18, 6, tzinfo=UTC)
    assert night.quiet == 36_000
    # At 16:00 in Moscow it is 23:00 in Vladivostok: the letters there go at nine.
    both = timing(
        policy=NIGHTS,
        people={MOSCOW: 30_000, VLADIVOSTOK: 6_000},
        now=datetime(2026, 6, 15, 13, tzinfo=UTC),
    )
    assert (both.begins_at, both.quiet) == (datetime(2026, 6, 15, 13, tzinfo=UTC), 6_000)
    assert both.ends_at == datetime(2026, 6, 16, 0, tzinfo=UTC)


def test_letters_spread_over_hours_or_by_own_clocks_end_with_the_last_of_them() -> None:
    spread = timing(Schedule(spread_hours=4))
    assert spread.ends_at == NOON + timedelta(hours=4)
    assert timing(Schedule(spread_hours=4), per_second=None).ends_at == NOON + timedelta(hours=4)
    assert timing(Schedule(spread_hours=4), per_second=1.0).ends_at == NOON + timedelta(hours=10)
    own = timing(
        Schedule("own", own_time="2026-06-16T10:00"), people={MOSCOW: 18_000, VLADIVOSTOK: 18_000}
    )
    assert own.begins_at == datetime(2026, 6, 16, 0, tzinfo=UTC)
    assert own.ends_at == datetime(2026, 6, 16, 7, 30, tzinfo=UTC)


def test_a_first_part_is_out_before_the_rest_and_the_latest_moment_may_cut_it() -> None:
    rule = First(people=3_600, decide="winner", hours=4)
    found = timing(first=rule, first_people=3_600)
    assert found.first_done_at == NOON + timedelta(minutes=6)
    assert found.rest_at == NOON + timedelta(hours=4, minutes=6)
    assert found.ends_at == NOON + timedelta(hours=5)
    assert not found.is_cut
    assert timing(first=rule, first_people=3_600, until=NOON + timedelta(hours=4)).is_cut
    by_hand = timing(first=First(people=3_600), first_people=3_600)
    assert (by_hand.rest_at, by_hand.ends_at) == (None, None)
    everybody = timing(first=First(people=50_000), first_people=36_000)
    assert everybody.ends_at == NOON + timedelta(hours=1)


def test_a_time_of_own_clocks_that_is_quiet_waits_by_the_same_clocks() -> None:
    assert own_time_rests(NIGHTS, datetime(2026, 6, 16, 10)) is None
    assert own_time_rests(NIGHTS, datetime(2026, 6, 15, 23)) == datetime(2026, 6, 16, 9)
    assert own_time_rests(NIGHTS, datetime(2026, 6, 16, 23)) == datetime(2026, 6, 18, 9)


@given(
    zone=st.sampled_from([MOSCOW, BERLIN, VLADIVOSTOK, ZoneInfo("America/New_York")]),
    # Nights on which clocks are changed among them.
    start=st.sampled_from([datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]),
    minutes=st.integers(0, 2 * 24 * 60),
    begins=st.integers(0, 23),
    hours=st.integers(1, 20),
    lasts=st.integers(1, 600),
)
def test_work_that_rests_while_it_is_quiet_is_done_when_its_minutes_are_counted(
    *, zone: ZoneInfo, start: datetime, minutes: int, begins: int, hours: int, lasts: int
) -> None:
    span = QuietSpan(f"{begins:02d}:00", f"{(begins + hours) % 24:02d}:00")
    policy = SendingPolicy(quiet_weekdays=span, quiet_weekends=span, holidays=[Holiday("10-25")])
    begun = start + timedelta(minutes=minutes)
    moment, left = begun, lasts
    while left:
        left -= quiet_end(policy, moment.astimezone(zone).replace(tzinfo=None)) is None
        moment += timedelta(minutes=1)
    assert done_after(policy, zone, begun, timedelta(minutes=lasts)) == moment


def test_without_quiet_times_it_never_becomes_quiet() -> None:
    assert quiet_from(NO_POLICY, MOSCOW, NOON) is None
    assert quiet_from(SendingPolicy(holidays=[Holiday("2020-01-01")]), MOSCOW, NOON) is None
