"""The small pure helpers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.kit.errors import NotFound, OtklikError
from otklik.kit.i18n import Text, group_digits, plural
from otklik.kit.ids import new_id, new_token
from otklik.kit.pagination import BadCursor, clamp_limit, decode_cursor, encode_cursor


def test_ids_are_version_7_and_unique() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert all(i.version == 7 and i.variant == "specified in RFC 4122" for i in ids)
    assert [i.int >> 80 for i in ids] == sorted(i.int >> 80 for i in ids)


def test_tokens_carry_the_bits_asked_for() -> None:
    assert len(new_token(256)) >= 43
    assert new_token() != new_token()


@pytest.mark.parametrize(
    ("n", "ru"),
    [
        (0, "клиентов"),
        (1, "клиент"),
        (2, "клиента"),
        (5, "клиентов"),
        (11, "клиентов"),
        (12, "клиентов"),
        (14, "клиентов"),
        (21, "клиент"),
        (22, "клиента"),
        (25, "клиентов"),
        (111, "клиентов"),
        (1001, "клиент"),
    ],
)
def test_russian_plurals_are_right(n: int, ru: str) -> None:
    assert plural("ru", n, en=("person", "people"), ru=("клиент", "клиента", "клиентов")) == ru


def test_english_plurals_are_right() -> None:
    words = [
        plural("en", n, en=("person", "people"), ru=("клиент", "клиента", "клиентов"))
        for n in (0, 1, 2, 21)
    ]
    assert words == ["people", "person", "people", "people"]


def test_digits_are_grouped_as_the_language_does() -> None:
    assert group_digits("en", 1234567) == "1,234,567"
    assert group_digits("ru", 1234567) == "1\u00a0234\u00a0567"


def test_a_text_with_a_missing_fact_does_not_fail() -> None:
    assert Text(en="{a} and {b}", ru="{a} и {b}").of("ru", {"a": 1}) == "1 и {b}"


def test_an_error_speaks_both_languages() -> None:
    error = NotFound(what="segment")
    assert error.text("en") == "segment was not found."
    assert error.text("ru") == "Не найдено: segment."
    assert error.hint_text("en") is None
    assert OtklikError.status == 400


@given(st.lists(st.one_of(st.integers(), st.text()), min_size=1, max_size=4))
def test_a_cursor_reads_back(key: list[int | str]) -> None:
    assert list(decode_cursor(encode_cursor(*key), *[type(k) for k in key])) == key


@given(st.text(max_size=50))
def test_a_foreign_cursor_is_refused_cleanly(cursor: str) -> None:
    with pytest.raises(BadCursor):
        decode_cursor(cursor, int, int, int, int, int)


def test_page_sizes_stay_in_bounds() -> None:
    assert [clamp_limit(n) for n in (-5, 1, 50, 10_000)] == [1, 1, 50, 200]
