"""Which source a hit came from, and what else that source did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from otklik.accounts.public import Workspace
from otklik.channels.email.public import judge_hit
from otklik.delivery.operations.company import BESIDE, Company, network_of, source_of
from otklik.delivery.tokens import HONEYPOT
from otklik.runtime.public import Runtime, Signer
from otklik.runtime.web.edge import lone_client_ip
from tests.channels.email.readers import CHROME
from tests.conftest import Clock, client_of
from tests.delivery.test_delivery_tracking import BROWSER, judged, send

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SENT = AT - timedelta(minutes=1)


def hits(*given: dict[str, Any]) -> list[Any]:
    base = {"kind": "click", "link": 0, "method": "GET", "user_agent": CHROME, "source": 7}
    headers = {"accept-language": "en"}
    return [
        SimpleNamespace(
            hit_id=number,
            headers=headers,
            **{
                **base,
                **one,
                "at": AT + timedelta(seconds=one.get("at", 0)),
            },
        )
        for number, one in enumerate(given)
    ]


def verdicts(*given: dict[str, Any], sent_at: datetime = SENT) -> list[str]:
    rows = hits(*given)
    rows.sort(key=lambda row: row.at)
    company = Company(rows, [row for row in rows if row.source is not None], {})
    rows.sort(key=lambda row: row.hit_id)
    judged = [judge_hit(company.hit(row, sent_at=sent_at, links_total=20)) for row in rows]
    return [one.reason or one.verdict.value for one in judged]


def test_it_tells_a_gateway_that_follows_links_of_many_letters() -> None:
    six = [{"message_id": number, "at": number} for number in range(6)]
    assert verdicts(*six) == ["many_letters"] * 6
    # Fewer, slower, of another network, or on another day: people.
    assert verdicts(*six[:4]) == ["person"] * 4
    slow = [{**one, "at": 9 * one["message_id"]} for one in six]
    assert verdicts(*slow) == ["person"] * 6
    assert verdicts(*({**one, "source": one["message_id"]} for one in six)) == ["person"] * 6
    assert verdicts(*six, sent_at=AT - timedelta(days=1)) == ["person"] * 6
    unknown = ({**one, "source": None} for one in six)
    assert verdicts(*unknown) == ["person"] * 6


def test_it_takes_no_browser_for_a_gateway_that_shares_its_network() -> None:
    six = [{"message_id": number} for number in range(6)]
    reader = {"message_id": 9, "user_agent": CHROME + " Edg/126.0.0.0"}
    assert verdicts(*six, reader)[-1] == "person"


def test_a_hidden_link_speaks_of_what_its_source_did_before_and_after() -> None:
    before = {"message_id": 1, "at": -15}
    trap = {"message_id": 2, "link": HONEYPOT}
    after = {"message_id": 3, "at": 15, "kind": "open"}
    long_before = {"message_id": 4, "at": -25}
    assert verdicts(before, trap, after, long_before) == [
        "source", "honeypot", "source", "person",
    ]  # fmt: skip


def test_a_program_that_asks_first_is_no_browser() -> None:
    head = {"message_id": 1, "method": "HEAD"}
    assert verdicts(head, {"message_id": 1, "at": 2}) == ["method", "tried_first"]
    assert verdicts(head, {"message_id": 2, "at": 2}) == ["method", "person"]
    assert verdicts(head, {"message_id": 1, "at": 2, "source": 8}) == ["method", "person"]


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("8.8.8.200", "8.8.8.0/24"),
        ("2a00:1450:4010:c05::1a", "2a00:1450:4010::/48"),
        ("::ffff:8.8.8.8", "8.8.8.0/24"),
        ("10.1.2.3", None),
        ("127.0.0.1", None),
        ("192.0.2.1", None),
        ("", None),
        ("unix:", None),
    ],
)
def test_it_keeps_networks_and_no_addresses(ip: str, network: str | None) -> None:
    assert network_of(ip) == network


def test_a_source_is_another_one_every_day_and_in_every_workspace() -> None:
    signer = Signer(b"a secret of sixteen bytes")

    def source(ip: str = "8.8.8.8", workspace_id: int = 1, days: int = 0) -> int | None:
        return source_of(signer, workspace_id=workspace_id, ip=ip, now=AT + timedelta(days=days))

    assert source() == source("8.8.8.77")
    assert len({source(), source("8.8.9.8"), source(workspace_id=2), source(days=1)}) == 4
    assert source("10.0.0.1") is None


@pytest.mark.parametrize(
    ("trusted", "forwarded", "ip"),
    [
        (0, None, "8.8.8.8"),
        (0, "9.9.9.9", ""),
        (1, "9.9.9.9", "9.9.9.9"),
        (1, "1.1.1.1, 9.9.9.9", ""),
        (1, None, ""),
    ],
)
def test_an_address_that_many_share_stands_for_nobody(
    trusted: int, forwarded: str | None, ip: str
) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    scope: Any = {"headers": headers, "client": ("8.8.8.8", 1)}
    assert lone_client_ip(scope, trusted) == ip


async def test_late_evidence_speaks_about_earlier_hits(
    rt: Runtime, clock: Clock, workspace: Workspace, app: object
) -> None:
    first = await send(rt, workspace)
    second = await send(rt, workspace, name="boris")
    clock.move(hours=1)
    async with client_of(app, ip="8.8.8.8", **BROWSER) as gateway:
        assert (await gateway.get(first.link("Sale"))).status_code == 302
        clock.move(seconds=15)
        assert (await gateway.get(second.honeypot)).status_code == 204
    async with client_of(app, ip="9.9.9.9", **BROWSER) as person:
        assert (await person.get(first.link("New"))).status_code == 302
    found = await judged(rt, clock, first.source_id)
    assert [one for one in found if one[0] == "clicked"] == [
        ("clicked", "scanner", "source", "https://shop.example/sale"),
        ("clicked", "person", "", "https://shop.example/new"),
    ]


def test_the_nearest_company_is_enough_for_a_flood() -> None:
    flood = [{"message_id": 1, "at": n / 1_000, "link": n % 2} for n in range(2 * BESIDE)]
    trap = {"message_id": 1, "at": 9.0, "link": HONEYPOT}
    found = verdicts(*flood, trap)
    assert set(found) == {"honeypot"}
    assert set(verdicts(*flood)) == {"person"}
