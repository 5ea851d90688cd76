"""Which identifiers name the same person, and in which one spelling each is stored."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import Final

import email_validator
import idna
import msgspec
import phonenumbers

from otklik.kit.i18n import Text

USER_ID: Final = "user_id"
ANONYMOUS_ID: Final = "anonymous_id"
EMAIL: Final = "email"
PHONE: Final = "phone"
ADDRESSES: Final = frozenset({EMAIL, PHONE})

VALUE_MAX = 256
"""Characters of a stored identifier; longer ones are not names of people but accidents."""
EMAIL_MAX = 254
"""RFC 5321, section 4.5.3.1.3: a path has 256 octets with its two angle brackets."""
_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])\Z"
)
_COMMON_PHONE = re.compile(
    r"(\+7|8)[ -]?(\(?[3489]\d\d\)?[ -]?\d{3}[ -]?\d\d[ -]?\d\d)\Z", re.ASCII
)
"""The usual spellings of a number of Russia and Kazakhstan, country code 7."""
_PLACEHOLDERS = frozenset(
    {
        "",
        "0",
        "-1",
        "null",
        "nil",
        "none",
        "undefined",
        "unknown",
        "nan",
        "n/a",
        "na",
        "true",
        "false",
        "anonymous",
        "guest",
        "not set",
        "[object object]",
        "00000000-0000-0000-0000-000000000000",
    }
)
"""What broken integrations send in place of an id; believing them would join strangers."""


class Refusal(StrEnum):
    """Why an identifier is not taken."""

    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    TOO_LONG = "too_long"
    BAD_CHARACTERS = "bad_characters"
    BAD_KIND = "bad_kind"
    BAD_EMAIL = "bad_email"
    BAD_PHONE = "bad_phone"


REFUSAL_TEXTS: Final[dict[Refusal, Text]] = {
    Refusal.EMPTY: Text(en="The identifier is empty.", ru="Идентификатор пуст."),
    Refusal.PLACEHOLDER: Text(
        en="The identifier is a placeholder such as “null”, not somebody's name.",
        ru="Вместо идентификатора стоит заглушка вроде «null».",
    ),
    Refusal.TOO_LONG: Text(
        en="The identifier has more than 256 characters.",
        ru="В идентификаторе больше 256 символов.",
    ),
    Refusal.BAD_CHARACTERS: Text(
        en="The identifier has control or broken characters.",
        ru="В идентификаторе есть управляющие или испорченные символы.",
    ),
    Refusal.BAD_KIND: Text(
        en="The kind of an identifier has lower-case letters, digits and “_”, at most 40.",
        ru="Вид идентификатора — строчные латинские буквы, цифры и «_», не больше 40.",
    ),
    Refusal.BAD_EMAIL: Text(en="This is not an e-mail address.", ru="Это не адрес почты."),
    Refusal.BAD_PHONE: Text(
        en="This is not a phone number; write it with the country code.",
        ru="Это не номер телефона; укажите его с кодом страны.",
    ),
}


class Identifier(msgspec.Struct, frozen=True):
    """A kind and a value in its stored spelling. `key`: both in one text."""

    kind: str
    value: str
    key: str


def rank(kind: str) -> int:
    """Return how strongly a kind names a person.

    0 user_id, 1 the workspace's own kinds, 2 e-mail, 3 phone, 4 anonymous_id (a device).

    Every kind but `anonymous_id` is unique to a person; a device may be shared.
    """
    return _RANKS.get(kind, 1)


_RANKS = {USER_ID: 0, EMAIL: 2, PHONE: 3, ANONYMOUS_ID: 4}
OTHER_KINDS: Final = "*"
"""Stands in an order of kinds for the workspace's own kinds that it does not name."""
DEFAULT_PRIORITY: Final = (OTHER_KINDS, EMAIL, PHONE)


class Ranking:
    """How strongly each kind names a person in one workspace: the less, the stronger.

    A user id is always the strongest and a device the weakest. Whole numbers part own kinds,
    e-mail and phone from each other; own kinds differ among themselves behind the point.
    """

    def __init__(self, priority: tuple[str, ...]) -> None:
        self._places: dict[str, float] = {USER_ID: 0, ANONYMOUS_ID: 4}
        group, within = 1, 0
        self._others = 1.999
        for kind in priority or DEFAULT_PRIORITY:
            if kind in ADDRESSES:
                group += bool(within)
                self._places[kind] = float(group)
                group, within = group + 1, 0
            else:
                within += 1
                self._others = group + 0.999
                if kind != OTHER_KINDS:
                    self._places[kind] = group + within / 1000

    def of(self, kind: str) -> float:
        return self._places.get(kind, self._others)

    def order(self, key: str) -> tuple[float, str]:
        """Sort key of "kind:value": stronger identifiers first."""
        return (self.of(key.split(":", 1)[0]), key)


