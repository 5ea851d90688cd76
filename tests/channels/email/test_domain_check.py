"""The state of a sender's domain, with a name server of our own."""

from __future__ import annotations

import asyncio

import dns.asyncresolver
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from otklik.channels.email.domain import resolver
from otklik.channels.email.domain.check import check_domain
from otklik.channels.email.domain.extras import Fetch, read_policy
from otklik.channels.email.domain.resolver import DnsUnavailable, SystemResolver
from otklik.channels.email.model import DnsCheck
from otklik.kit.i18n import LANGS

KEY = "v=DKIM1; k=rsa; p=AAAA"
GOOD = {
    "shop.ru": ["v=spf1 include:relay.ru ~all", "something else"],
    "relay.ru": ["v=spf1 ip4:1.2.3.4 -all"],
    "otklik._domainkey.shop.ru": ["v=DKIM1; k=rsa; p=AA AA"],
    "_dmarc.shop.ru": ["v=DMARC1; p=quarantine"],
    "MX shop.ru": ["mx.shop.ru."],
}


class Names:
    def __init__(self, records: dict[str, list[str]], *, away: str = "") -> None:
        self.records, self.away = records, away

    async def txt(self, name: str) -> list[str]:
        if name == self.away:
            raise DnsUnavailable("timeout")
        return self.records.get(name, [])

    async def mx(self, name: str) -> list[str]:
        return self.records.get(f"MX {name}", [])

    async def addresses(self, name: str) -> list[str]:
        return self.records.get(f"A {name}", [])

    async def names(self, address: str) -> list[str]:
        return self.records.get(f"PTR {address}", [])


async def checked(
    changes: dict[str, list[str]] | None = None,
    *,
    domain: str = "shop.ru",
    away: str = "",
    relay: str | None = None,
    fetch: Fetch | None = None,
    next_key: tuple[str, str] | None = None,
) -> dict[str, DnsCheck]:
    checks = await check_domain(
        domain,
        selector="otklik",
        dkim_record=KEY,
        resolver=Names({**GOOD, **(changes or {})}, away=away),
        relays=(relay,) if relay else (),
        fetch=fetch,
        next_key=next_key,
    )
    for check in checks:
        for lang in LANGS:
            text = check.message.of(lang, check.facts)
            assert "{" not in text
            assert text.endswith((".", "."))
    return {check.name: check for check in checks}


async def test_a_good_domain_is_in_order() -> None:
    found = await checked()
    assert {name: c.level for name, c in found.items()} == {
        **dict.fromkeys(("spf", "dkim", "dmarc", "mx"), "ok"),
        "bimi": "optional",
    }


LONG = {f"s{i}.ru": ["v=spf1 a mx -all"] for i in range(5)}


@pytest.mark.parametrize(
    ("changes", "name", "code", "level"),
    [
        ({"shop.ru": []}, "spf", "spf_missing", "fail"),
        ({"shop.ru": ["v=spf1 -all", "v=spf1 ~all"]}, "spf", "spf_several", "fail"),
        ({"shop.ru": ["v=spf1 +all"]}, "spf", "spf_open", "fail"),
        ({"shop.ru": ["v=spf1 all"]}, "spf", "spf_open", "fail"),
        ({"shop.ru": ["v=spf1 ?all"]}, "spf", "spf_neutral", "warn"),
        ({"shop.ru": ["v=spf1 a"]}, "spf", "spf_no_end", "warn"),
        ({"shop.ru": ["v=spf1 redirect=relay.ru"]}, "spf", "spf_ok", "ok"),
        ({"shop.ru": ["v=spf10 -all"]}, "spf", "spf_missing", "fail"),
        (
            {"shop.ru": ["v=spf1 " + " ".join(f"include:{n}" for n in LONG) + " -all"], **LONG},
            "spf",
            "spf_lookups",
            "fail",
        ),
        ({"shop.ru": ["v=spf1 include:shop.ru -all"]}, "spf", "spf_ok", "ok"),
        ({"otklik._domainkey.shop.ru": []}, "dkim", "dkim_missing", "fail"),
        ({"otklik._domainkey.shop.ru": [KEY, KEY]}, "dkim", "dkim_several", "fail"),
        ({"otklik._domainkey.shop.ru": ["v=DKIM1; p="]}, "dkim", "dkim_revoked", "fail"),
        ({"otklik._domainkey.shop.ru": ["v=DKIM1; p=BBBB"]}, "dkim", "dkim_other", "fail"),
        ({"otklik._domainkey.shop.ru": [KEY + "; t=y:s"]}, "dkim", "dkim_testing", "warn"),
        ({"_dmarc.shop.ru": []}, "dmarc", "dmarc_missing", "fail"),
        ({"_dmarc.shop.ru": ["v=DMARC1; p=none"]}, "dmarc", "dmarc_none", "ok"),
        ({"_dmarc.shop.ru": ["v=DMARC1; p=maybe"]}, "dmarc", "dmarc_wrong", "fail"),
        ({"_dmarc.shop.ru": ["v=DMARC1; p=none"] * 2}, "dmarc", "dmarc_several", "fail"),
        ({"MX shop.ru": []}, "mx", "mx_missing", "warn"),
        ({"MX shop.ru": ["."]}, "mx", "mx_missing", "warn"),
    ],
)
async def test_it_names_what_is_not_in_order(
    changes: dict[str, list[str]], name: str, code: str, level: str
) -> None:
    check = (await checked(changes))[name]
    assert (check.code, check.level) == (code, level)


