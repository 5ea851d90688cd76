"""The pure rules of relays: pace by mail provider, warm-up, families of domains."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.channels.email.relays.control import (
    FASTEST_PER_S,
    HOLD,
    SLOWEST_PER_S,
    PaceLimit,
    is_stale,
    recovered,
    slowed,
)
from otklik.channels.email.relays.providers import BIG, PROVIDERS, provider_of
from otklik.channels.email.relays.warmup import (
    DAYS_MAX,
    WarmupDay,
    WarmupPlan,
    allowance,
    is_used,
    step_of,
    steps,
)

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
RATES = st.floats(min_value=0.001, max_value=20_000)


@given(measured=RATES, before=st.none() | RATES)
def test_a_complaint_at_least_halves_the_pace_within_its_bounds(
    measured: float, before: float | None
) -> None:
    known = None if before is None else PaceLimit(before, before, NOW - HOLD)
    limit = slowed(known, measured_per_s=measured, now=NOW)
    was = measured if before is None else min(measured, before)
    assert SLOWEST_PER_S <= limit.rate_per_s <= max(was / 2, SLOWEST_PER_S)
    assert limit.rate_per_s <= min(limit.ceiling_per_s, FASTEST_PER_S)
    assert slowed(limit, measured_per_s=1.0, now=NOW + HOLD / 2) == limit, "one complaint, one cut"


@given(rate=st.floats(SLOWEST_PER_S, 1_000), taken=st.integers(1, 10_000))
def test_letters_that_are_taken_raise_the_pace_but_never_by_more_than_double(
    rate: float, taken: int
) -> None:
    limit = PaceLimit(rate, rate * 2, NOW)
    grown = recovered(limit, taken=taken, now=NOW + timedelta(seconds=1))
    assert grown is not None
    assert rate < grown.rate_per_s <= rate * 2
    assert grown.slowed_at == limit.slowed_at


def test_a_limit_out_of_reach_is_forgotten_only_after_a_while() -> None:
    limit = PaceLimit(39.9, 10.0, NOW)
    assert recovered(limit, taken=4_000, now=NOW + timedelta(minutes=1)) is not None
    assert recovered(limit, taken=4_000, now=NOW + timedelta(minutes=20)) is None
    assert not is_stale(limit, NOW + timedelta(hours=23))
    assert is_stale(limit, NOW + timedelta(hours=24))


class Provider:
    """Takes so many letters a second, by a bucket of ten seconds, and refuses the others."""

    def __init__(self, bears: float) -> None:
        self.bears, self.bucket = bears, bears * 10

    def second(self, offered: int) -> tuple[int, int]:
        self.bucket = min(self.bears * 10, self.bucket + self.bears)
        taken = min(offered, int(self.bucket))
        self.bucket -= taken
        return taken, offered - taken


@pytest.mark.parametrize("bears", [2.0, 20.0, 300.0])
def test_the_pace_settles_near_what_a_provider_bears(bears: float) -> None:
    provider, limit, owed = Provider(bears), None, 0.0
    taken_all, refused_all, lately = 0, 0, [0] * 15
    for second in range(3_600):
        now = NOW + timedelta(seconds=second)
        owed = min(owed, 5.0) + (1_000 if limit is None else limit.rate_per_s)
        offered, owed = int(owed), owed % 1
        taken, refused = provider.second(offered)
        lately = [*lately[1:], taken]
        if refused:
            limit = slowed(limit, measured_per_s=sum(lately) / 15, now=now)
        elif limit is not None and taken:
            limit = recovered(limit, taken=taken, now=now)
        if second >= 600:
            taken_all, refused_all = taken_all + taken, refused_all + refused
    assert taken_all / 3_000 > bears * 0.55, "most of what it bears is used"
    assert refused_all < taken_all * 0.02, "few letters are refused"


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("a@gmail.com", "gmail.com"),
        ("a@GoogleMail.com", "gmail.com"),
        ("a@ya.ru", "yandex.ru"),
        ("a@bk.ru", "mail.ru"),
        ("a@list.ru", "mail.ru"),
        ("a@hotmail.com", "outlook.com"),
        ("a@Shop.Example", "shop.example"),
    ],
)
def test_domains_of_one_provider_are_one(address: str, provider: str) -> None:
    assert provider_of(address) == provider


def test_no_domain_belongs_to_two_providers() -> None:
    assert set(PROVIDERS.values()) >= BIG
    assert all(PROVIDERS[one] == one for one in BIG)


@given(
    first=st.integers(1, 5_000),
    factor=st.floats(1.05, 3.0),
    last=st.integers(1, 200_000),
)
def test_a_plan_grows_from_its_first_day_to_its_last(first: int, factor: float, last: int) -> None:
    found = steps(WarmupPlan(first=first, factor=factor, last=last))
    assert found == sorted(found)
    assert 1 <= len(found) <= DAYS_MAX
    assert found[0] == min(first, last)
    assert found[-1] <= last


@given(st.lists(st.tuples(st.integers(1, 100), st.floats(0, 1)), max_size=30))
def test_only_days_that_were_used_take_the_plan_on(days: list[tuple[int, float]]) -> None:
    plan = WarmupPlan(days=[100, 200, 400])
    start = date(2026, 11, 1)
    history = [
        WarmupDay(start + timedelta(days=number), allowed, int(allowed * share))
        for number, (allowed, share) in enumerate(days)
    ]
    today = start + timedelta(days=len(days))
    used = sum(1 for day in history if is_used(day))
    assert step_of(history, today) == used
    assert allowance(plan, history, today) == (plan.days[used] if used < 3 else None)


def test_what_was_allowed_in_the_morning_holds_all_day() -> None:
    today = date(2026, 11, 5)
    history = [WarmupDay(today, 150, 10)]
    assert allowance(WarmupPlan(days=[100, 200]), history, today) == 150
