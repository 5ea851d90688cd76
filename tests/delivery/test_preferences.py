"""The page of preferences: topics, a pause, leaving, and why."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from otklik.accounts.public import Workspace
from otklik.delivery.model import LeavingReason
from otklik.delivery.queries import progress_of
from otklik.privacy.public import (
    Sendability,
    Topic,
    create_topic,
    ledger,
    pause_channel,
    paused,
    sendable,
    update_topic,
)
from otklik.profiles.public import merge_profiles
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime
from tests.conftest import Clock, client_of
from tests.delivery.support import LETTER, mailing_to, make_people
from tests.delivery.test_delivery_tracking import BROWSER, Sent, send

WITH_PAGE = LETTER.replace("</body>", '<a href="{{ preferences_url }}">Settings</a></body>')


@pytest.fixture
async def reader(app: object) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, **BROWSER) as client:
        yield client


@pytest.fixture
async def topics(rt: Runtime, workspace: Workspace) -> dict[str, Topic]:
    made: dict[str, Topic] = {}
    async with rt.db.begin() as tx:
        for name, parent in (("News", None), ("Cloud <1>", "News"), ("Sales", None), ("Old", None)):
            made[name] = await create_topic(
                tx,
                workspace_id=workspace.id,
                name=name,
                parent_id=made[parent].id if parent else None,
                now=rt.clock(),
            )
        await update_topic(tx, workspace_id=workspace.id, topic_id=made["Old"].id, archived=True)
    return made


def page_of(sent: Sent) -> str:
    found = re.search(r'href="http://otklik\.test(/p/[\w-]+)"[^>]*>Settings<', sent.html)
    assert found, "the letter leads to the page"
    return found.group(1)


async def allowed(
    rt: Runtime, workspace: Workspace, profile_id: int, topics: dict[str, Topic]
) -> set[str]:
    """Return the topics on which letters may come; "" stands for those without a topic."""
    found = set()
    async with rt.db.begin() as tx:
        for name, topic_id in [("", None), *((n, t.id) for n, t in topics.items() if n != "Old")]:
            verdicts = await sendable(
                tx,
                workspace_id=workspace.id,
                channel="email",
                topic_id=topic_id,
                profile_ids=[profile_id],
            )
            if verdicts[profile_id] is Sendability.ALLOWED:
                found.add(name)
    return found


def ticked(page: str) -> set[UUID]:
    return {UUID(one) for one in re.findall(r'value="([0-9a-f-]{36})" checked', page)}


async def test_a_reader_chooses_topics_and_subtopics(
    rt: Runtime,
    clock: Clock,
    workspace: Workspace,
    topics: dict[str, Topic],
    reader: httpx.AsyncClient,
) -> None:
    sent = await send(rt, workspace, source=WITH_PAGE)
    url = page_of(sent)
    page = await reader.get(url)
    assert page.status_code == 200
    assert "О чём вам писать?" in page.text
    assert ticked(page.text) == {topics[name].id for name in ("News", "Cloud <1>", "Sales")}
    assert "Cloud &lt;1&gt;" in page.text
    assert "Old" not in page.text
    assert page.text.index("News") < page.text.index("Cloud") < page.text.index("Sales")
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]

    # Nothing but the subtopic: its topic is refused, and it stays.
    cloud = str(topics["Cloud <1>"].id)
    clock.move(minutes=1)
    saved = await reader.post(url, data={"action": "save", "topic": [cloud]})
    assert "Сохранено" in saved.text
    assert await allowed(rt, workspace, sent.profile_id, topics) == {"", "Cloud <1>"}
    assert ticked((await reader.get(url)).text) == {topics["Cloud <1>"].id}
    # The same again writes nothing down; and everything can be had back.
    async with rt.db.begin() as tx:
        before = await ledger(tx, workspace_id=workspace.id, profile_id=sent.profile_id)
    await reader.post(url, data={"action": "save", "topic": [cloud]})
    async with rt.db.begin() as tx:
        after = await ledger(tx, workspace_id=workspace.id, profile_id=sent.profile_id)
    assert len(after.items) == len(before.items)
    assert {line.source for line in after.items} == {"form", "preferences"}
    clock.move(minutes=1)
    every = [str(topics[name].id) for name in ("News", "Cloud <1>", "Sales")]
    await reader.post(url, data={"action": "save", "topic": [*every, "nonsense"]})
    assert await allowed(rt, workspace, sent.profile_id, topics) == {
        "", "News", "Cloud <1>", "Sales",
    }  # fmt: skip


async def test_a_pause_holds_letters_back_and_ends_by_itself(
    rt: Runtime, clock: Clock, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    sent = await send(rt, workspace, source=WITH_PAGE)
    url = page_of(sent)
    done = await reader.post(url, data={"action": "pause"})
    assert "Письма приостановлены" in done.text
    assert "Снова получать письма" in (await reader.get(url)).text

    async def skipped() -> list[tuple[str, int]]:
        source_id = await mailing_to(rt, workspace, [sent.profile_id])
        async with rt.db.begin() as tx:
            told = await progress_of(
                tx, workspace_id=workspace.id, source_ids=[source_id], now=rt.clock()
            )
        return [(row.reason, row.count) for row in told[source_id].by_reason]

    assert await skipped() == [("paused", 1)]
    resumed = await reader.post(url, data={"action": "resume"})
    assert resumed.status_code == 200
    assert await skipped() == []
    await reader.post(url, data={"action": "pause"})
    clock.move(days=31)
    assert await skipped() == []


async def test_a_reader_leaves_and_says_why(
    rt: Runtime,
    workspace: Workspace,
    topics: dict[str, Topic],
    reader: httpx.AsyncClient,
) -> None:
    sent = await send(rt, workspace, source=WITH_PAGE)
    url = page_of(sent)
    left = await reader.post(url, data={"action": "all"})
    assert "Вы отписаны" in left.text
    assert all(f'value="{reason.value}"' in left.text for reason in LeavingReason)
    assert await allowed(rt, workspace, sent.profile_id, topics) == set()
    assert "Сейчас письма вам не приходят" in (await reader.get(url)).text
    thanks = await reader.post(url, data={"action": "why", "why": "too_often"})
    assert "Спасибо" in thanks.text
    for wrong in (
        {"action": "why", "why": "<b>"},
        {"action": "why"},
        {"action": "drop"},
        {},
        {"action": ["save", "all"]},
        {f"f{n}": "x" for n in range(1_100)},
    ):
        assert (await reader.post(url, data=wrong)).status_code == 400, wrong
    while await carry_facts(rt):
        pass
    rows = await rt.ch.query(
        "SELECT toString(fact), reason FROM message_facts WHERE source_id = {source:UUID}"
        " AND fact IN ('unsubscribed', 'left_because') ORDER BY fact",
        {"source": str(sent.source_id)},
    )
    assert [tuple(row) for row in rows] == [("left_because", "too_often"), ("unsubscribed", "form")]


async def test_a_damaged_address_of_the_page_is_a_friendly_page(
    rt: Runtime, workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    sent = await send(rt, workspace, source=WITH_PAGE)
    for method in ("GET", "POST"):
        answer = await reader.request(method, page_of(sent)[:-3])
        assert answer.status_code == 404
        assert "Ссылка не работает" in answer.text


async def test_of_two_people_who_became_one_the_longer_pause_stays(
    rt: Runtime, workspace: Workspace
) -> None:
    first, second = await make_people(rt, workspace, ["anna", "bella"])
    now = rt.clock()
    async with rt.db.begin() as tx:
        for person, days in ((first, 3), (second, 9)):
            await pause_channel(
                tx,
                workspace_id=workspace.id,
                profile_id=person,
                channel="email",
                until=now + timedelta(days=days),
                now=now,
            )
        await merge_profiles(
            tx, workspace_id=workspace.id, into_id=first, from_id=second, now=now, bus=rt.bus
        )
    async with rt.db.begin() as tx:
        found = await paused(
            tx, workspace_id=workspace.id, channel="email", profile_ids=[first, second], now=now
        )
    assert found == {first: now + timedelta(days=9)}
