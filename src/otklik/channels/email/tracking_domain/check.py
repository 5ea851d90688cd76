"""Does a name lead to this program? Asked of the DNS, and of the name itself.

The second decides: the program asks at the name for a path that only it can answer. What the DNS
says then explains a failure, and warns of what stands between.
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from otklik.channels.email.domain.resolver import DnsUnavailable, Resolver
from otklik.channels.email.tracking_domain.model import DnsRecord, Finding, TrackingDomain
from otklik.kit.i18n import Text
from otklik.runtime.public import Outgoing, OutgoingFailed, OutgoingRefused, Signer

PATH: Final = "/.well-known/otklik/"
MISDIRECTED: Final = 421
"""What the path answers when it was asked under another name (RFC 9110, section 15.5.20)."""
_TIMEOUT_S: Final = 10.0

TEXTS: Final = {
    "dns_ok": Text(en="The name leads to this program.", ru="Имя ведёт к этой программе."),
    "dns_missing": Text(
        en="The name {host} does not exist yet. Publish the record shown here at the DNS provider "
        "of the domain.",
        ru="Имени {host} пока нет. Опубликуйте показанную здесь запись у своего DNS-провайдера.",
    ),
    "dns_elsewhere": Text(
        en="The name leads to {found}, and this program is at {expected}. That is right only if a "
        "proxy or a delivery network stands there.",
        ru="Имя ведёт на {found}, а программа — на {expected}. Так и должно быть, только если "
        "там стоит прокси или сеть доставки.",
    ),
    "dns_unknown": Text(
        en="The DNS did not answer. Try again in a minute.",
        ru="DNS не ответил. Повторите через минуту.",
    ),
    "dns_no_public": Text(
        en="This program has no public address of its own, so there is nothing to compare with. "
        "Set public_url.",
        ru="У самой программы нет публичного адреса, сравнить не с чем. Задайте public_url.",
    ),
    "answer_ok": Text(
        en="The program answers at {url}.", ru="По адресу {url} отвечает эта программа."
    ),
    "answer_host": Text(
        en="The program answers, but it was asked under another name. Let the proxy hand on the "
        "Host header.",
        ru="Программа отвечает, но её спросили под другим именем. Пусть прокси передаёт "
        "заголовок Host.",
    ),
    "answer_redirect": Text(
        en="{url} redirects to {where}. Links are counted only if the program answers itself; for "
        "a redirect to https choose “https” here.",
        ru="{url} перенаправляет на {where}. Переходы считаются, только если отвечает сама "
        "программа; если это переход на https, выберите здесь «https».",
    ),
    "answer_other": Text(
        en="At {url} something else answers (status {status}).",
        ru="По адресу {url} отвечает что-то другое (статус {status}).",
    ),
    "answer_tls": Text(
        en="No valid certificate for {host}. Have one issued by the proxy that stands before this "
        "program.",
        ru="Для {host} нет действующего сертификата. Выпустите его на прокси перед программой.",
    ),
    "answer_none": Text(
        en="No answer at {url}: {why}.", ru="По адресу {url} ответа нет: {why_ru}."
    ),
    "answer_refused": Text(
        en="The name leads to an address inside a private network, which this program doesn't "
        "call. If that is right, name the network in outgoing.allowed_networks.",
        ru="Имя ведёт в частную сеть, куда программа не обращается. Если так и задумано, "
        "укажите сеть в outgoing.allowed_networks.",
    ),
    "answer_taken": Text(
        en="Another workspace of this installation already uses {host}.",
        ru="{host} уже использует другое рабочее пространство этой установки.",
    ),
}


def proof_of(signer: Signer, token: str) -> str:
    """Return what the path of a token answers: nobody without the key of this installation can."""
    return signer.digest("tracking.domain", token.encode()).hex()


def own_record(base_url: str) -> DnsRecord | None:
    """Return the record that leads a name to this program; None while it has no public address."""
    host = urlsplit(base_url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return DnsRecord("CNAME", host) if "." in host else None
    if address.is_loopback or address.is_unspecified:
        return None
    return DnsRecord("A" if address.version == 4 else "AAAA", str(address))


async def look(
    domain: TrackingDomain,
    *,
    record: DnsRecord | None,
    proof: str,
    resolver: Resolver,
    outgoing: Outgoing,
) -> list[Finding]:
    """Return what the DNS and the name itself say; never raises."""
    return [
        await _look_up(domain.host, record, resolver),
        await _ask(domain, proof, outgoing),
    ]


async def _look_up(host: str, record: DnsRecord | None, resolver: Resolver) -> Finding:
    try:
        found = await resolver.addresses(host)
        if not found:
            return Finding("dns", "fail", "dns_missing", {"host": host})
        if record is None:
            return Finding("dns", "warn", "dns_no_public")
        ours = await resolver.addresses(record.value) if record.type == "CNAME" else [record.value]
    except DnsUnavailable:
        return Finding("dns", "warn", "dns_unknown")
    if {*found} & {*ours}:
        return Finding("dns", "ok", "dns_ok")
    facts = {"found": ", ".join(found[:4]), "expected": ", ".join(ours[:4]) or record.value}
    return Finding("dns", "warn", "dns_elsewhere", facts)


async def _ask(domain: TrackingDomain, proof: str, outgoing: Outgoing) -> Finding:
    facts = {"url": domain.url, "host": domain.host}
    try:
        answer = await outgoing.send(
            "GET", f"{domain.url}{PATH}{domain.token}", timeout_s=_TIMEOUT_S, answer_bytes_max=4096
        )
    except OutgoingRefused:
        return Finding("answer", "fail", "answer_refused")
    except OutgoingFailed as failed:
        if failed.reason == "tls":
            return Finding("answer", "fail", "answer_tls", facts)
        whats = failed.whats[failed.reason]
        return Finding(
            "answer", "fail", "answer_none", {**facts, "why": whats.en, "why_ru": whats.ru}
        )
    if answer.status == 200 and answer.body.strip() == proof.encode():
        return Finding("answer", "ok", "answer_ok", facts)
    if answer.status == MISDIRECTED:
        return Finding("answer", "fail", "answer_host")
    if 300 <= answer.status < 400:
        where = answer.headers.get("location", "?")[:200]
        return Finding("answer", "fail", "answer_redirect", {**facts, "where": where})
    return Finding("answer", "fail", "answer_other", {**facts, "status": str(answer.status)})
