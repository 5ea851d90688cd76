"""Feeds of articles over HTTP: from the address to the letter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.content.feeds.jobs import forget_items, start_due_feeds
from otklik.privacy.public import create_topic
from otklik.runtime.public import Runtime
from tests.catalog.shop import local_outgoing, open_shop
from tests.conftest import Cast, Clock

API = "/api/v1/content-feeds"
LETTER = """<html><body>{% for one in articles %}<p>{{ one.title }}: {{ one.link }}</p>{% endfor %}
{% for one in feeds.blog %}[{{ one.category }}]{% endfor %}
<a href="{{ unsubscribe_url }}">out</a></body></html>"""


def article(number: int, category: str = "Servers") -> str:
    return (
        f'<item><guid isPermaLink="false">{number}</guid><title>Story {number}</title>'
        f"<link>https://blog.example/{number}</link><category>{category}</category>"
        f"<pubDate>Mon, 15 Jun 2026 0{number}:00:00 GMT</pubDate></item>"
    )


def rss(*items: str) -> bytes:
    return f"<rss><channel>{''.join(items)}</channel></rss>".encode()


@pytest.fixture(autouse=True)
async def _outgoing(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    made = local_outgoing()
    monkeypatch.setattr(rt, "outgoing", made)
    yield
    await made.close()


async def test_a_feed_is_read_kept_mapped_and_shown_in_letters(
    rt: Runtime, workspace: Workspace, cast: Cast, clock: Clock
) -> None:
    async with rt.db.begin() as tx:
        topic = await create_topic(
            tx, workspace_id=workspace.id, name="Servers", description="", now=clock.now
        )
    broken = "<item><title>Nowhere</title></item>"
    async with open_shop(rss(article(2), article(1, "DNS"), broken)) as site:
        site.etag = '"1"'
        broken = await cast.marketer.post(f"{API}/check", json={"url": "http://["})
        assert (broken.status_code, broken.json()["code"]) == (422, "outgoing_refused")
        checked = await cast.marketer.post(f"{API}/check", json={"url": site.url})
        assert (checked.json()["format"], checked.json()["count"]) == ("rss", 2)
        body = {
            "name": "Blog",
            "url": site.url,
            "unmapped": "nobody",
            "topics": [{"category": "servers", "topic_ids": [str(topic.id)]}],
        }
        assert (await cast.colleague.post(f"{API}/", json=body)).status_code == 403
        made = (await cast.marketer.post(f"{API}/", json=body)).json()
        assert (made["key"], made["items"], made["fresh_at"]) == ("blog", 0, None)
        path = f"{API}/{made['id']}"
        assert (await cast.stranger.get(path)).status_code == 404
        seen = (await cast.marketer.post(f"{path}/fetch")).json()
        assert (seen["format"], seen["items"], seen["set_aside"]) == ("rss", 2, 1)
        assert seen["remarks"] == [{"title": "Nowhere", "reason": "it has no link"}]
        again = (await cast.marketer.post(f"{path}/fetch")).json()
        assert site.asked[-1][1]["if-none-match"] == '"1"'
        assert (again["items"], again["problem"]) == (2, None)

        items = (await cast.colleague.get(f"{path}/items")).json()
        assert [one["title"] for one in items] == ["Story 2", "Story 1"]
        assert [(one["topic_ids"], one["everybody"]) for one in items] == [
            ([str(topic.id)], False),
            ([], False),
        ]
        found = (await cast.colleague.get(f"{path}/categories")).json()
        assert {one["category"]: one["topic_ids"] for one in found} == {
            "Servers": [str(topic.id)],
            "DNS": [],
        }
        preview = await cast.colleague.post(
            "/api/v1/letters/preview", json={"kind": "html", "subject": "Hi", "source": LETTER}
        )
        assert "Story 2: https://blog.example/2" in preview.json()["html"]
        assert "[Servers][DNS]" in preview.json()["html"]
        assert {one["code"] for one in preview.json()["problems"]} <= {"preheader_empty"}
        names = (await cast.colleague.get("/api/v1/letters/variables")).json()
        by_name = {one["name"]: one for one in names}
        assert by_name["feeds.blog"]["title"] == "Blog"
        assert by_name["item.title"]["sample"] == "Story 2"

        site.etag, site.body = None, b"<html>Service is down</html>"
        bad = (await cast.marketer.post(f"{path}/fetch")).json()
        assert "neither RSS" in bad["problem"]
        assert bad["items"] == 2


async def test_an_item_that_left_and_comes_back_is_not_new(
    rt: Runtime, workspace: Workspace, cast: Cast, clock: Clock
) -> None:
    async with open_shop(rss(article(1))) as site:
        body = {"name": "Блог облака", "url": site.url, "keep_days": 7, "every_minutes": 60}
        made = (await cast.owner.post(f"{API}/", json=body)).json()
        assert made["key"] == "blog_oblaka"
        path = f"{API}/{made['id']}"
        await cast.owner.post(f"{path}/fetch")
        first = (await cast.owner.get(f"{path}/items")).json()[0]["id"]
        site.body = rss(article(2))
        clock.move(days=8)
        await cast.owner.post(f"{path}/fetch")
        await forget_items(rt)
        assert [one["title"] for one in (await cast.owner.get(f"{path}/items")).json()] == [
            "Story 2"
        ]
        site.body = rss(article(2), article(1))
        await cast.owner.post(f"{path}/fetch")
        items = (await cast.owner.get(f"{path}/items")).json()
        assert first in [one["id"] for one in items]

        clock.move(minutes=61)
        await start_due_feeds(rt)
        async with rt.db.begin() as tx:
            row = await tx.execute(
                sa.text("SELECT next_fetch_at FROM content_feeds WHERE workspace_id = :w"),
                {"w": workspace.id},
            )
            assert row.scalar_one() == clock.now + timedelta(hours=1)
        assert (await cast.owner.delete(path)).status_code == 204