@lru_cache(maxsize=1_000)
def ranking_of(priority: tuple[str, ...]) -> Ranking:
    return Ranking(priority)


def priority_problem(priority: tuple[str, ...]) -> bool:
    """Return whether an order of kinds is none: it names e-mail, phone and `*` once each, and
    own kinds right before `*`."""
    own = [kind for kind in priority if kind not in ADDRESSES]
    at = [place for place, kind in enumerate(priority) if kind not in ADDRESSES]
    return (
        len(set(priority)) < len(priority)
        or not set(priority) >= ADDRESSES
        or own[-1:] != [OTHER_KINDS]
        or at != list(range(at[0], at[0] + len(at)))
        or not all(is_own_kind(kind) for kind in own[:-1])
    )


def is_own_kind(kind: str) -> bool:
    """Return whether it is a kind of identifiers that the workspace has made up itself."""
    return kind not in _RANKS and _KIND.match(kind) is not None


def normalise(kind: str, value: object, region: str | None = None) -> Identifier | Refusal:
    """Return the stored form of an identifier, or the reason why it is refused.

    `region`: ISO 3166 code of the country whose national phone numbers are understood.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return Refusal.BAD_CHARACTERS
    return _normalise(kind, str(value), region)


@lru_cache(maxsize=50_000)
def _normalise(kind: str, raw: str, region: str | None) -> Identifier | Refusal:
    value = raw.strip()
    if not value:
        return Refusal.EMPTY
    if len(value) > 4 * VALUE_MAX:
        return Refusal.TOO_LONG
    # What stands in the place of a character that could not be read names nobody.
    if "\ufffd" in value:
        return Refusal.BAD_CHARACTERS
    if not value.isprintable() and any(unicodedata.category(c) in {"Cc", "Cs"} for c in value):
        return Refusal.BAD_CHARACTERS
    if kind == EMAIL:
        found: str | Refusal = normal_email(value)
    elif kind == PHONE:
        found = normal_phone(value, region)
    elif not _KIND.match(kind):
        return Refusal.BAD_KIND
    else:
        found = unicodedata.normalize("NFC", value)
        if found.lower() in _PLACEHOLDERS:
            return Refusal.PLACEHOLDER
        if len(found) > VALUE_MAX:
            return Refusal.TOO_LONG
    return found if isinstance(found, Refusal) else Identifier(kind, found, f"{kind}:{found}")


def normal_email(value: str) -> str | Refusal:
    """Return an address in lower case, NFC, with its domain in Unicode (RFC 6531, RFC 5891).

    RFC 5321 lets a mailbox be case-sensitive; no provider is, and people type as they like,
    so two spellings that differ in case are one person. Tags (`+x`) and dots are kept: whether
    they matter differs between providers. Reserved domains are accepted; what can be delivered
    is known by delivering.
    """
    value = unicodedata.normalize("NFC", value.strip()).lower()
    if value.startswith("mailto:"):
        value = value[7:]
    if len(value) > EMAIL_MAX:
        return Refusal.TOO_LONG
    if "\ufffd" in value:
        return Refusal.BAD_EMAIL
    if _PLAIN_EMAIL.match(value) and "xn--" not in value:
        return value if len(value.split("@", 1)[0]) <= 64 else Refusal.BAD_EMAIL
    try:
        checked = email_validator.validate_email(
            value, check_deliverability=False, globally_deliverable=False, allow_smtputf8=True
        )
    except (email_validator.EmailNotValidError, idna.IDNAError, UnicodeError):
        return Refusal.BAD_EMAIL
    if "." not in checked.domain:
        return Refusal.BAD_EMAIL
    return checked.normalized.lower()


def normal_phone(value: str, region: str | None = None) -> str | Refusal:
    """Return a number in E.164 (+79161234567); `region` reads numbers without a country code."""
    if len(value) > 50:
        return Refusal.TOO_LONG
    common = _COMMON_PHONE.match(value)
    if common is not None and (common[1] == "+7" or (common[1] == "8" and region == "RU")):
        # Parsing by the full rules takes fifty times as long, and imports have millions.
        return "+7" + re.sub(r"\D", "", common[2])
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return Refusal.BAD_PHONE
    if not phonenumbers.is_possible_number(number):
        return Refusal.BAD_PHONE
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
