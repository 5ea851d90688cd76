"""Whether a call comes from whom it should: secrets, signatures, passwords, addresses.

Every comparison takes the same time whatever is wrong. Standard Webhooks: the signed content is
`id.timestamp.payload`, the signature HMAC-SHA-256 in base64, `v1,…`, several parted by spaces; the
secret is base64 behind `whsec_` (https://www.standardwebhooks.com/verify and the specification at
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import parse_qs

from otklik.ingestion.hooks.errors import BadCheck
from otklik.ingestion.hooks.model import (
    BasicCheck,
    Check,
    HmacCheck,
    NoCheck,
    SecretCheck,
    StandardCheck,
)

NETWORKS_MAX = 50


def needs_body(check: Check) -> bool:
    """Say whether the check looks into the fields of the body."""
    return isinstance(check, SecretCheck) and check.place == "field"


def passes(
    check: Check,
    secret: str,
    *,
    headers: Mapping[str, str],
    query: str,
    body: bytes,
    tree: Mapping[str, Any] | None,
    now_s: float,
) -> bool:
    """Say whether a call bears the right secret or signature.

    `headers`: names in lower case. `tree`: the body as read, when `needs_body` asked for it.
    """
    match check:
        case NoCheck():
            return True
        case SecretCheck(place="header", name=name):
            return _same(_bearer(headers.get(name.lower(), "")), secret)
        case SecretCheck(place="query", name=name):
            return any(_same(value, secret) for value in parse_qs(query).get(name, [])[:5])
        case SecretCheck(name=name):
            value = (tree or {}).get(name)
            return _same(value if isinstance(value, str) else "", secret)
        case BasicCheck(user=user):
            return _same(headers.get("authorization", ""), _basic(user, secret))
        case StandardCheck(tolerance_s=tolerance):
            return _standard(secret, headers, body, now_s, tolerance)
        case HmacCheck():
            return _hmac(check, secret, headers, body, now_s)


def caller_allowed(networks: Sequence[str], ip: str) -> bool:
    """Say whether the caller's address is on the list; an empty list allows everybody."""
    if not networks:
        return True
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in ip_network(one, strict=False) for one in networks)


def check_networks(networks: Sequence[str]) -> list[str]:
    """Return the list in its usual spelling. Raises: BadCheck at the first that is none."""
    if len(networks) > NETWORKS_MAX:
        raise BadCheck(
            what=f"At most {NETWORKS_MAX} addresses.", what_ru=f"Не больше {NETWORKS_MAX} адресов."
        )
    found = []
    for one in networks:
        try:
            found.append(str(ip_network(one.strip(), strict=False)))
        except ValueError as error:
            raise BadCheck(
                what=f"{one[:60]} is not an address or a network such as 192.0.2.0/24.",
                what_ru=f"{one[:60]} — не адрес и не сеть вида 192.0.2.0/24.",
            ) from error
    return found


def _same(given: str, wanted: str) -> bool:
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def _bearer(value: str) -> str:
    scheme, _, rest = value.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value.strip()


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _is_near(stamp: str, now_s: float, tolerance_s: int) -> bool:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 13):
        return False
    seconds = int(stamp) / 1000 if len(stamp) == 13 else int(stamp)
    return abs(now_s - seconds) <= tolerance_s


def _standard(
    secret: str, headers: Mapping[str, str], body: bytes, now_s: float, tolerance_s: int
) -> bool:
    call_id = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    if not call_id or not _is_near(stamp, now_s, tolerance_s):
        return False
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = secret.encode()
    signed = f"{call_id}.{stamp}.".encode() + body
    wanted = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    given = headers.get("webhook-signature", "").split()[:10]
    return any(_same(one.removeprefix("v1,"), wanted) for one in given if one.startswith("v1,"))


def _hmac(
    check: HmacCheck, secret: str, headers: Mapping[str, str], body: bytes, now_s: float
) -> bool:
    given = headers.get(check.header.lower(), "").strip()
    if check.prefix:
        if not given.startswith(check.prefix):
            return False
        given = given.removeprefix(check.prefix)
    signed = body
    if check.timestamp_header:
        stamp = headers.get(check.timestamp_header.lower(), "").strip()
        if not _is_near(stamp, now_s, check.tolerance_s):
            return False
        signed = stamp.encode() + b"." + body
    digest = hmac.digest(secret.encode(), signed, hashlib.sha256)
    if check.encoding == "hex":
        return _same(given.lower(), digest.hex())
    return _same(given, base64.b64encode(digest).decode())
