"""What is compared, and what a comparison says."""

from __future__ import annotations

from enum import StrEnum

import msgspec


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
