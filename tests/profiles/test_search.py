"""What is typed into the search finds a profile by any part of what it is known by."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.profiles.model.search import fold, grams_of, search_query, searched_text
from otklik.runtime.postgres_migrations import migrations_folder

ANNA = [("email", "anna.lee@shop.example"), ("phone", "+79161234567"), ("anonymous_id", "d1")]


def test_a_text_holds_everything_but_devices() -> None:
    text = searched_text("Анна Лёхина", ANNA)
    assert text.split("\n") == ["79161234567", "anna.lee@shop.example", "анна лехина"]


def test_numbers_differ_between_workspaces() -> None:
    assert not set(grams_of(1, "анна лехина")) & set(grams_of(2, "анна лехина"))


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("  ", None),
        ("Анна", [["анна"]]),
        ("ann le", [["ann", "le"]]),
        ("ann ann", [["ann"]]),
        ("8 916 123", [["8916123"], ["916123"], ["8", "916", "123"]]),
        ("8 (916) 123-45-67", [["79161234567"], ["89161234567"], ["8", "(916)", "123-45-67"]]),
        ("79161", [["79161"]]),
    ],
)
def test_a_query_has_alternatives_of_parts(typed: str, parts: list[list[str]] | None) -> None:
    query = search_query(7, typed, "RU")
    assert (query and [[part.text for part in one] for one in query]) == parts


WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), max_size=8)


@given(name=st.lists(WORDS, max_size=4).map(" ".join), place=st.tuples(st.integers(0, 20), WORDS))
def test_the_numbers_of_a_part_are_among_those_of_the_text(
    name: str, place: tuple[int, str]
) -> None:
    """Whatever part of a text is typed, the index must not lose the text."""
    text = searched_text(name, ANNA)
    begin = min(place[0], len(text))
    typed = text[begin : begin + 1 + len(place[1])]
    mine = set(grams_of(7, text))
    for alternative in search_query(7, typed) or []:
        for part in alternative:
            if part.begins:
                if re.search(rf"\b{re.escape(part.text)}", text):
                    assert set(part.grams) <= mine
            elif part.text in text:
                assert set(part.grams) <= mine


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_the_migration_computes_the_same_numbers(text: str) -> None:
    migration = the_migration()
    assert migration.grams(7, text) == sorted(grams_of(7, text))
    assert migration.fold(text) == fold(text)


def the_migration() -> ModuleType:
    path = migrations_folder("postgres") / "versions/0003_post_profile_search.py"
    spec = importlib.util.spec_from_file_location("migration", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
