"""How many people it takes to know: by published figures, by the power itself, and in words."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.analytics.model import ArmSpec, GoalSpec, Overview, Report, ReportNeeded, ReportSpec
from otklik.analytics.needs import needs_of_means, needs_of_shares
from otklik.analytics.public import report_csv
from otklik.analytics.report import build_report
from otklik.experiments.public import Arm, Sample, power_of_proportions
from tests.analytics.test_report import CONTROL, GOAL, START, A, B, figures, report_of
from tests.experiments.arms import SETTINGS

Z_TWO_SIDED, Z_POWER = 1.959964, 0.841621
"""Quantiles of the normal distribution at 0.975 and 0.8, as any table has them."""
ALONE = (ArmSpec("A", "Spring", 9000), ArmSpec("control", "Control", 1000, is_control=True))
PLAIN = GoalSpec("Order Completed", window_hours=48)


def plain(sentences: list[str]) -> list[str]:
    return [one.replace("\u00a0", " ") for one in sentences]


def of(basis: str, needs: tuple[ReportNeeded, ...]) -> ReportNeeded:
    return next(one for one in needs if one.basis == basis)


def test_it_needs_as_many_people_as_the_tables_say() -> None:
    # Fleiss, Levin and Paik, table A.4, without the correction: 60 % against 70 %, 80 % power.
    seen = of(
        "seen",
        needs_of_shares(Arm(10, 6), Arm(10, 7), worth=0.1, alpha=0.05, everybody=None),
    )
    assert (seen.people, seen.against_people) == (356, 356)
    assert seen.times == pytest.approx(35.6, abs=0.1)
    assert seen.control_share is None


def test_it_needs_more_people_when_several_variants_share_the_error() -> None:
    arms = Arm(1000, 100), Arm(1000, 101)
    alone = of("worth", needs_of_shares(*arms, worth=0.1, alpha=0.05, everybody=None))
    shared = of("worth", needs_of_shares(*arms, worth=0.1, alpha=0.05 / 3, everybody=None))
    # (z of 1 - 0.05/6 + z of 0.8)² to (z of 0.975 + z of 0.8)².
    by_hand = (2.393980 + Z_POWER) ** 2 / (Z_TWO_SIDED + Z_POWER) ** 2
    assert shared.people / alone.people == pytest.approx(by_hand, rel=1e-3)


def test_it_needs_as_many_people_for_means_as_the_textbook_formula() -> None:
    # 100 roubles on average with a deviation of 400 in the control; the variant's is 500.
    control = Sample(1000, 100_000.0, 1000 * 100.0**2 + 999 * 400.0**2)
    variant = Sample(4000, 480_000.0, 4000 * 120.0**2 + 3999 * 500.0**2)
    needs = needs_of_means(control, variant, worth=0.1, alpha=0.05, everybody=None)
    quantiles = (Z_TWO_SIDED + Z_POWER) ** 2
    worth, seen = of("worth", needs), of("seen", needs)
    assert worth.against_people == pytest.approx(quantiles * 400**2 * 1.25 / 10**2, rel=1e-4)
    by_hand = quantiles * (400**2 + 500**2 / 4) / 20**2
    assert seen.against_people == pytest.approx(by_hand, rel=1e-4)
    assert seen.people == pytest.approx(4 * seen.against_people, abs=4)
    assert [worth.lift, seen.lift] == pytest.approx([0.1, 0.2])


@SETTINGS
@given(st.integers(50, 50_000), st.integers(50, 50_000), st.floats(0.02, 0.9), st.floats(0.02, 0.9))
def test_groups_of_the_size_it_names_have_the_power(
    n0: int, n1: int, rate0: float, rate1: float
) -> None:
    control, variant = Arm(n0, round(n0 * rate0)), Arm(n1, round(n1 * rate1))
    for need in needs_of_shares(control, variant, worth=0.1, alpha=0.05, everybody=n0 + n1):
        rate = control.rate
        other = rate * (1 + need.lift)
        power = power_of_proportions(rate, other, need.against_people, need.people)
        assert power > 0.8 - 1e-9
        assert need.against_people == pytest.approx(need.times * n0, abs=1)
        assert need.people == pytest.approx(need.times * n1, abs=1)
        assert need.times > 1
        if need.control_share is not None:
            kept = (n0 + n1) * need.control_share
            others = n0 + n1 - kept
            assert need.control_share <= 0.5
            assert power_of_proportions(rate, other, kept, others) >= 0.8


def test_a_difference_of_nothing_or_of_a_hair_needs_nobody() -> None:
    same = needs_of_shares(Arm(1000, 100), Arm(1000, 100), worth=0.1, alpha=0.05, everybody=None)
    assert [one.basis for one in same] == ["worth"]
    none = needs_of_shares(Arm(1000, 0), Arm(1000, 9), worth=0.1, alpha=0.05, everybody=None)
    assert none == ()
    silent = Sample(1000, 0.0, 0.0)
    assert needs_of_means(silent, silent, worth=0.1, alpha=0.05, everybody=None) == ()
    everyone = needs_of_shares(Arm(50, 50), Arm(50, 49), worth=0.1, alpha=0.05, everybody=None)
    assert [one.basis for one in everyone] == ["seen"]


def test_the_verdict_says_what_it_takes_and_which_control_group_would_do() -> None:
    groups = {"A": figures(36_000, 3700), "control": figures(4000, 400)}
    report = report_of(groups, arms=ALONE, goal=PLAIN)
    assert report.verdict.code == "no_difference"
    assert plain(report.verdict.needed) == [
        "To notice a lift of 10% in the target action takes about 8,310 people in the control "
        "group and 74,800 people with variant A, which is 3 mailings of this size. In one mailing "
        "to as many people a control group of 25% does it.",
        "To prove the difference in the target action that is seen now (+2.8%) takes about "
        "104,000 people in the control group and 931,000 people with variant A, which is 26 "
        "mailings of this size.",
    ]
    russian = report_of(groups, arms=ALONE, goal=PLAIN, lang="ru")
    assert plain(russian.verdict.needed) == [
        "Чтобы заметить прирост целевых действий на 10 %, потребуется примерно 8 310 человек в "
        "контрольной группе и 74 800 человек с вариантом A: это 3 такие рассылки. В одной "
        "рассылке на столько же людей хватит контрольной группы в 25 %.",
        "Чтобы подтвердить разницу в целевых действиях, которая видна сейчас (+2,8 %), "
        "потребуется примерно 104 000 человек в контрольной группе и 931 000 человек с вариантом "
        "A: это 26 таких рассылок.",
    ]
    table = report_csv(russian, "ru").decode("utf-8-sig")
    assert all(one in table for one in russian.verdict.needed)


def test_two_letters_need_as_many_people_each() -> None:
    groups = {"A": figures(500, 50, clicked_person=40), "B": figures(500, 51, clicked_person=41)}
    report = report_of(groups, arms=(A, B), goal=None)
    assert report.verdict.code in ("no_difference", "too_small")
    first, second = report.verdict.needed
    assert first.startswith("To notice a lift of 10% in clicks takes about 18,900 ")
    assert first.endswith("people in each group, which is 38 mailings of this size.")
    assert second.endswith("which is more than 100 mailings of this size.")
    russian = report_of(groups, arms=(A, B), goal=None, lang="ru").verdict.needed
    assert "в каждой группе: это 38 таких рассылок." in plain(russian)[0]
    assert "это больше 100 таких рассылок." in plain(russian)[1]


def test_it_speaks_of_revenue_too_and_of_all_variants_at_once() -> None:
    groups = {"A": figures(8000, 400), "B": figures(8000, 404), "control": figures(4000, 200)}
    report = report_of(groups)
    words = " ".join(report.verdict.needed)
    assert "a lift of 10% in revenue per person" in words
    needed = [one.times for c in report.comparisons[:2] for one in c.needed if one.basis == "worth"]
    most = math.ceil(max(needed))
    assert f"which is {most} mailings of this size" in report.verdict.needed[0]


def test_a_result_or_nobody_at_all_needs_no_more_people() -> None:
    found = report_of(
        {"A": figures(36_000, 4700), "control": figures(4000, 400)}, arms=ALONE, goal=GOAL
    )
    assert (found.verdict.code, found.verdict.needed) == ("better", [])
    assert found.comparisons[0].needed == []
    early = report_of(
        {"A": figures(36_000, 3700), "control": figures(4000, 400)},
        arms=ALONE,
        as_of=START + timedelta(hours=1),
    )
    assert (early.verdict.code, early.verdict.needed) == ("too_early", [])
    sizes = {"A": 100, "B": 100, "control": 50}
    silent = report_of({key: figures(size, 0) for key, size in sizes.items()})
    assert silent.verdict.needed == [
        "How many people it takes can be told once somebody in the control group has done it."
    ]


def ongoing(lang: Any, *, days: float = 10, **more: Any) -> Report:
    spec = ReportSpec(
        workspace_id=1,
        source_kind="transactional",
        source_id=UUID(int=1),
        name="Receipt",
        arms=(ArmSpec("all", "Receipt", 9000), CONTROL),
        goal=PLAIN,
        launched_at=START,
        as_of=START + timedelta(days=days),
        repeated=True,
        **more,
    )
    return build_report(
        spec,
        people=Overview(20_000, START, START + timedelta(days=days), []),
        figures={"all": figures(16_360, 1700), "control": figures(3640, 365)},
        rises=[],
        links=[],
        window_ends_at=START + timedelta(days=days + 2),
        lang=lang,
    )


def test_a_mailing_that_goes_on_counts_in_days() -> None:
    report = ongoing("en")
    assert report.verdict.code == "too_early"
    first = plain(report.verdict.needed)[0]
    assert first.endswith(
        "who get the letter: about 15 days more, if new people keep coming at this pace."
    )
    assert "mailing" not in " ".join(report.verdict.needed)
    russian = plain(ongoing("ru").verdict.needed)[0]
    assert russian.endswith(
        "среди получающих письмо: ещё примерно 15 дней, если новые люди будут приходить в том "
        "же темпе."
    )
    # Of a period that is over, or of a few hours, no pace can be told.
    past = ongoing("en", since=START, until=START + timedelta(days=3)).verdict.needed[0]
    assert past.endswith("who get the letter.")
    assert ongoing("en", days=0.5).verdict.needed[0].endswith("who get the letter.")
