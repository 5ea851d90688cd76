"""The rules of the sending policy: clocks of people, quiet hours, holidays, limits; all pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.delivery.policy.hours import (
    free_from,
    named_zone,
    next_day,
    quiet_end,
    wall_moment,
    zone_of,
)
from otklik.delivery.policy.model import (
    Allowance,
    FrequencyLimit,
    GlobalControl,
    Holiday,
    Mark,
    QuietSpan,
    SendingPolicy,
    allowance,
    ready_holidays,
)
from otklik.experiments.public import assign

BERLIN, NEW_YORK, MOSCOW = (
    ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Europe/Moscow")
)
KIRITIMATI, BAKER = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Etc/GMT+12")
NIGHT = QuietSpan("22:00", "09:00")
QUIET = SendingPolicy(quiet_weekdays=NIGHT, quiet_weekends=QuietSpan("20:00", "11:00"))


def wall(zone: ZoneInfo, moment: datetime | None) -> str:
    assert moment is not None
    return moment.astimezone(zone).strftime("%a %d %H:%M")


def at(zone: ZoneInfo, text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        ("2026-06-15 12:00", "Mon 15 12:00"),
        ("2026-06-15 21:59", "Mon 15 21:59"),
        ("2026-06-15 22:00", "Tue 16 09:00"),
        ("2026-06-16 00:00", "Tue 16 09:00"),
        ("2026-06-16 08:59", "Tue 16 09:00"),
        # On Saturday morning the weekend's hours hold, on Monday morning the weekday's.
        ("2026-06-19 22:30", "Sat 20 11:00"),
        ("2026-06-21 20:00", "Mon 22 09:00"),
    ],
)
def test_it_lets_messages_wait_until_the_quiet_hours_end(now: str, goes: str) -> None:
    for zone in (MOSCOW, BERLIN, NEW_YORK, KIRITIMATI, BAKER):
        assert wall(zone, free_from(QUIET, zone, at(zone, now))) == goes


def test_it_takes_the_clock_of_the_person_not_of_the_company() -> None:
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    assert free_from(QUIET, MOSCOW, now) == now
    assert wall(KIRITIMATI, free_from(QUIET, KIRITIMATI, now)) == "Tue 16 09:00"
    assert wall(BAKER, free_from(QUIET, BAKER, now)) == "Mon 15 09:00"


def test_it_ends_quiet_hours_with_the_jump_when_their_end_is_jumped_over() -> None:
    policy = SendingPolicy(quiet_weekends=QuietSpan("23:00", "02:30"))
    berlin = free_from(policy, BERLIN, at(BERLIN, "2026-03-29 01:00"))
    assert wall(BERLIN, berlin) == "Sun 29 03:00"
    assert berlin == datetime(2026, 3, 29, 1, tzinfo=UTC)
    american = free_from(policy, NEW_YORK, at(NEW_YORK, "2026-03-08 01:59"))
    assert wall(NEW_YORK, american) == "Sun 08 03:00"


def test_it_is_quiet_as_often_as_the_wall_says_when_an_hour_comes_twice() -> None:
    policy = SendingPolicy(quiet_weekends=QuietSpan("23:00", "02:30"))
    first = at(BERLIN, "2026-10-25 02:10")
    second = at(BERLIN, "2026-10-25 02:10", fold=1)
    assert free_from(policy, BERLIN, first) == at(BERLIN, "2026-10-25 02:30")
    assert free_from(policy, BERLIN, second) == at(BERLIN, "2026-10-25 02:30", fold=1)
    late = SendingPolicy(quiet_weekends=QuietSpan("02:40", "05:00"))
    # Clocks go back from three to two while it is quiet: at two it is not.
    assert free_from(late, BERLIN, at(BERLIN, "2026-10-25 02:50")) == at(
        BERLIN, "2026-10-25 02:00", fold=1
    )


@settings(max_examples=120, deadline=None)
@given(
    zone=st.sampled_from([BERLIN, NEW_YORK, MOSCOW, KIRITIMATI, BAKER, ZoneInfo("Asia/Beirut")]),
    start=st.sampled_from(["2026-03-07", "2026-03-28", "2026-10-24", "2026-10-31", "2028-02-28"]),
    minutes=st.integers(0, 3 * 24 * 60),
    begins=st.integers(0, 95),
    ends=st.integers(0, 95),
    holidays=st.lists(
        st.sampled_from(["03-08", "03-29", "2026-10-25", "02-29", "11-01"]), max_size=2
    ),
)
def test_it_finds_the_same_moment_as_looking_at_the_clock_every_minute(
    *, zone: ZoneInfo, start: str, minutes: int, begins: int, ends: int, holidays: list[str]
) -> None:
    if begins == ends:
        ends = (ends + 1) % 96
    span = QuietSpan(*(f"{n // 4:02d}:{n % 4 * 15:02d}" for n in (begins, ends)))
    policy = SendingPolicy(
        quiet_weekdays=span, quiet_weekends=span, holidays=[Holiday(day) for day in holidays]
    )
    now = at(zone, start) + timedelta(minutes=minutes)
    moment = now
    while quiet_end(policy, moment.astimezone(zone).replace(tzinfo=None)) is not None:
        moment += timedelta(minutes=1)
    assert free_from(policy, zone, now) == moment


def test_it_is_quiet_on_a_whole_holiday_and_on_29_february_of_leap_years_only() -> None:
    policy = SendingPolicy(holidays=[Holiday("02-29"), Holiday("2026-12-31"), Holiday("01-01")])
    assert wall(MOSCOW, free_from(policy, MOSCOW, at(MOSCOW, "2028-02-29 13:00"))) == "Wed 01 00:00"
    last = at(MOSCOW, "2027-02-28 23:59")
    assert free_from(policy, MOSCOW, last) == last
    # Two holidays in a row, the second of every year.
    assert wall(MOSCOW, free_from(policy, MOSCOW, at(MOSCOW, "2026-12-31 08:00"))) == "Sat 02 00:00"
    assert free_from(policy, MOSCOW, at(MOSCOW, "2027-12-31 08:00")) == at(
        MOSCOW, "2027-12-31 08:00"
    )


def test_it_says_which_rules_can_not_be() -> None:
    policy = SendingPolicy(
        quiet_weekdays=QuietSpan("10:00", "10:00"), holidays=[Holiday("02-30"), Holiday("02-29")]
    )
    assert [problem.code for problem in policy.problems()] == ["quiet_all_day", "no_such_day"]
    many = SendingPolicy(
        holidays=[Holiday((date(2025, 1, 1) + timedelta(n)).strftime("%m-%d")) for n in range(121)]
    )
    assert [problem.code for problem in many.problems()] == ["too_many_holidays"]
    ready = SendingPolicy(holidays=[Holiday(day) for day, _ in ready_holidays()])
    assert ready.problems() == []
    assert len(ready.holidays) == 14


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("US/Eastern", "US/Eastern"),
        ("Mars/Olympus", None),
        ("../../etc/passwd", None),
        ("", None),
        (3, None),
        (None, None),
    ],
)
def test_it_knows_zones_by_their_names(name: object, zone: str | None) -> None:
    found = named_zone(name)
    assert (found.key if found else None) == zone
    assert zone_of(name, MOSCOW).key == (zone or "Europe/Moscow")


def test_it_begins_the_next_day_where_midnight_does_not_exist() -> None:
    beirut = ZoneInfo("Asia/Beirut")
    assert wall(beirut, next_day(beirut, at(beirut, "2026-03-28 23:30"))) == "Sun 29 01:00"
    assert wall(BERLIN, next_day(BERLIN, at(BERLIN, "2026-10-25 02:30", fold=1))) == "Mon 26 00:00"
    assert wall_moment(BERLIN, datetime(2026, 3, 29, 2, 30)) == at(BERLIN, "2026-03-29 03:00")


MONDAY = date(2026, 6, 15).toordinal()


def marks(*days: int, mass: bool = True) -> list[Mark]:
    return [Mark(MONDAY + day, mass, 100 + number) for number, day in enumerate(days)]


def say(policy: SendingPolicy, told: list[Mark], day: int = 0, *, mass: bool = True) -> Allowance:
    return allowance(policy, told, day=MONDAY + day, mass=mass, message_id=1)


def test_it_counts_mass_messages_in_days_in_a_row_and_in_calendar_weeks() -> None:
    three = SendingPolicy(limits=[FrequencyLimit(3, "days", 7)])
    assert say(three, marks(0, 1, 2), 6) is Allowance.USED_UP
    assert say(three, marks(0, 1, 2), 7) is Allowance.FREE
    week = SendingPolicy(limits=[FrequencyLimit(1, "week")])
    assert say(week, marks(0), 6) is Allowance.USED_UP
    assert say(week, marks(0), 7) is Allowance.FREE
    assert say(week, marks(6), 7) is Allowance.FREE
    # Every limit counts.
    both = SendingPolicy(limits=[FrequencyLimit(3, "days", 7), FrequencyLimit(1)])
    assert say(both, marks(0), 0) is Allowance.USED_UP
    assert say(both, marks(0), 1) is Allowance.FREE
    # Triggered messages use up nothing and are held back by no limit.
    assert say(both, marks(0, 0, 0, mass=False), 0) is Allowance.FREE
    assert say(both, marks(0, 0, 0), 0, mass=False) is Allowance.FREE


def test_it_keeps_mass_and_triggered_messages_on_different_days() -> None:
    apart = SendingPolicy(mass_apart_from_triggered=True)
    assert say(apart, marks(0, mass=False)) is Allowance.USED_UP
    assert say(apart, marks(0), mass=False) is Allowance.ANOTHER_DAY
    assert say(apart, marks(0, mass=False), mass=False) is Allowance.FREE
    assert say(apart, marks(0), 1, mass=False) is Allowance.FREE


def test_it_lets_more_important_mailings_go_first_while_there_is_room() -> None:
    policy = SendingPolicy(limits=[FrequencyLimit(2)])

    def say_held(told: list[Mark], held: int) -> Allowance:
        return allowance(policy, told, day=MONDAY, mass=True, message_id=1, held=held)

    assert say_held([], 1) is Allowance.FREE
    assert say_held([], 2) is Allowance.OTHERS_FIRST
    assert say_held(marks(0), 1) is Allowance.OTHERS_FIRST
    assert say_held(marks(0, 0), 0) is Allowance.USED_UP
    # Its own earlier reservation does not stand in its own way.
    assert say_held([Mark(MONDAY, True, 1), *marks(0)], 0) is Allowance.FREE


def test_it_draws_the_global_group_by_share_and_anew_each_period() -> None:
    ids, salt = np.arange(1, 50_001), b"a salt of the workspace"
    june, july = datetime(2026, 6, 30), datetime(2026, 7, 1)
    group = GlobalControl(share=10.0, renew_months=3)
    held = group.holds(ids, salt=salt, local=june)
    assert 4_750 < held.sum() < 5_250
    assert (group.holds(ids, salt=salt, local=datetime(2026, 4, 1)) == held).all()
    renewed = group.holds(ids, salt=salt, local=july)
    # A new draw is independent of the old one: about a tenth stays.
    assert 400 < (held & renewed).sum() < 600
    forever = GlobalControl(share=10.0)
    assert (
        forever.holds(ids, salt=salt, local=june) == forever.holds(ids, salt=salt, local=july)
    ).all()
    # A larger share only adds people; the arms of an experiment know nothing of the group.
    larger = GlobalControl(share=20.0).holds(ids, salt=salt, local=june)
    assert larger[forever.holds(ids, salt=salt, local=june)].all()
    arms = assign(ids, salt=salt, experiment=UUID(int=7), shares=[5_000, 5_000])
    assert 0.45 < arms[held].mean() < 0.55
    assert not GlobalControl().holds(ids, salt=salt, local=june).any()


def test_it_reads_back_what_it_stores() -> None:
    policy = msgspec.structs.replace(
        QUIET,
        limits=[FrequencyLimit(3, "week")],
        holidays=[Holiday("01-01", "New Year")],
        global_control=GlobalControl(5.0, 3),
    )
    stored = msgspec.to_builtins(policy)
    assert stored["quiet_weekdays"] == {"from": "22:00", "until": "09:00"}
    assert msgspec.convert(stored, SendingPolicy) == policy