SENDS = {"A out.relay.ru": ["8.8.4.4"], "A shop.ru": ["8.8.4.4"], "A mx.shop.ru": ["8.8.4.4"]}


@pytest.mark.parametrize(
    ("spf", "relay", "missing"),
    [
        ("v=spf1 ip4:8.8.4.4 -all", "out.relay.ru", ""),
        ("v=spf1 ip4:8.8.0.0/16 -all", "out.relay.ru", ""),
        ("v=spf1 a -all", "out.relay.ru", ""),
        ("v=spf1 mx ~all", "out.relay.ru", ""),
        ("v=spf1 include:more.ru ~all", "out.relay.ru", ""),
        ("v=spf1 redirect=more.ru", "8.8.4.4", ""),
        ("v=spf1 exists:%{i}.list.ru -all", "out.relay.ru", ""),
        ("v=spf1 ip4:8.8.4.0/30 ~all", "out.relay.ru", "ip4:8.8.4.4"),
        ("v=spf1 -ip4:8.8.4.4 ~all", "out.relay.ru", "ip4:8.8.4.4"),
        ("v=spf1 include:none.ru ~all", "2001:4860::1", "ip6:2001:4860::1"),
        ("v=spf1 ~all", "10.0.0.5", ""),
        ("v=spf1 ~all", "smtp.sendgrid.net", "include:sendgrid.net"),
        ("v=spf1 include:sendgrid.net ~all", "smtp.sendgrid.net", ""),
        ("v=spf1 include:more.ru ~all", "smtp.mailgun.org", ""),
        ("v=spf1 ~all", "smtp.go1.unisender.ru", ""),
    ],
)
async def test_the_relay_must_be_let_by_the_record(spf: str, relay: str, missing: str) -> None:
    more = {"more.ru": ["v=spf1 ip4:8.8.4.4 include:eu.mailgun.org -all"]}
    check = (await checked({"shop.ru": [spf], **SENDS, **more}, relay=relay))["spf"]
    assert check.code == ("spf_relay" if missing else "spf_ok")
    if missing:
        assert check.expected == spf.replace(" ~all", f" {missing} ~all")
        assert missing in check.message.of("en", check.facts)


async def test_the_record_to_copy_names_the_relay() -> None:
    check = (await checked({"shop.ru": [], **SENDS}, relay="out.relay.ru"))["spf"]
    assert check.expected == "v=spf1 a mx ip4:8.8.4.4 ~all"


async def test_a_record_of_endless_names_is_not_followed_for_ever() -> None:
    chain = {f"c{i}.ru": [f"v=spf1 redirect=c{i + 1}.ru"] for i in range(100)}
    check = (await checked({"shop.ru": ["v=spf1 a:c0.ru redirect=c0.ru"], **chain, **SENDS}))["spf"]
    assert check.code == "spf_lookups"
    wide = {"shop.ru": ["v=spf1 redirect=w.ru"], "w.ru": ["v=spf1 " + "a:x.ru " * 9 + "~all"]}
    assert (await checked({**wide, **SENDS}, relay="out.relay.ru"))["spf"].code == "spf_relay"


