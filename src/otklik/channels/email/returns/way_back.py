"""Would mail find its way back? The MX records, and a talk with the servers that they name.

The talk goes as far as the recipient, a signed address of ours, and ends there: whoever takes it
is this program, or a relay that hands such mail on to it. Nothing is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import smtplib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import msgspec
from cryptography import x509

from otklik.channels.email.domain.check import is_reserved
from otklik.channels.email.domain.resolver import DnsUnavailable, Resolver
from otklik.channels.email.returns.tls import (
    BadCertificate,
    CertificateFacts,
    TlsFiles,
    certificate_facts,
    covers,
)
from otklik.kit.i18n import Text

PORT: Final = 25
HOSTS_MAX: Final = 3
_TALK_S: Final = 10.0
_SOON: Final = timedelta(days=14)

WayLevel = Literal["ok", "warn", "block", "info"]


class WayBackFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. record: what to publish, where that is the cure."""

    level: WayLevel
    code: str
    message: Text
    facts: dict[str, str] = {}
    record: str | None = None


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """How far a talk with a mail server came. `code`: its answer to the recipient, 0: none."""

    code: int = 0
    said: str = ""
    offers_tls: bool = False
    certificate: CertificateFacts | None = None


TalkTo = Callable[[str, str], Awaitable[Talk]]
"""(host, recipient) → how it went."""

TEXTS: Final = {
    "off": Text(
        en="Otklik does not take mail itself: bounces come only from mailboxes and services.",
        ru="Отклик сам почту не принимает: возвраты приходят только из ящиков и от сервисов.",
    ),
    "bad_certificate": Text(
        en="The certificate for returned mail can't be used: {what}.",
        ru="Сертификат для возвратов не годится: {what}.",
    ),
    "certificate_over": Text(
        en="The certificate of {host} ended on {day}.", ru="Сертификат {host} истёк {day}."
    ),
    "certificate_ends": Text(
        en="The certificate of {host} ends on {day}.", ru="Сертификат {host} истекает {day}."
    ),
    "certificate_name": Text(
        en="The certificate is not one for {host}, so strict senders (MTA-STS) would not deliver.",
        ru="Сертификат выдан не для {host}: строгие отправители (MTA-STS) не доставят.",
    ),
    "no_domain": Text(
        en="There is no sender yet whose domain could be looked at.",
        ru="Отправителей, чей домен можно проверить, ещё нет.",
    ),
    "reserved": Text(
        en="{domain} is a name for examples: no mail server can be found by it.",
        ru="{domain} — имя для примеров: почтового сервера у него быть не может.",
    ),
    "dns": Text(
        en="The name server does not answer for {domain}.",
        ru="Сервер имён не отвечает про {domain}.",
    ),
    "no_mx": Text(
        en="{domain} has no MX record: nothing can come back. Publish one.",
        ru="У {domain} нет записи MX: вернуться ничего не может. Опубликуйте её.",
    ),
    "silent": Text(
        en="{host} could not be reached on port 25 from here ({said}). It may be closed on the way "
        "out as well: try from another network.",
        ru="До {host} отсюда не достучаться по порту 25 ({said}). Он может быть закрыт и на "
        "выходе: проверьте из другой сети.",
    ),
    "not_ours": Text(
        en="{host} does not take mail for {domain} addresses of Otklik: {said}. It is another "
        "server, and does not hand that mail on.",
        ru="{host} не принимает письма на адреса Отклика в {domain}: {said}. Это другой сервер, и "
        "он их не передаёт.",
    ),
    "fine": Text(
        en="{host} takes mail for {domain} and brings it here.",
        ru="{host} принимает почту для {domain} и передаёт её сюда.",
    ),
    "no_tls": Text(
        en="{host} offers no encryption (STARTTLS): what comes back can be read on the way.",
        ru="{host} не предлагает шифрование (STARTTLS): возвраты можно прочитать по дороге.",
    ),
}


