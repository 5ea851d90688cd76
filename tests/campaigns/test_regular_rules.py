"""Regular mailings, the pure part: moments of plans, and which items are whose."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.campaigns.model import Finding
from otklik.campaigns.regular.model import Frozen, FrozenItem, RegularPlan
from otklik.campaigns.regular.picking import picked, since_of, variables
from otklik.campaigns.regular.reporting import arms_of
from otklik.campaigns.regular.schedule import (
    ends_at,
    first_moments,
    interval,
    is_day,
    next_moment,
    wall_of,
)
from otklik.campaigns.regular.words import in_words_of_series
from otklik.delivery.public import NEVER
from otklik.kit.i18n import Text

BERLIN = ZoneInfo("Europe/Berlin")
MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)  # a Monday


def shown(plan: RegularPlan, zone: ZoneInfo, after: datetime, count: int) -> list[str]:
    found = first_moments(plan, zone, after=after, count=count)
    return [f"{one.at:%m-%d %H:%M}" for one in found]


def test_a_week_has_its_days_at_the_time_of_the_workspace() -> None:
    plan = RegularPlan(every="week", weekdays=[1, 4], time="10:00")
    assert shown(plan, MOSCOW, NOW, 3) == ["06-18 07:00", "06-22 07:00", "06-25 07:00"]
    assert shown(plan, MOSCOW, NOW - timedelta(hours=6), 1) == ["06-15 07:00"]
    assert interval(plan) == timedelta(days=4)
    assert interval(RegularPlan(weekdays=[3])) == timedelta(days=7)


def test_a_month_without_the_day_has_its_last_one() -> None:
    plan = RegularPlan(every="month", month_day=31, time="09:30")
    found = first_moments(plan, MOSCOW, after=datetime(2026, 1, 31, 12, tzinfo=UTC), count=3)
    assert [one.wall.date() for one in found] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
    ]


def test_the_first_and_the_last_day_bound_a_plan() -> None:
    plan = RegularPlan(every="day", first_on=date(2026, 7, 1), last_on=date(2026, 7, 2))
    assert shown(plan, MOSCOW, NOW, 9) == ["07-01 07:00", "07-02 07:00"]
    assert next_moment(RegularPlan(weekdays=[]), MOSCOW, after=NOW) is None


def test_a_time_that_clocks_jump_over_is_the_moment_of_the_jump() -> None:
    plan = RegularPlan(every="day", time="02:30")
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    # At 02:00 of the 29th clocks in Berlin go to 03:00.
    assert shown(plan, BERLIN, spring, 2) == ["03-29 01:00", "03-30 00:30"]


def test_a_time_that_comes_twice_is_taken_once() -> None:
    plan = RegularPlan(every="day", time="02:30")
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    # At 03:00 of the 25th clocks in Berlin go back to 02:00.
    assert shown(plan, BERLIN, autumn, 2) == ["10-25 00:30", "10-26 01:30"]
    between = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert shown(plan, BERLIN, between, 1) == ["10-26 01:30"]


def test_a_run_by_own_clocks_is_made_before_the_first_of_them() -> None:
    plan = RegularPlan(every="day", time="10:00", zone="own")
    moment = next_moment(plan, MOSCOW, after=NOW)
    assert moment is not None
    assert moment.wall == datetime(2026, 6, 16, 10, 0)
    assert moment.at == datetime(2026, 6, 15, 19, 0, tzinfo=UTC)
    assert wall_of(plan, MOSCOW, moment.at) == moment.wall
    assert ends_at(plan, MOSCOW, moment) == datetime(2026, 6, 17, 4, 0, tzinfo=UTC)


@given(
    plan=st.builds(
        RegularPlan,
        every=st.sampled_from(["day", "week", "month"]),
        weekdays=st.lists(st.integers(1, 7), unique=True, min_size=1),
        month_day=st.integers(1, 31),
        time=st.builds(lambda h, m: f"{h:02}:{m:02}", st.integers(0, 23), st.integers(0, 59)),
        zone=st.sampled_from(["workspace", "own"]),
    ),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]),
    minutes=st.integers(0, 2 * 365 * 24 * 60),
)
def test_each_day_of_a_plan_has_one_moment_whatever_the_clocks_do(
    plan: RegularPlan, zone: str, minutes: int
) -> None:
    here = ZoneInfo(zone)
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = first_moments(plan, here, after=start, count=5)
    assert len(found) == 5
    for one, following in pairwise(found):
        assert start < one.at < following.at
        assert next_moment(plan, here, after=one.at) == following
        day = one.wall.date() + timedelta(days=1)
        while day < following.wall.date():
            assert not is_day(plan, day)
            day += timedelta(days=1)
    for one in found:
        assert is_day(plan, one.wall.date())
        assert wall_of(plan, here, one.at) == one.wall
        assert ends_at(plan, here, one) > one.at


def test_a_series_speaks_of_its_letter_and_not_of_a_variant() -> None:
    found = [
        Finding(code, "block", "letter", Text(en="Variant A …", ru="Вариант A …"))
        for code in ("no_letter", "letter_missing", "letter_ok", "no_topic")
    ]
    said = [one.message.en for one in in_words_of_series(found)]
    assert said[0] == "The letter is not written yet."
    assert [one.startswith("Variant") for one in said] == [False, False, False, True]


def test_groups_of_a_series_have_shares_as_long_as_they_were_not_changed() -> None:
    assert [(one.key, one.share) for one in arms_of({0.0}, "en")] == [("A", 10_000)]
    assert [(one.key, one.share) for one in arms_of({20.0}, "en")] == [
        ("A", 8_000),
        ("control", 2_000),
    ]
    changed = arms_of({0.0, 20.0}, "ru")
    assert [(one.name, one.share) for one in changed] == [
        ("Читатели", 0),
        ("Контрольная группа", 0),
    ]


def item(number: int, run: int, *topics: int, everybody: bool = False) -> FrozenItem:
    return FrozenItem(
        id=number,
        run=run,
        feed="blog" if number % 2 else "news",
        topics=list(topics),
        everybody=everybody,
        at=NOW,
        place=number,
        values={"title": f"T{number}"},
    )


def frozen(*items: FrozenItem, items_max: int = 3, digest: bool = True) -> Frozen:
    return Frozen(
        digest=digest,
        run=5,
        items=list(items),
        topics=[],
        feeds=["blog", "news"],
        items_max=items_max,
    )


def test_a_reader_gets_what_is_new_to_him_and_of_his_topics() -> None:
    run = frozen(
        item(1, 5, 0), item(2, 5, 1), item(3, 5, everybody=True), item(4, 3, 0), item(5, 5)
    )
    assert picked(run, since=4, mask=0b01) == [0, 2]
    assert picked(run, since=2, mask=0b01) == [0, 2, 3]
    assert picked(run, since=4, mask=0b11) == [0, 1, 2]
    assert picked(run, since=4, mask=0) == [2]
    assert picked(run, since=5, mask=0b11) == []


def test_a_letter_has_no_more_items_than_it_may() -> None:
    many = [item(number, 5, 0) for number in range(8)]
    assert picked(frozen(*many), since=4, mask=1) == [0, 1, 2]
    ordinary = frozen(*many, digest=False)
    assert picked(ordinary, since=99, mask=1) == [0, 1, 2, 3, 4, 5]
    seen = variables(ordinary, [0, 1, 2, 3])
    assert [one["title"] for one in seen["articles"]] == ["T0", "T1", "T2"]
    assert [one["title"] for one in seen["feeds"]["news"]] == ["T0", "T2"]


@pytest.mark.parametrize(
    ("last", "first", "since"),
    [(2, 0, 4), (0, 0, 1), (NEVER, 1, 2), (NEVER, NEVER, 4)],
)
def test_new_begins_after_the_last_letter_a_reader_had(last: int, first: int, since: int) -> None:
    assert since_of(5, [1, 3, 4], last, first) == since


@given(
    runs=st.lists(st.booleans(), min_size=1, max_size=12),
    masks=st.lists(st.integers(0, 7), min_size=12, max_size=12),
)
def test_nobody_gets_an_item_twice_whatever_he_missed(runs: list[bool], masks: list[int]) -> None:
    """`runs[i]`: whether the reader got the letter of run i + 1."""
    items = [item(run * 3 + k, run, k) for run in range(1, len(runs) + 1) for k in range(3)]
    had: set[int] = set()
    earlier: list[int] = []
    last = first = NEVER
    for run, got in enumerate(runs, start=1):
        now = frozen(*[one for one in items if one.run <= run], items_max=20)
        since = since_of(run, earlier, last, first)
        places = picked(now, since=since, mask=masks[run - 1])
        ids = {now.items[place].id for place in places}
        assert not ids & had
        if got and ids:
            had |= ids
            last = len(earlier)
        if first == NEVER:
            first = len(earlier)
        earlier.append(run)


@pytest.mark.parametrize("zone", ["workspace", "own"])
def test_a_plan_that_begins_with_the_last_days_of_the_calendar_has_few_moments(zone: Any) -> None:
    after = datetime(2026, 6, 15, 12, tzinfo=UTC)
    late = RegularPlan(every="day", zone=zone, first_on=date(9999, 12, 29))
    found = first_moments(late, MOSCOW, after=after, count=5)
    assert [one.wall.day for one in found] == [29, 30]
    never = RegularPlan(every="day", zone=zone, first_on=date.max)
    assert next_moment(never, MOSCOW, after=after) is None