async def test_the_policy_to_publish_names_the_mail_hosts() -> None:
    async def nothing(_: str) -> str:
        return ""

    check = (await checked(fetch=nothing))["mta_sts"]
    assert check.code == "sts_missing"
    assert "mx: mx.shop.ru" in check.message.of("en", check.facts)


async def test_a_subdomain_has_the_policy_of_its_parent() -> None:
    checks = await checked(
        {"_dmarc.shop.ru": ["v=DMARC1; p=none; sp=reject"]}, domain="news.shop.ru"
    )
    assert checks["dmarc"].code == "dmarc_ok"
    assert checks["dmarc"].record_name == "_dmarc.shop.ru"


async def test_a_silent_name_server_says_nothing_about_the_domain() -> None:
    checks = await checked(away="_dmarc.shop.ru")
    assert checks["dmarc"].level == "unknown"
    assert checks["spf"].level == "ok"


@pytest.mark.parametrize(
    "domain", ["shop.test", "shop.example", "x.invalid", "example.com", "a.example.org"]
)
async def test_a_reserved_domain_can_not_send(domain: str) -> None:
    (check,) = (await checked(domain=domain)).values()
    assert (check.level, check.code) == ("fail", "reserved")


async def test_a_domain_that_only_looks_reserved_is_asked_about() -> None:
    assert len(await checked(domain="mytest.ru")) == 5


RELAY = {"A mx.relay.ru": ["8.8.4.4"], "PTR 8.8.4.4": ["mx.relay.ru"]}


@pytest.mark.parametrize(
    ("changes", "relay", "code", "level"),
    [
        (RELAY, "mx.relay.ru", "ptr_ok", "ok"),
        (RELAY, "8.8.4.4", "ptr_ok", "ok"),
        ({**RELAY, "PTR 8.8.4.4": []}, "mx.relay.ru", "ptr_missing", "warn"),
        ({**RELAY, "PTR 8.8.4.4": ["dsl-7.net"]}, "mx.relay.ru", "ptr_elsewhere", "warn"),
        ({"A mx.relay.ru": ["10.0.0.5"]}, "mx.relay.ru", "ptr_private", "optional"),
        ({}, "127.0.0.1", "ptr_private", "optional"),
        ({}, "nowhere.ru", "ptr_nowhere", "fail"),
        ({}, "smtp.sendgrid.net", "ptr_service", "ok"),
    ],
)
async def test_the_address_of_the_relay_has_a_name_that_leads_back(
    changes: dict[str, list[str]], relay: str, code: str, level: str
) -> None:
    check = (await checked(changes, relay=relay))["ptr"]
    assert (check.code, check.level) == (code, level)


LOGO = "v=BIMI1; l=https://shop.ru/logo.svg; a=https://shop.ru/vmc.pem"


@pytest.mark.parametrize(
    ("record", "dmarc", "code", "level"),
    [
        (LOGO, "quarantine", "bimi_ok", "ok"),
        (LOGO.replace("https://shop.ru/vmc.pem", ""), "reject", "bimi_no_certificate", "ok"),
        (LOGO, "none", "bimi_dmarc", "warn"),
        (LOGO.replace(".svg", ".png"), "reject", "bimi_wrong", "warn"),
        ("v=BIMI1; l=http://shop.ru/logo.svg", "reject", "bimi_wrong", "warn"),
    ],
)
async def test_a_logo_needs_an_enforced_policy(
    record: str, dmarc: str, code: str, level: str
) -> None:
    check = (
        await checked(
            {
                "default._bimi.shop.ru": [record],
                "_dmarc.shop.ru": [f"v=DMARC1; p={dmarc}"],
            }
        )
    )["bimi"]
    assert (check.code, check.level) == (code, level)


POLICY = "version: STSv1\r\nmode: enforce\r\nmx: *.shop.ru\r\nmax_age: 86400\r\n"