async def check_way_back(
    *,
    domains: Sequence[str],
    enabled: bool,
    tls: TlsFiles | None,
    host: str | None,
    recipient_at: Callable[[str], str],
    resolver: Resolver,
    talk: TalkTo,
    now: datetime,
) -> list[WayBackFinding]:
    """Return what was found of the way back to each domain. Never raises.

    host: the name of this machine, for the record to publish. recipient_at: a signed address of
    ours in a domain.
    """
    found: list[WayBackFinding] = []
    if not enabled:
        return [_finding("info", "off")]
    if tls is not None:
        try:
            found += _dates(tls.facts(), "inbound.tls_certificate", now)
        except BadCertificate as error:
            found.append(_finding("block", "bad_certificate", what=str(error)))
    if not domains:
        found.append(_finding("info", "no_domain"))
    looked = (
        _domain(one, host=host, recipient=recipient_at(one), resolver=resolver, talk=talk, now=now)
        for one in domains
    )
    for findings in await asyncio.gather(*looked):
        found += findings
    return found


async def _domain(
    domain: str,
    *,
    host: str | None,
    recipient: str,
    resolver: Resolver,
    talk: TalkTo,
    now: datetime,
) -> list[WayBackFinding]:
    if is_reserved(domain):
        return [_finding("info", "reserved", domain=domain)]
    try:
        hosts = [one.rstrip(".") for one in await resolver.mx(domain)]
    except DnsUnavailable:
        return [_finding("warn", "dns", domain=domain)]
    hosts = [one for one in hosts if one]
    if not hosts:
        return [_finding("block", "no_mx", record=mx_record(domain, host), domain=domain)]
    found: list[WayBackFinding] = []
    for mx in hosts[:HOSTS_MAX]:
        heard = await talk(mx, recipient)
        if heard.code == 0:
            found.append(_finding("warn", "silent", host=mx, said=heard.said))
            continue
        if heard.code >= 400:
            facts = {"host": mx, "domain": domain, "said": f"{heard.code} {heard.said}"[:200]}
            found.append(_finding("block", "not_ours", **facts))
            continue
        found.append(_finding("ok", "fine", host=mx, domain=domain))
        if not heard.offers_tls:
            found.append(_finding("warn", "no_tls", host=mx))
        elif heard.certificate is not None:
            if not covers(heard.certificate.names, mx):
                found.append(_finding("warn", "certificate_name", host=mx))
            found += _dates(heard.certificate, mx, now)
    return found


def mx_record(domain: str, host: str | None) -> str:
    """Return the record that leads mail for a domain to a host, as a zone file has it."""
    # An MX record names a host, never an address (RFC 2181 section 10.3).
    named = host if host and re.fullmatch(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+", host) else None
    return f"{domain}. MX 10 {named or 'mail.' + domain}."


async def talk_to(address: str, recipient: str, *, port: int = PORT) -> Talk:
    """Ask a mail server at a checked address whether it takes a recipient."""
    return await asyncio.to_thread(_talk, address, port, recipient)


def _talk(address: str, port: int, recipient: str) -> Talk:
    # What is looked at is the certificate itself; whether it is believed is another's question.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    certificate, offers = None, False
    try:
        client = smtplib.SMTP(address, port, timeout=_TALK_S, local_hostname="otklik.check")
        with contextlib.closing(client):
            client.ehlo()
            offers = client.has_extn("starttls")
            if offers:
                client.starttls(context=context)
                client.ehlo()
                certificate = _shown(client)
            client.mail("")
            code, said = client.rcpt(recipient)
            with contextlib.suppress(smtplib.SMTPException, OSError):
                client.quit()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return Talk(said=(str(error) or type(error).__name__)[:200])
    text = said.decode("utf-8", "replace").replace("\n", " ")
    return Talk(code=code, said=text[:200], offers_tls=offers, certificate=certificate)


def _shown(client: smtplib.SMTP) -> CertificateFacts | None:
    raw = client.sock.getpeercert(True) if isinstance(client.sock, ssl.SSLSocket) else None
    if not raw:
        return None
    try:
        return certificate_facts(x509.load_der_x509_certificate(raw))
    except ValueError:
        return None


def _dates(certificate: CertificateFacts, host: str, now: datetime) -> list[WayBackFinding]:
    day = certificate.ends_at.astimezone(UTC).date().isoformat()
    if certificate.ends_at <= now:
        return [_finding("block", "certificate_over", host=host, day=day)]
    if certificate.ends_at - now < _SOON:
        return [_finding("warn", "certificate_ends", host=host, day=day)]
    return []


def _finding(level: WayLevel, code: str, record: str | None = None, **facts: str) -> WayBackFinding:
    return WayBackFinding(level=level, code=code, message=TEXTS[code], facts=facts, record=record)
