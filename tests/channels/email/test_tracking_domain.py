"""A name of the workspace's own for links: set up, looked at, used, passed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from otklik.accounts.public import Workspace
from otklik.channels.email.domain.resolver import DnsUnavailable
from otklik.channels.email.public import create_sender, tracking_url
from otklik.channels.email.tracking_domain import jobs
from otklik.channels.email.tracking_domain.check import TEXTS, look, own_record, proof_of
from otklik.channels.email.tracking_domain.model import DnsRecord, TrackingDomain, state_after
from otklik.entrypoints.wiring.attention import troubled_tracking_domains
from otklik.kit.i18n import Text
from otklik.kit.ids import new_id
from otklik.runtime.outgoing import Answer
from otklik.runtime.public import OutgoingFailed, OutgoingRefused, Runtime
from tests.conftest import Cast, client_of

OURS = DnsRecord("CNAME", "app.shop.example")


class Names:
    """A DNS that knows these addresses."""

    def __init__(self, **addresses: list[str]) -> None:
        self.known = {name.replace("_", "."): found for name, found in addresses.items()}

    async def addresses(self, name: str) -> list[str]:
        if name == "silent.example":
            raise DnsUnavailable("timeout")
        return self.known.get(name, [])


class Web:
    """What stands behind every name: an answer, or what is raised."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def send(self, method: str, url: str, **_: Any) -> Answer:
        self.asked.append(f"{method} {url}")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def domain(host: str = "links.shop.example", **changes: Any) -> TrackingDomain:
    given: dict[str, Any] = {
        "id": new_id(),
        "workspace_id": 1,
        "host": host,
        "sender_domain": "",
        "secure": True,
        "token": "abc",
        "state": "waiting",
        "failures": 0,
        "findings": [],
        "checked_at": None,
        "verified_at": None,
        "trouble_at": None,
        **changes,
    }
    return TrackingDomain(**given)


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    return Answer(status, headers, body, 3)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (answer(200, b"proof"), "answer_ok"),
        (answer(200, b"<html>a shop</html>"), "answer_other"),
        (answer(404), "answer_other"),
        (answer(421), "answer_host"),
        (answer(301, location="https://links.shop.example/"), "answer_redirect"),
        (OutgoingFailed(reason="tls", host="links.shop.example"), "answer_tls"),
        (OutgoingFailed(reason="connect", host="links.shop.example"), "answer_none"),
        (OutgoingRefused(address="10.0.0.1", why=Text(en="private", ru="—")), "answer_refused"),
    ],
)
async def test_it_asks_the_name_itself(said: Answer | Exception, code: str) -> None:
    web = Web(said)
    dns = Names(links_shop_example=["8.8.8.8"], app_shop_example=["8.8.8.8"])
    found = await look(domain(), record=OURS, proof="proof", resolver=dns, outgoing=web)  # type: ignore[arg-type] # stand-ins
    assert [one.code for one in found] == ["dns_ok", code]
    assert web.asked == ["GET https://links.shop.example/.well-known/otklik/abc"]
    for one in found:
        text = TEXTS[one.code]
        assert "{" not in text.of("en", one.facts) + text.of("ru", one.facts)


@pytest.mark.parametrize(
    ("host", "record", "code"),
    [
        ("links.shop.example", OURS, "dns_ok"),
        ("links.shop.example", DnsRecord("A", "8.8.8.8"), "dns_ok"),
        ("links.shop.example", DnsRecord("A", "9.9.9.9"), "dns_elsewhere"),
        ("none.shop.example", OURS, "dns_missing"),
        ("silent.example", OURS, "dns_unknown"),
        ("links.shop.example", None, "dns_no_public"),
    ],
)
async def test_it_explains_what_the_dns_says(
    host: str, record: DnsRecord | None, code: str
) -> None:
    dns = Names(links_shop_example=["8.8.8.8"], app_shop_example=["8.8.8.8", "2001:db8::1"])
    found = await look(
        domain(host),
        record=record,
        proof="proof",
        resolver=dns,  # type: ignore[arg-type] # a stand-in
        outgoing=Web(answer(200, b"proof")),  # type: ignore[arg-type] # a stand-in
    )
    assert found[0].code == code
    assert "{" not in TEXTS[code].of("ru", found[0].facts)


