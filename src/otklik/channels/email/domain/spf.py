"""Does a domain's SPF record let the servers send that letters really go by?

Source: RFC 7208. The sending services ask for an `include:` of their own in their guides: Mailgun
("Domain verification"), SendGrid ("SPF records"), Amazon SES ("Authenticating email with SPF"),
Postmark ("What is SPF"). Their letters leave by many addresses, so the name of the server that
takes them says nothing; what a record includes does.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from otklik.channels.email.domain.records import check, is_record
from otklik.channels.email.domain.resolver import DnsUnavailable, Resolver
from otklik.channels.email.model import DnsCheck
from otklik.channels.email.relays.marks import service_of
from otklik.channels.email.verdicts.reports import Provider

LOOKUPS_MAX: Final = 10  # RFC 7208 section 4.6.4
_NAMES_MAX: Final = 40
"""Look-ups of one check: a record of somebody else must not keep us busy."""
_INCLUDES: Final[dict[Provider, str]] = {
    Provider.SES: "amazonses.com",
    Provider.MAILGUN: "mailgun.org",
    Provider.POSTMARK: "spf.mtasv.net",
    Provider.SENDGRID: "sendgrid.net",
}
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_NOT_LISTED: Final = "~all"


async def check_spf(domain: str, resolver: Resolver, relays: Sequence[str] = ()) -> DnsCheck:
    """Say whether the record is right by itself, and whether it lets the relays send."""
    records = [r for r in await resolver.txt(domain) if is_record(r, "v=spf1")]
    if not records:
        terms = ["v=spf1", "a", "mx", *await _terms_of(relays, resolver), _NOT_LISTED]
        expected = " ".join(terms)
        return check("spf", "fail", "spf_missing", domain, found=[], expected=expected)
    if len(records) > 1:
        return check("spf", "fail", "spf_several", domain, found=records)
    terms = records[0].lower().split()[1:]
    last = next((t for t in terms if t.lstrip("+-~?") == "all"), None)
    if last in ("all", "+all"):
        return check("spf", "fail", "spf_open", domain, found=records)
    lookups = await _count_lookups(records[0], resolver, set())
    if lookups > LOOKUPS_MAX:
        return check("spf", "fail", "spf_lookups", domain, found=records, count=str(lookups))
    if last is None and not any(t.startswith("redirect=") for t in terms):
        return check(
            "spf", "warn", "spf_no_end", domain, found=records, expected=records[0] + " ~all"
        )
    if last == "?all":
        return check("spf", "warn", "spf_neutral", domain, found=records)
    missing = await _left_out(domain, records[0], relays, resolver)
    if missing:
        return check(
            "spf",
            "warn",
            "spf_relay",
            domain,
            found=records,
            expected=_with(records[0], missing),
            missing=", ".join(missing),
        )
    return check("spf", "ok", "spf_ok", domain, found=records)


async def _count_lookups(record: str, resolver: Resolver, seen: set[str]) -> int:
    """Count the DNS look-ups that a receiver needs for an SPF record; stops soon after ten."""
    count = 0
    for term in record.lower().split()[1:]:
        mechanism = term.lstrip("+-~?")
        name = re.split(r"[:=/]", mechanism, maxsplit=1)[0]
        if name not in ("include", "a", "mx", "ptr", "exists", "redirect"):
            continue
        count += 1
        target = re.split(r"[:=]", mechanism, maxsplit=1)[-1]
        if name in ("include", "redirect") and target not in seen and len(seen) <= LOOKUPS_MAX:
            seen.add(target)
            for nested in await resolver.txt(target):
                if is_record(nested, "v=spf1"):
                    count += await _count_lookups(nested, resolver, seen)
        if count > LOOKUPS_MAX:
            break
    return count


async def _terms_of(relays: Sequence[str], resolver: Resolver) -> list[str]:
    """Return what a record says to let these servers send; nothing of private addresses."""
    terms: list[str] = []
    for host in relays:
        service = service_of(host)
        if service is not None:
            terms += [f"include:{_INCLUDES[service]}"] if service in _INCLUDES else []
            continue
        terms += [_term(address) for address in await _public(host, resolver)]
    return list(dict.fromkeys(terms))


async def _left_out(
    domain: str, record: str, relays: Sequence[str], resolver: Resolver
) -> list[str]:
    """Return the terms that a record lacks to let the relays send.

    A server with an address that the record covers is in order, if only with one of several: it
    may take letters at all of them and send from one.
    """
    reading = _Reading(domain, resolver)
    lacking: list[str] = []
    for host in relays:
        service = service_of(host)
        if service is not None:
            name = _INCLUDES.get(service)
            if name is not None and not await reading.includes(record, name):
                lacking.append(f"include:{name}")
            continue
        addresses = await _public(host, resolver)
        covered = [await reading.covers(record, address) for address in addresses]
        if addresses and not any(covered):
            lacking += [_term(address) for address in addresses]
    return list(dict.fromkeys(lacking))


class _Reading:
    """Follows a record through what it names. What can't be known counts as covered."""

    def __init__(self, domain: str, resolver: Resolver) -> None:
        self._domain = domain
        self._resolver = resolver
        self._asked = 0

    async def covers(self, record: str, address: _Address) -> bool:
        """Return whether some term of a record names the address."""
        return await self._covers(record, self._domain, address, frozenset())

    async def includes(self, record: str, name: str) -> bool:
        """Return whether a record includes another, itself or by what it includes."""
        return await self._includes(record, name, frozenset())

    async def _covers(
        self, record: str, domain: str, address: _Address, seen: frozenset[str]
    ) -> bool:
        for term in record.lower().split()[1:]:
            if term[0] in "-~?":
                continue
            name, value = _parts(term)
            target, _, length = value.partition("/")
            if "%" in value or name == "exists":
                return True
            if name in ("ip4", "ip6") and _inside(address, value):
                return True
            if name in ("a", "mx"):
                hosts = [target or domain]
                if name == "mx":
                    hosts = [one.rstrip(".") for one in await self._resolver.mx(hosts[0])]
                for host in hosts:
                    for one in await self._addresses(host):
                        if _inside(address, f"{one}/{length}" if length else one):
                            return True
            if name in ("include", "redirect") and target not in seen:
                for nested in await self._records(target):
                    if await self._covers(nested, target, address, seen | {target}):
                        return True
        return False

    async def _includes(self, record: str, wanted: str, seen: frozenset[str]) -> bool:
        for term in record.lower().split()[1:]:
            name, target = _parts(term)
            if name not in ("include", "redirect") or target in seen:
                continue
            if target == wanted or target.endswith("." + wanted) or "%" in target:
                return True
            for nested in await self._records(target):
                if await self._includes(nested, wanted, seen | {target}):
                    return True
        return False

    async def _records(self, name: str) -> list[str]:
        self._count()
        return [one for one in await self._resolver.txt(name) if is_record(one, "v=spf1")]

    async def _addresses(self, host: str) -> list[str]:
        self._count()
        return await self._resolver.addresses(host)

    def _count(self) -> None:
        self._asked += 1
        if self._asked > _NAMES_MAX:
            raise DnsUnavailable("too many names")


