"""Is a domain set up for sending, and what to do about each record?

Sources: RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC), and the senders' guidelines of Gmail
and Yahoo, which ask bulk senders for all three since February 2024; `extras.py` for the others.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Final

from otklik.channels.email.domain.extras import Fetch, check_bimi, check_mta_sts, check_ptr
from otklik.channels.email.domain.records import check, guarded, is_record, tag
from otklik.channels.email.domain.resolver import Resolver
from otklik.channels.email.domain.spf import check_spf
from otklik.channels.email.model import CheckLevel, DnsCheck

RELAYS_MAX: Final = 10
# RFC 2606, RFC 6761: names that no one can register and no mail server serves.
_RESERVED: Final = re.compile(
    r"(?:^|\.)(?:test|example|invalid|localhost|local|internal|example\.(?:com|net|org))$"
)


async def check_domain(
    domain: str,
    *,
    selector: str,
    dkim_record: str,
    resolver: Resolver,
    development: bool = False,
    relays: Sequence[str] = (),
    fetch: Fetch | None = None,
    next_key: tuple[str, str] | None = None,
) -> list[DnsCheck]:
    """Return the state of a sender's domain: SPF, DKIM, DMARC, MX, then what is optional.

    next_key: selector and record of a DKIM key that is to take over.

    dkim_record: the record that should be published under `selector._domainkey.domain`.
    development: letters go to the catcher; then a reserved domain is in order.
    relays: the hosts that letters of this sender are handed to; their addresses are looked at.
    fetch: reads a small file at an https address; absent: MTA-STS is not looked at.
    Never raises: a name server that does not answer gives level "unknown".
    """
    if is_reserved(domain):
        return [_reserved(domain, development)]
    results = await asyncio.gather(
        guarded("spf", domain, check_spf(domain, resolver, relays[:RELAYS_MAX])),
        guarded(
            "dkim",
            _key_name(selector, domain),
            check_dkim(domain, selector, dkim_record, resolver),
        ),
        guarded("dmarc", f"_dmarc.{domain}", check_dmarc(domain, resolver)),
        guarded("mx", domain, check_mx(domain, resolver)),
        *(
            [
                guarded(
                    "dkim_next",
                    _key_name(next_key[0], domain),
                    check_next(domain, *next_key, resolver),
                )
            ]
            if next_key
            else []
        ),
        *(guarded("ptr", relay, check_ptr(relay, resolver)) for relay in relays[:RELAYS_MAX]),
        guarded("bimi", f"default._bimi.{domain}", check_bimi(domain, resolver)),
        *(
            [guarded("mta_sts", f"_mta-sts.{domain}", check_mta_sts(domain, resolver, fetch))]
            if fetch
            else []
        ),
    )
    return list(results)


def is_reserved(domain: str) -> bool:
    """Say whether nobody can have this domain: no record of it can be looked at."""
    return _RESERVED.search(domain) is not None


async def check_dkim(domain: str, selector: str, expected: str, resolver: Resolver) -> DnsCheck:
    name = _key_name(selector, domain)
    records = await resolver.txt(name)
    if not records:
        return check("dkim", "fail", "dkim_missing", name, found=[], expected=expected)
    if len(records) > 1:
        return check("dkim", "fail", "dkim_several", name, found=records, expected=expected)
    published, ours = tag(records[0], "p"), tag(expected, "p")
    if published == "":
        return check("dkim", "fail", "dkim_revoked", name, found=records, expected=expected)
    if published != ours:
        return check("dkim", "fail", "dkim_other", name, found=records, expected=expected)
    if "y" in (tag(records[0], "t") or "").split(":"):
        return check("dkim", "warn", "dkim_testing", name, found=records, expected=expected)
    return check("dkim", "ok", "dkim_ok", name, found=records)


async def check_dmarc(domain: str, resolver: Resolver) -> DnsCheck:
    name = f"_dmarc.{domain}"
    expected = f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"
    records: list[str] = []
    # A policy of the parent domain holds for its subdomains (RFC 7489 section 6.6.3).
    labels = domain.split(".")
    for i in range(len(labels) - 1):
        at = "_dmarc." + ".".join(labels[i:])
        records = [r for r in await resolver.txt(at) if is_record(r, "v=dmarc1")]
        if records:
            name = at
            break
    if not records:
        return check("dmarc", "fail", "dmarc_missing", name, found=[], expected=expected)
    if len(records) > 1:
        return check("dmarc", "fail", "dmarc_several", name, found=records)
    inherited = name != f"_dmarc.{domain}"
    policy = (tag(records[0], "sp") if inherited else None) or tag(records[0], "p") or ""
    if policy.lower() not in ("none", "quarantine", "reject"):
        return check("dmarc", "fail", "dmarc_wrong", name, found=records, expected=expected)
    code = "dmarc_none" if policy.lower() == "none" else "dmarc_ok"
    return check("dmarc", "ok", code, name, found=records, policy=policy.lower())


async def check_mx(domain: str, resolver: Resolver) -> DnsCheck:
    hosts = await resolver.mx(domain)
    if not hosts or hosts == ["."]:
        return check("mx", "warn", "mx_missing", domain, found=hosts)
    return check("mx", "ok", "mx_ok", domain, found=hosts)


async def check_next(domain: str, selector: str, expected: str, resolver: Resolver) -> DnsCheck:
    """Say whether the key that is to take over is published."""
    found = await check_dkim(domain, selector, expected, resolver)
    if found.level == "ok":
        return check("dkim_next", "ok", "dkim_next_ok", found.record_name, found=found.found)
    return check(
        "dkim_next",
        "warn",
        "dkim_next_missing",
        found.record_name,
        found=found.found,
        expected=expected,
    )


def _key_name(selector: str, domain: str) -> str:
    return f"{selector}._domainkey.{domain}"


def _reserved(domain: str, development: bool) -> DnsCheck:
    level: CheckLevel = "ok" if development else "fail"
    code = "reserved_in_development" if development else "reserved"
    return check("spf", level, code, domain, found=[], domain=domain)
