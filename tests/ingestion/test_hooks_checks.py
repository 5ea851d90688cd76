"""Only the right secret or signature passes, whatever else is tried."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from otklik.ingestion.hooks.checks import caller_allowed, check_networks, needs_body, passes
from otklik.ingestion.hooks.cleaning import cleaned, kept_headers, kept_query
from otklik.ingestion.hooks.errors import BadCheck
from otklik.ingestion.hooks.model import (
    BasicCheck,
    Check,
    HmacCheck,
    NoCheck,
    SecretCheck,
    StandardCheck,
)

BODY = b'{"a":1}'
NOW = 1_700_000_000.0
SECRET = "s3cret-of-ours"
HEX = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
B64 = base64.b64encode(bytes.fromhex(HEX)).decode()
TIMED = hmac.new(SECRET.encode(), b"1700000000." + BODY, hashlib.sha256).hexdigest()
KEY = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


def standard(stamp: int = int(NOW), body: bytes = BODY, call_id: str = "msg_1") -> str:
    signed = f"{call_id}.{stamp}.".encode() + body
    digest = hmac.digest(base64.b64decode(KEY), signed, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


def try_it(check: Check, secret: str = SECRET, **call: Any) -> bool:
    parts: dict[str, Any] = {"headers": {}, "query": "", "body": BODY, "tree": None, "now_s": NOW}
    return passes(check, secret, **{**parts, **call})


HEADER = SecretCheck(place="header", name="X-Secret")
QUERY = SecretCheck(place="query", name="key")
FIELD = SecretCheck(place="field", name="secret")
HMAC_HEX = HmacCheck(header="X-Sign", prefix="sha256=")
HMAC_B64 = HmacCheck(header="X-Sign", encoding="base64")
HMAC_TIMED = HmacCheck(header="X-Sign", timestamp_header="X-Time")
BASIC = "Basic " + base64.b64encode(f"bot:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    ("check", "call"),
    [
        (NoCheck(), {}),
        (HEADER, {"headers": {"x-secret": SECRET}}),
        (HEADER, {"headers": {"x-secret": f"Bearer {SECRET}"}}),
        (QUERY, {"query": f"a=1&key={SECRET}"}),
        (FIELD, {"tree": {"secret": SECRET}}),
        (BasicCheck(user="bot"), {"headers": {"authorization": BASIC}}),
        (HMAC_HEX, {"headers": {"x-sign": f"sha256={HEX}"}}),
        (HMAC_HEX, {"headers": {"x-sign": f"sha256={HEX.upper()}"}}),
        (HMAC_B64, {"headers": {"x-sign": B64}}),
        (HMAC_TIMED, {"headers": {"x-sign": TIMED, "x-time": "1700000000"}}),
    ],
)
def test_the_right_secret_passes(check: Check, call: dict[str, Any]) -> None:
    assert try_it(check, **call)


@pytest.mark.parametrize(
    ("check", "call"),
    [
        (HEADER, {}),
        (HEADER, {"headers": {"x-secret": SECRET + "x"}}),
        (HEADER, {"headers": {"x-secret": ""}}),
        (HEADER, {"headers": {"x-secret": "s\u00e9cret"}}),
        (HEADER, {"query": f"x-secret={SECRET}"}),
        (QUERY, {"query": "key=wrong"}),
        (FIELD, {"tree": None}),
        (FIELD, {"tree": {"secret": [SECRET]}}),
        (FIELD, {"tree": {"other": SECRET}}),
        (BasicCheck(user="other"), {"headers": {"authorization": BASIC}}),
        (HMAC_HEX, {"headers": {"x-sign": HEX}}),
        (HMAC_HEX, {"headers": {"x-sign": f"sha256={HEX}"}, "body": BODY + b" "}),
        (HMAC_B64, {"headers": {"x-sign": HEX}}),
        (HMAC_TIMED, {"headers": {"x-sign": TIMED, "x-time": "1700000001"}}),
        (HMAC_TIMED, {"headers": {"x-sign": TIMED, "x-time": "1700000000"}, "now_s": NOW + 301}),
        (HMAC_TIMED, {"headers": {"x-sign": TIMED}}),
        (HMAC_TIMED, {"headers": {"x-sign": TIMED, "x-time": "nan"}}),
    ],
)
def test_anything_else_does_not(check: Check, call: dict[str, Any]) -> None:
    assert not try_it(check, **call)


def test_an_empty_secret_lets_nobody_in() -> None:
    assert not try_it(HEADER, "", headers={"x-secret": ""})
    assert not try_it(FIELD, "", tree={"secret": ""})


def test_standard_webhooks_are_verified() -> None:
    def call(**changes: Any) -> bool:
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(NOW)),
            "webhook-signature": standard(),
            **changes.pop("headers", {}),
        }
        return try_it(StandardCheck(), "whsec_" + KEY, headers=headers, **changes)

    assert call()
    assert call(headers={"webhook-signature": f"v1a,xx v1,wrong {standard()}"})
    assert not call(body=BODY + b"x")
    assert not call(headers={"webhook-id": "msg_2"})
    assert not call(headers={"webhook-signature": standard().removeprefix("v1,")})
    assert not call(now_s=NOW + 301)
    assert not call(now_s=NOW - 301)


def test_addresses_are_held_against_the_list() -> None:
    networks = check_networks(["192.0.2.0/24", "2001:db8::1"])
    assert caller_allowed([], "203.0.113.9")
    assert caller_allowed(networks, "192.0.2.77")
    assert caller_allowed(networks, "::ffff:192.0.2.77")
    assert caller_allowed(networks, "2001:db8::1")
    assert not caller_allowed(networks, "192.0.3.1")
    assert not caller_allowed(networks, "")
    with pytest.raises(BadCheck):
        check_networks(["example.com"])


def test_what_is_stored_holds_no_secret_and_no_cookie() -> None:
    headers = {
        "authorization": "Basic x",
        "cookie": "sid=1",
        "x-secret": SECRET,
        "x-api-key": "k",
        "content-type": "application/json",
        "x-shop-event": "order/paid",
    }
    assert kept_headers(headers, HEADER) == {
        "content-type": "application/json",
        "x-shop-event": "order/paid",
    }
    assert (
        kept_headers({"x-shop-event": SECRET}, SecretCheck(place="header", name="X-Shop-Event"))
        == {}
    )
    assert kept_query(f"a=1&key={SECRET}&api_key=2&utm_source=x", QUERY) == "a=1&utm_source=x"
    tree = {
        "Name": "Anna",
        "secret": SECRET,
        "Password": "p",
        "COOKIES": "_ga=GA1.2.3.4; PHPSESSID=secret; _ym_uid=55",
        "inner": {"secret": "stays", "Cookie": "sid=1"},
    }
    assert cleaned(tree, FIELD) == (
        {
            "Name": "Anna",
            "COOKIES": {"_ga": "GA1.2.3.4", "_ym_uid": "55"},
            "inner": {"secret": "stays"},
        },
        True,
    )
    assert cleaned({"Name": "Anna"}, FIELD) == ({"Name": "Anna"}, False)
    assert needs_body(FIELD)
    assert not needs_body(HEADER)
