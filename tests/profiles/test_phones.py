"""Spellings of phones that people use, against the E.164 forms that a reference library gives.

The cases lie beside the project (`../shared/data/russian`), not in it; without them it skips.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from otklik.profiles.model.identifiers import Identifier, Refusal, normalise

CASES_FILE = Path(__file__).resolve().parents[2].parent / "shared/data/russian/ru_phones.jsonl"

# The reference gives these a form and says in the same row that no number has it (`valid` and
# `possible` are false): a national number of another country read as a Russian one, 00 read as a
# part of the number, a number cut short. Such an identifier would name nobody, so it is refused.
# Questionable but taken as the reference takes them: a letter O among the digits is skipped, 8 10
# begins an international call from Russia, and an extension is dropped, so that the employees who
# share the number of an office share the identifier.


def _cases() -> list[Any]:
    if not CASES_FILE.exists():
        why = pytest.mark.skip(reason=f"{CASES_FILE} is absent: the cases are not in the project")
        return [pytest.param({}, id="absent", marks=why)]
    lines = CASES_FILE.read_text(encoding="utf-8").splitlines()
    return [pytest.param(json.loads(line), id=f"line {at}") for at, line in enumerate(lines, 1)]


@pytest.mark.parametrize("case", _cases())
def test_every_spelling_comes_to_the_expected_form_or_is_refused(case: dict[str, Any]) -> None:
    found = normalise("phone", case["raw"], case["default_region"])
    if case.get("possible"):
        assert isinstance(found, Identifier)
        assert found.value == case["e164"]
    else:
        assert found is Refusal.BAD_PHONE


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("тел. 8 (916) 123-45-67", "+79161234567"),
        ("8 (916) 123-45-67, доб. 12", "+79161234567"),
        ("tel:+7-916-123-45-67", "+79161234567"),
        ("\uff0b7 916 123\u201145\u201167", "+79161234567"),
        ("++79161234567", "+79161234567"),
        ("+7 916 123 45O67", "+79161234567"),
        ("8 10 998 91 234-56-78", "+998912345678"),
    ],
)
def test_numbers_are_read_as_people_write_them(typed: str, stored: str) -> None:
    assert normalise("phone", typed, "RU") == Identifier("phone", stored, f"phone:{stored}")


@pytest.mark.parametrize("typed", ["0079161234567", "123-45-67890123456", "+8 (916) 123-45-67"])
def test_what_no_number_looks_like_is_refused(typed: str) -> None:
    assert normalise("phone", typed, "RU") is Refusal.BAD_PHONE
