"""E-mail addresses: is this one, and what is its one spelling?

Syntax only (RFC 5321, RFC 5322, IDNA): nothing is asked of the network.
"""

from __future__ import annotations

import re
from typing import Final

import email_validator
import msgspec

from otklik.channels.email.errors import BadAddress
from otklik.kit.i18n import Text

LENGTH_MAX: Final = 254
LOCAL_MAX: Final = 64  # RFC 5321 section 4.5.3.1.1
_LOCAL: Final = r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"

# What nearly every address looks like; it needs no further rules, and importing a million of them
# must not take a minute. A label with "--" in its third place has rules of its own (RFC 5890).
_PLAIN: Final = re.compile(
    rf"({_LOCAL})@((?:(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?\.)+"
    r"(?:[A-Za-z]{2,24}|[Xx][Nn]--[A-Za-z0-9-]{1,58}[A-Za-z0-9]))"
)
_WHY: Final = {
    "empty": Text(en="the address is empty", ru="адрес пустой"),
    "line_break": Text(
        en="there is a line break or a control character in it",
        ru="в нём перенос строки или управляющий символ",
    ),
    "too_long": Text(en="it is longer than 254 characters", ru="он длиннее 254 знаков"),
    "no_at": Text(en="there is no @ in it", ru="в нём нет знака @"),
    "local": Text(
        en="the part before @ is not written in Latin letters, digits and signs",
        ru="часть до @ записана не латиницей, цифрами и знаками",
    ),
    "domain": Text(en="the domain is not valid", ru="домен записан неверно"),
    "syntax": Text(en="it is not an e-mail address", ru="это не адрес почты"),
}

# One provider behind several domains: limits and reputation are the provider's.
_PROVIDERS: Final = {
    "googlemail.com": "gmail.com",
    **dict.fromkeys(("bk.ru", "list.ru", "inbox.ru", "internet.ru", "xmail.ru"), "mail.ru"),
    **dict.fromkeys(("ya.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua"), "yandex.ru"),
    **dict.fromkeys(("hotmail.com", "live.com", "msn.com", "hotmail.co.uk"), "outlook.com"),
    **dict.fromkeys(("ymail.com", "rocketmail.com", "aol.com"), "yahoo.com"),
    **dict.fromkeys(("me.com", "mac.com"), "icloud.com"),
    **dict.fromkeys(("lenta.ru", "autorambler.ru", "myrambler.ru", "ro.ru"), "rambler.ru"),
}


class EmailAddress(msgspec.Struct, frozen=True):
    """`address` is what goes to the network: the domain in lower-case ASCII, the local part as
    written. `key` is the same in lower case: two spellings of one mailbox have one key. `shown`
    has the domain in its own letters.
    """

    address: str
    key: str
    domain: str
    shown: str


def parse_address(raw: str) -> EmailAddress:
    """Return the address in its one spelling.

    Raises: BadAddress; `why` is one of empty, line_break, too_long, no_at, local, domain, syntax.
    """
    text = raw.strip(" \t")
    match = _PLAIN.fullmatch(text)
    if match and len(text) <= LENGTH_MAX and len(match.group(1)) <= LOCAL_MAX:
        domain = match.group(2).lower()
        address = f"{match.group(1)}@{domain}"
        return EmailAddress(address, address.lower(), domain, address)
    if not text.strip():
        raise _bad(raw, "empty")
    if any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029" for c in text):
        raise _bad(raw, "line_break")
    if len(text) > LENGTH_MAX * 4:
        raise _bad(raw, "too_long")
    if "@" not in text:
        raise _bad(raw, "no_at")
    return _by_rules(raw, text)


def normalise_address(raw: str) -> str | None:
    """Return the lower-case key of an address, or None when it is not one."""
    try:
        return parse_address(raw).key
    except BadAddress:
        return None


def domain_key(address: str) -> str:
    """Return the name under which a receiver's limits are counted: its provider, or its domain."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    return _PROVIDERS.get(domain, domain)


def _by_rules(raw: str, text: str) -> EmailAddress:
    try:
        found = email_validator.validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=False,
            # Reserved names (.test, .example, .invalid) are for development: they are told apart
            # where it matters, not here.
            globally_deliverable=False,
        )
    except email_validator.EmailSyntaxError as error:
        local, _, domain = text.rpartition("@")
        if len(text) > LENGTH_MAX:
            raise _bad(raw, "too_long") from error
        if not local.isascii():
            raise _bad(raw, "local") from error
        if len(local) <= LOCAL_MAX and re.fullmatch(_LOCAL, local):
            raise _bad(raw, "domain") from error
        raise _bad(raw, "syntax") from error
    domain = (found.ascii_domain or "").lower()
    address = found.ascii_email
    if address is None or "." not in domain or domain.rpartition(".")[2].isdigit():
        raise _bad(raw, "domain")
    address = f"{address.rpartition('@')[0]}@{domain}"
    if len(address) > LENGTH_MAX:
        raise _bad(raw, "too_long")
    if len(address.rpartition("@")[0]) > LOCAL_MAX:
        raise _bad(raw, "syntax")
    return EmailAddress(address, address.lower(), domain, found.normalized)


def _bad(raw: str, why: str) -> BadAddress:
    return BadAddress(raw, why, _WHY[why])