def test_it_names_the_record_to_publish() -> None:
    assert own_record("https://app.shop.example") == OURS
    assert own_record("http://8.8.8.8:8080") == DnsRecord("A", "8.8.8.8")
    assert own_record("http://[2001:db8::1]") == DnsRecord("AAAA", "2001:db8::1")
    assert own_record("http://127.0.0.1:8080") is None
    assert own_record("http://localhost:8080") is None


def test_one_failed_look_changes_no_running_mailing() -> None:
    working = domain(state="working", verified_at=None)
    assert state_after(working, good=False) == ("working", 1)
    verified: Any = object()
    again = domain(state="working", failures=1, verified_at=verified)
    assert state_after(again, good=False) == ("trouble", 2)
    assert state_after(domain(state="trouble", failures=7), good=True) == ("working", 0)
    assert state_after(domain(), good=False) == ("waiting", 1)


class Own:
    """An outgoing client whose names all lead to the application under test."""

    def __init__(self, app: object) -> None:
        self.app = app
        self.works = True

    async def send(self, method: str, url: str, **_: Any) -> Answer:
        if not self.works:
            raise OutgoingFailed(reason="connect", host=url)
        async with client_of(self.app) as client:
            found = await client.request(method, url)
        return Answer(found.status_code, dict(found.headers), found.content, 1)


@pytest.fixture
def own(rt: Runtime, app: object, monkeypatch: pytest.MonkeyPatch) -> Own:
    client = Own(app)
    monkeypatch.setattr(rt, "outgoing", client)
    monkeypatch.setattr(jobs, "SystemResolver", Names)
    return client


@pytest.fixture
def host(workspace: Workspace) -> Callable[[str], str]:
    """Names of the installation are unique, and tests share one."""
    return lambda label="links": f"{label}.w{workspace.id}.example"


async def test_letters_use_a_name_once_it_leads_here_and_while_it_does(
    cast: Cast, rt: Runtime, workspace: Workspace, own: Own, host: Callable[..., str]
) -> None:
    async def used() -> str | None:
        async with rt.db.begin() as tx:
            return await tracking_url(tx, workspace_id=workspace.id, sender_domain="shop.example")

    made = await cast.owner.post("/api/v1/tracking-domains", json={"host": host().upper() + "."})
    assert made.status_code == 201, made.text
    view = made.json()
    assert (view["host"], view["state"], view["secure"]) == (host(), "waiting", True)
    assert await used() is None
    path = f"/api/v1/tracking-domains/{view['id']}"
    own.works = False
    failed = (await cast.owner.post(f"{path}/check")).json()
    assert failed["state"] == "waiting"
    assert failed["findings"][1]["code"] == "answer_none"
    own.works = True
    looked = (await cast.owner.post(f"{path}/check")).json()
    assert looked["state"] == "working"
    assert await used() == f"https://{host()}"

    own.works = False
    await jobs.check_all(rt)
    assert await used() == f"https://{host()}", "one look that failed may be chance"
    await jobs.check_all(rt)
    assert await used() is None
    async with rt.db.begin() as tx:
        (told,) = await troubled_tracking_domains(tx, workspace.id, rt.clock(), "ru")
    assert host() in told.title
    own.works = True
    await jobs.check_all(rt)
    assert await used() == f"https://{host()}"

    changed = (await cast.owner.patch(path, json={"secure": False})).json()
    assert (changed["state"], changed["url"]) == ("waiting", f"http://{host()}")
    assert (await cast.owner.delete(path)).status_code == 204
    assert await used() is None
    again = await cast.owner.post("/api/v1/tracking-domains", json={"host": host()})
    assert again.json()["id"] == view["id"], "a name that was retired comes back"


