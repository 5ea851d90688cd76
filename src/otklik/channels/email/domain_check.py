"""Is a domain set up for sending? SPF, DKIM, DMARC and MX, with what to do about each.

Sources: RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC), and the senders' guidelines of Gmail
and Yahoo, which ask bulk senders for all three since February 2024.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from typing import Any, Final, Literal, Protocol

import dns.asyncresolver
import dns.exception
import dns.resolver

from otklik.channels.email.model import DnsCheck
from otklik.kit.i18n import Text

CheckName = Literal["spf", "dkim", "dmarc", "mx"]
CheckLevel = Literal["ok", "warn", "fail", "unknown"]

LOOKUPS_MAX: Final = 10  # RFC 7208 section 4.6.4
QUERY_TIMEOUT_S: Final = 5.0
# RFC 2606, RFC 6761: names that no one can register and no mail server serves.
_RESERVED: Final = re.compile(
    r"(?:^|\.)(?:test|example|invalid|localhost|local|internal|example\.(?:com|net|org))$"
)


class DnsUnavailable(Exception):
    pass


class Resolver(Protocol):
    """What is asked of the DNS. Both return an empty list when there is no such record."""

    async def txt(self, name: str) -> list[str]:
        """Return the TXT records of `name`. Raises: DnsUnavailable."""

    async def mx(self, name: str) -> list[str]:
        """Return the mail hosts of `name`, "." for a null MX. Raises: DnsUnavailable."""


class SystemResolver:
    """Asks the name servers of the machine."""

    async def txt(self, name: str) -> list[str]:
        return [
            b"".join(record.strings).decode("utf-8", "replace")
            for record in await _ask(name, "TXT")
        ]

    async def mx(self, name: str) -> list[str]:
        return [str(record.exchange) for record in await _ask(name, "MX")]


async def _ask(name: str, kind: str) -> list[Any]:
    try:
        return list(
            await dns.asyncresolver.resolve(name, kind, lifetime=QUERY_TIMEOUT_S, search=False)
        )
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise DnsUnavailable(str(error)) from error


async def check_domain(
    domain: str,
    *,
    selector: str,
    dkim_record: str,
    resolver: Resolver,
    development: bool = False,
) -> list[DnsCheck]:
    """Return the state of SPF, DKIM, DMARC and MX of a sender's domain, in this order.

    dkim_record: the record that should be published under `selector._domainkey.domain`.
    development: letters go to the catcher; then a reserved domain is in order.
    Never raises: a name server that does not answer gives level "unknown".
    """
    if _RESERVED.search(domain):
        return [_reserved(domain, development)]
    results = await asyncio.gather(
        _guarded("spf", domain, check_spf(domain, resolver)),
        _guarded(
            "dkim",
            f"{selector}._domainkey.{domain}",
            check_dkim(domain, selector, dkim_record, resolver),
        ),
        _guarded("dmarc", f"_dmarc.{domain}", check_dmarc(domain, resolver)),
        _guarded("mx", domain, check_mx(domain, resolver)),
    )
    return list(results)


async def check_spf(domain: str, resolver: Resolver) -> DnsCheck:
    records = [r for r in await resolver.txt(domain) if _is_record(r, "v=spf1")]
    expected = "v=spf1 a mx ~all"
    if not records:
        return _check("spf", "fail", "spf_missing", domain, found=[], expected=expected)
    if len(records) > 1:
        return _check("spf", "fail", "spf_several", domain, found=records)
    terms = records[0].lower().split()[1:]
    last = next((t for t in terms if t.lstrip("+-~?") == "all"), None)
    if last in ("all", "+all"):
        return _check("spf", "fail", "spf_open", domain, found=records)
    lookups = await _count_lookups(records[0], resolver, set())
    if lookups > LOOKUPS_MAX:
        return _check("spf", "fail", "spf_lookups", domain, found=records, count=str(lookups))
    if last is None and not any(t.startswith("redirect=") for t in terms):
        return _check(
            "spf", "warn", "spf_no_end", domain, found=records, expected=records[0] + " ~all"
        )
    if last == "?all":
        return _check("spf", "warn", "spf_neutral", domain, found=records)
    return _check("spf", "ok", "spf_ok", domain, found=records)


async def check_dkim(domain: str, selector: str, expected: str, resolver: Resolver) -> DnsCheck:
    name = f"{selector}._domainkey.{domain}"
    records = await resolver.txt(name)
    if not records:
        return _check("dkim", "fail", "dkim_missing", name, found=[], expected=expected)
    if len(records) > 1:
        return _check("dkim", "fail", "dkim_several", name, found=records, expected=expected)
    published, ours = _tag(records[0], "p"), _tag(expected, "p")
    if published == "":
        return _check("dkim", "fail", "dkim_revoked", name, found=records, expected=expected)
    if published != ours:
        return _check("dkim", "fail", "dkim_other", name, found=records, expected=expected)
    if "y" in (_tag(records[0], "t") or "").split(":"):
        return _check("dkim", "warn", "dkim_testing", name, found=records, expected=expected)
    return _check("dkim", "ok", "dkim_ok", name, found=records)


async def check_dmarc(domain: str, resolver: Resolver) -> DnsCheck:
    name = f"_dmarc.{domain}"
    expected = f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"
    records: list[str] = []
    # A policy of the parent domain holds for its subdomains (RFC 7489 section 6.6.3).
    labels = domain.split(".")
    for i in range(len(labels) - 1):
        at = "_dmarc." + ".".join(labels[i:])
        records = [r for r in await resolver.txt(at) if _is_record(r, "v=dmarc1")]
        if records:
            name = at
            break
    if not records:
        return _check("dmarc", "fail", "dmarc_missing", name, found=[], expected=expected)
    if len(records) > 1:
        return _check("dmarc", "fail", "dmarc_several", name, found=records)
    inherited = name != f"_dmarc.{domain}"
    policy = (_tag(records[0], "sp") if inherited else None) or _tag(records[0], "p") or ""
    if policy.lower() not in ("none", "quarantine", "reject"):
        return _check("dmarc", "fail", "dmarc_wrong", name, found=records, expected=expected)
    code = "dmarc_none" if policy.lower() == "none" else "dmarc_ok"
    return _check("dmarc", "ok", code, name, found=records, policy=policy.lower())


async def check_mx(domain: str, resolver: Resolver) -> DnsCheck:
    hosts = await resolver.mx(domain)
    if not hosts or hosts == ["."]:
        return _check("mx", "warn", "mx_missing", domain, found=hosts)
    return _check("mx", "ok", "mx_ok", domain, found=hosts)


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
                if _is_record(nested, "v=spf1"):
                    count += await _count_lookups(nested, resolver, seen)
        if count > LOOKUPS_MAX:
            break
    return count


def _is_record(record: str, version: str) -> bool:
    head = re.split(r"[\s;]", record.strip().lower(), maxsplit=1)[0].replace(" ", "")
    return head == version


def _tag(record: str, name: str) -> str | None:
    """Return a tag of a "k=v; k=v" record without its white space."""
    for piece in record.split(";"):
        key, separator, value = piece.partition("=")
        if separator and key.strip().lower() == name:
            return re.sub(r"\s+", "", value)
    return None


async def _guarded(kind: CheckName, name: str, work: Awaitable[DnsCheck]) -> DnsCheck:
    try:
        return await work
    except DnsUnavailable:
        return _check(kind, "unknown", "dns_unavailable", name, found=[])


def _reserved(domain: str, development: bool) -> DnsCheck:
    level: CheckLevel = "ok" if development else "fail"
    code = "reserved_in_development" if development else "reserved"
    return _check("spf", level, code, domain, found=[], domain=domain)


def _check(
    kind: CheckName,
    level: CheckLevel,
    code: str,
    record_name: str,
    *,
    found: list[str],
    expected: str | None = None,
    **facts: str,
) -> DnsCheck:
    return DnsCheck(
        name=kind,
        level=level,
        code=code,
        record_name=record_name,
        found=found,
        expected=expected,
        message=_TEXTS[code],
        facts={"name": record_name, **facts},
    )


_TEXTS: Final = {
    "spf_ok": Text(en="SPF is in order.", ru="SPF настроен."),
    "spf_missing": Text(
        en="There is no SPF record. Add a TXT record for {name} that lists the servers that send "
        "your mail: start from the one below and add include:… of your relay.",
        ru="SPF-записи нет. Добавьте для {name} запись TXT со списком серверов, которые отправляют "
        "вашу почту: возьмите за основу строку ниже и добавьте include:… вашего сервера.",
    ),
    "spf_several": Text(
        en="There are several SPF records; receivers then ignore all of them. Join them into one.",
        ru="SPF-записей несколько; получатели в таком случае не читают ни одной. Объедините их.",
    ),
    "spf_open": Text(
        en="SPF ends with +all: it lets anyone send in your name. Replace it by ~all.",
        ru="SPF заканчивается на +all: от вашего имени может писать кто угодно. Замените на ~all.",
    ),
    "spf_lookups": Text(
        en="SPF needs {count} DNS look-ups, more than the allowed 10: receivers count it as an "
        "error. Remove unused include:… terms.",
        ru="SPF требует {count} запросов DNS при допустимых 10: получатели сочтут это ошибкой. "
        "Уберите лишние include:….",
    ),
    "spf_no_end": Text(
        en="SPF has no “all” at its end, so it refuses nobody. Add ~all.",
        ru="В конце SPF нет «all», поэтому она никого не отсекает. Добавьте ~all.",
    ),
    "spf_neutral": Text(
        en="SPF ends with ?all, which says nothing. Replace it by ~all.",
        ru="SPF заканчивается на ?all, это ничего не значит. Замените на ~all.",
    ),
    "dkim_ok": Text(
        en="The DKIM key is published: letters are signed in your name.",
        ru="Ключ DKIM опубликован: письма подписываются вашим именем.",
    ),
    "dkim_missing": Text(
        en="The DKIM key is not published. Add a TXT record {name} with the text below. It may "
        "take up to a day until it is seen everywhere.",
        ru="Ключ DKIM не опубликован. Добавьте запись TXT {name} с текстом ниже. Её увидят везде "
        "в течение суток.",
    ),
    "dkim_several": Text(
        en="There are several records at {name}; leave only the one below.",
        ru="У {name} несколько записей; оставьте только ту, что ниже.",
    ),
    "dkim_revoked": Text(
        en="The published DKIM key is empty, which means revoked. Replace the record.",
        ru="Опубликованный ключ DKIM пуст, то есть отозван. Замените запись.",
    ),
    "dkim_other": Text(
        en="Another DKIM key is published at {name}. Replace it by the one below.",
        ru="У {name} опубликован другой ключ DKIM. Замените его на тот, что ниже.",
    ),
    "dkim_testing": Text(
        en="The DKIM record is marked as a test (t=y); receivers may ignore it. Remove t=y.",
        ru="Запись DKIM помечена как пробная (t=y), получатели могут её не учитывать. Уберите t=y.",
    ),
    "dmarc_ok": Text(
        en="DMARC is in order, policy {policy}.", ru="DMARC настроен, политика {policy}."
    ),
    "dmarc_none": Text(
        en="DMARC is there with the policy none. It satisfies Gmail and Yahoo; once its reports "
        "show that all your mail passes, go on to quarantine.",
        ru="DMARC есть, политика none. Для Gmail и Yahoo этого достаточно; когда отчёты покажут, "
        "что вся ваша почта проходит, переходите на quarantine.",
    ),
    "dmarc_missing": Text(
        en="There is no DMARC record; Gmail and Yahoo refuse mass mail without one. Add a TXT "
        "record {name} with the text below.",
        ru="DMARC-записи нет; без неё Gmail и Yahoo не принимают массовые письма. Добавьте запись "
        "TXT {name} с текстом ниже.",
    ),
    "dmarc_several": Text(
        en="There are several DMARC records; leave one.",
        ru="DMARC-записей несколько; оставьте одну.",
    ),
    "dmarc_wrong": Text(
        en="The DMARC record has no valid policy (p=none, quarantine or reject).",
        ru="В записи DMARC нет верной политики (p=none, quarantine или reject).",
    ),
    "mx_ok": Text(en="The domain receives mail.", ru="Домен принимает почту."),
    "mx_missing": Text(
        en="The domain receives no mail (no MX record): replies and bounces will be lost.",
        ru="Домен не принимает почту (нет записи MX): ответы и возвраты потеряются.",
    ),
    "dns_unavailable": Text(
        en="The name server of {name} did not answer. Try again later.",
        ru="Сервер имён для {name} не ответил. Попробуйте позже.",
    ),
    "reserved_in_development": Text(
        en="{domain} is a reserved domain: fine for trials, letters go to the mail catcher.",
        ru="{domain} зарезервирован: для проб годится, письма попадают в ловушку.",
    ),
    "reserved": Text(
        en="{domain} is a reserved domain: no mail can be sent from it. Create a sender in a "
        "domain of yours.",
        ru="{domain} зарезервирован: с него нельзя отправлять почту. Создайте отправителя "
        "в своём домене.",
    ),
}
