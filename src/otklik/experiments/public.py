"""The door of `experiments`: division into groups, comparisons and verdicts. All of it is pure."""

from __future__ import annotations

from otklik.experiments.errors import (
    EmptyArm,
    ImpossibleCounts,
    NoBaseline,
    NoSpread,
    OutOfRange,
    UnableToAssign,
    UnableToCompare,
    UnknownMethod,
)
from otklik.experiments.model.assignment import (
    WHOLE,
    assign,
    assign_one,
    divide_shares,
    experiment_key,
)
from otklik.experiments.model.balance import SampleRatio, sample_ratio
from otklik.experiments.model.bayesian import Belief, Prior, believe
from otklik.experiments.model.counts import AlwaysValid, always_valid
from otklik.experiments.model.draw import draw
from otklik.experiments.model.forecast import Prediction, predict_rate
from otklik.experiments.model.intervals import (
    difference_interval,
    odds_ratio_interval,
    rate_interval,
    ratio_interval,
)
from otklik.experiments.model.means import compare_means
from otklik.experiments.model.power import (
    SampleSize,
    detectable_difference,
    detectable_lift,
    detectable_rate,
    power_of_means,
    power_of_proportions,
    sample_size_for_interval,
    sample_size_for_means,
    sample_size_for_proportions,
)
from otklik.experiments.model.proportions import (
    ProportionTestResult,
    binomial_test,
    compare_proportions,
    rate_z_test,
)
from otklik.experiments.model.samples import Arm, Comparison, Metric, Moments, Sample
from otklik.experiments.model.several import (
    ManyProportions,
    Pair,
    adjust_p_values,
    compare_all_pairs,
    compare_all_with_control,
    compare_many_proportions,
)
from otklik.experiments.model.verdict import Finding, Verdict, percent, verdict

__all__ = [
    "WHOLE",
    "AlwaysValid",
    "Arm",
    "Belief",
    "Comparison",
    "EmptyArm",
    "Finding",
    "ImpossibleCounts",
    "ManyProportions",
    "Metric",
    "Moments",
    "NoBaseline",
    "NoSpread",
    "OutOfRange",
    "Pair",
    "Prediction",
    "Prior",
    "ProportionTestResult",
    "Sample",
    "SampleRatio",
    "SampleSize",
    "UnableToAssign",
    "UnableToCompare",
    "UnknownMethod",
    "Verdict",
    "adjust_p_values",
    "always_valid",
    "assign",
    "assign_one",
    "believe",
    "binomial_test",
    "compare_all_pairs",
    "compare_all_with_control",
    "compare_many_proportions",
    "compare_means",
    "compare_proportions",
    "detectable_difference",
    "detectable_lift",
    "detectable_rate",
    "difference_interval",
    "divide_shares",
    "draw",
    "experiment_key",
    "odds_ratio_interval",
    "percent",
    "power_of_means",
    "power_of_proportions",
    "predict_rate",
    "rate_interval",
    "rate_z_test",
    "ratio_interval",
    "sample_ratio",
    "sample_size_for_interval",
    "sample_size_for_means",
    "sample_size_for_proportions",
    "verdict",
]