def _parts(term: str) -> tuple[str, str]:
    """Part a term into its name and value: "+ip4:192.0.2.1" gives ("ip4", "192.0.2.1")."""
    bare = term.lstrip("+")
    found = re.match(r"[a-z0-9]+", bare)
    name = found.group() if found else ""
    rest = bare[len(name) :]
    return name, rest[1:] if rest[:1] in (":", "=") else rest


def _inside(address: _Address, network: str) -> bool:
    # "a/24//64" names a length for each kind of address; only the first is looked at.
    try:
        return address in ipaddress.ip_network(network.partition("//")[0], strict=False)
    except (ValueError, TypeError):
        return False


async def _public(host: str, resolver: Resolver) -> list[_Address]:
    try:
        found = [str(ipaddress.ip_address(host))]
    except ValueError:
        found = await resolver.addresses(host)
    return [one for one in map(ipaddress.ip_address, found) if one.is_global]


def _term(address: _Address) -> str:
    return f"ip{address.version}:{address}"


def _with(record: str, terms: Sequence[str]) -> str:
    """Return a record with further terms before its end ("all", "redirect=")."""
    words = record.split()
    end = next(
        (
            place
            for place, word in enumerate(words)
            if word.lower().lstrip("+-~?") == "all" or word.lower().startswith("redirect=")
        ),
        len(words),
    )
    return " ".join([*words[:end], *terms, *words[end:]])
