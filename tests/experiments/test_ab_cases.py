"""Cases of other statistics packages, with the numbers that those packages expect.

The cases lie beside the project (`../shared/data/ab_cases`), not in it; without them these tests
skip. Every case finds its check by its family and method; a case without a check fails.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from otklik.experiments import public as x
from tests.experiments.ab_cases import (
    CASES_FILE,
    HILLSTROM_FILE,
    Case,
    alternative_of,
    arm,
    interval,
    level_of,
    near,
)
from tests.experiments.ab_statsmodels import STATSMODELS

# Cases that cannot be checked, with the reason. None so far.
DO_NOT_FIT: dict[str, str] = {}


def _cases() -> list[Any]:
    if not CASES_FILE.exists():
        why = pytest.mark.skip(reason=f"{CASES_FILE} is absent: the cases are not in the project")
        return [pytest.param({}, id="absent", marks=why)]
    cases = json.loads(CASES_FILE.read_text())
    return [pytest.param(case, id=case["id"]) for case in cases]


@pytest.mark.parametrize("case", _cases())
def test_it_gives_the_numbers_that_another_package_expects(case: Case) -> None:
    if case["id"] in DO_NOT_FIT:
        pytest.skip(DO_NOT_FIT[case["id"]])
    _check_of(case)(case)


def _check_of(case: Case) -> Callable[[Case], None]:
    family, name = case["id"].split("/", 1)
    method = case["method"].lower()
    if family == "gbstats":
        return check_bayesian if "bayesian" in method else check_gbstats
    if family == "hillstrom":
        return check_hillstrom
    if "pvalues" in case or "p_values" in case:
        return check_adjustment
    if "sample ratio" in method:
        return check_sample_ratio
    if family == "tea-tasting":
        return check_tea_proportion if method.startswith("proportions") else check_tea_mean
    for part, check in STATSMODELS.items():
        if name.startswith(part):
            return check
    raise AssertionError(f"no check for {case['id']}: {case['method']}")


# --- gbstats: t-tests, sequential tests, with CUPED and ratios


def gb_group(stat: Case) -> Any:
    kind, n = stat["type"], stat["n"]
    if kind == "ProportionStatistic":
        return x.Arm(n, stat["sum"])
    if kind == "SampleMeanStatistic":
        return x.Sample(n, stat["sum"], stat["sum_squares"])
    parts = {
        "RatioStatistic": {"m": "m_statistic", "d": "d_statistic"},
        "RegressionAdjustedStatistic": {"m": "post_statistic", "p": "pre_statistic"},
        "RegressionAdjustedRatioStatistic": {
            "m": "m_statistic_post",
            "d": "d_statistic_post",
            "p": "m_statistic_pre",
            "q": "d_statistic_pre",
        },
    }[kind]
    products = {
        "RatioStatistic": {("m", "d"): "m_d_sum_of_products"},
        "RegressionAdjustedStatistic": {("m", "p"): "post_pre_sum_of_products"},
        "RegressionAdjustedRatioStatistic": {
            ("m", "p"): "m_post_m_pre_sum_of_products",
            ("d", "q"): "d_post_d_pre_sum_of_products",
            ("p", "q"): "m_pre_d_pre_sum_of_products",
            ("m", "d"): "m_post_d_post_sum_of_products",
            ("m", "q"): "m_post_d_pre_sum_of_products",
            ("p", "d"): "m_pre_d_post_sum_of_products",
        },
    }[kind]
    columns = {name: stat[key] for name, key in parts.items()}
    binary = all(c["type"] == "ProportionStatistic" for c in columns.values())
    sums = {name: c["sum"] for name, c in columns.items()}
    table = {pair: stat[key] for pair, key in products.items()}
    table |= {(name, name): c.get("sum_squares", c["sum"]) for name, c in columns.items()}
    return x.Moments.of_sums(n, sums, table, ddof=0 if binary else 1)


def gb_metric(stat: Case) -> dict[str, Any]:
    if stat["type"] == "RatioStatistic":
        return {"metric": x.Metric("m", per="d")}
    if stat["type"] == "RegressionAdjustedStatistic":
        theta = stat.get("theta")
        coefficient = "together" if theta is None else theta
        return {"metric": x.Metric("m", covariate="p"), "coefficient": coefficient}
    if stat["type"] == "RegressionAdjustedRatioStatistic":
        metric = x.Metric("m", per="d", covariate="p", covariate_per="q")
        theta = stat.get("theta")
        return {"metric": metric, "coefficient": "within" if theta is None else theta}
    return {}


def check_gbstats(case: Case) -> None:
    method, config = case["method"], case["config"]
    one_sided = "greater" if "Greater" in method else "less" if "Lesser" in method else "two-sided"
    relative = config.get("difference_type", "relative") == "relative"
    extra = {}
    if "sequential_tuning_parameter" in config:
        extra["peeks_around"] = config["sequential_tuning_parameter"]
    result = x.compare_means(
        gb_group(case["control"]),
        gb_group(case["treatment"]),
        level=1 - config.get("alpha", 0.05),
        method="sequential" if "Sequential" in method else "welch",
        alternative=one_sided,
        lift_method="delta",
        tested="lift" if relative else "difference",
        **gb_metric(case["control"]),
        **extra,
    )
    tolerance, expected = case["tolerance"], case["expected"]
    seen = result.lift if relative else result.difference
    bounds = result.lift_interval if relative else result.difference_interval
    error = result.lift_standard_error if relative else result.standard_error
    assert seen == near(expected["expected"], tolerance)
    assert interval(bounds) == near(expected["ci"], tolerance)
    assert error == near(expected["uplift"]["stddev"], tolerance)
    p_value = expected.get("pValue", expected.get("p_value"))
    assert result.p_value == near(p_value, tolerance)


def check_bayesian(case: Case) -> None:
    config, expected, tolerance = case["config"], case["expected"], case["tolerance"]
    relative = config.get("difference_type", "relative") == "relative"
    prior = x.Prior()
    stated = config.get("prior_effect") or {}
    if stated.get("proper"):
        scale = "lift" if config.get("prior_type", "relative") == "relative" else "difference"
        prior = x.Prior(stated.get("mean", 0), stated.get("variance", 1), scale)
    belief = x.believe(
        gb_group(case["control"]),
        gb_group(case["treatment"]),
        prior=prior,
        scale="lift" if relative else "difference",
        level=1 - config.get("alpha", 0.05),
        lower_is_better=config.get("inverse", False),
        **gb_metric(case["control"]),
    )
    assert belief.effect == near(expected["expected"], tolerance)
    assert interval(belief.interval) == near(expected["ci"], tolerance)
    chance = expected.get("chanceToWin", expected.get("chance_to_win"))
    assert belief.chance_to_win == near(chance, tolerance)
    risks = [belief.risk_of_control, belief.risk_of_variant]
    assert risks == near(expected["risk"], tolerance)


# --- tea-tasting: proportions, means, ratios, CUPED


def check_tea_proportion(case: Case) -> None:
    config, method = case["config"], case["method"].lower()
    pooled = config.get("equal_var(pooled)", True)
    test: Any = "z_pooled" if pooled else "z_unpooled"
    for word, name in {
        "barnard": "barnard",
        "boschloo": "boschloo",
        "fisher": "fisher",
        "g-test": "g",
        "pearson": "chi_square",
    }.items():
        if word in method:
            test = name
    result = x.compare_proportions(
        arm(case["control"]),
        arm(case["treatment"]),
        level=level_of(case),
        method=test,
        alternative=alternative_of(case),
        continuity=config.get("correction", True),
        pooled=pooled,
    )
    _check_effects(case, result)


def check_tea_mean(case: Case) -> None:
    config = case["config"]
    metric = x.Metric(
        config["numer"],
        per=config.get("denom"),
        covariate=config.get("numer_covariate"),
        covariate_per=config.get("denom_covariate"),
    )
    method: Any = "student" if config.get("equal_var") else "welch"
    result = x.compare_means(
        tea_moments(case["control"]),
        tea_moments(case["treatment"]),
        metric=metric,
        level=level_of(case),
        method=method if config.get("use_t", True) else "z",
        alternative=alternative_of(case),
        lift_method="log",
    )
    expected, tolerance = case["expected"], case["tolerance"]
    assert result.control == near(expected["control"], tolerance)
    assert result.variant == near(expected["treatment"], tolerance)
    assert result.statistic == near(expected["statistic"], tolerance)
    _check_effects(case, result)


def tea_moments(stat: Case) -> x.Moments:
    pairs: Any = {tuple(key.split(",")): value for key, value in stat["cov"].items()}
    return x.Moments.of_moments(stat["count"], stat["mean"], stat["var"], pairs)


def _check_effects(case: Case, result: x.Comparison) -> None:
    expected, tolerance = case["expected"], case["tolerance"]
    if "pvalue" in expected:
        assert result.p_value == near(expected["pvalue"], tolerance)
    if "effect_size" in expected:
        assert result.difference == near(expected["effect_size"], tolerance)
    if "rel_effect_size" in expected:
        assert result.lift == near(expected["rel_effect_size"], tolerance)
    if "effect_size_ci" in expected:
        bounds = interval(result.difference_interval)
        assert bounds == near(expected["effect_size_ci"], tolerance)
    if "rel_effect_size_ci" in expected:
        assert interval(result.lift_interval) == near(expected["rel_effect_size_ci"], tolerance)


def check_sample_ratio(case: Case) -> None:
    method, config = case["method"].lower(), case["config"]
    shares = [float(part) for part in str(config.get("ratio", "1:1")).split(":")]
    if len(shares) == 1:
        shares = [1.0, shares[0]]
    result = x.sample_ratio(
        [case["control"]["n"], case["treatment"]["n"]],
        shares,
        method="binomial" if "binom" in method and "approx" not in method else "normal",
        continuity=config.get("correction", "corrected" in method),
    )
    assert result.p_value == near(case["expected"]["pvalue"], case["tolerance"])


ADJUSTMENTS = {
    "hochberg step-up procedure with sidak": "hochberg_sidak",
    "hochberg step-up with sidak": "hochberg_sidak",
    "hochberg step-up with bonferroni": "hochberg",
    "hochberg": "hochberg",
    "holm step-down with sidak": "holm_sidak",
    "holm-sidak": "holm_sidak",
    "holm": "holm",
    "hommel": "hommel",
    "yekutieli": "benjamini_yekutieli",
    "benjamini": "benjamini_hochberg",
    "fdr_tsbky": "two_stage_benjamini_krieger_yekutieli",
    "fdr_tsbh": "two_stage_benjamini_hochberg",
    "fdr_by": "benjamini_yekutieli",
    "fdr_bh": "benjamini_hochberg",
    "bonferroni": "bonferroni",
    "sidak": "sidak",
}


def check_adjustment(case: Case) -> None:
    raw = case.get("pvalues", case.get("p_values"))
    text = f"{case['method']} {case['config'].get('method', '')}".lower().replace("benjamini-", "")
    expected = case["expected"]
    tables = {key: value for key, value in expected.items() if isinstance(value, list)}
    for key, column in tables.items():
        words = f"{text} {key.lower()}" if len(tables) > 1 else text
        if ("yekutieli" not in words and "hochberg (bh" in words) or "hochberg procedure" in words:
            words = "fdr_bh"
        name: Any = next(value for word, value in ADJUSTMENTS.items() if word in words)
        if "fdr" in case["id"] and name == "hochberg":
            name = "benjamini_hochberg"
        alpha = case["config"].get("alpha", 0.05)
        adjusted = x.adjust_p_values(raw, method=name, alpha=alpha)
        assert adjusted == near(column, case["tolerance"])


# --- Hillstrom: the published effects, from the published figures and from the raw rows


def check_hillstrom(case: Case) -> None:
    expected = case["expected"]
    if "successes" in case["control"]:
        result = x.compare_proportions(
            arm(case["control"]), arm(case["treatment"]), method="z_unpooled"
        )
    else:
        result = x.compare_means(*_hillstrom_values(case["id"], "spend"))
    _check_published(result, expected)


def _check_published(result: x.Comparison, expected: Case) -> None:
    assert result.difference == pytest.approx(expected["effect_size"], rel=1e-9)
    assert result.p_value == pytest.approx(expected["pvalue"], rel=1e-6)
    # The tolerance is not stated; the published bounds agree to seven digits.
    bounds = interval(result.difference_interval)
    assert bounds == pytest.approx(expected["effect_size_ci"], abs=3e-7)


HILLSTROM_ARMS = {"none": "No E-Mail", "womens": "Womens E-Mail", "mens": "Mens E-Mail"}


def _hillstrom_rows() -> dict[str, dict[str, np.ndarray[Any, Any]]]:
    if not HILLSTROM_FILE.exists():
        pytest.skip(f"{HILLSTROM_FILE} is absent: the data are not in the project")
    with gzip.open(HILLSTROM_FILE, "rt", encoding="ascii") as lines:
        rows = list(csv.DictReader(lines))
    segment = np.asarray([row["segment"] for row in rows])
    columns = {
        name: np.asarray([float(row[name]) for row in rows])
        for name in ("visit", "conversion", "spend")
    }
    return {
        key: {name: values[segment == label] for name, values in columns.items()}
        for key, label in HILLSTROM_ARMS.items()
    }


def _hillstrom_values(case_id: str, column: str) -> tuple[Any, Any]:
    arms = _hillstrom_rows()
    variant = next(key for key in ("womens", "mens") if case_id.split("/")[1].startswith(key))
    return arms["none"][column], arms[variant][column]


def test_it_finds_the_published_counts_and_effects_in_the_raw_rows_of_hillstrom() -> None:
    arms = _hillstrom_rows()
    sizes = [arms[key]["visit"].size for key in ("none", "womens", "mens")]
    assert sizes == [21306, 21387, 21307]
    assert x.sample_ratio(sizes).ok
    visits = [x.Arm.of(arms[key]["visit"]) for key in ("none", "womens", "mens")]
    buyers = [x.Arm.of(arms[key]["conversion"]) for key in ("none", "womens", "mens")]
    spend = [x.Sample.of(arms[key]["spend"]) for key in ("none", "womens", "mens")]
    assert [a.converted for a in visits] == [2262, 3238, 3894]
    assert [a.converted for a in buyers] == [122, 189, 267]
    assert [round(s.sum, 2) for s in spend] == [13908.33, 23038.11, 30311.69]
    cases = json.loads(CASES_FILE.read_text()) if CASES_FILE.exists() else []
    published = {case["id"]: case["expected"] for case in cases}
    for outcome, column in (("visit", visits), ("conversion", buyers)):
        expected = published.get(f"hillstrom/mens_vs_control_{outcome}")
        if expected is not None:
            by_counts = x.compare_proportions(column[0], column[2], method="z_unpooled")
            _check_published(by_counts, expected)
            by_values = x.compare_proportions(
                arms["none"][outcome], arms["mens"][outcome], method="z_unpooled"
            )
            assert by_values == by_counts
    # The default methods say the same thing about an effect as plain as this one.
    for column in (visits, buyers):
        for variant in column[1:]:
            result = x.compare_proportions(column[0], variant)
            assert result.significant
            assert result.difference > 0
    for sample in spend[1:]:
        assert x.compare_means(spend[0], sample).significant
    by_sums = x.compare_means(spend[0], spend[2])
    by_values = x.compare_means(arms["none"]["spend"], arms["mens"]["spend"])
    assert by_sums == by_values
    assert math.isclose(by_sums.difference, 0.7698271558945364, rel_tol=1e-9)
