"""What is compared, and what a comparison says."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from otklik.profiles.model.likeness.spelling import is_patronymic
from otklik.profiles.model.traits import first_name, full_name, last_name

NAME_MAX: Final = 100


class Person(msgspec.Struct, frozen=True):
    """What is known of one profile. Anything may be empty; only `key` must be there and be unique.

    `birth_date`: 1990-05-17 or 17.05.1990. Of addresses and phones the first three are looked at.
    """

    key: str
    first_name: str = ""
    last_name: str = ""
    birth_date: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    city: str = ""


_BIRTH_TRAITS = ("birth_date", "birthday", "birthdate", "date_of_birth", "birthDate", "dob")
_CITY_TRAITS = ("city", "town")


def person_of(key: str, identifiers: Sequence[tuple[str, str]], traits: dict[str, Any]) -> Person:
    """Return what is compared of a profile with these identifiers (kind, value) and traits.

    A whole name without its parts is cut: Анна Королёва, Королёва Анна Сергеевна.
    """
    first, last = first_name(traits), last_name(traits)
    if not (first or last):
        words = [one for one in full_name(traits).split() if not is_patronymic(one)]
        first, last = (words[0], words[-1]) if len(words) > 1 else (" ".join(words), "")
    address = traits.get("address")
    places = [traits, address] if isinstance(address, dict) else [traits]
    return Person(
        key=key,
        first_name=first[:NAME_MAX],
        last_name=last[:NAME_MAX],
        birth_date=_first_text(traits, _BIRTH_TRAITS),
        emails=_addresses("email", identifiers, traits),
        phones=_addresses("phone", identifiers, traits),
        city=next((found for one in places if (found := _first_text(one, _CITY_TRAITS))), ""),
    )


def _first_text(traits: dict[str, Any], names: Sequence[str]) -> str:
    found = (traits.get(name) for name in names)
    return next((one.strip()[:NAME_MAX] for one in found if isinstance(one, str) and one), "")


def _addresses(
    kind: str, identifiers: Sequence[tuple[str, str]], traits: dict[str, Any]
) -> tuple[str, ...]:
    said = traits.get(kind)
    mine = [value for one, value in identifiers if one == kind]
    return tuple(dict.fromkeys([*([said] if isinstance(said, str) and said else []), *mine]))


class Field(StrEnum):
    """What two people are compared by."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    BIRTH_DATE = "birth_date"
    EMAIL = "email"
    PHONE = "phone"
    CITY = "city"


class Level(StrEnum):
    """How far two values agree.

    `sounds`: one name in two spellings or alphabets. `begins`: one is the beginning of the other.
    `swapped`: day and month are exchanged. `part`: the same before the @, or the last seven digits.
    `near`: a typing error or two away; `nearly`: a little farther. `missing`: one has no value,
    which speaks neither for nor against.
    """

    SAME = "same"
    SOUNDS = "sounds"
    SWAPPED = "swapped"
    PART = "part"
    NEAR = "near"
    NEARLY = "nearly"
    BEGINS = "begins"
    DIFFERENT = "different"
    MISSING = "missing"


class Evidence(msgspec.Struct, frozen=True):
    """What one field says of a pair.

    `bits`: the base-2 logarithm of how many times likelier this agreement is for one person than
    for two; negative speaks against. `exchanged`: one's first name was compared with the other's
    last name.
    """

    field: Field
    level: Level
    bits: float
    exchanged: bool = False


class Pair(msgspec.Struct, frozen=True):
    """Two profiles that may be one person: `left` < `right`, the probability, and why.

    `prior_bits` and the bits of all evidence sum up to the base-2 logarithm of the odds.
    """

    left: str
    right: str
    probability: float
    prior_bits: float
    evidence: tuple[Evidence, ...]
