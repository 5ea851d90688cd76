"""One spelling for each identifier, and a reason for each that is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.profiles.model.identifiers import (
    REFUSAL_TEXTS,
    Identifier,
    Refusal,
    normal_email,
    normal_phone,
    normalise,
)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ivan.Petrov@Example.COM", "ivan.petrov@example.com"),
        ("  a@b.ru \n", "a@b.ru"),
        ("mailto:a@b.ru", "a@b.ru"),
        ("a+tag@b.ru", "a+tag@b.ru"),
        ("ivan@ПОЧТА.рф", "ivan@почта.рф"),
        ("ivan@xn--80a1acny.xn--p1ai", "ivan@почта.рф"),
        ("иван@почта.рф", "иван@почта.рф"),
        ("cafe\u0301@b.ru", "caf\u00e9@b.ru"),
        ("reader@shop.example", "reader@shop.example"),
        ("reader@shop.invalid", "reader@shop.invalid"),
    ],
)
def test_an_address_has_one_spelling(typed: str, stored: str) -> None:
    assert normal_email(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "nobody",
        "a@localhost",
        "a@@b.ru",
        "a\n@b.ru",
        "a@b.ru\r\nBcc: all@b.ru",
        "<script>@b.ru",
        "Ivan <a@b.ru>",
        "a@[127.0.0.1]",
        "a b@c.ru",
        "x" * 65 + "@b.ru",
        "a@" + "b" * 300 + ".ru",
        "a@b..ru",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert isinstance(normalise("email", typed), Refusal)


@pytest.mark.parametrize(
    ("typed", "region", "stored"),
    [
        ("+7 (916) 123-45-67", None, "+79161234567"),
        ("8 (916) 123-45-67", "RU", "+79161234567"),
        ("89161234567", "RU", "+79161234567"),
        ("9161234567", "RU", "+79161234567"),
        ("8 800 555-35-35", "RU", "+78005553535"),
        ("020 7946 0000", "GB", "+442079460000"),
        ("+44 20 7946 0000", "RU", "+442079460000"),
        ("+7 701 123 45 67", "GB", "+77011234567"),
    ],
)
def test_a_phone_becomes_e164(typed: str, region: str | None, stored: str) -> None:
    assert normal_phone(typed, region) == stored


@pytest.mark.parametrize(
    "typed", ["", "12", "phone", "+7 916", "9161234567" * 3, "8 916 123-45-67"]
)
def test_what_is_no_phone_is_refused(typed: str) -> None:
    assert isinstance(normal_phone(typed, None), Refusal)


@pytest.mark.parametrize(
    ("kind", "typed", "reason"),
    [
        ("user_id", "   ", Refusal.EMPTY),
        ("user_id", "null", Refusal.PLACEHOLDER),
        ("anonymous_id", "[object Object]", Refusal.PLACEHOLDER),
        ("user_id", "00000000-0000-0000-0000-000000000000", Refusal.PLACEHOLDER),
        ("user_id", "x" * 257, Refusal.TOO_LONG),
        ("user_id", "x" * 100_000, Refusal.TOO_LONG),
        ("user_id", "a\0b", Refusal.BAD_CHARACTERS),
        ("user_id", "a\x1fb", Refusal.BAD_CHARACTERS),
        ("user_id", "a\ud800b", Refusal.BAD_CHARACTERS),
        ("user_id", True, Refusal.BAD_CHARACTERS),
        ("user_id", ["1"], Refusal.BAD_CHARACTERS),
        ("Crm Id", "1", Refusal.BAD_KIND),
        ("a:b", "1", Refusal.BAD_KIND),
    ],
)
def test_hostile_identifiers_are_refused_with_a_reason(
    kind: str, typed: object, reason: Refusal
) -> None:
    assert normalise(kind, typed) is reason


def test_ids_are_kept_as_they_are_but_trimmed() -> None:
    assert normalise("user_id", " A:42 ") == Identifier("user_id", "A:42", "user_id:A:42")
    assert normalise("user_id", 42) == Identifier("user_id", "42", "user_id:42")
    assert normalise("crm_id", "Ж") == Identifier("crm_id", "Ж", "crm_id:Ж")


def test_every_refusal_has_a_text_in_both_languages() -> None:
    assert set(REFUSAL_TEXTS) == set(Refusal)


@given(kind=st.sampled_from(["user_id", "email", "phone", "crm"]), text=st.text(max_size=60))
def test_a_stored_spelling_is_its_own_spelling(kind: str, text: str) -> None:
    found = normalise(kind, text, "RU")
    if isinstance(found, Identifier):
        assert normalise(kind, found.value, "RU") == found
        assert "\n" not in found.value
        assert "\x1f" not in found.value


@pytest.mark.parametrize("kind", ["user_id", "email", "phone", "crm", "anonymous_id"])
def test_what_could_not_be_read_names_nobody(kind: str) -> None:
    assert normalise(kind, "a\ufffdb@shop.example") is Refusal.BAD_CHARACTERS
