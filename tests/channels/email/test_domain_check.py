"""The state of a sender's domain, with a name server of our own."""

from __future__ import annotations

import pytest

from otklik.channels.email.domain_check import DnsUnavailable, check_domain
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


async def checked(
    changes: dict[str, list[str]] | None = None, *, domain: str = "shop.ru", away: str = ""
) -> dict[str, DnsCheck]:
    checks = await check_domain(
        domain,
        selector="otklik",
        dkim_record=KEY,
        resolver=Names({**GOOD, **(changes or {})}, away=away),
    )
    for check in checks:
        for lang in LANGS:
            text = check.message.of(lang, check.facts)
            assert "{" not in text
            assert text.endswith((".", "."))
    return {check.name: check for check in checks}


async def test_a_good_domain_is_in_order() -> None:
    assert {c.level for c in (await checked()).values()} == {"ok"}


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
    assert len(await checked(domain="mytest.ru")) == 4
