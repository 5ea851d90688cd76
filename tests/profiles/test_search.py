"""What is typed into the search finds a profile by the beginnings of its words."""

from __future__ import annotations

import pytest

from otklik.profiles.model.search import search_query, search_words


def test_words_stand_behind_their_workspace() -> None:
    words = search_words(
        7,
        "Анна Lee",
        [("email", "anna.lee@shop.example"), ("phone", "+79161234567"), ("anonymous_id", "d1")],
    )
    assert "7:анна" in words
    assert "7:lee" in words
    assert "7:shop.example" in words
    assert "7:anna.lee@shop.example" in words
    assert {"7:79161234567", "7:9161234567", "7:4567"} <= set(words)
    assert not any("d1" in word for word in words)


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("  ", None),
        ("Анна", "'7:анна':*"),
        ("ann le", "'7:ann':* & '7:le':*"),
        ("a'b\\", "('7:a''b\\\\':* | ('7:a':* & '7:b':*))"),
        ("8 916 123", "'7:8916123':* | '7:916123':*"),
        ("8 (916) 123-45-67", "'7:79161234567':* | '7:89161234567':*"),
        ("anna@sh", "('7:anna@sh':* | ('7:anna':* & '7:sh':*))"),
        ("@shop", "'7:shop':*"),
    ],
)
def test_a_query_asks_for_the_beginning_of_each_word(typed: str, query: str | None) -> None:
    assert search_query(7, typed, "RU") == query
