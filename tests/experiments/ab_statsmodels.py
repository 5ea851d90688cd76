"""Checks of the cases of statsmodels: intervals, tests of proportions, power."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otklik.experiments import public as x
from tests.experiments.ab_cases import (
    OPEN_SIDES,
    Case,
    alternative_of,
    arm,
    interval,
    level_of,
    near,
)


def check_difference_interval(case: Case) -> None:
    name = case["id"].split("diff_", 1)[1]
    methods = {"score": "miettinen_nurminen", "newcomb": "newcombe"}
    method = next((m for word, m in methods.items() if name.startswith(word)), name)
    bounds = x.difference_interval(
        arm(case["control"]), arm(case["treatment"]), level=level_of(case), method=method
    )
    assert interval(bounds) == near(case["expected"]["ci"], case["tolerance"])


def check_ratio_interval(case: Case) -> None:
    name = case["id"].split("ratio_", 1)[1]
    methods = {
        "score_koopman": "koopman",
        "score_nam": "koopman",
        "score": "miettinen_nurminen",
        "log_adjusted": "katz_adjusted",
        "log-adjusted": "katz_adjusted",
        "log": "katz",
    }
    method = next(m for word, m in methods.items() if name.startswith(word))
    bounds = x.ratio_interval(
        arm(case["control"]), arm(case["treatment"]), level=level_of(case), method=method
    )
    assert interval(bounds) == near(case["expected"]["ci"], case["tolerance"])


def check_odds_interval(case: Case) -> None:
    name = case["id"].split("or_", 1)[1].replace("-", "_")
    methods = {
        "logit_adjusted": "woolf_adjusted",
        "logit_smoothed": "woolf_smoothed",
        "logit": "woolf",
        "score": "miettinen_nurminen",
    }
    method = next(m for word, m in methods.items() if name.startswith(word))
    bounds = x.odds_ratio_interval(
        arm(case["control"]), arm(case["treatment"]), level=level_of(case), method=method
    )
    assert interval(bounds) == near(case["expected"]["ci"], case["tolerance"])


def check_z_test(case: Case) -> None:
    result = x.compare_proportions(
        arm(case["control"]),
        arm(case["treatment"]),
        method="z_pooled",
        alternative=alternative_of(case),
    )
    assert result.statistic is not None
    # The package subtracts the other way round.
    assert -result.statistic == near(case["expected"]["statistic"], case["tolerance"])
    assert result.p_value == near(case["expected"]["pvalue"], case["tolerance"])


def check_many_groups(case: Case) -> None:
    result = x.compare_many_proportions([arm(sample) for sample in case["samples"]])
    expected, tolerance = case["expected"], case["tolerance"]
    assert result.statistic == near(expected["statistic"], tolerance)
    assert result.p_value == near(expected["pvalue"], tolerance)
    if "df" in expected:
        assert result.df == expected["df"]
    if "estimates" in expected:
        assert list(result.rates) == near(expected["estimates"], tolerance)


def check_pairs(case: Case) -> None:
    arms = [arm(sample) for sample in case["samples"]]
    raw = "raw" in case["id"]
    adjustment = "holm_sidak" if "sidak" in case["method"].lower() else "holm"
    with_control = "control" in case["id"]
    compare: Any = x.compare_all_with_control if with_control else x.compare_all_pairs
    pairs = compare(arms, adjustment="none" if raw else adjustment)
    expected = case["expected"].get("pvalues", case["expected"].get("pvalues_adj"))
    assert [pair.p_value_adjusted for pair in pairs] == near(expected, case["tolerance"])


def check_binomial(case: Case) -> None:
    expected, tolerance = case["expected"], case["tolerance"]
    sample, alternative = arm(case["sample"]), alternative_of(case)
    against = case["config"]["value"]
    result = x.binomial_test(sample, expected=against, alternative=alternative)
    assert result.p_value == near(expected["pvalue"], tolerance)
    if "ci" in expected:
        bounds = x.rate_interval(sample, method="clopper_pearson", alternative=alternative)
        assert interval(bounds) == near(expected["ci"], tolerance)
    if "estimate" in expected:
        assert sample.rate == near(expected["estimate"], tolerance)


def check_rate_interval(case: Case) -> None:
    name = case["id"].split("confint_", 1)[1].rsplit("_", 1)[0]
    methods = {"normal": "wald", "beta": "clopper_pearson", "binom_test": "binomial_test"}
    bounds = x.rate_interval(
        arm(case["sample"]),
        level=1 - case["config"]["alpha"],
        method=methods.get(name, name),
        # statsmodels names a one-sided interval by its open side, we by the question.
        alternative=OPEN_SIDES[case["config"].get("alternative", "two-sided")],
    )
    assert interval(bounds) == near(case["expected"]["ci"], case["tolerance"])


def check_power(case: Case) -> None:
    first, ratio = case["nobs1"], case["ratio_nobs2_to_nobs1"]
    power = x.power_of_proportions(
        case["prop2"],
        case["prop2"] + case["diff"],
        first * ratio,
        first,
        alpha=case["config"]["alpha"],
        alternative=alternative_of(case),
    )
    assert power == near(case["expected"]["power"], case["tolerance"])


def check_sample_size(case: Case) -> None:
    expected = case["expected"]
    if "diff" in case:
        ratio = case.get("ratio_nobs2_to_nobs1", 1)
        size = x.sample_size_for_proportions(
            case["prop2"],
            case["prop2"] + case["diff"],
            power=case.get("power", case["config"].get("power", 0.8)),
            variants_per_control=1 / ratio,
            alpha=case["config"]["alpha"],
            alternative=alternative_of(case),
        )
        first = size.exact / ratio
    else:
        rate = case.get("proportion", case["config"].get("proportion"))
        half = case.get("half_length", case["config"].get("half_length"))
        first = x.sample_size_for_interval(rate, half, level=level_of(case))
    value = next(v for key, v in expected.items() if "n" in key)
    assert first == near(value, case["tolerance"])


STATSMODELS: dict[str, Callable[[Case], None]] = {
    "diff_": check_difference_interval,
    "ratio_": check_ratio_interval,
    "or_": check_odds_interval,
    "ztest": check_z_test,
    "chi2_allpairs": check_pairs,
    "chi2_pairs": check_pairs,
    "chi2_": check_many_groups,
    "binom_test": check_binomial,
    "confint_": check_rate_interval,
    "power": check_power,
    "samplesize": check_sample_size,
    "sample_size": check_sample_size,
}
