from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from otklik.experiments.model.verdict import percent
from otklik.experiments.public import (
    Arm,
    Comparison,
    Finding,
    Sample,
    Verdict,
    always_valid,
    compare_means,
    compare_proportions,
    detectable_lift,
    sample_ratio,
    verdict,
)

NBSP = "\u00a0"


def finding(control: Arm, variant: Arm, *, key: str = "A", against: str | None = None) -> Finding:
    return Finding(
        variant=key,
        against=against,
        comparison=compare_proportions(control, variant),
        detectable_lift=detectable_lift(control.rate, control.users, variant.users),
    )


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def both(result: Verdict) -> tuple[str, str]:
    return plain(result.text.of("en")), plain(result.text.of("ru"))


def test_it_says_that_no_difference_is_visible_and_what_would_have_been() -> None:
    result = verdict([finding(Arm(20_000, 2000), Arm(20_000, 2010))])
    assert result.code == "no_difference"
    assert both(result) == (
        "No difference is visible so far: with groups of this size we would have noticed "
        "an increase of 8.6% or more.",
        "Разницы пока не видно: при таком размере групп мы заметили бы рост от 8,6 %.",
    )


def test_it_names_the_effect_with_its_interval() -> None:
    result = verdict([finding(Arm(20_000, 2000), Arm(20_000, 2240))])
    assert result.code == "better"
    assert both(result) == (
        "Variant A led 12% more people to the target action than the control group "
        "(from 5.8% to 19%).",
        "Вариант A привёл к целевому действию на 12 % больше людей, чем контрольная группа "
        "(от 5,8 % до 19 %).",
    )


def test_it_says_fewer_when_the_variant_is_worse() -> None:
    result = verdict([finding(Arm(20_000, 2240), Arm(20_000, 2000), key="B", against="A")])
    assert result.code == "worse"
    assert both(result) == (
        "Variant B led 11% fewer people to the target action than variant A (from 5.5% to 16%).",
        "Вариант B привёл к целевому действию на 11 % меньше людей, чем вариант A "
        "(от 5,5 % до 16 %).",
    )


def test_it_speaks_of_each_variant() -> None:
    control = Arm(20_000, 2000)
    result = verdict(
        [finding(control, Arm(20_000, 2240)), finding(control, Arm(20_000, 2010), key="B")]
    )
    assert result.code == "better"
    assert both(result)[1].endswith("Между вариантом B и контрольной группой разницы не видно.")
    mixed = verdict(
        [finding(control, Arm(20_000, 2240)), finding(control, Arm(20_000, 1700), key="B")]
    )
    assert mixed.code == "mixed"


def test_it_believes_the_adjusted_p_value() -> None:
    close = finding(Arm(20_000, 2000), Arm(20_000, 2125))
    assert close.significant
    adjusted = Finding(variant="A", comparison=close.comparison, p_value=0.09, detectable_lift=0.08)
    assert verdict([adjusted]).code == "no_difference"


def test_it_warns_of_a_sample_ratio_mismatch_before_everything_else() -> None:
    ratio = sample_ratio([4000, 5402], [1, 1])
    result = verdict([finding(Arm(4000, 100), Arm(5402, 900))], ratio=ratio)
    assert result.code == "sample_ratio_mismatch"
    assert both(result)[0].startswith(
        "The groups are not of the size that was ordered: 4,000 / 5,402 instead of 4,701 / 4,701."
    )
    assert "4 000 / 5 402 вместо 4 701 / 4 701" in both(result)[1]


@pytest.mark.parametrize(
    ("left", "en", "ru"),
    [
        (timedelta(minutes=20), "1 hour", "1 час"),
        (timedelta(hours=2), "2 hours", "2 часа"),
        (timedelta(hours=48), "48 hours", "48 часов"),
        (timedelta(days=5), "5 days", "5 дней"),
        (timedelta(days=21), "21 days", "21 день"),
    ],
)
def test_it_does_not_judge_before_the_window_is_over(left: timedelta, en: str, ru: str) -> None:
    result = verdict([finding(Arm(2000, 100), Arm(2000, 190))], open_for=left)
    assert result.code == "too_early"
    assert both(result) == (
        f"It is too early to judge: people still have {en} for the target action. "
        "So far: A 9.5%, control group 5%.",
        f"Судить рано: на целевое действие у людей есть ещё {ru}. "
        "Пока: A — 9,5 %, контрольная группа — 5 %.",
    )
    assert (
        verdict([finding(Arm(2000, 100), Arm(2000, 190))], open_for=timedelta(0)).code == "better"
    )


def test_it_says_when_the_groups_are_too_small() -> None:
    small = verdict([finding(Arm(100, 5), Arm(100, 6))])
    assert small.code == "too_small"
    assert both(small)[1] == (
        "Группы слишком малы, чтобы судить: мы заметили бы только рост от 249 %."
    )
    nobody = verdict([finding(Arm(100, 0), Arm(100, 1))])
    assert nobody.code == "too_small"
    assert "hardly anybody" in both(nobody)[0]


