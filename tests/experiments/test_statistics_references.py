"""The statistics against statsmodels, SciPy and R."""

from __future__ import annotations

import math
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize_scalar
from scipy.special import xlog1py, xlogy
from statsmodels.stats import proportion as reference
from statsmodels.stats.multitest import multipletests

from otklik.experiments import public as x
from otklik.experiments.model.score import restricted_by_difference, score
from tests.experiments.arms import SETTINGS, any_arms, inner_arms, values


@SETTINGS
@given(inner_arms(), inner_arms())
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("wald", "wald"), ("agresti_caffo", "agresti-caffo"), ("newcombe", "newcomb")],
)
def test_it_gives_the_difference_intervals_of_statsmodels(
    ours: Any, theirs: str, control: x.Arm, variant: x.Arm
) -> None:
    expected = reference.confint_proportions_2indep(
        variant.converted, variant.users, control.converted, control.users, method=theirs
    )
    clipped = [max(expected[0], -1), min(expected[1], 1)]
    bounds = x.difference_interval(control, variant, method=ours)
    assert list(bounds) == pytest.approx(clipped, abs=1e-12)


@SETTINGS
@given(inner_arms(), inner_arms(), st.floats(-0.9, 0.9), st.booleans())
@pytest.mark.parametrize("measure", ["ratio", "odds_ratio"])
def test_it_gives_the_score_statistics_of_statsmodels(
    measure: Any, control: x.Arm, variant: x.Arm, shift: float, corrected: bool
) -> None:
    # statsmodels loses digits very near to equality.
    assume(abs(shift) > 0.01)
    value = math.exp(3 * shift)
    expected = reference.score_test_proportions_2indep(
        variant.converted,
        variant.users,
        control.converted,
        control.users,
        value=value,
        compare=measure.replace("_", "-"),
        correction=corrected,
    )
    seen = score(measure, control, variant, value, corrected=corrected)
    assert seen == pytest.approx(expected.statistic, rel=1e-6, abs=1e-7)


@SETTINGS
@given(any_arms(), any_arms(), st.floats(-0.95, 0.95))
def test_its_score_statistic_of_a_difference_stands_on_the_likeliest_rates(
    control: x.Arm, variant: x.Arm, shift: float
) -> None:
    """Find the likeliest pair of rates by brute search.

    Not against statsmodels 0.15: its cubic has the count of the reference group where Miettinen
    and Nurminen have the size of that group, and so misses the maximum.
    """

    def unlikely(rate: float) -> float:
        other = rate + shift
        return -(
            xlogy(control.converted, rate)
            + xlog1py(control.users - control.converted, -rate)
            + xlogy(variant.converted, other)
            + xlog1py(variant.users - variant.converted, -other)
        )

    low, high = max(0.0, -shift), min(1.0, 1 - shift)
    best = minimize_scalar(
        unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-10}
    ).x
    ours = restricted_by_difference(control, variant, shift)
    assert low - 1e-12 <= ours <= high + 1e-12
    inside = min(max(ours, low + 1e-12), high - 1e-12)
    assert unlikely(inside) <= unlikely(best) + 1e-6
    q0, q1 = ours, min(max(ours + shift, 0.0), 1.0)
    variance = q1 * (1 - q1) / variant.users + q0 * (1 - q0) / control.users
    assume(variance > 1e-9)
    expected = (variant.rate - control.rate - shift) / math.sqrt(variance)
    seen = score("difference", control, variant, shift, corrected=False)
    assert seen == pytest.approx(expected)


def test_it_gives_the_score_interval_of_a_difference_that_r_gives() -> None:
    # R's PropCIs::diffscoreci(7, 34, 1, 34, 0.95), to all the digits it prints.
    bounds = x.difference_interval(x.Arm(34, 1), x.Arm(34, 7))
    assert list(bounds) == pytest.approx([0.0270416, 0.3452912], abs=6e-8)


@SETTINGS
@given(inner_arms(), inner_arms())
@pytest.mark.parametrize(("ours", "theirs"), [("katz", "log"), ("katz_adjusted", "log-adjusted")])
def test_it_gives_the_ratio_intervals_of_statsmodels(
    ours: Any, theirs: str, control: x.Arm, variant: x.Arm
) -> None:
    expected = reference.confint_proportions_2indep(
        variant.converted,
        variant.users,
        control.converted,
        control.users,
        method=theirs,
        compare="ratio",
    )
    assert list(x.ratio_interval(control, variant, method=ours)) == pytest.approx(expected)


@SETTINGS
@given(inner_arms(), inner_arms(), st.booleans())
def test_it_gives_the_interval_of_koopman_as_the_roots_of_his_cubic(
    control: x.Arm, variant: x.Arm, corrected: bool
) -> None:
    expected = reference._confint_riskratio_koopman(
        variant.converted, variant.users, control.converted, control.users, correction=corrected
    ).confint
    method: Any = "miettinen_nurminen" if corrected else "koopman"
    # The cubic of the reference loses digits when its roots lie close together.
    assert list(x.ratio_interval(control, variant, method=method)) == pytest.approx(
        np.real(expected), rel=1e-4
    )


