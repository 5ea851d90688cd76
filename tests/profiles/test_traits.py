"""Traits: what is taken, how two sayings are joined, how segments see them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.profiles.model.traits import (
    TRAIT_REFUSAL_TEXTS,
    FlatTrait,
    TraitRefusal,
    TraitState,
    check_traits,
    date_seconds,
    decode_state,
    encode_state,
    flatten,
    full_name,
    join_states,
    put_trait,
    values_of,
)

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=3), st.lists(st.integers(0, 3))
)
SAYINGS = st.lists(st.tuples(st.sampled_from("abc"), VALUES, st.integers(0, 4)), max_size=12)


def state_of(sayings: list[tuple[str, Any, int]]) -> TraitState:
    state: TraitState = {}
    for name, value, ms in sayings:
        put_trait(state, name, value, ms)
    return state


@given(sayings=SAYINGS, order=st.randoms(), cut=st.integers(0, 12))
def test_the_order_of_sayings_does_not_matter(
    sayings: list[tuple[str, Any, int]], order: Any, cut: int
) -> None:
    shuffled = list(sayings)
    order.shuffle(shuffled)
    straight = state_of(sayings)
    assert encode_state(dict(sorted(state_of(shuffled).items()))) == encode_state(
        dict(sorted(straight.items()))
    )
    joined = join_states([state_of(shuffled[:cut]), state_of(shuffled[cut:])])
    assert joined == straight
    assert decode_state(encode_state(straight)) == straight


def test_a_later_value_wins_and_a_late_one_does_not() -> None:
    state: TraitState = {}
    assert put_trait(state, "city", "Тверь", 20)
    assert not put_trait(state, "city", "Москва", 10)
    assert values_of(state) == {"city": "Тверь"}


def test_a_removal_is_remembered() -> None:
    state: TraitState = {}
    put_trait(state, "city", None, 20)
    put_trait(state, "city", "Москва", 10)
    assert values_of(state) == {}
    put_trait(state, "city", "Псков", 30)
    assert values_of(state) == {"city": "Псков"}


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("", 1, TraitRefusal.BAD_NAME),
        ("x" * 201, 1, TraitRefusal.BAD_NAME),
        ("a\nb", 1, TraitRefusal.BAD_NAME),
        (5, 1, TraitRefusal.BAD_NAME),
        ("a", {"b\0": 1}, TraitRefusal.BAD_NAME),
        ("a", "x" * 8001, TraitRefusal.TOO_LONG),
        ("a", ["x" * 7000] * 3, TraitRefusal.TOO_LONG),
        ("a", [[[[[[[1]]]]]]], TraitRefusal.TOO_DEEP),
        ("a", math.nan, TraitRefusal.BAD_VALUE),
        ("a", [math.inf], TraitRefusal.BAD_VALUE),
        ("a", "\ud800", TraitRefusal.BAD_VALUE),
        ("a", "x\0y", TraitRefusal.BAD_VALUE),
        ("a", 10**400, TraitRefusal.BAD_VALUE),
        ("a", object(), TraitRefusal.BAD_VALUE),
    ],
)
def test_what_cannot_be_stored_is_refused_and_the_rest_is_kept(
    name: Any, value: Any, reason: TraitRefusal
) -> None:
    kept, refused = check_traits({"good": 1, name: value})
    assert kept == {"good": 1}
    assert [code for _, code in refused] == [reason]


def test_a_flood_of_traits_is_cut() -> None:
    kept, refused = check_traits({f"t{i}": i for i in range(400)})
    assert len(kept) == 300
    assert {code for _, code in refused} == {TraitRefusal.TOO_MANY}


def test_hostile_texts_are_data() -> None:
    traits = {"name": "<script>alert(1)</script>", "bio": "{{7*7}}", "q": "'; DROP TABLE x;--"}
    assert check_traits(traits) == (traits, [])


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        ("text", [FlatTrait("t", "string", "text")]),
        (3, [FlatTrait("t", "number", "3", 3.0)]),
        (True, [FlatTrait("t", "bool", "true", 1.0)]),
        (None, [FlatTrait("t", "null")]),
        ("2026-06-15", [FlatTrait("t", "date", "2026-06-15", 1781481600.0)]),
        (["a", 1, {"b": 2}], [FlatTrait("t", "list", items=("a", "1", '{"b":2}'))]),
        ({}, [FlatTrait("t", "object", "{}")]),
        (
            {"city": "Псков", "geo": {"lat": 57.8}},
            [
                FlatTrait("t.city", "string", "Псков"),
                FlatTrait("t.geo.lat", "number", "57.8", 57.8),
            ],
        ),
    ],
)
def test_a_trait_is_flat_for_segments(value: Any, rows: list[FlatTrait]) -> None:
    assert flatten("t", value) == rows


def test_an_object_keyed_by_data_stays_one_trait() -> None:
    assert [row.type for row in flatten("t", {str(i): i for i in range(60)})] == ["object"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-02", 86400.0),
        ("1970-01-01T00:00:01Z", 1.0),
        ("1970-01-01 03:00:00+03:00", 0.0),
        ("1970-01-01T00:00:00.5", 0.5),
        ("2026-02-30", None),
        ("2026-06-15 was fine", None),
        ("20260615", None),
        ("15.06.2026", None),
    ],
)
def test_dates_are_iso_8601(text: str, seconds: float | None) -> None:
    assert date_seconds(text) == seconds


@pytest.mark.parametrize(
    ("traits", "name"),
    [
        ({"name": " Anna  Lee "}, "Anna Lee"),
        ({"first_name": "Иван", "last_name": "Петров"}, "Иван Петров"),
        ({"firstName": "Ann"}, "Ann"),
        ({"name": {"first": "x"}}, ""),
        ({}, ""),
    ],
)
def test_a_name_comes_from_the_usual_traits(traits: dict[str, Any], name: str) -> None:
    assert full_name(traits) == name


def test_every_refusal_has_a_text_in_both_languages() -> None:
    assert set(TRAIT_REFUSAL_TEXTS) == set(TraitRefusal)
