"""What the statistics of a report promise, held by worlds in which the truth is known (seeded)."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest

from otklik.experiments.model.balance import ALARM
from otklik.experiments.public import (
    Arm,
    Finding,
    Metric,
    Moments,
    adjust_p_values,
    always_valid,
    compare_means,
    compare_proportions,
    sample_ratio,
    verdict,
)


def hardly_more_than(rate: float, worlds: int) -> float:
    """Return how many of `worlds` a rate may reach by chance: three standard errors above it."""
    return worlds * rate + 3 * math.sqrt(worlds * rate * (1 - rate))


def test_daily_looks_at_four_equal_letters_find_a_winner_in_hardly_one_of_twenty() -> None:
    """The verdict of an open window rests on always-valid tests, adjusted for all variants."""
    dice = np.random.default_rng(11)
    worlds, days, people = 150, 8, 3_000
    wrong = 0
    for _ in range(worlds):
        shape = dice.dirichlet(np.ones(days))
        responses = [
            np.cumsum(dice.multinomial(dice.binomial(people, 0.06), shape)) for _ in range(4)
        ]
        control, *variants = responses
        wrong += any(
            min(
                adjust_p_values(
                    [
                        always_valid(
                            Arm(people, int(control[day])), Arm(people, int(one[day]))
                        ).p_value
                        for one in variants
                    ],
                    method="holm",
                )
            )
            < 0.05
            for day in range(days)
        )
    assert wrong <= hardly_more_than(0.05, worlds)


def test_an_early_look_calls_no_winner_that_only_the_end_may_call() -> None:
    """Every day the window is open the verdict waits, unless the always-valid test is sure."""
    dice = np.random.default_rng(5)
    worlds, people, days = 80, 4_000, 5
    early = last = 0
    for _ in range(worlds):
        shape = dice.dirichlet(np.ones(days))
        c, v = (np.cumsum(dice.multinomial(dice.binomial(people, 0.05), shape)) for _ in range(2))
        codes = []
        for day in range(days):
            control, variant = Arm(people, int(c[day])), Arm(people, int(v[day]))
            if control.converted + variant.converted == 0:
                continue
            held = compare_proportions(control, variant)
            found = Finding(
                variant="A",
                against=None,
                comparison=held,
                p_value=held.p_value,
                detectable_lift=0.1,
                early=always_valid(control, variant),
            )
            left = timedelta(days=days - 1 - day)
            codes.append(verdict([found], open_for=left).code)
        assert {*codes[:-1]} <= {"too_early", "early_better", "early_worse"}
        early += any(code.startswith("early") for code in codes[:-1])
        last += codes[-1] in ("better", "worse")
    assert early <= hardly_more_than(0.05, worlds)
    assert last <= hardly_more_than(0.05, worlds)


def test_holm_keeps_the_chance_of_any_false_winner() -> None:
    dice = np.random.default_rng(3)
    worlds, variants = 3_000, 5
    # All are held against one control, so their statistics hang together.
    control = dice.normal(size=(worlds, 1))
    z = (dice.normal(size=(worlds, variants)) - control) / math.sqrt(2)
    p = np.vectorize(math.erfc)(np.abs(z) / math.sqrt(2))
    plain = int((p.min(axis=1) < 0.05).sum())
    held = sum(min(adjust_p_values([*row], method="holm")) < 0.05 for row in p.tolist())
    assert held <= hardly_more_than(0.05, worlds)
    assert plain > 2 * held


def test_the_check_of_group_sizes_raises_hardly_a_false_alarm() -> None:
    dice = np.random.default_rng(17)
    worlds = 4_000
    shares = [4_500, 4_500, 1_000]
    alarms = sum(
        not sample_ratio(row, shares).ok
        for row in dice.multinomial(20_000, np.array(shares) / 10_000, size=worlds).tolist()
    )
    assert alarms <= hardly_more_than(ALARM, worlds)
    # One control person in eight lost on the way is noticed nearly always.
    lost = sum(
        not sample_ratio([a, b, round(c * 0.875)], shares).ok
        for a, b, c in dice.multinomial(20_000, np.array(shares) / 10_000, size=300).tolist()
    )
    assert lost > 270


@pytest.mark.parametrize("effect", [0.0, 1.0])
def test_the_history_of_people_moves_no_estimate_and_keeps_the_error(effect: float) -> None:
    """CUPED: unbiased, narrower, and wrong as rarely as it says."""
    dice = np.random.default_rng(23)
    worlds, people = 400, 300
    metric = Metric("revenue", covariate="before")
    plain, with_history, false, inside = [], [], 0, 0
    for _ in range(worlds):
        groups = []
        for bonus in (0.0, effect):
            # What people spent before and after: many nothing, some much, alike in one person.
            habit = dice.lognormal(1.0, 1.0, people) * (dice.random(people) < 0.6)
            before = habit * dice.uniform(0.5, 1.5, people)
            after = habit * dice.uniform(0.5, 1.5, people) + bonus
            groups.append(
                Moments.of_sums(
                    people,
                    {"revenue": after.sum(), "before": before.sum()},
                    {
                        ("revenue", "revenue"): (after**2).sum(),
                        ("before", "before"): (before**2).sum(),
                        ("revenue", "before"): (before * after).sum(),
                    },
                )
            )
        held = compare_means(groups[0], groups[1], metric=metric)
        bare = compare_means(groups[0], groups[1], metric=Metric("revenue"))
        plain.append(bare.difference)
        with_history.append(held.difference)
        false += held.p_value < 0.05
        inside += held.difference_interval[0] <= effect <= held.difference_interval[1]
    error = np.std(with_history) / math.sqrt(worlds)
    assert abs(np.mean(with_history) - effect) < 4 * error
    assert np.std(with_history) < 0.7 * np.std(plain)
    assert inside >= worlds - hardly_more_than(0.05, worlds)
    if effect == 0:
        assert false <= hardly_more_than(0.05, worlds)