@pytest.mark.parametrize(
    ("policy", "code", "level"),
    [
        (POLICY, "sts_ok", "ok"),
        (POLICY.replace("enforce", "testing"), "sts_testing", "ok"),
        (POLICY.replace("*.shop.ru", "*.other.ru"), "sts_mx", "fail"),
        (POLICY.replace("*.shop.ru", "*.ru"), "sts_mx", "fail"),
        (POLICY.replace("*.shop.ru", "mx.shop.ru"), "sts_ok", "ok"),
        (POLICY.replace("enforce", "hard"), "sts_policy", "fail"),
        ("<html>404</html>", "sts_policy", "fail"),
        ("", "sts_policy", "fail"),
    ],
)
async def test_a_policy_names_the_hosts_of_the_domain(policy: str, code: str, level: str) -> None:
    async def fetch(url: str) -> str:
        assert url == "https://mta-sts.shop.ru/.well-known/mta-sts.txt"
        return policy

    check = (await checked({"_mta-sts.shop.ru": ["v=STSv1; id=7"]}, fetch=fetch))["mta_sts"]
    assert (check.code, check.level) == (code, level)


async def test_a_policy_that_can_not_be_read_says_why() -> None:
    async def fetch(_url: str) -> str:
        raise OSError("certificate has expired")

    check = (await checked({"_mta-sts.shop.ru": ["v=STSv1; id=7"]}, fetch=fetch))["mta_sts"]
    assert "certificate has expired" in check.message.of("en", check.facts)
    assert (await checked(fetch=fetch))["mta_sts"].level == "optional"
    assert read_policy("mode: enforce") == ("", [])


async def test_a_key_that_waits_is_looked_for_under_its_own_name() -> None:
    waiting = ("otklik2", "v=DKIM1; k=rsa; p=CCCC")
    check = (await checked(next_key=waiting))["dkim_next"]
    assert (check.level, check.record_name) == ("warn", "otklik2._domainkey.shop.ru")
    assert check.expected == waiting[1]
    there = {"otklik2._domainkey.shop.ru": ["v=DKIM1; k=rsa; p=CCCC"]}
    assert (await checked(there, next_key=waiting))["dkim_next"].level == "ok"


class NameServer(asyncio.DatagramProtocol):
    """A name server on loopback that knows one zone."""

    ZONE = (
        'shop.ru. 60 IN TXT "v=spf1 " "-all"\nshop.ru. 60 IN MX 5 mx.shop.ru.\n'
        "mx.shop.ru. 60 IN A 192.0.2.7\nmx.shop.ru. 60 IN AAAA 2001:db8::7\n"
        "7.2.0.192.in-addr.arpa. 60 IN PTR mx.shop.ru.\n"
    )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        (asked,) = query.question
        for line in self.ZONE.splitlines():
            name, ttl, _, kind, rest = line.split(" ", 4)
            if dns.name.from_text(name) == asked.name:
                answer.flags |= dns.flags.AA
                if dns.rdatatype.from_text(kind) == asked.rdtype:
                    answer.answer.append(dns.rrset.from_text(name, int(ttl), "IN", kind, rest))
        if not answer.flags & dns.flags.AA:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        if str(asked.name) != "silent.ru.":
            self.transport.sendto(answer.to_wire(), address)  # type: ignore[attr-defined]


async def test_it_asks_a_real_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    own = dns.asyncresolver.Resolver(configure=False)
    own.nameservers, own.port = ["127.0.0.1"], transport.get_extra_info("sockname")[1]
    names = SystemResolver(own)
    try:
        assert await names.txt("shop.ru") == ["v=spf1 -all"]
        assert await names.mx("shop.ru") == ["mx.shop.ru."]
        assert await names.addresses("mx.shop.ru") == ["192.0.2.7", "2001:db8::7"]
        assert await names.names("192.0.2.7") == ["mx.shop.ru"]
        assert await names.txt("nobody.ru") == await names.names("192.0.2.8") == []
        monkeypatch.setattr(resolver, "QUERY_TIMEOUT_S", 0.1)
        with pytest.raises(DnsUnavailable):
            await names.txt("silent.ru")
    finally:
        transport.close()
