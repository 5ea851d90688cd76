"""What the tests of regular mailings share: a feed, readers of its subtopics, a series."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.campaigns.regular.jobs import start_regular_runs
from otklik.campaigns.regular.making import make_run
from otklik.campaigns.regular.tables import regular_runs
from otklik.content.feeds.jobs import refresh_feed
from otklik.privacy.public import Topic, create_topic
from otklik.profiles.public import store_changes
from otklik.runtime.public import Runtime
from tests.campaigns.calls import run_start
from tests.campaigns.conftest import Shop
from tests.catalog.shop import Shop as Site
from tests.conftest import Cast
from tests.delivery.support import grant, make_people, make_sender

API = "/api/v1/regular-mailings"
LETTER = """<html><body>{% for one in articles %}<p>*{{ one.title }}*
<a href="{{ one.link }}">read</a></p>{% endfor %}
<a href="{{ unsubscribe_url }}">out</a></body></html>"""


def article(number: int, category: str, at: datetime) -> str:
    return (
        f'<item><guid isPermaLink="false">{number}</guid><title>Story {number}</title>'
        f"<link>https://blog.example/{number}</link><category>{category}</category>"
        f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
    )


def rss(*items: str) -> bytes:
    return f"<rss><channel>{''.join(items)}</channel></rss>".encode()


class Digest:
    """A workspace with readers of different subtopics, a feed, and a regular mailing of it."""

    def __init__(self, rt: Runtime, workspace: Workspace, cast: Cast, site: Site) -> None:
        self.rt, self.workspace, self.cast, self.site = rt, workspace, cast, site
        self.people: dict[str, int] = {}
        self.topics: dict[str, Topic] = {}
        self.feed_id = self.regular_id = ""

    @property
    def path(self) -> str:
        return f"{API}/{self.regular_id}"

    async def set_up(self, **changes: Any) -> None:
        rt, workspace = self.rt, self.workspace
        shop = Shop(rt, workspace)
        names = ["ann", "bob", "cid", "dan"]
        ids = await make_people(rt, workspace, names, consent=False)
        self.people = dict(zip(names, ids, strict=True))
        async with rt.db.begin() as tx:
            parent = await create_topic(
                tx, workspace_id=workspace.id, name="News", description="", now=rt.clock()
            )
            self.topics = {"News": parent} | {
                name: await create_topic(
                    tx,
                    workspace_id=workspace.id,
                    name=name,
                    description="",
                    parent_id=parent.id,
                    now=rt.clock(),
                )
                for name in ("Servers", "DNS", "Mail")
            }
        for name, topic in (("ann", "Servers"), ("bob", "DNS"), ("cid", "Mail")):
            one = self.topics[topic].id
            await grant(rt, workspace, [self.people[name]], topic_id=one)
        while await store_changes(rt):
            pass
        sender_id = await make_sender(rt, workspace)
        made = await self.cast.marketer.post(
            "/api/v1/content-feeds/",
            json={
                "name": "Blog",
                "url": self.site.url,
                "unmapped": "nobody",
                "topics": [
                    {"category": name, "topic_ids": [str(self.topics[name].id)]}
                    for name in ("Servers", "DNS", "Mail")
                ],
            },
        )
        self.feed_id = made.json()["id"]
        await self.fetch()
        body = {
            "name": "Digest",
            "plan": {"every": "day", "time": "18:00"},
            "audience": {"segment_ids": [str(await shop.segment("All", ids))]},
            "topic_id": str(self.topics["News"].id),
            "sender_id": str(sender_id),
            "letter_id": str(await shop.letter("News for you", LETTER)),
            "feed_ids": [self.feed_id],
            **changes,
        }
        answer = await self.cast.marketer.post(f"{API}/", json=body)
        assert answer.status_code == 201, answer.text
        self.regular_id = answer.json()["id"]

    async def fetch(self) -> None:
        await refresh_feed(self.rt, workspace_id=self.workspace.id, feed_id=UUID(self.feed_id))

    async def runs(self) -> list[Any]:
        async with self.rt.db.begin() as tx:
            rows = await tx.execute(
                sa.select(regular_runs)
                .where(regular_runs.c.series_id == UUID(self.regular_id))
                .order_by(regular_runs.c.number)
            )
            return list(rows.all())

    async def go(self) -> None:
        """Do what the background jobs do when a moment has come."""
        await start_regular_runs(self.rt)
        for run in await self.runs():
            await make_run(self.rt, workspace_id=self.workspace.id, run_id=run.run_id)
        for run in await self.runs():
            if run.campaign_id is not None:
                await run_start(self.rt, self.workspace, str(run.campaign_id))

    async def fates(self, campaign_id: UUID) -> dict[str, str]:
        answer = await self.cast.owner.get(f"/api/v1/campaigns/{campaign_id}/recipients")
        names = {number: name for name, number in self.people.items()}
        return {
            names[one["profile_id"]]: one["reason"] or one["state"]
            for one in answer.json()["items"]
        }


def titles(letter: str) -> list[str]:
    return [part for part in letter.replace("=\r\n", "").split("*") if part.startswith("Story")]