def test_it_says_when_there_is_nothing_to_compare() -> None:
    assert verdict([]).code == "nothing_to_compare"


def test_it_names_shares_when_the_control_stands_at_zero() -> None:
    result = verdict([finding(Arm(1000, 0), Arm(1000, 31))])
    assert result.code == "better"
    assert both(result)[1] == "Вариант A: 3,1 % людей, контрольная группа: никого."


def test_it_mentions_revenue_only_when_it_differs() -> None:
    control, variant = Sample.of_moments(9000, 10.0, 100.0), Sample.of_moments(9000, 11.0, 100.0)
    money = Finding(variant="A", comparison=compare_means(control, variant))
    targets = finding(Arm(20_000, 2000), Arm(20_000, 2010))
    result = verdict([targets], revenue=[money])
    assert result.code == "no_difference"
    en, ru = both(result)
    assert en.endswith(
        "Revenue per person is higher than in the control group for variant A "
        "by 10% (from 7% to 13%)."
    )
    assert ru.endswith(
        "Выручка на человека у варианта A выше, чем в контрольной группе, на 10 % (от 7 % до 13 %)."
    )
    same = Finding(variant="A", comparison=compare_means(control, control))
    assert "ыручка" not in verdict([targets], revenue=[same]).text.ru


@pytest.mark.parametrize("subject", ["clicks", "opens"])
def test_it_speaks_of_clicks_and_opens_too(subject: Any) -> None:
    result = verdict(
        [finding(Arm(20_000, 2000), Arm(20_000, 2240))],
        subject=subject,
    )
    assert "12%" in both(result)[0]
    assert "на 12 % больше людей" in both(result)[1]


def test_a_hostile_name_stays_as_it_is() -> None:
    odd = finding(Arm(20_000, 2000), Arm(20_000, 2240), key="{0} {secret} <b>")
    text = verdict([odd]).text
    assert "{0} {secret} <b>" in text.of("en")
    assert "{0} {secret} <b>" in text.of("ru", {"secret": "leaked"})


def test_an_interval_open_to_one_side_is_said_so() -> None:
    comparison = Comparison(
        control=0.1,
        variant=0.2,
        difference=0.1,
        difference_interval=(0.05, 1.0),
        lift=1.0,
        lift_interval=(0.5, float("inf")),
        p_value=0.001,
        significant=True,
        level=0.95,
        alternative="greater",
        method="",
    )
    en, ru = both(verdict([Finding(variant="A", comparison=comparison)]))
    assert en.endswith("(at least 50%).")
    assert ru.endswith("(не меньше чем на 50 %).")


@pytest.mark.parametrize(
    ("share", "en", "ru"),
    [
        (0.0, "0%", "0 %"),
        (0.08, "8%", "8 %"),
        (0.084, "8.4%", "8,4 %"),
        (0.0999, "10%", "10 %"),
        (0.126, "13%", "13 %"),
        (0.00123, "0.12%", "0,12 %"),
        (12.345, "1,234%", "1 234 %"),
        (-0.05, "5%", "5 %"),
    ],
)
def test_it_writes_percentages_by_the_habits_of_the_language(
    share: float, en: str, ru: str
) -> None:
    assert percent("en", share) == en
    assert plain(percent("ru", share)) == ru


def test_it_rounds_a_promise_away_from_zero() -> None:
    assert percent("en", 0.0801, up=True) == "8.1%"
    assert percent("en", 0.08, up=True) == "8%"
    assert percent("en", 0.121, up=True) == "13%"


def test_before_the_end_only_what_holds_at_every_look_is_said() -> None:
    def early(control: Arm, variant: Arm, key: str = "A") -> Finding:
        told = finding(control, variant, key=key)
        return msgspec.structs.replace(told, early=always_valid(control, variant))

    left = timedelta(days=3)
    likely = early(Arm(5_000, 500), Arm(5_000, 570))
    assert likely.significant
    assert verdict([likely], open_for=left).code == "too_early"
    certain = early(Arm(10_000, 500), Arm(10_000, 700))
    result = verdict([certain, likely], open_for=left)
    assert result.code == "early_better"
    assert both(result) == (
        "People still have 3 days for the target action, but a difference is certain already, "
        "however often one looks. Variant A led 40% more people to the target action than "
        "the control group (from 16% to 70%).",
        "На целевое действие у людей есть ещё 3 дня, но разница уже есть, сколько бы раз "
        "вы ни смотрели. Вариант A привёл к целевому действию на 40 % больше людей, чем "
        "контрольная группа (от 16 % до 70 %).",
    )
    worse = early(Arm(10_000, 700), Arm(10_000, 500), key="B")
    assert verdict([worse], open_for=left).code == "early_worse"
    assert verdict([certain, worse], open_for=left).code == "early_mixed"
    # When the time is over, the ordinary test decides.
    assert verdict([certain]).code == "better"
