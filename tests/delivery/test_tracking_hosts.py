"""Links at a name of the workspace's own: what is served there, and what is not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.channels.email.tracking_domain.model import Finding
from otklik.channels.email.tracking_domain.operations import add_domain, note_findings
from otklik.delivery.model import Variant
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.delivery.tables import tracking_hits
from otklik.delivery.tokens import MessageLinks, MessageRef
from otklik.privacy.public import Sendability, sendable
from otklik.runtime.public import Runtime
from tests.conftest import Clock, client_of
from tests.delivery.support import LETTER, MailServer, letter, mailing_to, make_people
from tests.delivery.test_delivery_tracking import BROWSER

PICTURE = '<img src="http://otklik.test/m/{token}.png" alt="">'


def host_of(workspace: Workspace) -> str:
    return f"links.t{workspace.id}.example"


async def verified(rt: Runtime, workspace: Workspace, clock: Clock, *, good: bool = True) -> str:
    """Set up a name of the workspace that leads here, and let every process know of it."""
    async with rt.db.begin() as tx:
        made = await add_domain(
            tx,
            workspace_id=workspace.id,
            host=host_of(workspace),
            sender_domain="",
            secure=True,
            base_url=rt.settings.base_url,
            now=rt.clock(),
        )
        level = "ok" if good else "fail"
        await note_findings(
            tx, domain=made, findings=[Finding("answer", level, "answer_ok")], now=rt.clock()
        )
    clock.move(seconds=20)
    return made.host


@pytest.fixture
async def reader(app: object) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, **BROWSER) as client:
        yield client


async def send(rt: Runtime, workspace: Workspace, source: str = LETTER) -> str:
    """Send a letter to one person; returns it as it arrived."""
    people = await make_people(rt, workspace, ["anna"])
    async with MailServer() as server:
        pool = server.pool(connections=1)
        content = letter(source=source)
        await mailing_to(rt, workspace, people, variants=[Variant("A", "", 10_000, content)])
        while await Dispatcher(pool).step(rt):
            pass
        await pool.close()
        return server.letter_to("anna@example.com").replace("=\r\n", "").replace("=3D", "=")


async def test_letters_go_out_with_the_workspace_s_own_name(
    rt: Runtime, clock: Clock, workspace: Workspace
) -> None:
    host = await verified(rt, workspace, clock)
    token = "a" * 24
    raw = await send(rt, workspace, LETTER.replace("<p>", PICTURE.format(token=token) + "<p>"))
    assert "http://otklik.test/" not in raw
    for part in ("/t/c/", "/t/o/", "/u/", f"/m/{token}.png"):
        assert f"https://{host}{part}" in raw
    assert f"List-Unsubscribe: <https://{host}/u/" in raw


async def test_a_name_that_is_not_verified_is_in_no_letter(
    rt: Runtime, clock: Clock, workspace: Workspace
) -> None:
    host = await verified(rt, workspace, clock, good=False)
    raw = await send(rt, workspace)
    assert host not in raw
    assert "http://otklik.test/t/c/" in raw


async def test_a_name_serves_the_links_of_its_workspace_and_nothing_else(
    rt: Runtime,
    clock: Clock,
    workspace: Workspace,
    other_workspace: Workspace,
    reader: httpx.AsyncClient,
) -> None:
    host = await verified(rt, workspace, clock)

    def links(of: Workspace) -> MessageLinks:
        ref = MessageRef(of.id, 1, 1, 1)
        return MessageLinks(rt.signer, "", ref, variant=0, static=lambda _: None)

    mine, theirs = links(workspace), links(other_workspace)
    target = "https://shop.example/sale"
    for name in (host, host.upper(), f"{host}:443", f"{host}."):
        asked = {"host": name, "cookie": "otklik_session=x"}
        answer = await reader.get(mine.link(0, target), headers=asked)
        assert (answer.status_code, answer.headers["location"]) == (302, target), name
        assert "set-cookie" not in answer.headers
        # What is another workspace's leads nowhere from here, and is not written down.
        refused = await reader.get(theirs.link(0, target), headers=asked)
        assert (refused.status_code, "location" in refused.headers) == (404, False), name
        assert (await reader.get(theirs.pixel(), headers=asked)).status_code == 404
        assert (await reader.get(theirs.unsubscribe(), headers=asked)).status_code == 404
        assert (await reader.post(theirs.unsubscribe(), headers=asked)).status_code == 404
        for path in (
            "/", "/login", "/index.html", "/api/v1/me", "/api/openapi.json", "/api/docs",
            "/v1/events", "/metrics", "/readyz", "/assets/x.js", "/p/x/y", "/m/x/y", "/t/o/a/b",
            "/u/", "/a/x/y", "/t/o/../../login", "//t/o/x", "/.well-known/security.txt",
        ):  # fmt: skip
            shut = await reader.get(path, headers=asked)
            assert (shut.status_code, shut.text) == (404, "Not found\n"), path
        assert (await reader.post("/v1/events", headers=asked, json={})).status_code == 404
    async with rt.db.begin() as tx:
        written = await tx.execute(
            sa.select(sa.func.count()).where(tracking_hits.c.workspace_id == other_workspace.id)
        )
    assert written.scalar_one() == 0


async def test_a_made_up_name_opens_nothing(
    rt: Runtime, clock: Clock, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    host = await verified(rt, workspace, clock)
    ref = MessageRef(workspace.id, 1, 1, 1)
    links = MessageLinks(rt.signer, "", ref, variant=0, static=lambda _: None)
    good = links.link(0, "https://shop.example/sale")
    # A header that only a proxy of ours may set is not believed, and leads nowhere either.
    for headers in (
        {"x-forwarded-host": "evil.example"},
        {"forwarded": "host=evil.example"},
        {"host": "evil.example"},
        {"host": f"{host}.evil.example"},
    ):
        answer = await reader.get(good, headers=headers)
        assert answer.headers["location"] == "https://shop.example/sale"
        bad = await reader.get(good[:-2], headers=headers)
        assert (bad.status_code, "location" in bad.headers) == (404, False)
    odd = await reader.get(good, headers={"host": f"evil.example#{host}"})
    assert (odd.status_code, "location" in odd.headers) == (400, False)
    # The address in a link is part of what is signed: neither a parameter nor a path changes it.
    for tampered in (f"{good}?url=https://evil.example", f"{good}?next=//evil.example"):
        assert (await reader.get(tampered)).headers["location"] == "https://shop.example/sale"
    assert (await reader.get(f"{good}/..//evil.example")).status_code == 404
    signature_of_another = links.pixel().removeprefix("/t/o/").removesuffix(".gif")
    assert (await reader.get(f"/t/c/{signature_of_another}")).status_code == 404


async def test_a_get_never_unsubscribes_at_any_name(
    rt: Runtime, clock: Clock, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    host = await verified(rt, workspace, clock)
    raw = await send(rt, workspace)
    path = raw.split(f"List-Unsubscribe: <https://{host}", 1)[1].split(">", 1)[0]
    (profile_id,) = await make_people(rt, workspace, ["anna"])

    async def allowed() -> bool:
        async with rt.db.begin() as tx:
            found = await sendable(
                tx,
                workspace_id=workspace.id,
                channel="email",
                topic_id=None,
                profile_ids=[profile_id],
            )
        return found[profile_id] == Sendability.ALLOWED

    for name in (host, "otklik.test"):
        for method in ("GET", "HEAD", "OPTIONS", "PUT"):
            for tail in ("", "?List-Unsubscribe=One-Click", "?scope=all&action=all"):
                await reader.request(method, path + tail, headers={"host": name})
                await reader.request(
                    method, path.replace("/u/", "/p/") + tail, headers={"host": name}
                )
    assert await allowed()
    page = await reader.get(path, headers={"host": host})
    assert page.status_code == 200
    assert 'method="post"' in page.text
    done = await reader.post(path, headers={"host": host}, data={"scope": "all"})
    assert done.status_code == 200
    assert not await allowed()
