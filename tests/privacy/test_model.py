"""The rules of consent, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.privacy.model import (
    Action,
    Said,
    Sendability,
    Source,
    Standing,
    State,
    address_hash,
    address_hint,
    current_state,
    sendability,
)

DAY = datetime(2026, 6, 1, tzinfo=UTC)


def day(n: float) -> datetime:
    return DAY + timedelta(days=n)


def said(
    action: str,
    at: float,
    *,
    profile_id: int = 1,
    recorded: float | None = None,
    since: float | None = None,
) -> Said:
    return Said(
        profile_id,
        Action(action),
        Source.FORM,
        day(at),
        day(at if recorded is None else recorded),
        None if since is None else day(since),
    )


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([], State.NONE),
        ([said("granted", 1)], State.GRANTED),
        ([said("granted", 1), said("withdrawn", 2)], State.WITHDRAWN),
        ([said("withdrawn", 2), said("granted", 1)], State.WITHDRAWN),
        ([said("withdrawn", 1), said("granted", 2)], State.GRANTED),
        ([said("withdrawn", 1), said("granted", 1)], State.WITHDRAWN),
        # Late news of an old agreement lifts no later refusal.
        ([said("withdrawn", 5), said("granted", 3, recorded=9)], State.WITHDRAWN),
    ],
)
def test_the_later_act_counts_and_of_two_the_refusal(lines: list[Said], state: State) -> None:
    assert current_state(lines)[0] is state


def test_of_two_merged_people_the_stricter_wins() -> None:
    refused = said("withdrawn", 1, profile_id=2, since=9)
    agreed = said("granted", 5, profile_id=1)
    assert current_state([refused, agreed])[0] is State.WITHDRAWN
    assert current_state([agreed])[0] is State.GRANTED
    agreed_after_the_merge = said("granted", 10, profile_id=1)
    assert current_state([refused, agreed, agreed_after_the_merge])[0] is State.GRANTED


LINES = st.lists(
    st.builds(
        said,
        st.sampled_from(["granted", "withdrawn"]),
        st.integers(0, 4),
        profile_id=st.integers(1, 2),
        recorded=st.integers(0, 6),
        since=st.one_of(st.none(), st.integers(0, 6)),
    ),
    max_size=6,
)


@given(lines=LINES, order=st.randoms())
def test_the_order_of_lines_does_not_matter(lines: list[Said], order: Any) -> None:
    shuffled = list(lines)
    order.shuffle(shuffled)
    assert current_state(shuffled)[0] is current_state(lines)[0]


@given(lines=LINES)
def test_a_refusal_more_never_allows_more(lines: list[Said]) -> None:
    harder = [*lines, said("withdrawn", 9, recorded=9)]
    assert current_state(harder)[0] is State.WITHDRAWN


def stood(state: str, at: float) -> Standing:
    return Standing(State(state), day(at))


@pytest.mark.parametrize(
    ("levels", "answer"),
    [
        ([None, None], Sendability.NO_CONSENT),
        ([stood("granted", 1), None], Sendability.ALLOWED),
        ([None, stood("granted", 1)], Sendability.ALLOWED),
        ([stood("withdrawn", 2), stood("granted", 1)], Sendability.WITHDRAWN),
        ([stood("withdrawn", 1), stood("granted", 2)], Sendability.ALLOWED),
        ([stood("granted", 2), stood("withdrawn", 1)], Sendability.WITHDRAWN),
        ([stood("withdrawn", 3), stood("granted", 2), stood("granted", 1)], Sendability.WITHDRAWN),
        ([None, stood("withdrawn", 1), stood("granted", 2)], Sendability.ALLOWED),
    ],
)
def test_a_wider_refusal_stops_what_is_inside(
    levels: list[Standing | None], answer: Sendability
) -> None:
    assert sendability(levels, needs_consent=True) is answer


def test_without_opt_in_only_a_refusal_stops() -> None:
    assert sendability([None], needs_consent=False) is Sendability.ALLOWED
    refused = sendability([stood("withdrawn", 1)], needs_consent=False)
    assert refused is Sendability.WITHDRAWN


def test_addresses_are_hashed_with_a_key_whatever_their_spelling() -> None:
    salt = b"s" * 32
    assert address_hash(salt, "email", " A@B.ru") == address_hash(salt, "email", "a@b.ru")
    assert address_hash(salt, "email", "a@b.ru") != address_hash(salt, "sms", "a@b.ru")
    assert address_hash(salt, "email", "a@b.ru") != address_hash(b"t" * 32, "email", "a@b.ru")
    assert address_hint("email", "anna@shop.example") == "a•••@shop.example"
    assert address_hint("sms", "+79161234567") == "•••67"
