"""Whether mail would find its way back: records, servers and certificates, all ours here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from otklik.accounts.public import Workspace
from otklik.channels.email.domain.resolver import DnsUnavailable
from otklik.channels.email.returns.server import InboundServer
from otklik.channels.email.returns.tls import CertificateFacts, TlsFiles
from otklik.channels.email.returns.way_back import Talk, check_way_back, talk_to
from otklik.entrypoints.wiring import check_returning_mail
from otklik.runtime.public import InboundSettings, Runtime
from tests.acceptance.postfix import Authority
from tests.conftest import Cast

NOW = datetime.now(UTC)
GOOD = CertificateFacts(names=["mx.shop.ru"], ends_at=NOW + timedelta(days=60))


class Zone:
    """The DNS of a test: MX records by domain; a domain that is not in it can't be looked up."""

    def __init__(self, records: dict[str, list[str]]) -> None:
        self.records = records

    async def mx(self, name: str) -> list[str]:
        if name not in self.records:
            raise DnsUnavailable
        return self.records[name]

    txt = addresses = names = mx


async def found(
    heard: Talk, *, mx: list[str] | None = None, domain: str = "in.shop.ru", enabled: bool = True
) -> dict[str, str]:
    asked: list[tuple[str, str]] = []

    async def talk(host: str, recipient: str) -> Talk:
        asked.append((host, recipient))
        return heard

    zone = Zone({"in.shop.ru": ["mx.shop.ru."] if mx is None else mx})
    findings = await check_way_back(
        domains=[domain],
        enabled=enabled,
        tls=None,
        host="otklik.shop.ru",
        recipient_at=lambda at: f"b-token@{at}",
        resolver=zone,
        talk=talk,
        now=NOW,
    )
    assert all(one in [("mx.shop.ru", "b-token@in.shop.ru")] for one in asked)
    for one in findings:
        assert "{" not in one.message.of("ru", one.facts)
        assert "{" not in one.message.of("en", one.facts)
        assert (one.record is not None) == (one.code == "no_mx")
    return {one.code: one.level for one in findings}


async def test_it_says_what_is_wrong_on_the_way_back() -> None:
    fine = Talk(code=250, offers_tls=True, certificate=GOOD)
    assert await found(fine) == {"fine": "ok"}
    assert await found(Talk(code=250)) == {"fine": "ok", "no_tls": "warn"}
    assert await found(Talk(code=550, said="relaying denied")) == {"not_ours": "block"}
    assert await found(Talk(said="timed out")) == {"silent": "warn"}
    assert await found(fine, mx=[]) == {"no_mx": "block"}
    assert await found(fine, mx=["."]) == {"no_mx": "block"}
    assert await found(fine, domain="nobody.ru") == {"dns": "warn"}
    assert await found(fine, domain="shop.example") == {"reserved": "info"}
    assert await found(fine, enabled=False) == {"off": "info"}
    for certificate, code, level in (
        (CertificateFacts(names=["x.ru"], ends_at=GOOD.ends_at), "certificate_name", "warn"),
        (CertificateFacts(names=GOOD.names, ends_at=NOW), "certificate_over", "block"),
        (
            CertificateFacts(names=GOOD.names, ends_at=NOW + timedelta(days=3)),
            "certificate_ends",
            "warn",
        ),
    ):
        heard = Talk(code=250, offers_tls=True, certificate=certificate)
        assert await found(heard) == {"fine": "ok", code: level}


async def test_a_talk_ends_before_a_mail_is_sent(tmp_path: Path) -> None:
    taken: list[str] = []

    async def accepts(recipient: str) -> bool:
        return recipient.startswith("b-")

    async def takes(_raw: bytes, recipient: str) -> bool:
        taken.append(recipient)
        return True

    files = TlsFiles(*Authority(tmp_path).issue("mx", "mx.shop.ru"))
    server = InboundServer(
        accepts=accepts, takes=takes, bytes_max=65_536, mails_per_minute_max=9, tls=files
    )
    await server.start("127.0.0.1", 0)
    try:
        good = await talk_to("127.0.0.1", "b-token@in.shop.ru", port=server.port)
        assert (good.code, good.offers_tls) == (250, True)
        assert good.certificate is not None
        assert good.certificate.names == ["mx.shop.ru"]
        bad = await talk_to("127.0.0.1", "x@in.shop.ru", port=server.port)
        assert bad.code == 550
    finally:
        await server.stop()
    silent = await talk_to("127.0.0.1", "b-token@in.shop.ru", port=server.port)
    assert (silent.code, bool(silent.said)) == (0, True)
    assert taken == []


async def test_the_doctor_asks_for_every_workspace(rt: Runtime, workspace: Workspace) -> None:
    inbound = InboundSettings(enabled=True, domain="in.shop.example")
    here = replace(rt, settings=msgspec.structs.replace(rt.settings, inbound=inbound))
    # All workspaces have the same return domain: it is spoken of once.
    ((level, found, advice),) = await check_returning_mail(here)
    assert (level, advice) == ("ok", "")
    assert found.startswith("in.shop.example is a name for examples")


@pytest.mark.parametrize("path", ["", "/check"])
async def test_the_owner_sees_how_the_server_is_set_up(cast: Cast, path: str) -> None:
    method, place = ("POST" if path else "GET"), f"/api/v1/return-server{path}"
    answer = (await cast.owner.request(method, place)).json()
    if path:
        assert [one["code"] for one in answer] == ["off"]
    else:
        assert (answer["enabled"], answer["records"], answer["last_taken_at"]) == (False, [], None)
    assert (await cast.marketer.request(method, place)).status_code == 403
