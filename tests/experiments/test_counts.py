"""The comparison that may be looked at while responses come in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.experiments.public import Arm, EmptyArm, OutOfRange, always_valid, compare_proportions


def arms(most: int = 5_000) -> st.SearchStrategy[Arm]:
    return st.integers(1, most).flatmap(lambda n: st.integers(0, n).map(lambda k: Arm(n, k)))


@given(arms(), arms())
def test_the_interval_leaves_out_no_lift_exactly_when_the_test_finds_one(c: Arm, v: Arm) -> None:
    found = always_valid(c, v)
    low, high = found.lift_interval
    assert -1 <= low <= high
    if abs(found.p_value - 0.05) > 1e-9:
        assert (low > 1e-12 or high < -1e-12) == (found.p_value < 0.05)
    if found.lift is not None:
        assert low - 1e-9 <= found.lift <= high + 1e-9


@given(arms(), arms())
def test_to_change_the_groups_turns_the_lift_over(c: Arm, v: Arm) -> None:
    found, turned = always_valid(c, v), always_valid(v, c)
    assert found.p_value == pytest.approx(turned.p_value)
    _, high = found.lift_interval
    if math.isfinite(high) and high < 1e9:
        assert turned.lift_interval[0] == pytest.approx(1 / (1 + high) - 1)


@pytest.mark.parametrize(("control", "variant"), [(3_000, 3_000), (1_000, 9_000)])
def test_daily_looks_at_equal_letters_find_a_winner_in_hardly_one_of_twenty(
    control: int, variant: int
) -> None:
    dice = np.random.default_rng(7)
    naive = honest = 0
    for _ in range(200):
        # Response ebbs and flows, the same in both groups.
        rate, days = 0.08, dice.dirichlet(np.ones(14))
        c = np.cumsum(dice.multinomial(dice.binomial(control, rate), days))
        v = np.cumsum(dice.multinomial(dice.binomial(variant, rate), days))
        looks = [
            (Arm(control, int(a)), Arm(variant, int(b)))
            for a, b in zip(c, v, strict=True)
            if a + b > 0
        ]
        honest += any(always_valid(*look).p_value < 0.05 for look in looks)
        naive += any(compare_proportions(*look).p_value < 0.05 for look in looks)
    assert honest <= 10
    assert naive > 20


def test_a_clear_lift_is_found_long_before_the_end() -> None:
    found = always_valid(Arm(10_000, 250), Arm(10_000, 350))
    assert found.p_value < 0.01
    assert found.lift == pytest.approx(0.4)
    assert 0 < found.lift_interval[0] < 0.4 < found.lift_interval[1]


def test_without_responses_nothing_is_known() -> None:
    found = always_valid(Arm(10, 0), Arm(20, 0))
    assert (found.lift, found.lift_interval, found.p_value) == (None, (-1.0, math.inf), 1.0)
    assert always_valid(Arm(100, 0), Arm(100, 60)).lift_interval[0] > 0


def test_impossible_questions_are_refused() -> None:
    with pytest.raises(EmptyArm):
        always_valid(Arm(0, 0), Arm(10, 1))
    with pytest.raises(OutOfRange):
        always_valid(Arm(10, 1), Arm(10, 1), level=1)
