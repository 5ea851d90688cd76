"""The rules of who is who, without a database."""

from __future__ import annotations

from otklik.profiles.model.identity import Home, Known, claim, settle
from otklik.profiles.model.structs import MergeReason


def roots(
    homes: list[Home], known: dict[str, Known], forced: list[tuple[int, int]] | None = None
) -> dict[int, int]:
    return settle({home.id: home for home in homes}, known, forced or []).roots


def by(claimer: str, ms: int = 0, *, trusted: bool = False) -> str:
    return claim(claimer, trusted=trusted, ms=ms)


def test_a_stronger_claim_is_the_lesser_text() -> None:
    claims = [
        by("user_id:b", 5, trusted=True),
        by("user_id:a", 1),
        by("user_id:b", 1),
        by("user_id:a", 2),
        by("crm:1", 0, trusted=True),
        by("email:a@b.ru", 0, trusted=True),
        by("phone:+79161234567", 0),
    ]
    assert sorted(claims) == claims


def test_a_visitor_joins_the_user_who_owns_the_device() -> None:
    known = {"anonymous_id:d": Known(1, by("user_id:u")), "user_id:u": Known(2)}
    homes = [Home(1, "anonymous_id:d"), Home(2, "user_id:u")]
    assert roots(homes, known) == {1: 2, 2: 2}


def test_what_was_taken_apart_by_hand_stays_apart() -> None:
    known = {"anonymous_id:d": Known(1, by("user_id:u")), "user_id:u": Known(2)}
    homes = [Home(1, "anonymous_id:d", apart=True), Home(2, "user_id:u")]
    assert roots(homes, known) == {1: 1, 2: 2}


def test_an_address_joins_the_user_of_its_device() -> None:
    known = {
        "anonymous_id:d": Known(2, by("user_id:u")),
        "user_id:u": Known(2),
        "email:a@b.ru": Known(1, None, 0, "anonymous_id:d"),
    }
    homes = [Home(1, "email:a@b.ru"), Home(2, "user_id:u")]
    settled = settle({home.id: home for home in homes}, known, [])
    assert settled.roots == {1: 2, 2: 2}
    assert {link.reason for link in settled.links} == {MergeReason.DEVICE}


def test_a_device_joins_nobody_with_two_values_of_one_kind() -> None:
    known = {
        "anonymous_id:d": Known(2, by("user_id:u")),
        "user_id:u": Known(2),
        "email:mine@b.ru": Known(2, by("user_id:u")),
        "email:a@b.ru": Known(1, None, 0, "anonymous_id:d"),
    }
    homes = [Home(1, "email:a@b.ru"), Home(2, "user_id:u")]
    assert roots(homes, known) == {1: 1, 2: 2}


def test_of_two_addresses_on_a_device_the_earlier_one_is_the_users() -> None:
    known = {
        "anonymous_id:d": Known(3, by("user_id:u")),
        "user_id:u": Known(3),
        "email:late@b.ru": Known(1, None, 9, "anonymous_id:d"),
        "email:soon@b.ru": Known(2, None, 5, "anonymous_id:d"),
    }
    homes = [Home(1, "email:late@b.ru"), Home(2, "email:soon@b.ru"), Home(3, "user_id:u")]
    assert roots(homes, known) == {1: 1, 2: 3, 3: 3}


def test_a_forced_merge_keeps_the_profile_it_leads_to() -> None:
    known = {"user_id:a": Known(1), "user_id:b": Known(2)}
    homes = [Home(1, "user_id:a"), Home(2, "user_id:b")]
    assert roots(homes, known, [(1, 2)]) == {1: 2, 2: 2}
    assert roots(homes, known, []) == {1: 1, 2: 2}


def test_the_strongest_and_oldest_home_is_the_root() -> None:
    known = {
        "user_id:a": Known(5),
        "user_id:b": Known(6),
        "anonymous_id:d": Known(1, by("user_id:b")),
    }
    homes = [Home(1, "anonymous_id:d"), Home(5, "user_id:a"), Home(6, "user_id:b")]
    assert roots(homes, known, [(6, 5)]) == {1: 5, 5: 5, 6: 5}
