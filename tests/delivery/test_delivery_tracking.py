"""The links of a letter: openings, clicks, unsubscription; and whom the product believes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from otklik.accounts.public import Workspace
from otklik.channels.email.public import SOURCE_WINDOW_S
from otklik.delivery.jobs import judge
from otklik.delivery.model import Variant
from otklik.delivery.queries import waiting_hits
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.privacy.public import Sendability, create_topic, sendable
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime
from tests.conftest import Cast, Clock, client_of
from tests.delivery.support import LETTER, MailServer, letter, mailing_to, make_people

BROWSER = {
    "user-agent": (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Safari/537.36"
    ),
    "accept-language": "ru-RU,ru;q=0.9",
}
HIDDEN_LINK = re.compile(r"http://otklik\.test(/t/c/[\w.-]+)")


class Sent:
    """A letter that arrived, and the links in it."""

    def __init__(self, source_id: UUID, profile_id: int, html: str, headers: str) -> None:
        self.source_id, self.profile_id, self.html = source_id, profile_id, html
        self.pixel = _one(r"http://otklik\.test(/t/o/[\w-]+\.gif)", html)
        self.unsubscribe = _one(r"<http://otklik\.test(/u/[\w-]+)>", headers)

    def link(self, text: str) -> str:
        return _one(rf'href="http://otklik\.test(/t/c/[\w.-]+)"[^>]*>{text}<', self.html)

    @property
    def honeypot(self) -> str:
        shown = {self.link(text) for text in ("Sale", "New", "Best", "Yours")}
        (hidden,) = set(HIDDEN_LINK.findall(self.html)) - shown
        return hidden


def _one(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, pattern
    return found.group(1)


async def send(
    rt: Runtime,
    workspace: Workspace,
    *,
    name: str = "anna",
    topic_id: UUID | None = None,
    source: str = LETTER,
) -> Sent:
    import email
    import email.policy

    (profile_id,) = await make_people(rt, workspace, [name], topic_id=topic_id)
    async with MailServer() as server:
        pool = server.pool(connections=1)
        source_id = await mailing_to(
            rt,
            workspace,
            [profile_id],
            topic_id=topic_id,
            variants=[Variant("A", "", 10_000, letter(source=source))],
        )
        while await Dispatcher(pool).step(rt):
            pass
        await pool.close()
        raw = server.letter_to(f"{name}@example.com")
    mail: Any = email.message_from_string(raw, policy=email.policy.default)
    html = mail.get_body(("html",)).get_content()
    return Sent(source_id, profile_id, html, str(mail["List-Unsubscribe"]))


@pytest.fixture
async def reader(app: object) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, **BROWSER) as client:
        yield client


async def judged(rt: Runtime, clock: Clock, source_id: UUID) -> list[tuple[str, str, str, str]]:
    """Let the hits be judged; returns (fact, verdict, reason, url) of openings and clicks."""
    clock.move(seconds=SOURCE_WINDOW_S + 1)
    while await judge(rt):
        pass
    async with rt.db.begin() as tx:
        assert await waiting_hits(tx) == 0
    while await carry_facts(rt):
        pass
    rows = await rt.ch.query(
        "SELECT fact, verdict, reason, url FROM message_facts WHERE source_id = {source:UUID}"
        " AND fact IN ('opened', 'clicked', 'unsubscribed') ORDER BY at, fact_id",
        {"source": str(source_id)},
    )
    return [(str(fact), str(verdict), str(why), str(url)) for fact, verdict, why, url in rows]


async def test_it_takes_a_reader_to_the_address_in_the_letter(
    rt: Runtime, clock: Clock, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    sent = await send(rt, workspace)
    clock.move(minutes=3)
    opened = await reader.get(sent.pixel)
    assert (opened.status_code, opened.headers["content-type"]) == (200, "image/gif")
    assert "no-store" in opened.headers["cache-control"]
    clicked = await reader.get(sent.link("Sale"))
    assert clicked.status_code == 302
    assert clicked.headers["location"] == "https://shop.example/sale"
    own = await reader.get(sent.link("Yours"))
    assert own.headers["location"] == "https://shop.example/for/u-anna"
    assert "set-cookie" not in clicked.headers
    found = await judged(rt, clock, sent.source_id)
    assert [(fact, verdict, url) for fact, verdict, _, url in found if fact == "clicked"] == [
        ("clicked", "person", "https://shop.example/sale"),
        ("clicked", "person", "https://shop.example/for/u-anna"),
    ]
    assert all(verdict == "person" for _, verdict, _, _ in found)


async def test_it_counts_a_click_as_an_opening_of_a_person(
    rt: Runtime, clock: Clock, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    sent = await send(rt, workspace)
    clock.move(hours=1)
    await reader.get(sent.link("Sale"))
    found = await judged(rt, clock, sent.source_id)
    assert [(fact, verdict, reason) for fact, verdict, reason, _ in found] == [
        ("clicked", "person", ""),
        ("opened", "person", "clicked"),
    ]


async def test_it_tells_a_scanner_by_the_company_of_its_first_click(
    rt: Runtime, clock: Clock, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    sent = await send(rt, workspace)
    clock.move(minutes=5)
    for text in ("Sale", "New", "Best", "Yours"):
        await reader.get(sent.link(text))
        clock.move(seconds=1)
    found = await judged(rt, clock, sent.source_id)
    assert [(fact, verdict) for fact, verdict, _, _ in found] == [("clicked", "scanner")] * 4


async def test_it_tells_a_scanner_by_the_link_that_nobody_sees(
    rt: Runtime, clock: Clock, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    sent = await send(rt, workspace)
    clock.move(minutes=5)
    assert (await reader.get(sent.link("Sale"))).status_code == 302
    assert (await reader.get(sent.honeypot)).status_code == 204
    found = await judged(rt, clock, sent.source_id)
    assert {verdict for _, verdict, _, _ in found} == {"scanner"}


async def test_it_tells_a_mail_program_from_a_reader(
    rt: Runtime, clock: Clock, workspace: Workspace, app: object
) -> None:
    sent = await send(rt, workspace)
    clock.move(minutes=5)
    proxy = "Mozilla/5.0 (Windows NT 5.1) Gecko/20100101 (via ggpht.com GoogleImageProxy)"
    async with client_of(app, **{"user-agent": proxy}) as machine:
        await machine.get(sent.pixel)
    found = await judged(rt, clock, sent.source_id)
    assert [(fact, verdict) for fact, verdict, _, _ in found] == [("opened", "machine")]


async def test_it_writes_down_a_hit_before_it_answers(
    rt: Runtime, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    sent = await send(rt, workspace)
    async with rt.db.begin() as tx:
        before = await waiting_hits(tx)
    await reader.get(sent.pixel)
    async with rt.db.begin() as tx:
        assert await waiting_hits(tx) == before + 1


async def test_it_redirects_nowhere_for_an_invented_token(
    rt: Runtime, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    sent = await send(rt, workspace)
    good = sent.link("Sale")
    other = sent.pixel.replace("/o/", "/c/")
    stem = good.partition(".")[0]
    for bad in (stem[:-2] + ".0", stem + "A.0", "/t/c/x", "/t/c/" + "A" * 5000, other):
        answer = await reader.get(bad)
        assert answer.status_code == 404
        assert "location" not in answer.headers
        assert "Ссылка не работает" in answer.text
    # A number that the letter does not have leads nowhere either.
    assert (await reader.get(f"{stem}.99")).status_code == 410
    assert (await reader.get("/t/o/nothing.gif")).status_code == 404


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "ftp://shop.example/x"]
)
async def test_it_follows_web_addresses_only(
    rt: Runtime, workspace: Workspace, reader: httpx.AsyncClient, href: str
) -> None:
    from otklik.delivery.tokens import MessageLinks, MessageRef

    links = MessageLinks(
        rt.signer, "", MessageRef(workspace.id, 1, 1, 1), variant=0, static=lambda _: None
    )
    answer = await reader.get(links.link(3, href))
    assert answer.status_code == 404
    assert "location" not in answer.headers


async def test_it_asks_before_it_unsubscribes(
    rt: Runtime, clock: Clock, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    async with rt.db.begin() as tx:
        topic = await create_topic(
            tx, workspace_id=workspace.id, name="Sales & news", now=rt.clock()
        )
    sent = await send(rt, workspace, topic_id=topic.id)

    async def allowed() -> Sendability:
        async with rt.db.begin() as tx:
            found = await sendable(
                tx,
                workspace_id=workspace.id,
                channel="email",
                topic_id=topic.id,
                profile_ids=[sent.profile_id],
            )
        return found[sent.profile_id]

    # Scanners follow every link, with any method that is safe.
    for _ in range(3):
        page = await reader.get(sent.unsubscribe)
    await reader.head(sent.unsubscribe)
    assert page.status_code == 200
    assert await allowed() == Sendability.ALLOWED
    assert "Acme" in page.text
    assert "Sales &amp; news" in page.text
    assert 'lang="ru"' in page.text
    assert "<script" not in page.text
    assert "set-cookie" not in page.headers
    assert "default-src 'none'" in page.headers["content-security-policy"]
    done = await reader.post(sent.unsubscribe, data={"scope": "topic"})
    assert done.status_code == 200
    assert "Вы отписаны" in done.text
    assert await allowed() == Sendability.WITHDRAWN
    again = await reader.post(sent.unsubscribe, data={"scope": "topic"})
    assert again.status_code == 200, "the link stays valid"
    found = await judged(rt, clock, sent.source_id)
    assert ("unsubscribed", "person", "form", "") in found


_PART = (
    '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
        ("multipart/form-data; boundary=x", _PART),
    ],
)
async def test_it_takes_the_one_click_of_a_mail_program(
    rt: Runtime, clock: Clock, workspace: Workspace, app: object, kind: str, body: str
) -> None:
    sent = await send(rt, workspace)
    async with client_of(app, **{"user-agent": "Google"}) as program:
        answer = await program.post(sent.unsubscribe, content=body, headers={"content-type": kind})
    assert answer.status_code == 200
    async with rt.db.begin() as tx:
        found = await sendable(
            tx,
            workspace_id=workspace.id,
            channel="email",
            topic_id=None,
            profile_ids=[sent.profile_id],
        )
    assert found[sent.profile_id] == Sendability.WITHDRAWN
    facts = await judged(rt, clock, sent.source_id)
    assert ("unsubscribed", "person", "one_click", "") in facts


async def test_it_shows_a_friendly_page_for_a_damaged_unsubscribe_link(
    rt: Runtime, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    sent = await send(rt, workspace)
    for method in ("GET", "POST"):
        answer = await reader.request(method, sent.unsubscribe[:-3])
        assert answer.status_code == 404
        assert "Ссылка не работает" in answer.text


async def test_it_shows_a_person_s_messages_to_colleagues_and_not_to_strangers(
    rt: Runtime, workspace: Workspace, cast: Cast
) -> None:
    sent = await send(rt, workspace)
    path = f"/api/v1/profiles/{sent.profile_id}/messages"
    page = (await cast.colleague.get(path)).json()
    (message,) = page["items"]
    assert message["state"] == "sent"
    assert message["source_id"] == str(sent.source_id)
    # The subject greets each reader by name: the mailing's name stands for it, not Liquid.
    assert message["subject"]
    assert "{" not in message["subject"]
    assert (await cast.stranger.get(path)).status_code == 404
    assert (await cast.nobody.get(path)).status_code == 401
