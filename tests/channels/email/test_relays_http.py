"""Relays over HTTP: who may set them, what is refused, the trial, passwords that stay unseen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from otklik.channels.email import http as email_http
from otklik.channels.email.relays.tables import relays
from otklik.runtime.public import Outgoing, Runtime
from tests.channels.email.fake_smtp import fake_server, own_certificate
from tests.conftest import Cast

RELAY = {
    "name": "mx1",
    "host": "203.0.113.7",
    "port": 587,
    "tls": "starttls",
    "username": "shop",
    "password": "open sesame",
}
OPEN_NET = Outgoing(allowed_networks=("127.0.0.0/8", "203.0.113.0/24"))


@pytest.fixture
def here(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    monkeypatch.setattr(rt, "outgoing", OPEN_NET)
    return rt


async def test_an_owner_adds_changes_and_removes_a_relay(cast: Cast, here: Runtime) -> None:
    made = await cast.owner.post("/api/v1/relays", json={**RELAY, "warmup": {"first": 100}})
    assert made.status_code == 201, made.text
    relay: dict[str, Any] = made.json()
    assert "sesame" not in made.text
    assert (relay["has_password"], relay["username"], relay["health"]) == (True, "shop", "unused")
    assert relay["warmup"]["today"] == 100
    async with here.db.begin() as tx:
        sealed = (await tx.execute(sa.select(relays.c.password_sealed))).scalars().all()
    assert "open sesame" in {here.vault.open(one) for one in sealed if one}

    again = await cast.owner.post("/api/v1/relays", json=RELAY)
    assert (again.status_code, again.json()["code"]) == (409, "relay_exists")

    path = f"/api/v1/relays/{relay['id']}"
    kept = {key: value for key, value in RELAY.items() if key != "password"}
    changed = await cast.owner.put(path, json={**kept, "name": "mx2", "weight": 5})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["has_password"], changed.json()["weight"]) == (True, 5)
    moved = await cast.owner.put(path, json={**kept, "host": "203.0.113.8"})
    assert not moved.json()["has_password"], "a password is not carried to another host"

    listed = (await cast.colleague.get("/api/v1/relays")).json()
    assert [one["kind"] for one in listed] == ["workspace", "catcher"]
    assert [one["in_use"] for one in listed] == [True, False]
    assert listed[0]["username"] is None
    for method, route in (("put", path), ("delete", path), ("post", f"{path}/forget-limits")):
        body = {"json": kept} if method == "put" else {}
        assert (await getattr(cast.colleague, method)(route, **body)).status_code == 403
        assert (await getattr(cast.stranger, method)(route, **body)).status_code == 404
    assert len((await cast.stranger.get("/api/v1/relays")).json()) == 1
    assert (await cast.owner.post(f"{path}/forget-limits")).status_code == 204
    assert (await cast.owner.delete(path)).status_code == 204
    assert (await cast.owner.delete(path)).status_code == 404
    assert (await cast.owner.get("/api/v1/relays")).json()[0]["in_use"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"host": "10.1.2.3"}, "outgoing_refused"),
        ({"host": "127.0.0.1"}, "outgoing_refused"),
        ({"port": 22}, "relay_port_refused"),
        ({"tls": "none"}, "relay_password_in_the_clear"),
        ({"weight": 0}, "invalid"),
        ({"warmup": {"factor": 9}}, "invalid"),
    ],
)
async def test_what_can_not_be_a_relay_is_refused(
    cast: Cast,
    rt: Runtime,
    changes: dict[str, Any],
    code: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rt, "outgoing", Outgoing(allowed_networks=("203.0.113.0/24",)))
    answer = await cast.owner.post("/api/v1/relays", json={**RELAY, **changes})
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["code"] == code


async def test_a_trial_says_how_far_it_came(cast: Cast, here: Runtime, tmp_path: Path) -> None:
    async with fake_server() as server:
        form = {"name": "x", "host": "127.0.0.1", "port": server.port, "tls": "none"}

        async def tried(**changes: Any) -> dict[str, Any]:
            answer = await cast.owner.post(
                "/api/v1/relays/trial", json={"relay": {**form, **changes}}
            )
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            return found

        good = await tried()
        assert (good["ok"], good["phase"], good["encrypted"]) == (True, "done", False)
        assert "pipelining" in good["extensions"]
        assert not server.letters
        no_tls = await tried(tls="starttls")
        assert (no_tls["ok"], no_tls["phase"]) == (False, "tls")
        server.script = {"connect": "554 5.7.1 you are not welcome"}
        refused = await tried()
        assert (refused["ok"], refused["phase"]) == (False, "connect")
        assert "not welcome" in refused["answer"]
    away = await tried()
    assert (away["ok"], away["phase"]) == (False, "connect")
    nobody_s = await tried(host="no-such-host.invalid")
    assert (nobody_s["ok"], nobody_s["phase"]) == (False, "address")
    answer = await cast.owner.post(
        "/api/v1/relays/trial",
        json={"relay": {**form, "host": "no-such-host.invalid"}},
        headers={"Accept-Language": "ru"},
    )
    assert re.search("[а-я]", answer.json()["answer"])
    async with fake_server(tls=own_certificate(tmp_path), extensions=("STARTTLS",)) as server:
        form["port"] = server.port
        unknown = await tried(tls="starttls")
    assert (unknown["ok"], unknown["phase"]) == (False, "tls")
    assert (await cast.colleague.post("/api/v1/relays/trial", json={})).status_code == 403
    other = {"relay": form, "relay_id": str(uuid4())}
    assert (await cast.owner.post("/api/v1/relays/trial", json=other)).status_code == 404


async def test_a_workspace_with_relays_of_its_own_sends_really(
    cast: Cast, here: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What says that letters stay here looks at the relays that they really take."""

    async def stays(who: httpx.AsyncClient) -> bool:
        return bool((await who.get("/api/v1/me")).json()["development"])

    async def ways() -> list[tuple[str, list[str]]]:
        found = (await cast.colleague.get("/api/v1/relays/ways")).json()
        return [(one["kind"], one["relays"]) for one in found]

    senders = []
    for name in ("hello@first.ru", "hello@second.ru"):
        made = await cast.owner.post("/api/v1/senders", json={"name": "Shop", "email": name})
        senders.append(made.json())
    assert await stays(cast.owner)
    assert await ways() == [("catcher", []), ("catcher", [])]
    part = {**RELAY, "name": "part", "sender_domains": ["first.ru"]}
    relay = (await cast.owner.post("/api/v1/relays", json=part)).json()
    assert await ways() == [("workspace", ["part"]), ("catcher", [])]
    assert await stays(cast.owner), "letters of the other sender still do"
    whole = {**RELAY, "name": "whole", "host": "203.0.113.8"}
    assert (await cast.owner.post("/api/v1/relays", json=whole)).status_code == 201
    assert not await stays(cast.owner)
    assert await stays(cast.stranger), "another workspace has none"
    assert await ways() == [("workspace", ["part", "whole"]), ("workspace", ["whole"])]

    asked: list[tuple[str, ...]] = []

    async def look(domain: str, **given: Any) -> list[Any]:
        asked.append((domain, *given["relays"], str(given["development"])))
        return []

    monkeypatch.setattr(email_http, "check_domain", look)
    for sender in senders:
        await cast.owner.get(f"/api/v1/senders/{sender['id']}/checks")
    assert asked == [
        ("first.ru", "203.0.113.7", "203.0.113.8", "False"),
        ("second.ru", "203.0.113.8", "False"),
    ]
    await cast.owner.put(f"/api/v1/relays/{relay['id']}", json={**part, "enabled": False})
    assert (await ways())[0] == ("workspace", ["whole"])


async def test_a_domain_is_warmed_up_by_its_own_plan(cast: Cast) -> None:
    path = "/api/v1/domain-warmups"
    put = await cast.owner.put(f"{path}/Shop.example", json={"days": [10, 20]})
    assert put.status_code == 200, put.text
    (one,) = (await cast.colleague.get(path)).json()
    assert (one["domain"], one["warmup"]["today"], one["warmup"]["steps"]) == (
        "shop.example",
        10,
        [10, 20],
    )
    assert (await cast.colleague.put(f"{path}/a.example", json={})).status_code == 403
    assert (await cast.stranger.get(path)).json() == []
    assert (await cast.owner.delete(f"{path}/shop.example")).status_code == 204
    assert (await cast.owner.get(path)).json() == []


async def test_the_pace_is_for_everybody_to_see(cast: Cast) -> None:
    found = (await cast.marketer.get("/api/v1/relays/paces")).json()
    assert (found["pace_per_s"], found["providers"]) == (0.0, [])
    assert found["rate_max"] > 0
    assert (await cast.nobody.get("/api/v1/relays/paces")).status_code == 401
