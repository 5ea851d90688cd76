"""What the next mailing will bring."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.experiments.public import Arm, EmptyArm, OutOfRange, predict_rate

FORMER = st.lists(
    st.integers(1, 10**6).flatmap(lambda n: st.integers(0, n).map(lambda k: Arm(n, k))),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(FORMER, st.integers(1, 10**7))
def test_the_rate_lies_in_its_interval_and_that_between_nothing_and_all(
    former: list[Arm], people: int
) -> None:
    found = predict_rate(former, people)
    assert 0 <= found.low <= found.rate <= found.high <= 1
    wider = predict_rate(former, people, level=0.99)
    assert wider.low <= found.low
    assert found.high <= wider.high


@pytest.mark.parametrize(("mailings", "spread"), [(4, 0.0), (6, 0.3), (20, 0.5)])
def test_nine_of_ten_mailings_end_inside(mailings: int, spread: float) -> None:
    dice = np.random.default_rng(4)
    inside = 0
    for _ in range(300):
        odds = -3 + spread * dice.normal(size=mailings + 1)
        rates = 1 / (1 + np.exp(-odds))
        sizes = dice.integers(300, 20_000, mailings + 1)
        done = dice.binomial(sizes, rates)
        former = [Arm(int(n), int(k)) for n, k in zip(sizes[:-1], done[:-1], strict=True)]
        found = predict_rate(former, int(sizes[-1]))
        inside += found.low <= done[-1] / sizes[-1] <= found.high
    assert inside >= 0.85 * 300


def test_one_former_mailing_says_little() -> None:
    one = predict_rate([Arm(10_000, 2_000)], 10_000)
    assert one.rate == pytest.approx(0.2, abs=0.001)
    assert one.low < 0.12
    assert one.high > 0.31
    many = predict_rate([Arm(10_000, 2_000 + n) for n in range(12)], 10_000)
    assert 0.18 < many.low < many.high < 0.22
    assert (many.mailings, many.people) == (12, 120_000)


def test_without_former_mailings_nothing_is_said() -> None:
    with pytest.raises(EmptyArm):
        predict_rate([Arm(0, 0)], 10)
    with pytest.raises(OutOfRange):
        predict_rate([Arm(10, 1)], 0)
    with pytest.raises(OutOfRange):
        predict_rate([Arm(10, 1)], 10, level=1)
