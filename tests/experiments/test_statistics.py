"""The statistics against each other, and at their edges."""

from __future__ import annotations

import math
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from otklik.experiments import public as x
from otklik.experiments.model.intervals import (
    DifferenceInterval,
    OddsInterval,
    RateInterval,
    RatioInterval,
)
from otklik.experiments.model.several import Adjustment
from tests.experiments.arms import SETTINGS, any_arms, values


@SETTINGS
@given(any_arms(), any_arms(), st.sampled_from([0.8, 0.95, 0.99]))
def test_its_score_test_and_its_two_intervals_always_agree(
    control: x.Arm, variant: x.Arm, level: float
) -> None:
    together = control.converted + variant.converted
    assume(0 < together < control.users + variant.users)
    result = x.compare_proportions(control, variant, level=level, method="score")
    assume(abs(result.p_value - (1 - level)) > 1e-7)
    low, high = result.difference_interval
    assert result.significant == (low > 0 or high < 0)
    assert low - 1e-9 <= result.difference <= high + 1e-9
    if result.lift_interval is not None:
        below, above = result.lift_interval
        assert result.significant == (below > 1e-9 or above < -1e-9)


@SETTINGS
@given(st.integers(2, 60), st.integers(2, 60), st.floats(-2, 2), st.integers(0, 2**32))
def test_the_test_of_means_and_the_interval_of_the_lift_always_agree(
    n: int, m: int, effect: float, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    result = x.compare_means(draw.gamma(3, 1, n), draw.gamma(3, 1, m) + effect)
    if result.lift_interval is None:
        return
    assume(abs(result.p_value - 0.05) > 1e-5)
    low, high = result.lift_interval
    assert result.significant == (low > 0 or high < 0)


@SETTINGS
@given(st.lists(st.booleans(), min_size=1, max_size=60), st.lists(st.booleans(), min_size=1))
def test_raw_answers_and_their_counts_give_the_same_comparison(
    first: list[bool], second: list[bool]
) -> None:
    together = sum(first) + sum(second)
    assume(0 < together < len(first) + len(second))
    by_counts = x.compare_proportions(
        x.Arm(len(first), sum(first)), x.Arm(len(second), sum(second))
    )
    assert x.compare_proportions(first, second) == by_counts
    assert x.compare_proportions(np.asarray(first, dtype=int), np.asarray(second)) == by_counts


@SETTINGS
@given(values, values)
def test_raw_values_and_their_sums_give_the_same_comparison(
    first: list[float], second: list[float]
) -> None:
    assume(np.var(first) > 1e-6)

    def summed(raw: list[float]) -> x.Sample:
        return x.Sample(len(raw), math.fsum(raw), math.fsum(v * v for v in raw))

    by_values = x.compare_means(first, second)
    by_sums = x.compare_means(summed(first), summed(second))
    moments = [x.Moments.of(v=raw) for raw in (first, second)]
    by_moments = x.compare_means(moments[0], moments[1], metric=x.Metric("v"))
    for other in (by_sums, by_moments):
        assert other.difference == pytest.approx(by_values.difference, rel=1e-6, abs=1e-6)
        assert other.p_value == pytest.approx(by_values.p_value, rel=1e-4, abs=1e-9)
    assert x.Sample.of_moments(
        len(first), float(np.mean(first)), float(np.var(first, ddof=1))
    ).variance == pytest.approx(np.var(first, ddof=1), rel=1e-6)


@SETTINGS
@given(st.integers(3, 30), st.integers(3, 30), st.randoms(use_true_random=False))
def test_moments_of_two_groups_add_up_to_those_of_all(n: int, m: int, random: Any) -> None:
    draw = np.random.default_rng(random.randrange(2**32))
    a, b = draw.normal(3, 2, (2, n)), draw.normal(1, 1, (2, m))
    whole = np.hstack([a, b])
    added = x.Moments.of(u=a[0], v=a[1]).together_with(x.Moments.of(u=b[0], v=b[1]))
    at_once = x.Moments.of(u=whole[0], v=whole[1])
    assert np.allclose(added.covariances, at_once.covariances)
    assert np.allclose(added.means, at_once.means)
    products = {("u", "u"): a[0] @ a[0], ("v", "u"): a[0] @ a[1], ("v", "v"): a[1] @ a[1]}
    summed = x.Moments.of_sums(n, {"u": a[0].sum(), "v": a[1].sum()}, products)
    assert np.allclose(summed.covariances, x.Moments.of(u=a[0], v=a[1]).covariances)


def test_a_covariate_narrows_the_interval_and_keeps_the_effect() -> None:
    draw = np.random.default_rng(3)
    before = draw.gamma(2, 10, (2, 4000))
    after = before + draw.normal(0, 3, (2, 4000)) + np.asarray([[0.0], [0.5]])
    arms = [x.Moments.of(after=a, before=b) for a, b in zip(after, before, strict=True)]
    plain = x.compare_means(arms[0], arms[1], metric=x.Metric("after"))
    adjusted = x.compare_means(arms[0], arms[1], metric=x.Metric("after", covariate="before"))
    assert adjusted.standard_error is not None
    assert plain.standard_error is not None
    assert adjusted.standard_error < plain.standard_error / 3
    low, high = adjusted.difference_interval
    assert low < 0.5 < high
    assert adjusted.significant


def test_the_intervals_hold_what_they_promise() -> None:
    """Count how often the true difference lies inside, over all outcomes of two small groups."""
    p0, p1, users = 0.3, 0.45, 30
    for method in ("miettinen_nurminen", "mee", "newcombe", "agresti_caffo"):
        held = 0.0
        for x0 in range(users + 1):
            for x1 in range(users + 1):
                low, high = x.difference_interval(x.Arm(users, x0), x.Arm(users, x1), method=method)
                if low <= p1 - p0 <= high:
                    held += stats.binom.pmf(x0, users, p0) * stats.binom.pmf(x1, users, p1)
        assert 0.93 < held < 0.975, method


def test_a_sequential_interval_survives_looking_every_day() -> None:
    draw = np.random.default_rng(11)
    alarms_sequential = alarms_once = 0
    for _ in range(150):
        a, b = draw.normal(10, 2, (2, 2000))
        looks = range(100, 2001, 100)
        sequential = [x.compare_means(a[:n], b[:n], method="sequential") for n in looks]
        plain = [x.compare_means(a[:n], b[:n]) for n in looks]
        alarms_sequential += any(r.significant for r in sequential)
        alarms_once += any(r.significant for r in plain)
    assert alarms_sequential <= 0.06 * 150
    assert alarms_once > 0.12 * 150


@SETTINGS
@given(st.floats(0.005, 0.5), st.integers(200, 20_000), st.integers(200, 20_000))
def test_the_detectable_lift_is_noticed_with_the_promised_power(
    rate: float, control: int, variant: int
) -> None:
    lift = x.detectable_lift(rate, control, variant)
    if lift is None:
        assert x.power_of_proportions(rate, 1.0, control, variant) < 0.8
        return
    found = x.power_of_proportions(rate, rate * (1 + lift), control, variant)
    assert found == pytest.approx(0.8, abs=1e-6)
    down = x.detectable_rate(rate, control, variant, direction="down")
    if down is not None:
        assert 0 <= down < rate


@SETTINGS
@given(st.floats(0.1, 5), st.floats(0.5, 20), st.sampled_from(["two-sided", "greater"]))
@pytest.mark.parametrize("distribution", ["normal", "t"])
def test_the_sample_size_for_means_reaches_the_promised_power(
    distribution: Any, difference: float, variance: float, side: Any
) -> None:
    size = x.sample_size_for_means(
        difference, variance=variance, alternative=side, distribution=distribution
    )
    assume(size.exact > 3)
    options: Any = {"variance": variance, "alternative": side, "distribution": distribution}
    power = x.power_of_means(difference, size.exact, size.exact, **options)
    assert power == pytest.approx(0.8, abs=1e-6)
    back = x.detectable_difference(size.exact, size.exact, **options)
    assert back == pytest.approx(difference, rel=1e-5)


def test_power_by_simulation() -> None:
    draw = np.random.default_rng(5)
    runs = 1500
    p0, p1, users = 0.10, 0.14, 1000
    found = sum(
        x.compare_proportions(
            x.Arm(users, int(a)), x.Arm(users, int(b)), method="z_pooled"
        ).significant
        for a, b in zip(draw.binomial(users, p0, runs), draw.binomial(users, p1, runs), strict=True)
    )
    assert found / runs == pytest.approx(x.power_of_proportions(p0, p1, users, users), abs=0.035)


@SETTINGS
@given(any_arms(), any_arms())
def test_exchanging_the_groups_turns_the_difference_round(a: x.Arm, b: x.Arm) -> None:
    assume(0 < a.converted + b.converted < a.users + b.users)
    there, back = x.compare_proportions(a, b), x.compare_proportions(b, a)
    assert there.p_value == pytest.approx(back.p_value, rel=1e-6)
    assert there.difference_interval[0] == pytest.approx(-back.difference_interval[1], abs=1e-6)
    assert there.difference_interval[1] == pytest.approx(-back.difference_interval[0], abs=1e-6)


# --- belief


def test_belief_without_a_prior_mirrors_the_z_test() -> None:
    control, variant = x.Arm(2000, 200), x.Arm(2000, 240)
    belief = x.believe(control, variant, scale="difference")
    test = x.compare_means(control, variant, method="z", alternative="less")
    assert belief.chance_to_win == pytest.approx(test.p_value)
    assert belief.risk_of_control - belief.risk_of_variant == pytest.approx(belief.effect)


def test_a_sceptical_prior_pulls_the_effect_towards_itself() -> None:
    control, variant = x.Arm(200, 20), x.Arm(200, 32)
    plain = x.believe(control, variant)
    sceptical = x.believe(control, variant, prior=x.Prior(0.0, 0.05**2))
    assert 0 < sceptical.effect < plain.effect / 10
    assert 0.5 < sceptical.chance_to_win < plain.chance_to_win
    flipped = x.believe(control, variant, lower_is_better=True)
    assert flipped.chance_to_win == pytest.approx(1 - plain.chance_to_win)
    assert flipped.risk_of_control == plain.risk_of_variant


# --- edges


def test_nobody_converted_in_the_control_gives_a_difference_without_a_lift() -> None:
    result = x.compare_proportions(x.Arm(500, 0), x.Arm(500, 20))
    assert result.significant
    assert result.lift is None
    assert result.lift_interval is None


def test_few_events_are_left_to_fishers_exact_test() -> None:
    result = x.compare_proportions(x.Arm(10_000, 0), x.Arm(100, 2))
    assert "Fisher" in result.method
    table = [[2, 0], [98, 10_000]]
    assert result.p_value == pytest.approx(stats.fisher_exact(table).pvalue)


@pytest.mark.parametrize("converted", [0, 40])
def test_everybody_alike_is_no_difference_by_default_and_refused_by_tests_without_an_answer(
    converted: int,
) -> None:
    arm = x.Arm(40, converted)
    result = x.compare_proportions(arm, arm)
    assert (result.p_value, result.significant) == (1.0, False)
    for method in ("score", "z_pooled", "z_unpooled", "chi_square", "g"):
        with pytest.raises(x.NoSpread):
            x.compare_proportions(arm, arm, method=method)
    for method in ("fisher", "barnard", "boschloo"):
        assert x.compare_proportions(arm, arm, method=method).p_value == 1


def test_extreme_groups_have_intervals_for_every_method() -> None:
    arms = [x.Arm(20, 0), x.Arm(20, 20), x.Arm(1, 0), x.Arm(1, 1), x.Arm(20, 7)]
    for control in arms:
        for rate_method in get_args(RateInterval):
            low, high = x.rate_interval(control, method=rate_method)
            assert 0 <= low <= high <= 1
        for variant in arms:
            for method in get_args(DifferenceInterval):
                low, high = x.difference_interval(control, variant, method=method)
                assert -1 <= low <= high <= 1
            for method in get_args(RatioInterval):
                low, high = x.ratio_interval(control, variant, method=method)
                assert 0 <= low <= high
            for method in get_args(OddsInterval):
                low, high = x.odds_ratio_interval(control, variant, method=method)
                assert 0 <= low <= high


def test_impossible_figures_are_refused() -> None:
    for make in (
        lambda: x.Arm(10, 11),
        lambda: x.Arm(-1, 0),
        lambda: x.Arm(5, -1),
        lambda: x.Arm.of([0, 1, 2]),
        lambda: x.Sample(-1, 0, 0),
        lambda: x.Sample(0, 1, 1),
        lambda: x.Sample(10, 100, 1),
        lambda: x.Sample(10, math.nan, 1),
        lambda: x.Sample(10, 0, -1),
        lambda: x.Sample.of([1, math.inf]),
        lambda: x.Moments.of(v=[1.0, math.nan]),
        lambda: x.Moments.of_sums(3, {"a": 1, "b": 1}, {("a", "a"): 1, ("b", "b"): 1}),
        lambda: x.sample_ratio([-1, 5]),
        lambda: x.sample_ratio([1, 5], [1, -1]),
        lambda: x.sample_ratio([1, 5], [1, 0]),
        lambda: x.sample_ratio([1, 5], [1]),
    ):
        with pytest.raises(x.ImpossibleCounts) as caught:
            make()
        assert caught.value.text("ru") != caught.value.text("en")


def test_empty_groups_are_refused() -> None:
    nobody, somebody = x.Arm(0, 0), x.Arm(10, 3)
    for compare in (
        lambda: x.compare_proportions(nobody, somebody),
        lambda: x.compare_proportions(somebody, []),
        lambda: x.compare_means(x.Sample(1, 5, 25), x.Sample(9, 5, 25)),
        lambda: x.compare_means([], [1.0, 2.0]),
        lambda: x.difference_interval(nobody, somebody),
        lambda: x.ratio_interval(somebody, nobody),
        lambda: x.odds_ratio_interval(somebody, nobody),
        lambda: x.rate_interval(nobody),
        lambda: x.compare_many_proportions([somebody]),
        lambda: x.compare_many_proportions([somebody, nobody]),
        lambda: x.sample_ratio([0, 0]),
        lambda: x.sample_ratio([5]),
        lambda: x.power_of_proportions(0.1, 0.2, 0, 10),
        lambda: x.binomial_test(nobody, expected=0.5),
    ):
        with pytest.raises(x.EmptyArm):
            compare()


def test_constant_values_are_refused() -> None:
    same = x.Sample.of([5.0, 5.0, 5.0])
    with pytest.raises(x.NoSpread):
        x.compare_means(same, same)
    with pytest.raises(x.NoSpread):
        x.compare_many_proportions([x.Arm(5, 0), x.Arm(6, 0)])
    with pytest.raises(x.NoSpread):
        x.believe(same, same)


def test_a_lift_over_nothing_is_refused_or_left_out() -> None:
    nothing, some = x.Sample.of([0.0, 0.0, 0.0]), x.Sample.of([1.0, 2.0, 4.0])
    result = x.compare_means(nothing, some)
    assert result.lift is None
    assert result.lift_interval is None
    with pytest.raises(x.NoBaseline):
        x.compare_means(nothing, some, tested="lift")
    with pytest.raises(x.NoBaseline):
        x.believe(nothing, some)


def test_wrong_settings_are_refused() -> None:
    arm = x.Arm(10, 3)
    for call in (
        lambda: x.compare_proportions(arm, arm, level=95),
        lambda: x.compare_proportions(arm, arm, level=1.0),
        lambda: x.adjust_p_values([0.5, 1.5]),
        lambda: x.adjust_p_values([math.nan]),
        lambda: x.power_of_proportions(-0.1, 0.2, 10, 10),
        lambda: x.sample_size_for_proportions(0.1, 0.1),
        lambda: x.sample_size_for_proportions(0.1, 0.2, power=1),
        lambda: x.sample_size_for_means(0.0, variance=1),
        lambda: x.power_of_means(1, 10, 10, variance=0),
        lambda: x.sample_size_for_interval(0.5, 0),
        lambda: x.binomial_test(arm, expected=2),
        lambda: x.believe(arm, arm, prior=x.Prior(0, 0)),
        lambda: x.compare_means(arm, arm, method="sequential", peeks_around=0),
    ):
        with pytest.raises(x.OutOfRange):
            call()
    for call in (
        lambda: x.compare_proportions(arm, arm, method="guess"),  # type: ignore[arg-type]  # a word that mypy knows to be wrong
        lambda: x.compare_proportions(arm, arm, method="g", alternative="less"),
        lambda: x.compare_proportions(arm, arm, alternative="up"),  # type: ignore[arg-type]  # a word that mypy knows to be wrong
        lambda: x.compare_means(arm, arm, method="guess"),  # type: ignore[arg-type]  # a word that mypy knows to be wrong
        lambda: x.compare_means(arm, arm, metric=x.Metric("a")),
        lambda: x.sample_ratio([1, 2, 3], method="binomial"),
        lambda: x.adjust_p_values([0.5], method="guess"),  # type: ignore[arg-type]  # a word that mypy knows to be wrong
    ):
        with pytest.raises(x.UnknownMethod):
            call()


def test_every_adjustment_keeps_the_order_and_the_range() -> None:
    raw = [0.04, 0.001, 0.04, 1.0, 0.0]
    for method in get_args(Adjustment):
        adjusted = x.adjust_p_values(raw, method=method)
        assert len(adjusted) == len(raw)
        assert all(0 <= p <= 1 for p in adjusted)
        assert sorted(adjusted) == [adjusted[i] for i in np.argsort(raw, kind="stable")]
        assert adjusted[0] == adjusted[2]
    assert x.adjust_p_values([]) == []


def test_sample_ratio_notices_a_loss_of_people() -> None:
    assert x.sample_ratio([5000, 5010]).ok
    mismatch = x.sample_ratio([2000, 4400, 4000], [2000, 4000, 4000])
    assert not mismatch.ok
    assert sum(mismatch.expected) == pytest.approx(10_400)
    for method in ("chi_square", "normal", "binomial"):
        assert x.sample_ratio([53, 47], method=method).p_value == pytest.approx(0.6, abs=0.06)


def test_pairs_are_adjusted_together() -> None:
    arms = [x.Arm(100, 10), x.Arm(100, 20), x.Arm(100, 35)]
    pairs = x.compare_all_pairs(arms)
    assert [(pair.first, pair.second) for pair in pairs] == [(0, 1), (0, 2), (1, 2)]
    held = x.compare_all_with_control(arms, control=2)
    assert [(pair.first, pair.second) for pair in held] == [(2, 0), (2, 1)]
    assert all(pair.p_value_adjusted >= pair.p_value for pair in [*pairs, *held])