@SETTINGS
@given(inner_arms(), inner_arms())
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("woolf", "logit"),
        ("woolf_adjusted", "logit-adjusted"),
        ("woolf_smoothed", "logit-smoothed"),
    ],
)
def test_it_gives_the_odds_ratio_intervals_of_statsmodels(
    ours: Any, theirs: str, control: x.Arm, variant: x.Arm
) -> None:
    expected = reference.confint_proportions_2indep(
        variant.converted,
        variant.users,
        control.converted,
        control.users,
        method=theirs,
        compare="odds-ratio",
    )
    assert list(x.odds_ratio_interval(control, variant, method=ours)) == pytest.approx(expected)


@SETTINGS
@given(any_arms(), st.sampled_from([0.8, 0.95, 0.99]))
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("wilson", "wilson"),
        ("jeffreys", "jeffreys"),
        ("clopper_pearson", "beta"),
        ("agresti_coull", "agresti_coull"),
        ("wald", "normal"),
    ],
)
@pytest.mark.parametrize("side", ["two-sided", "less", "greater"])
def test_it_gives_the_intervals_of_one_rate_of_statsmodels(
    ours: Any, theirs: str, side: Any, arm: x.Arm, level: float
) -> None:
    # statsmodels names a one-sided interval by the side that is open, R and we by the question.
    their_side = {"two-sided": "two-sided", "less": "larger", "greater": "smaller"}[side]
    expected = reference.proportion_confint(
        arm.converted, arm.users, alpha=1 - level, method=theirs, alternative=their_side
    )
    bounds = x.rate_interval(arm, level=level, method=ours, alternative=side)
    assert list(bounds) == pytest.approx(list(expected), abs=1e-9)


@SETTINGS
@given(values, values, st.sampled_from(["two-sided", "greater", "less"]))
@pytest.mark.parametrize(("method", "equal"), [("welch", False), ("student", True)])
def test_it_gives_the_t_tests_of_scipy(
    method: Any, equal: bool, first: list[float], second: list[float], side: Any
) -> None:
    assume(np.var(first) > 1e-6)
    assume(np.var(second) > 1e-6)
    expected = stats.ttest_ind(second, first, equal_var=equal, alternative=side)
    result = x.compare_means(first, second, method=method, alternative=side)
    bounds = expected.confidence_interval(0.95)
    assert result.statistic == pytest.approx(expected.statistic, rel=1e-6, abs=1e-9)
    assert result.p_value == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)
    assert list(result.difference_interval) == pytest.approx(list(bounds), rel=1e-6, abs=1e-6)


@SETTINGS
@given(inner_arms(), inner_arms())
@pytest.mark.parametrize("continuity", [True, False])
@pytest.mark.parametrize(("method", "power"), [("chi_square", "pearson"), ("g", "log-likelihood")])
def test_it_gives_the_chi_square_tests_of_scipy(
    method: Any, power: str, continuity: bool, control: x.Arm, variant: x.Arm
) -> None:
    table = [[a.converted, a.users - a.converted] for a in (control, variant)]
    expected = stats.chi2_contingency(table, correction=continuity, lambda_=power)
    result = x.compare_proportions(control, variant, method=method, continuity=continuity)
    assert result.p_value == pytest.approx(expected.pvalue, rel=1e-9)


@SETTINGS
@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=12))
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("bonferroni", "bonferroni"),
        ("sidak", "sidak"),
        ("holm", "holm"),
        ("holm_sidak", "holm-sidak"),
        ("hochberg", "simes-hochberg"),
        ("hommel", "hommel"),
        ("benjamini_hochberg", "fdr_bh"),
        ("benjamini_yekutieli", "fdr_by"),
        ("two_stage_benjamini_hochberg", "fdr_tsbh"),
        ("two_stage_benjamini_krieger_yekutieli", "fdr_tsbky"),
    ],
)
def test_it_adjusts_p_values_as_statsmodels_does(
    ours: Any, theirs: str, p_values: list[float]
) -> None:
    # For Holm it collects the garbage of the whole process: half a second late in a long run.
    with mock.patch("gc.collect"):
        expected = multipletests(p_values, method=theirs)[1]
    assert x.adjust_p_values(p_values, method=ours) == pytest.approx(list(expected), abs=1e-12)


@SETTINGS
@given(
    st.floats(0.01, 0.99),
    st.floats(0.01, 0.99),
    st.integers(10, 5000),
    st.floats(0.2, 5),
    st.sampled_from([("two-sided", "two-sided"), ("greater", "larger"), ("less", "smaller")]),
)
def test_it_gives_the_power_of_statsmodels(
    control: float, variant: float, users: int, ratio: float, side: Any
) -> None:
    expected = reference.power_proportions_2indep(
        variant - control, control, users, ratio=ratio, alternative=side[1], return_results=False
    )
    power = x.power_of_proportions(control, variant, users * ratio, users, alternative=side[0])
    assert power == pytest.approx(expected, abs=1e-9)


@SETTINGS
@given(st.floats(0.05, 0.45), st.floats(0.55, 0.95), st.floats(0.2, 5))
def test_it_gives_the_sample_size_of_statsmodels(low: float, high: float, ratio: float) -> None:
    expected = reference.samplesize_proportions_2indep_onetail(high - low, low, 0.8, ratio=ratio)
    size = x.sample_size_for_proportions(low, high, variants_per_control=1 / ratio)
    assert size.exact / ratio == pytest.approx(expected)
    assert size.total == size.control + size.variant
