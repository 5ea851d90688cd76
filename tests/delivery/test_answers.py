"""Answers inside a letter: the way from its AMP part to an event of its reader."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import msgspec
import numpy as np
import pytest
import sqlalchemy as sa
from numpy.typing import NDArray

from otklik.accounts.public import Workspace
from otklik.content.amp.examples import EXAMPLES
from otklik.delivery import picker as pickers
from otklik.delivery.answers.limits import BURST, may_answer
from otklik.delivery.model import LetterContent, Variant
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.ingestion.public import Pipeline
from otklik.privacy.public import create_topic
from otklik.runtime.public import Runtime, Tx
from tests.conftest import NOW, Clock, client_of
from tests.delivery.support import MailServer, letter, mailing_to, make_people

SENDER = "news@shop.example"
SECOND = {"AMP-Email-Sender": SENDER}
FIRST = {"Origin": "https://mail.example"}
SOURCE = "__amp_source_origin=news%40shop.example"


class Sent(NamedTuple):
    profile_id: int
    url: str
    kinds: list[str]
    amp: str
    html: str


def with_amp(key: str = "survey", *more: str) -> LetterContent:
    amp = next(one.amp for one in EXAMPLES if (one.key, one.lang) == (key, "en"))
    return msgspec.structs.replace(
        letter(), amp=amp.replace("</form>", "".join((*more, "</form>")))
    )


async def send(rt: Runtime, workspace: Workspace, content: LetterContent) -> Sent:
    (profile_id,) = await make_people(rt, workspace, ["anna"])
    async with MailServer() as server:
        pool = server.pool(connections=1)
        variants = [Variant("A", "", 10_000, content)]
        await mailing_to(rt, workspace, [profile_id], variants=variants)
        while await Dispatcher(pool).step(rt):
            pass
        await pool.close()
        raw = server.letter_to("anna@example.com")
    mail: Any = email.message_from_string(raw, policy=email.policy.default)
    kinds = [part.get_content_type() for part in mail.iter_parts()]
    bodies = [part.get_payload(decode=True).decode() for part in mail.iter_parts()]
    amp = bodies[kinds.index("text/x-amp-html")]
    found = re.search(r'action-xhr="http://otklik\.test(/a/[\w-]+)', amp)
    assert found
    return Sent(profile_id, found.group(1), kinds, amp, bodies[-1])


@pytest.fixture
async def reader(app: object) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


async def events_of(rt: Runtime, workspace: Workspace) -> list[tuple[str, int, dict[str, Any]]]:
    pipeline = Pipeline()
    while await pipeline.step(rt):
        pass
    rows = await rt.ch.query(
        "SELECT name, profile_id, toJSONString(properties) FROM events "
        "WHERE workspace_id = {w:UInt32} AND source = 'letter' ORDER BY time, name",
        {"w": workspace.id},
    )
    return [(name, int(profile), msgspec.json.decode(text)) for name, profile, text in rows]


async def test_an_answer_in_the_letter_becomes_an_event_of_its_reader(
    rt: Runtime, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    sent = await send(rt, workspace, with_amp())
    # The parts stand in the order that shows the best to everybody.
    assert sent.kinds == ["text/plain", "text/x-amp-html", "text/html"]
    assert '<a href="http://otklik.test/u/' in sent.amp
    assert "Sale" in sent.html

    # Version 2, as AMP sends a form: multipart.
    said = await reader.post(
        sent.url,
        files={"event": (None, "Survey answered"), "score": (None, "4"), "comment": (None, "Да")},
        headers=SECOND,
    )
    assert (said.status_code, said.json()) == (
        200,
        {"message": "Thank you, your answer is received."},
    )
    assert said.headers["AMP-Email-Allow-Sender"] == SENDER
    assert "set-cookie" not in said.headers
    # Version 1; the same again is no second event.
    for _ in range(2):
        said = await reader.post(
            f"{sent.url}?{SOURCE}", data={"score": "1", "campaign": "forged"}, headers=FIRST
        )
        assert said.status_code == 200
    assert said.headers["Access-Control-Allow-Origin"] == "https://mail.example"
    assert said.headers["AMP-Access-Control-Allow-Source-Origin"] == SENDER
    exposed = said.headers["Access-Control-Expose-Headers"]
    assert "AMP-Access-Control-Allow-Source-Origin" in exposed

    events = await events_of(rt, workspace)
    assert [(name, profile) for name, profile, _ in events] == [
        ("Survey answered", sent.profile_id)
    ] * 2
    about = [properties for _, _, properties in events]
    assert sorted(one["score"] for one in about) == [1, 4]
    assert next(one for one in about if one["score"] == 4)["comment"] == "Да"
    assert {one["campaign"] for one in about} != {"forged"}
    assert {one["variant"] for one in about} == {"A"}


async def test_nobody_else_is_answered_and_nothing_else_is_taken(
    rt: Runtime, workspace: Workspace, reader: httpx.AsyncClient, clock: Clock
) -> None:
    sent = await send(rt, workspace, with_amp())
    forged = await reader.post(
        sent.url, data={"score": "5"}, headers={"AMP-Email-Sender": "evil@other.example"}
    )
    assert forged.status_code == 403
    assert "AMP-Email-Allow-Sender" not in forged.headers
    wrong = await reader.post(sent.url, data={"score": "6"}, headers=SECOND)
    assert (wrong.status_code, wrong.headers["AMP-Email-Allow-Sender"]) == (400, SENDER)
    assert wrong.json() == {"message": "“Your mark” does not offer this answer."}
    empty = await reader.post(sent.url, data={"comment": "x"}, headers=SECOND)
    assert empty.json() == {"message": "Please answer: Your mark."}
    damaged = await reader.post(
        sent.url, content=b"--x", headers=SECOND | {"content-type": "multipart/form-data"}
    )
    assert damaged.status_code == 400
    large = await reader.post(sent.url, data={"comment": "x" * 70_000}, headers=SECOND)
    assert large.status_code == 413
    for url in (f"{sent.url}x", sent.url.replace("/a/", "/u/"), f"{sent.url}x/topics"):
        assert (await reader.get(url)).status_code == 404
    stolen = re.search(r"/u/([\w-]+)", sent.amp)
    assert stolen
    assert (await reader.get(f"/a/{stolen.group(1)}")).status_code == 404
    assert (await reader.post("/a/x", headers=SECOND)).status_code == 404
    # Somebody who answers without end is stopped, with the headers that let him be told.
    for _ in range(BURST):
        last = await reader.post(sent.url, data={"score": "5"}, headers=SECOND)
    assert (last.status_code, last.headers["AMP-Email-Allow-Sender"]) == (429, SENDER)
    clock.move(minutes=1)
    assert (await reader.post(sent.url, data={"score": "5"}, headers=SECOND)).status_code == 200


class OneArticle:
    """A picker whose letters all show the same."""

    experiment, skips_empty, widens_consent = None, False, False

    async def masks(self, tx: Tx, *, profile_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.zeros(len(profile_ids), dtype=np.int64)

    async def pick(
        self, tx: Tx, *, profile_ids: NDArray[np.int64], masks: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        return np.zeros(len(profile_ids), dtype=np.int32)

    def variables(self, number: int) -> dict[str, Any]:
        return {"articles": [{"title": "Spring"}], "feeds": {}} if number == 0 else {}


async def test_the_same_form_is_a_page_for_everybody_else(
    rt: Runtime, workspace: Workspace, reader: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def one_article(tx: Tx, workspace_id: int, source_id: UUID) -> OneArticle:
        return OneArticle()

    monkeypatch.setitem(pickers._loaders, "campaign", one_article)
    name = (
        '<input name="name" aria-label="Name" value="{{ customer.first_name }}&lt;b&gt;">'
        '<input name="about" value="{{ articles[0].title }}, {{ data.order }}, {{ sender.name }}">'
    )
    sent = await send(rt, workspace, with_amp("survey", name))
    assert 'value="Spring, , ' in sent.amp
    async with rt.db.begin() as tx:
        await tx.execute(
            sa.text(
                "WITH m AS (UPDATE mailings SET standing = true RETURNING mailing_id)"
                "INSERT INTO message_requests (id, workspace_id, mailing_id, profile_id, data,"
                " asked_at, message_id) SELECT gen_random_uuid(), workspace_id, mailing_id,"
                """ profile_id, '{"order": 7}', now(), message_id FROM messages"""
            )
        )
    page = await reader.get(sent.url)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<h1>How was your last order?</h1>" in page.text
    assert 'name="score" value="5" required' in page.text
    assert 'value="Anna&lt;b&gt;"' in page.text
    # What the letter showed of its reader's own: picked articles, the data of his request.
    assert 'value="Spring, 7, ' in page.text
    assert "<script" not in page.text
    assert await events_of(rt, workspace) == []

    lacking = await reader.post(
        sent.url, data={"event": "Survey answered", "comment": "Too <late>"}
    )
    assert lacking.status_code == 400
    assert "Please answer: Your mark." in lacking.text
    assert ">Too &lt;late&gt;</textarea>" in lacking.text
    done = await reader.post(
        sent.url, data={"event": "Survey answered", "score": "5"}, headers={"accept-language": "ru"}
    )
    assert "Ваш ответ получен." in done.text
    assert [name for name, _, _ in await events_of(rt, workspace)] == ["Survey answered"]

    without = await send(rt, workspace, with_amp("topics"))
    assert (await reader.get(without.url.removesuffix("/topics"))).status_code == 410


async def test_a_reader_chooses_topics_inside_the_letter(
    rt: Runtime, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    async with rt.db.begin() as tx:
        for name in ("News", "Sales"):
            await create_topic(tx, workspace_id=workspace.id, name=name, now=NOW)
    sent = await send(rt, workspace, with_amp("topics"))
    url = f"{sent.url.removesuffix('/topics')}/topics"
    shown = await reader.get(url, headers=SECOND)
    assert shown.headers["AMP-Email-Allow-Sender"] == SENDER
    items = shown.json()["items"]
    assert [(one["name"], one["wanted"]) for one in items] == [("News", True), ("Sales", True)]
    # A page of somebody else's can't do it: only a mail service for a sender of the workspace.
    assert (await reader.post(url, data={"topic": items[1]["id"]})).status_code == 403
    saved = await reader.post(url, data={"topic": [items[1]["id"], "odd"]}, headers=SECOND)
    assert saved.status_code == 200
    items = (await reader.get(url, headers=SECOND)).json()["items"]
    assert [one["wanted"] for one in items] == [False, True]
    ask = await reader.request("OPTIONS", url, headers=FIRST)
    assert "AMP-Email-Sender" in ask.headers["Access-Control-Allow-Headers"]


async def test_the_links_of_a_test_letter_are_harmless(reader: httpx.AsyncClient) -> None:
    assert "This is a test letter" in (await reader.get("/a/preview")).text
    said = await reader.post("/a/preview", data={"score": "5"}, headers=SECOND)
    assert said.json() == {"message": "This is a test letter: the answer is not kept."}
    assert said.headers["AMP-Email-Allow-Sender"] == SENDER
    assert "test letter" in (await reader.post("/a/preview", data={"score": "5"})).text
    topics = await reader.get("/a/preview/topics", headers=SECOND)
    assert [one["name"] for one in topics.json()["items"]] == ["News", "Sales"]
    assert (await reader.post("/a/preview/topics", headers=SECOND)).status_code == 200


async def test_one_letter_can_be_answered_only_so_often(tx: Tx) -> None:
    async def take(message_id: int, seconds: int = 0) -> bool:
        at = NOW + timedelta(seconds=seconds)
        return await may_answer(tx, workspace_id=1, message_id=message_id, now=at)

    assert [await take(1) for _ in range(BURST + 1)] == [True] * BURST + [False]
    assert await take(2)
    assert await take(1, 7)
    assert not await take(1, 7)
    # A clock that was set back by days shuts nobody out.
    assert await take(1, -200_000)
