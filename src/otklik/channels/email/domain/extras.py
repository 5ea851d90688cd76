"""Beyond what every sender needs: the name of the server's address, a logo, encrypted replies.

Sources: RFC 1912 section 2.1 and the senders' guidelines of Gmail (a name that leads back to its
address), the BIMI drafts and Gmail's requirements for it (DMARC enforced, a certificate), RFC 8461
(MTA-STS).
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from otklik.channels.email.domain.records import check, is_record, tag
from otklik.channels.email.domain.resolver import Resolver
from otklik.channels.email.model import DnsCheck
from otklik.channels.email.relays.marks import service_of
from otklik.channels.email.verdicts.reports import NAMES

Fetch: TypeAlias = Callable[[str], Awaitable[str]]
"""Returns the text at an https address, or raises."""

_MODES = ("enforce", "testing", "none")


async def check_ptr(host: str, resolver: Resolver) -> DnsCheck:
    """Say whether every address of the mail server has a name that leads back to it.

    Letters leave a sending service by other addresses than the one that it takes them at; the names
    of those are its own concern.
    """
    if (service := service_of(host)) is not None:
        return check("ptr", "ok", "ptr_service", host, found=[], service=NAMES[service])
    try:
        addresses = [str(ipaddress.ip_address(host))]
    except ValueError:
        addresses = await resolver.addresses(host)
    if not addresses:
        return check("ptr", "fail", "ptr_nowhere", host, found=[], host=host)
    if not any(ipaddress.ip_address(one).is_global for one in addresses):
        return check("ptr", "optional", "ptr_private", host, found=addresses, host=host)
    for address in addresses:
        names = await resolver.names(address)
        facts = {"host": host, "address": address, "names": ", ".join(names)}
        if not names:
            return check("ptr", "warn", "ptr_missing", host, found=addresses, **facts)
        back = await asyncio.gather(*(resolver.addresses(name) for name in names))
        if not any(address in one for one in back):
            return check("ptr", "warn", "ptr_elsewhere", host, found=names, **facts)
    return check("ptr", "ok", "ptr_ok", host, found=addresses, host=host)


async def check_bimi(domain: str, resolver: Resolver) -> DnsCheck:
    name = f"default._bimi.{domain}"
    records = [one for one in await resolver.txt(name) if is_record(one, "v=bimi1")]
    if not records:
        expected = f"v=BIMI1; l=https://{domain}/logo.svg; a="
        return check("bimi", "optional", "bimi_missing", name, found=[], expected=expected)
    logo = tag(records[0], "l") or ""
    if not (logo.lower().startswith("https://") and logo.lower().endswith(".svg")):
        return check("bimi", "warn", "bimi_wrong", name, found=records)
    policies = [one for one in await resolver.txt(f"_dmarc.{domain}") if is_record(one, "v=dmarc1")]
    if policies and (tag(policies[0], "p") or "").lower() == "none":
        return check("bimi", "warn", "bimi_dmarc", name, found=records)
    if not tag(records[0], "a"):
        return check("bimi", "ok", "bimi_no_certificate", name, found=records)
    return check("bimi", "ok", "bimi_ok", name, found=records)


async def check_mta_sts(domain: str, resolver: Resolver, fetch: Fetch) -> DnsCheck:
    name = f"_mta-sts.{domain}"
    records = [one for one in await resolver.txt(name) if is_record(one, "v=stsv1")]
    url = f"https://mta-sts.{domain}/.well-known/mta-sts.txt"
    if not records:
        hosts = [one.rstrip(".") for one in await resolver.mx(domain) if one != "."]
        lines = ["version: STSv1", "mode: testing", *(f"mx: {one}" for one in hosts)]
        return check(
            "mta_sts",
            "optional",
            "sts_missing",
            name,
            found=[],
            expected="v=STSv1; id=1",
            url=url,
            policy=", ".join(f"“{line}”" for line in [*lines, "max_age: 86400"]),
        )
    try:
        policy = await fetch(url)
    except Exception as error:
        return check(
            "mta_sts", "fail", "sts_policy", name, found=records, url=url, why=str(error)[:200]
        )
    mode, hosts = read_policy(policy)
    if mode not in _MODES:
        why = "mode" if policy.strip() else "0 B"
        return check("mta_sts", "fail", "sts_policy", name, found=records, url=url, why=why)
    if mode != "none":
        for host in await resolver.mx(domain):
            if not any(_fits(host.rstrip(".").lower(), one) for one in hosts):
                return check("mta_sts", "fail", "sts_mx", name, found=hosts, host=host.rstrip("."))
    code = "sts_ok" if mode == "enforce" else "sts_testing"
    return check("mta_sts", "ok", code, name, found=[*records, f"mode: {mode}"])


def read_policy(text: str) -> tuple[str, list[str]]:
    """Return the mode of an MTA-STS policy and the hosts it names; "" for a text that is none."""
    pairs = [line.partition(":") for line in text.splitlines()]
    values = [(key.strip().lower(), value.strip().lower()) for key, _, value in pairs]
    if ("version", "stsv1") not in values:
        return "", []
    mode = next((value for key, value in values if key == "mode"), "")
    return mode, [value for key, value in values if key == "mx"]


def _fits(host: str, pattern: str) -> bool:
    """Compare a host with a pattern; a star stands for exactly one label (RFC 8461 section 4.1)."""
    if pattern.startswith("*."):
        _, dot, rest = host.partition(".")
        return bool(dot) and rest == pattern[2:]
    return host == pattern
