"""Pure rules of campaigns: shares, the confirmed number, alignment of domains."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.campaigns.checks import aligned
from otklik.campaigns.model import ArmResult, CampaignVariant, arm_shares, moved_too_far
from otklik.campaigns.parts import choose_winner
from otklik.campaigns.problems import facts_of, problem_text
from otklik.segments.public import DefinitionTooHeavy

weights = st.lists(st.floats(0, 100), min_size=1, max_size=8)


@given(weights, st.floats(0, 90))
def test_it_divides_everything_and_nothing_more(given_weights: list[float], control: float) -> None:
    variants = [
        CampaignVariant(chr(65 + number), share=share) for number, share in enumerate(given_weights)
    ]
    shares = arm_shares(variants, control)
    if sum(given_weights) <= 0:
        assert shares is None
        return
    assert shares is not None
    assert sum(shares[0]) + shares[1] == 10_000
    assert abs(shares[1] - control * 100) <= 1
    assert all(share >= 0 for share in shares[0])


def test_it_gives_each_variant_its_part_of_what_the_control_leaves() -> None:
    variants = [CampaignVariant("A", share=50), CampaignVariant("B", share=50)]
    assert arm_shares(variants, 20) == ([4_000, 4_000], 2_000)
    assert arm_shares([CampaignVariant("A", share=10)], 0) == ([10_000], 0)


@pytest.mark.parametrize(
    ("confirmed", "actual", "moved"),
    [
        (0, 0, False),
        (3, 3, False),
        (3, 4, True),
        (20, 17, True),
        (1_000, 1_020, False),
        (1_000, 1_021, True),
        (1_000_000, 985_000, False),
        (0, 1, True),
    ],
)
def test_it_accepts_a_small_move_of_the_audience(confirmed: int, actual: int, moved: bool) -> None:
    assert moved_too_far(confirmed, actual) is moved


@pytest.mark.parametrize(
    ("address", "signature", "expected"),
    [
        ("shop.example", "shop.example", True),
        ("mail.shop.example", "shop.example", True),
        ("shop.example", "mail.shop.example", True),
        ("Shop.Example.", "shop.example", True),
        ("shop.example", "notshop.example", False),
        ("shop.example", "sender.example", False),
        ("myshop.example", "shop.example", False),
    ],
)
def test_it_knows_when_a_signature_counts_for_an_address(
    address: str, signature: str, expected: bool
) -> None:
    assert aligned(address, signature) is expected


def test_a_failed_launch_is_said_in_both_languages() -> None:
    error = DefinitionTooHeavy(limit_s=300)
    text = problem_text(error.code, facts_of(error))
    assert text.of("en") == "The conditions could not be counted within 300 seconds."
    assert text.of("ru") == "Условия не удалось посчитать за 300 с."
    # An error that is no more, and names with braces, are shown as they are.
    assert problem_text("gone", {}).of("en") == "The launch failed: gone"
    said = problem_text("launch_failed", {"detail": "a {b} {"}).of("ru")
    assert said == "Запуск не удался: a {b} {"


def results(*counts: tuple[int, int, int, float]) -> list[ArmResult]:
    return [
        ArmResult(
            key="ABCDEFGH"[place],
            assigned=1_000,
            sent=1_000,
            opened=opened,
            clicked=clicked,
            targets=targets,
            revenue=revenue,
        )
        for place, (opened, clicked, targets, revenue) in enumerate(counts)
    ]


def test_it_chooses_the_variant_that_leads_and_says_how_sure_that_is() -> None:
    now = datetime(2026, 6, 15, tzinfo=UTC)
    found = results((300, 40, 5, 10.0), (200, 90, 5, 90.0), (310, 60, 5, 0.0))
    clicks = choose_winner(found, "clicks", now=now)
    assert (clicks.variant, clicks.is_clear, clicks.is_tie) == ("B", True, False)
    assert clicks.rates == {"A": 0.04, "B": 0.09, "C": 0.06}
    # C opens best, but by so little that A might be as good.
    opens = choose_winner(found, "opens", now=now)
    assert (opens.variant, opens.is_clear) == ("C", False)
    # Equal ones: the first. Money is not tested.
    targets = choose_winner(found, "targets", now=now)
    assert (targets.variant, targets.is_tie, targets.is_clear) == ("A", True, False)
    revenue = choose_winner(found, "revenue", now=now)
    assert (revenue.variant, revenue.is_clear) == ("B", None)
    nobody = choose_winner(results((0, 0, 0, 0.0), (0, 0, 0, 0.0)), "clicks", now=now)
    assert (nobody.variant, nobody.is_tie, nobody.is_clear) == ("A", True, False)
    alone = choose_winner(results((1, 1, 1, 1.0)), "clicks", now=now)
    assert (alone.variant, alone.is_clear) == ("A", None)