async def test_a_sender_s_domain_may_have_a_name_of_its_own(
    cast: Cast, rt: Runtime, workspace: Workspace, own: Own, host: Callable[..., str]
) -> None:
    async with rt.db.begin() as tx:
        await create_sender(
            tx, workspace_id=workspace.id, name="Shop", address="a@shop.example", now=rt.clock()
        )
    for body in ({"host": host()}, {"host": host("go"), "sender_domain": "shop.example"}):
        made = await cast.owner.post("/api/v1/tracking-domains", json=body)
        await cast.owner.post(f"/api/v1/tracking-domains/{made.json()['id']}/check")
    async with rt.db.begin() as tx:
        for sender, label in (("shop.example", "go"), ("other.example", "links")):
            found = await tracking_url(tx, workspace_id=workspace.id, sender_domain=sender)
            assert found == f"https://{host(label)}"
    listed = (await cast.colleague.get("/api/v1/tracking-domains")).json()
    assert listed["record"] == {"type": "CNAME", "value": "otklik.test"}
    assert [one["sender_domain"] for one in listed["items"]] == [None, "shop.example"]


async def test_it_refuses_names_that_can_t_be_used(
    cast: Cast, own: Own, host: Callable[..., str]
) -> None:
    async def code(**body: Any) -> str:
        found = await cast.owner.post("/api/v1/tracking-domains", json=body)
        return str(found.json().get("code", found.status_code))

    assert await code(host=host()) == "201"
    assert await code(host=host()) == "host_exists"
    assert await code(host=host("go")) == "sender_domain_taken"
    assert await code(host=host("go"), sender_domain="no.example") == "no_such_sender_domain"
    assert await code(host="otklik.test") == "own_host"
    for bad in ("https://links.example", "links.example/path", "a b", "127.0.0.1", "localhost"):
        assert await code(host=bad) == "bad_host", bad


async def test_a_name_belongs_to_the_workspace_that_showed_it_first(
    cast: Cast, own: Own, host: Callable[..., str]
) -> None:
    mine = (await cast.owner.post("/api/v1/tracking-domains", json={"host": host()})).json()
    theirs = (await cast.stranger.post("/api/v1/tracking-domains", json={"host": host()})).json()
    path = "/api/v1/tracking-domains"
    assert (await cast.owner.post(f"{path}/{mine['id']}/check")).json()["state"] == "working"
    second = (await cast.stranger.post(f"{path}/{theirs['id']}/check")).json()
    assert (second["state"], second["findings"][1]["code"]) == ("waiting", "answer_taken")


async def test_only_owners_set_names_up_and_strangers_see_none(
    cast: Cast, own: Own, host: Callable[..., str]
) -> None:
    path = "/api/v1/tracking-domains"
    assert (await cast.marketer.post(path, json={"host": host()})).status_code == 403
    made = (await cast.owner.post(path, json={"host": host()})).json()
    assert (await cast.stranger.get(path)).json()["items"] == []
    for method, tail, body in (
        ("PATCH", "", {"secure": False}),
        ("POST", "/check", None),
        ("DELETE", "", None),
    ):
        wanted = f"{path}/{made['id']}{tail}"
        assert (await cast.stranger.request(method, wanted, json=body)).status_code == 404
        assert (await cast.colleague.request(method, wanted, json=body)).status_code == 403


async def test_it_proves_itself_under_the_right_name_only(
    cast: Cast, rt: Runtime, app: object, own: Own, host: Callable[..., str]
) -> None:
    await cast.owner.post("/api/v1/tracking-domains", json={"host": host()})
    from otklik.channels.email.tracking_domain.queries import to_check

    async with rt.db.begin() as tx:
        token = next(one.token for one in await to_check(tx) if one.host == host())
    path = f"/.well-known/otklik/{token}"
    async with client_of(app) as client:
        assert (await client.get(path)).status_code == 421
        shown = await client.get(f"http://{host()}{path}")
        assert (shown.status_code, shown.text) == (200, proof_of(rt.signer, token))
        assert (await client.get(f"{path}x")).status_code == 404
