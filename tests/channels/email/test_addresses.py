"""E-mail addresses."""

from __future__ import annotations

import email_validator
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otklik.channels.email.addresses import domain_key, normalise_address, parse_address
from otklik.channels.email.errors import BadAddress
from otklik.kit.i18n import LANGS


@pytest.mark.parametrize(
    ("raw", "address", "shown"),
    [
        ("ann@example.com", "ann@example.com", "ann@example.com"),
        (" Ann.Lee+x@Example.COM ", "Ann.Lee+x@example.com", "Ann.Lee+x@example.com"),
        ("a@b-c.co.uk", "a@b-c.co.uk", "a@b-c.co.uk"),
        ("ann@почта.рф", "ann@xn--80a1acny.xn--p1ai", "ann@почта.рф"),
        ("ann@xn--80a1acny.xn--p1ai", "ann@xn--80a1acny.xn--p1ai", None),
        ("o'neil@example.com", "o'neil@example.com", "o'neil@example.com"),
        ("demo@shop.test", "demo@shop.test", "demo@shop.test"),
        ("demo@shop.invalid", "demo@shop.invalid", "demo@shop.invalid"),
    ],
)
def test_it_gives_an_address_one_spelling(raw: str, address: str, shown: str | None) -> None:
    found = parse_address(raw)
    assert found.address == address
    assert found.key == address.lower()
    assert found.shown == (shown or found.shown)
    assert found.domain == address.rpartition("@")[2]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("ann", "no_at"),
        ("ann@example.com\n", "line_break"),
        ("ann@example.com\r\nBcc: x@y.ru", "line_break"),
        ("ann\x00@example.com", "line_break"),
        ("ann@example.com\u2028", "line_break"),
        ("a" * 65 + "@example.com", "syntax"),
        ("a@" + "b" * 64 + ".com", "domain"),
        ("a@" + ".".join(["b" * 60] * 5) + ".com", "too_long"),
        ("иван@example.com", "local"),
        ("ann@localhost", "domain"),
        ("ann@127.0.0.1", "domain"),
        ("ann@[127.0.0.1]", "domain"),
        ("ann@-x.com", "domain"),
        ("ann@x..com", "domain"),
        ("ann@exa mple.com", "domain"),
        ("ann..lee@example.com", "syntax"),
        (".ann@example.com", "syntax"),
        ("ann lee@example.com", "syntax"),
        ("Ann <ann@example.com>", "syntax"),
        ('"ann lee"@example.com', "syntax"),
        ("a@b@example.com", "syntax"),
    ],
)
def test_it_says_what_is_wrong(raw: str, why: str) -> None:
    with pytest.raises(BadAddress) as error:
        parse_address(raw)
    assert error.value.why == why
    assert normalise_address(raw) is None
    for lang in LANGS:
        assert "\n" not in error.value.text(lang)


@given(
    st.from_regex(r"[A-Za-z0-9._+-]{1,12}@[A-Za-z0-9.-]{1,16}\.[A-Za-z]{1,5}", fullmatch=True)
    | st.emails()
)
@example("0@00--0.AA")
def test_its_short_way_agrees_with_the_rules(raw: str) -> None:
    try:
        expected: str | None = email_validator.validate_email(
            raw, check_deliverability=False, globally_deliverable=False, allow_smtputf8=False
        ).normalized
    except email_validator.EmailNotValidError:
        expected = None
    ours = normalise_address(raw)
    if ours is None:
        # We refuse some that the rules allow: names that are no domain of the Internet.
        assert expected is None or expected.rpartition(".")[2].isdigit()
    else:
        assert expected is not None
        assert ours == parse_address(expected).key


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("a@gmail.com", "gmail.com"),
        ("a@GoogleMail.com", "gmail.com"),
        ("a@bk.ru", "mail.ru"),
        ("a@ya.ru", "yandex.ru"),
        ("a@shop.example", "shop.example"),
    ],
)
def test_it_counts_a_provider_once(address: str, key: str) -> None:
    assert domain_key(address) == key
